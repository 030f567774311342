"""Reads a run folder with TensorBoard's own code, prints every tag and value, and fails
where a wanted tag is missing.

    python read_events.py RUN_FOLDER [tag ...]
"""
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util


def text(plugin, tensor):
    """One value, short: a number, the size of a picture, the first line of a text."""
    value = tensor_util.make_ndarray(tensor)
    if plugin == "scalars":
        return f"{float(value):.9g}"
    if plugin == "images":
        sides, png = (int(value[0]), int(value[1])), bytes(value[2])
        if not png.startswith(b"\x89PNG") or struct.unpack(">II", png[16:24]) != sides:
            sys.exit(f"a picture of {sides} is not a PNG of that size")
        return f"{sides[0]}x{sides[1]} PNG of {len(png)} bytes"
    return repr(value.flat[0].decode().splitlines()[:2])


def main(run, wanted):
    acc = EventAccumulator(run, size_guidance={"tensors": 0})
    acc.Reload()
    tags = acc.Tags()["tensors"]
    for tag in sorted(tags):
        plugin = acc.SummaryMetadata(tag).plugin_data.plugin_name
        events = acc.Tensors(tag)
        print(f"{tag}: {plugin}, {len(events)} events")
        for e in events:
            print(f"  step {e.step}: {text(plugin, e.tensor_proto)}")
    missing = [t for t in wanted if t not in tags]
    if missing:
        sys.exit(f"missing tags: {missing}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
