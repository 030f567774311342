"""Reads a run folder with TensorBoard's own code, prints every tag and value, and fails
where a wanted tag is missing.

    python read_events.py RUN_FOLDER [tag ...]
"""
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util


def text(plugin, tensor):
    """A value, short: the size of a picture, the first lines of a text."""
    value = tensor_util.make_ndarray(tensor)
    if plugin == "hparams":  # all of it is metadata: see read_hparams.py
        return f"a tensor of {value.size} numbers"
    if plugin == "images":
        sides, png = (int(value[0]), int(value[1])), bytes(value[2])
        if not png.startswith(b"\x89PNG") or struct.unpack(">II", png[16:24]) != sides:
            sys.exit(f"a picture of {sides} is not a PNG of that size")
        return f"{sides[0]}x{sides[1]} PNG of {len(png)} bytes"
    return repr(value.flat[0].decode().splitlines()[:2])


def main(run, wanted):
    acc = EventAccumulator(run, size_guidance={"tensors": 0, "scalars": 0})
    acc.Reload()
    found = {}
    for tag in acc.Tags()["scalars"]:
        found[tag] = "scalars", [(e.step, f"{e.value:.9g}") for e in acc.Scalars(tag)]
    for tag in acc.Tags()["tensors"]:
        plugin = acc.SummaryMetadata(tag).plugin_data.plugin_name
        found[tag] = plugin, [(e.step, text(plugin, e.tensor_proto)) for e in acc.Tensors(tag)]
    for tag, (plugin, events) in sorted(found.items()):
        print(f"{tag}: {plugin}, {len(events)} events")
        for step, value in events:
            print(f"  step {step}: {value}")
    missing = [t for t in wanted if t not in found]
    if missing:
        sys.exit(f"missing tags: {missing}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
