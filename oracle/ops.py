"""Computes the value and the gradients of each op case in float64 with PyTorch.

    python ops.py            testdata/op_cases.json -> testdata/op_refs.json

The cases are written by gotrain's own test (with -update). A case's result is contracted with the
fixed weights w_k = cos(k+1), k counting the flattened value, and the gradients are those of that
sum: unlike a plain sum it does not cancel in a softmax or a normalisation. README.md has the formats.
"""

import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent


class CaseError(Exception):
    """What is wrong with a case, without its name."""


def read_input(name, spec, wants_grad):
    """{"shape", "data", "int"} -> a tensor: int64 if int, else float64, tracked if asked for."""
    shape, data = spec["shape"], spec["data"]
    if len(data) != math.prod(shape):
        raise CaseError(f"input {name}: shape {shape} needs {math.prod(shape)} numbers, got {len(data)}")
    if spec.get("int"):
        if wants_grad:
            raise CaseError(f"input {name}: an int input has no gradient")
        return torch.tensor(data, dtype=torch.int64).reshape(shape)
    return torch.tensor(data, dtype=torch.float64).reshape(shape).requires_grad_(wants_grad)


def read_inputs(case):
    """-> {name: tensor}"""
    unknown = set(case["wrt"]) - set(case["inputs"])
    if unknown:
        raise CaseError(f"wrt names no input: {sorted(unknown)}, inputs are {sorted(case['inputs'])}")
    return {n: read_input(n, spec, n in case["wrt"]) for n, spec in case["inputs"].items()}


def evaluate(expression, inputs):
    """The case's expression over its inputs -> one float64 tensor (a comparison's result as 0 and 1)."""
    try:
        value = eval(expression, {"torch": torch, "F": F, **inputs})
    except Exception as e:
        raise CaseError(f"{expression}: {type(e).__name__}: {e}") from e
    if not isinstance(value, torch.Tensor):
        raise CaseError(f"{expression}: gives a {type(value).__name__}, not a tensor")
    return value.double()


def gradients(value, inputs, wrt):
    """d sum_k(value_k * cos(k+1)) / d input -> {name: tensor}; zeros where the value ignores the input."""
    if not wrt:
        return {}
    if not value.requires_grad:
        return {n: torch.zeros_like(inputs[n]) for n in wrt}
    weights = torch.cos(torch.arange(1, value.numel() + 1, dtype=torch.float64))
    contracted = (value.flatten() * weights).sum()
    grads = torch.autograd.grad(contracted, [inputs[n] for n in wrt], materialize_grads=True)
    return dict(zip(wrt, grads))


def numbers(what, tensor):
    """-> the flattened tensor as a list, refused where JSON has no number for it."""
    if not torch.isfinite(tensor).all():
        raise CaseError(f"{what} is not finite: {tensor.flatten().tolist()}")
    return tensor.flatten().tolist()


def reference(case):
    """One case -> {"value": {"shape", "data"}, "grads": {input: data}}"""
    inputs = read_inputs(case)
    value = evaluate(case["torch"], inputs)
    grads = gradients(value, inputs, case["wrt"])
    return {
        "value": {"shape": list(value.shape), "data": numbers("the value", value)},
        "grads": {n: numbers(f"the gradient of {n}", g) for n, g in sorted(grads.items())},
    }


def references(cases):
    """-> {name: reference}; every bad case is reported, not only the first."""
    refs, problems = {}, []
    for case in cases:
        name = case["name"]
        if name in refs:
            problems.append(f"{name}: two cases have this name")
        try:
            refs[name] = reference(case)
        except CaseError as e:
            problems.append(f"{name}: {e}")
    if problems:
        raise SystemExit("\n".join(problems))
    return refs


def render(refs):
    """-> JSON, sorted, one case per line, floats with all their digits (repr)."""
    lines = [f"{json.dumps(n)}: {json.dumps(refs[n], allow_nan=False)}" for n in sorted(refs)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=Path, default=HERE / "testdata/op_cases.json")
    parser.add_argument("--out", type=Path, default=HERE / "testdata/op_refs.json")
    args = parser.parse_args()
    # Constants that an expression makes itself (torch.zeros(3), torch.tensor(0.1)) are float64 too.
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    args.out.write_text(render(references(json.loads(args.cases.read_text()))))


if __name__ == "__main__":
    main()
