"""Writes testdata/schedules.json: learning rates of PyTorch's lr_scheduler, step by step.

Each case names the gotrain section that must give the same numbers. A warmup of W steps is
LinearLR(start_factor=1/(W+1), total_iters=W) before the curve, by SequentialLR.
"""

import json
from pathlib import Path

import torch
from torch.optim import lr_scheduler as lrs

HERE = Path(__file__).resolve().parent
STEPS_PER_EPOCH = 10
STEPS = 60  # of a run

# name -> (section of the config, base lr, warmup in steps, steps of the run, curve)
CASES = {
    "constant": ("{name: constant}", 0.1, 0, STEPS, None),
    "constant_warmup": ("{name: constant, warmup: 7 steps}", 0.1, 7, STEPS, None),
    "step": ("{name: step, every: 2 epochs, gamma: 0.3}", 0.5, 0, STEPS, lambda o: lrs.StepLR(o, 20, gamma=0.3)),
    "step_default": ("{name: step, every: 15 steps}", 0.5, 0, STEPS, lambda o: lrs.StepLR(o, 15)),
    "step_warmup": ("{name: step, every: 15 steps, warmup: 1 epoch}", 0.5, 10, STEPS, lambda o: lrs.StepLR(o, 15)),
    "cosine": ("{name: cosine}", 1e-3, 0, STEPS, lambda o: lrs.CosineAnnealingLR(o, STEPS)),
    "cosine_min": ("{name: cosine, min_lr: 1e-4}", 1e-3, 0, STEPS, lambda o: lrs.CosineAnnealingLR(o, STEPS, eta_min=1e-4)),
    "cosine_warmup": ("{name: cosine, warmup: 10%, min_lr: 1e-4}", 1e-3, 6, STEPS, lambda o: lrs.CosineAnnealingLR(o, STEPS - 6, eta_min=1e-4)),
    "linear": ("{name: linear, min_lr: 0.02}", 0.1, 0, STEPS, lambda o: lrs.LinearLR(o, 1.0, 0.2, STEPS)),
    "linear_over": ("{name: linear, over: 2.5 epochs, min_lr: 0.02}", 0.1, 0, STEPS, lambda o: lrs.LinearLR(o, 1.0, 0.2, 25)),
    "linear_warmup": ("{name: linear, warmup: 0.5 epochs}", 0.1, 5, STEPS, lambda o: lrs.LinearLR(o, 1.0, 0.0, STEPS - 5)),
    "exponential": ("{name: exponential, gamma: 0.5}", 0.1, 0, STEPS, lambda o: lrs.ExponentialLR(o, 0.5 ** (1 / STEPS_PER_EPOCH))),
}


def rates(base: float, warmup: int, steps: int, curve) -> list[float]:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=base)
    schedule = curve(optimizer) if curve else lrs.ConstantLR(optimizer, factor=1.0)
    if warmup:
        rise = lrs.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
        schedule = lrs.SequentialLR(optimizer, [rise, schedule], milestones=[warmup])
    out = []
    for _ in range(steps):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return out


def main() -> None:
    cases = [
        {"name": name, "schedule": section, "lr": base, "rates": rates(base, warmup, steps, curve)}
        for name, (section, base, warmup, steps, curve) in CASES.items()
    ]
    head = json.dumps({"torch": torch.__version__, "steps_per_epoch": STEPS_PER_EPOCH, "steps": STEPS})
    lines = ",\n".join(json.dumps(c) for c in cases)  # one a line
    (HERE / "testdata" / "schedules.json").write_text(f'{head[:-1]}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
