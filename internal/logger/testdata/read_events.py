"""Reads a run folder with TensorBoard's own code and checks that tags are there.

    python read_events.py RUN_FOLDER tag [tag ...]
"""
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main(run, wanted):
    acc = EventAccumulator(run, size_guidance={"tensors": 0})
    acc.Reload()
    tags = acc.Tags()
    found = set(tags["tensors"]) | set(tags["scalars"]) | set(tags["images"])
    for tag in sorted(found):
        events = acc.Tensors(tag) if tag in tags["tensors"] else []
        first = events[0].tensor_proto if events else None
        value = f"{first.float_val or first.tensor_content!r}"[:40] if first is not None and first.dtype == 1 else ""
        print(f"{tag:24} {len(events):5} events  steps {[e.step for e in events][:6]} {value}")
    missing = [t for t in wanted if t not in found]
    if missing:
        sys.exit(f"missing tags: {missing}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
