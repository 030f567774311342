"""Writes testdata/parity.json and the safetensors files of the training-parity test.

Each run is done twice: in float32, which is the reference, and in float64 from the same weights,
inputs and noise. The distance between the two says how much rounding alone moves a run, and so
what a tolerance can be. README.md describes the files.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from models import MLP, VAE, ImageClassifier, LeNetLayers, NormedLayers, synthetic_data, synthetic_digest

HERE = Path(__file__).resolve().parent
LOSS_TOLERANCE = 1e-4  # of the Go test: relative, each step
PARAM_TOLERANCE = 1e-3  # of the Go test: absolute, each element after the last step


@dataclass(frozen=True)
class Run:
    """One training run. `batch` is what one optimizer step sees: accumulate x micro-batch."""

    seed: int
    steps: int
    batch: int
    hidden: int
    optimizer: str = "adam"
    lr: float = 1e-3
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    accumulate: int = 1
    clip_norm: float | None = None
    clip_value: float | None = None


@dataclass
class Trace:
    """What a run left behind. Lists have one entry per optimizer step."""

    losses: list  # mean over the samples of the step
    terms: dict  # name -> list: what a loss is the sum of
    micro_losses: list  # per step, the mean of each micro-batch
    grad_norms: list  # of all parameters together, before clipping
    clipped: list  # norm: 1 if the step was scaled; value: number of elements cut
    step1_grads: dict  # name -> gradient before clipping, float64
    max_abs_grad: dict  # name -> largest |gradient| of the element over all steps
    final: dict  # name -> parameter


# The seed is one of those whose path keeps clear of the kinks of relu: see README.md, Tolerances.
VAE_RUN = Run(seed=19, steps=100, batch=128, hidden=400)
MLP_RUN = Run(seed=2, steps=100, batch=64, hidden=128)
WIDTH = 4  # of the first convolution
LENET_RUN = Run(seed=1, steps=100, batch=64, hidden=32, lr=3e-4)
NORMED_RUN = Run(seed=5, steps=100, batch=64, hidden=32, optimizer="sgd", lr=0.02, momentum=0.9)
SMALL = dict(seed=3, steps=50, batch=64, hidden=32)
OPTIMIZER_RUNS = {
    "adam": Run(**SMALL),
    "adam_accumulate_2": Run(**SMALL, accumulate=2),
    # The norms are 0.34 to 0.51 here: 0.4 clips about half of the steps, 1.0 none. Adam divides a
    # constant scale out again, so clipping *every* step by norm would hardly show.
    "adam_clip_norm": Run(**SMALL, clip_norm=0.4),
    "adam_clip_norm_idle": Run(**SMALL, clip_norm=1.0),
    "adam_clip_value": Run(**SMALL, clip_value=0.005),
    "adam_clip_value_idle": Run(**SMALL, clip_value=0.05),
    "adam_weight_decay": Run(**SMALL, weight_decay=0.01),  # L2, into the gradient
    "adamw": Run(**SMALL, optimizer="adamw", weight_decay=0.01),
    "sgd_clip_norm": Run(**SMALL, optimizer="sgd", lr=0.05, clip_norm=0.1),
    "sgd_nesterov": Run(
        **SMALL, optimizer="sgd", lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4
    ),
}


def make_optimizer(run, params):
    if run.optimizer == "sgd":
        return torch.optim.SGD(
            params, lr=run.lr, momentum=run.momentum, nesterov=run.nesterov,
            weight_decay=run.weight_decay, foreach=False,
        )  # fmt: skip
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[run.optimizer]
    return kind(params, lr=run.lr, weight_decay=run.weight_decay, foreach=False)


def clip(run, params):
    """Clips the gradients in place -> (norm before, how much was clipped; see Trace.clipped)."""
    norm = torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in params])).item()
    if run.clip_norm is not None:
        torch.nn.utils.clip_grad_norm_(params, run.clip_norm)
        return norm, int(norm > run.clip_norm)
    if run.clip_value is not None:
        cut = sum(int((p.grad.abs() > run.clip_value).sum()) for p in params)
        torch.nn.utils.clip_grad_value_(params, run.clip_value)
        return norm, cut
    return norm, 0


def train(run, model, micro_terms):
    """micro_terms(step, first, count) -> {term: its mean over the samples first..first+count}."""
    named = dict(model.named_parameters())
    params = list(named.values())
    optimizer = make_optimizer(run, params)
    trace = Trace([], {}, [], [], [], {}, {n: torch.zeros_like(p) for n, p in named.items()}, {})
    micro = run.batch // run.accumulate
    for step in range(run.steps):
        optimizer.zero_grad()
        parts = []  # one {term: mean} per micro-batch
        for k in range(run.accumulate):
            terms = micro_terms(step, run.batch * step + micro * k, micro)
            loss = sum(terms.values())
            (loss / run.accumulate).backward()
            parts.append({"loss": loss.item()} | {n: t.item() for n, t in terms.items()})
        if step == 0:
            trace.step1_grads = {n: p.grad.double() for n, p in named.items()}
        for name, p in named.items():
            torch.maximum(trace.max_abs_grad[name], p.grad.abs(), out=trace.max_abs_grad[name])
        norm, clipped = clip(run, params)
        optimizer.step()
        trace.losses.append(mean_of(parts, "loss"))
        for name in terms:
            trace.terms.setdefault(name, []).append(mean_of(parts, name))
        trace.micro_losses.append([part["loss"] for part in parts])
        trace.grad_norms.append(norm)
        trace.clipped.append(clipped)
    trace.final = tensors_of(model)
    return trace


def tensors_of(model):
    """-> {name: a copy}: parameters and running statistics, not the count of batches."""
    return {n: t.detach().clone() for n, t in model.state_dict().items() if t.is_floating_point()}


def mean_of(parts, key):
    return sum(part[key] for part in parts) / len(parts)


def batch_of(data, first, count):
    """Samples first..first+count of the endless cycle over `data` -> tensor [count, ...]."""
    first %= len(data)
    assert first + count <= len(data), "a batch must not wrap around"
    return data[first : first + count]


def train_vae(run, init, noise, dtype):
    """noise [steps, batch, latent]; the loss is rec + kl, summed per sample, averaged over samples."""
    model = VAE(hidden=run.hidden).to(dtype)
    model.load_state_dict(init)
    images = synthetic_data()[0].to(dtype)
    noise = noise.to(dtype)

    def micro_terms(step, first, count):
        rec, kl = model.terms(batch_of(images, first, count), noise[step])
        return {"rec": rec.mean(), "kl": kl.mean()}

    return train(run, model, micro_terms)


def train_mlp(run, init, dtype):
    return train_classifier(run, MLP(run.hidden), init, dtype)


def train_classifier(run, model, init, dtype):
    model = model.to(dtype)
    model.load_state_dict(init, strict=False)  # without num_batches_tracked
    images, labels = synthetic_data()
    images = images.to(dtype)

    def micro_terms(step, first, count):
        return {"ce": model.loss(batch_of(images, first, count), batch_of(labels, first, count))}

    return train(run, model, micro_terms)


def initial_weights(seed, make_model):
    """PyTorch's default initialisation after torch.manual_seed(seed) -> {name: float32 tensor}."""
    torch.manual_seed(seed)
    return tensors_of(make_model())


def noise_seed(run):
    return run.seed + 1000


def vae_noise(run):
    """-> float32 [steps, batch, latent], from a generator of its own."""
    generator = torch.Generator().manual_seed(noise_seed(run))
    return torch.randn(run.steps, run.batch, VAE().latent, generator=generator)


def norms(tensors):
    return {n: t.double().norm().item() for n, t in tensors.items()}


def cosine_sums(tensors):
    """sum over k of t_k * cos(k+1), k counting the flattened tensor: unlike a norm it sees sign and order."""
    return {n: (t.double().flatten() @ cosine_weights(t.numel())).item() for n, t in tensors.items()}


def cosine_weights(n):
    return torch.cos(torch.arange(1, n + 1, dtype=torch.float64))


def relative_error(got, want):
    return max(abs(a - b) / abs(b) for a, b in zip(got, want))


def distance(trace, exact):
    """How far the float32 run is from the float64 one: the worst step, the worst element by name."""
    return {
        "max_relative_loss": relative_error(trace.losses, exact.losses),
        "max_relative_terms": {
            n: relative_error(trace.terms[n], exact.terms[n]) for n in trace.terms
        },
        "max_abs_param": {
            n: (p.double() - exact.final[n]).abs().max().item() for n, p in trace.final.items()
        },
    }


def check_conditioning(name, far):
    """A run that rounding alone moves by a tenth of the test's tolerance is no reference."""
    worst = max(far["max_abs_param"].values())
    if worst > PARAM_TOLERANCE / 10 or far["max_relative_loss"] > LOSS_TOLERANCE / 10:
        raise SystemExit(
            f"{name}: float32 and float64 are {worst:.1e} apart in a parameter and"
            f" {far['max_relative_loss']:.1e} in a loss; choose another seed (README.md, Tolerances)"
        )


def check_clipping(name, run, trace):
    """A clipping run that never clips tests nothing, and an idle one must stay idle."""
    wanted = (run.clip_norm or run.clip_value) is not None and not name.endswith("_idle")
    if wanted != any(trace.clipped):
        raise SystemExit(f"{name}: clipped in {sum(map(bool, trace.clipped))} steps; change its threshold")


def describe(name, run, trace, exact):
    """One run as the JSON that the Go test reads."""
    far = distance(trace, exact)
    check_conditioning(name, far)
    check_clipping(name, run, trace)
    out = {
        "config": asdict(run),
        "losses": trace.losses,
        "terms": trace.terms,
        "step1_grad_norms": norms(trace.step1_grads),
        "step1_grad_cosine_sums": cosine_sums(trace.step1_grads),
        "zero_grad_params": sorted(n for n, g in trace.max_abs_grad.items() if g.max() == 0),
        "zero_grad_elements": {n: int((g == 0).sum()) for n, g in trace.max_abs_grad.items()},
        "final_norms": norms(trace.final),
        "final_cosine_sums": cosine_sums(trace.final),
        "float64_distance": far,
    }
    if run.accumulate > 1:
        out["micro_losses"] = trace.micro_losses
    if run.clip_norm is not None or run.clip_value is not None:
        out["grad_norms"] = trace.grad_norms
        out["clipped"] = trace.clipped
    return out


def double(tensors):
    return {n: t.double() for n, t in tensors.items()}


def vae_reference(out):
    init = initial_weights(VAE_RUN.seed, lambda: VAE(hidden=VAE_RUN.hidden))
    noise = vae_noise(VAE_RUN)
    trace = train_vae(VAE_RUN, init, noise, torch.float32)
    exact = train_vae(VAE_RUN, double(init), noise, torch.float64)
    save_file(init, out / "vae.init.safetensors")
    save_file({"eps": noise}, out / "vae.noise.safetensors")
    save_file(trace.final, out / "vae.final.safetensors")
    return describe("vae", VAE_RUN, trace, exact) | {"noise_seed": noise_seed(VAE_RUN)}


def mlp_reference(out):
    init = initial_weights(MLP_RUN.seed, lambda: MLP(MLP_RUN.hidden))
    trace = train_mlp(MLP_RUN, init, torch.float32)
    exact = train_mlp(MLP_RUN, double(init), torch.float64)
    save_file(init, out / "mlp.init.safetensors")
    save_file(trace.final, out / "mlp.final.safetensors")
    return describe("mlp", MLP_RUN, trace, exact)


def image_reference(out, name, run, make_layers):
    """lenet.* is configs/lenet-mnist.yaml without its dropout; normed.* is a net of the Go test."""

    def make_model():
        return ImageClassifier(make_layers())

    init = initial_weights(run.seed, make_model)
    trace = train_classifier(run, make_model(), init, torch.float32)
    exact = train_classifier(run, make_model(), double(init), torch.float64)
    save_file(init, out / f"{name}.init.safetensors")
    save_file(trace.final, out / f"{name}.final.safetensors")
    return describe(name, run, trace, exact)


def optimizer_references(out):
    """All optimizer runs start from the same weights, mlp_small.init.safetensors."""
    init = initial_weights(SMALL["seed"], lambda: MLP(SMALL["hidden"]))
    save_file(init, out / "mlp_small.init.safetensors")
    runs = {}
    for name, run in OPTIMIZER_RUNS.items():
        trace = train_mlp(run, init, torch.float32)
        exact = train_mlp(run, double(init), torch.float64)
        runs[name] = describe(name, run, trace, exact)
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "testdata", help="folder to write to")
    out = parser.parse_args().out
    torch.set_num_threads(1)  # the order of a sum depends on the number of threads
    out.mkdir(parents=True, exist_ok=True)
    reference = {
        "torch": torch.__version__,
        "data": synthetic_digest(),
        "vae": vae_reference(out),
        "mlp": mlp_reference(out),
        "lenet": image_reference(out, "lenet", LENET_RUN, lambda: LeNetLayers(WIDTH, LENET_RUN.hidden)),
        "normed": image_reference(out, "normed", NORMED_RUN, NormedLayers),
        "optimizers": optimizer_references(out),
    }
    text = json.dumps(reference, indent=1, allow_nan=False)
    (out / "parity.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
