"""Times training steps in PyTorch, in the ways that people run it.

    python bench/torch_peers.py WORKLOAD [--batch 128] [--threads 2] [--ways written,tuned,compiled]

Workloads: vae, mlp, mlp512, lenet: the models of configs/*.yaml (mlp512: 784-512-512-10).
Prints a line a way: its name and the median of a step in milliseconds. The batch is fixed
and in memory; nothing is logged.

written: as a tutorial has it. tuned: fused Adam, the loss from logits, denormals flushed.
compiled: tuned, through torch.compile. bf16: tuned, under autocast to bfloat16.
"""
import argparse
import contextlib
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


class VAE(nn.Module):
    """784-400-20-400-784, as in configs/vae-mnist.yaml."""

    def __init__(self):
        super().__init__()
        self.e1, self.e2 = nn.Linear(784, 400), nn.Linear(400, 40)
        self.d1, self.d2 = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, x):
        mu, logvar = self.e2(F.relu(self.e1(x.flatten(1)))).chunk(2, 1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.d2(F.relu(self.d1(z))), mu, logvar

    def loss(self, x, _, written):
        out, mu, logvar = self(x)
        target = x.flatten(1)
        if written:
            rec = F.binary_cross_entropy(torch.sigmoid(out), target, reduction="sum")
        else:
            rec = F.binary_cross_entropy_with_logits(out, target, reduction="sum")
        return (rec - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()) / len(x)


class Classifier(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def loss(self, x, label, _):
        return F.cross_entropy(self.net(x), label)


def mlp(*widths):
    layers = [nn.Flatten()]
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return Classifier(nn.Sequential(*layers[:-1]))


def lenet():
    return Classifier(nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(1568, 128), nn.ReLU(), nn.Linear(128, 10)))


workloads = {"vae": VAE, "mlp": lambda: mlp(784, 128, 10), "mlp512": lambda: mlp(784, 512, 512, 10), "lenet": lenet}


def time_of(workload, way, batch, seconds):
    torch.manual_seed(0)
    model = workloads[workload]()
    x, label = torch.rand(batch, 1, 28, 28), torch.randint(10, (batch,))
    written = way == "written"
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, fused=not written)
    torch.set_flush_denormal(not written)
    loss_of = torch.compile(model.loss) if way == "compiled" else model.loss
    cast = torch.autocast("cpu", torch.bfloat16) if way == "bf16" else contextlib.nullcontext()
    times, warmup = [], 10
    end = None  # of the measurement
    while end is None or time.perf_counter() < end:
        start = time.perf_counter()
        with cast:
            loss = loss_of(x, label, written)
        opt.zero_grad()
        loss.backward()
        opt.step()
        loss.item()
        times.append(1e3 * (time.perf_counter() - start))
        if end is None and len(times) == warmup:
            times, end = [], time.perf_counter() + seconds
    return statistics.median(times)


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("workload", choices=workloads)
    args.add_argument("--batch", type=int, default=128)
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--seconds", type=float, default=2)
    args.add_argument("--ways", default="written,tuned,compiled")
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    for way in args.ways.split(","):
        print(f"{way}\t{time_of(args.workload, way, args.batch, args.seconds):.4f}")
