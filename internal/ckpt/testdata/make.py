# Writes python.safetensors with the reference library (safetensors, numpy).
import numpy as np
from safetensors.numpy import save_file

save_file({
    "encoder.dense.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
    "half": np.array([1, -2, 65504, 2**-24, np.inf], dtype=np.float16),
    "count": np.array(7, dtype=np.int64),
    "mask": np.array([True, False, True]),
    "none": np.zeros((0, 3), dtype=np.float32),
}, "python.safetensors", metadata={"format": "np", "who": "<émile>"})
