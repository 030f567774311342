"""Writes numpy.npz and big_endian.npy: arrays of every type that the reader takes, by numpy itself.

The tests hold the values: x[i, j] = (i - 3) * (j + 1) / 4, label = 0, 1, 2, 0, ..., byte = 17 i + j.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROWS = 7

x = np.fromfunction(lambda i, j: (i - 3) * (j + 1) / 4, (ROWS, 3))
label = np.arange(ROWS) % 3
picture = np.fromfunction(lambda i, c, h, w: 17 * i + w, (ROWS, 1, 1, 2)).astype(np.uint8)

np.savez_compressed(
    HERE / "numpy.npz",
    half=x.astype(np.float16),
    single=x.astype(np.float32),
    double=x,
    label=label,
    byte_label=label.astype(np.uint8),
    tokens=np.stack([label - 1, label], axis=1).astype(np.int16),
    mask=(label == 1),
    picture=picture,
    fortran_vector=np.asfortranarray(x[:, 0].astype(np.float32)),
)
np.save(HERE / "big_endian.npy", x.astype(">f4"))
