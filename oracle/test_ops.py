"""Tests of ops.py and of the synthetic images: `python test_ops.py`, plain asserts."""

import json
import math

import models
import ops

CASES = json.loads("""[
 {"name": "relu", "torch": "torch.relu(x)", "wrt": ["x"], "tol": 1e-6,
  "inputs": {"x": {"shape": [2, 2], "data": [-1, 2, 3.5, -4]}}},
 {"name": "mul", "torch": "x * y", "wrt": ["y", "x"], "tol": 1e-6,
  "inputs": {"x": {"shape": [1, 2], "data": [2, 3]}, "y": {"shape": [1, 2], "data": [5, 7]}}},
 {"name": "cross_entropy", "torch": "F.cross_entropy(x, t, reduction='none')", "wrt": ["x"], "tol": 1e-6,
  "inputs": {"x": {"shape": [1, 2], "data": [0, 0]}, "t": {"shape": [1], "data": [1], "int": true}}},
 {"name": "greater", "torch": "x > 0", "wrt": ["x"], "tol": 0,
  "inputs": {"x": {"shape": [1, 2], "data": [-1, 1], "int": false}}},
 {"name": "ignores_y", "torch": "x + 0.1", "wrt": ["x", "y"], "tol": 0,
  "inputs": {"x": {"shape": [1], "data": [0.2]}, "y": {"shape": [2, 1], "data": [1, 2]}}}
]""")


def w(k):
    return math.cos(k + 1)


def close(got, want):
    return len(got) == len(want) and all(abs(a - b) < 1e-15 for a, b in zip(got, want))


def test_values_and_gradients():
    refs = ops.references(CASES)
    assert refs["relu"]["value"] == {"shape": [2, 2], "data": [0, 2, 3.5, 0]}
    assert close(refs["relu"]["grads"]["x"], [0, w(1), w(2), 0])
    assert close(refs["mul"]["grads"]["x"], [5 * w(0), 7 * w(1)])
    assert close(refs["mul"]["grads"]["y"], [2 * w(0), 3 * w(1)])
    assert refs["cross_entropy"]["value"]["shape"] == [1]
    assert close(refs["cross_entropy"]["value"]["data"], [math.log(2)])
    assert close(refs["cross_entropy"]["grads"]["x"], [0.5 * w(0), -0.5 * w(0)])
    assert refs["greater"] == {"value": {"shape": [1, 2], "data": [0, 1]}, "grads": {"x": [0, 0]}}
    assert refs["ignores_y"]["grads"]["y"] == [0, 0]


def test_computes_in_float64():
    assert ops.references(CASES)["ignores_y"]["value"]["data"] == [0.2 + 0.1]


def test_rendering():
    text = ops.render(ops.references(CASES))
    assert list(json.loads(text)) == sorted(c["name"] for c in CASES)
    assert len(text.splitlines()) == len(CASES) + 2
    assert "0.30000000000000004" in text


def message_of(**changes):
    """The message for a copy of the first case with these changes."""
    try:
        ops.references([CASES[0] | changes])
    except SystemExit as e:
        return str(e)
    raise AssertionError("was accepted")


def test_messages_name_the_case():
    assert message_of(torch="torch.nope(x)").startswith("relu: torch.nope(x): AttributeError")
    assert message_of(torch="x.split(1)") == "relu: x.split(1): gives a tuple, not a tensor"
    assert "needs 3 numbers, got 1" in message_of(inputs={"x": {"shape": [3], "data": [1]}})
    assert "wrt names no input: ['q']" in message_of(wrt=["q"])
    assert "the value is not finite" in message_of(torch="x / 0")


def test_all_bad_cases_are_reported():
    bad = [CASES[0] | {"torch": "1"}, CASES[1] | {"torch": "2"}, CASES[3], CASES[3]]
    try:
        ops.references(bad)
    except SystemExit as e:
        lines = str(e).splitlines()
    assert [line.split(":")[0] for line in lines] == ["relu", "mul", "greater"]


def test_synthetic_images_are_those_of_the_readme():
    pixels = models.synthetic_bytes()
    assert pixels[0, 8:12].tolist() == [0, 27, 190, 0]
    assert models.synthetic_digest()["sum"] == 32081453
    assert models.synthetic_digest()["sha256"].startswith("19d52b70b91d0bfa")


def test_parameter_names_and_count():
    params = dict(models.VAE().named_parameters())
    assert list(params) == [
        f"{net}.{layer}.{tensor}"
        for net in ("encoder", "decoder")
        for layer in ("dense", "dense_2")
        for tensor in ("weight", "bias")
    ]
    assert sum(p.numel() for p in params.values()) == 652_824
    assert list(params["encoder.dense.weight"].shape) == [400, 784]


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name)
