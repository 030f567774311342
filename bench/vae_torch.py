"""Times the VAE's training step in PyTorch: as people write it, and tuned.

    python bench/vae_torch.py [--threads 2] [--steps 60]

Prints median milliseconds a step, one way a line. The batch is fixed and in memory.
"""
import argparse
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
        mu, logvar = self.e2(F.relu(self.e1(x))).chunk(2, 1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.d2(F.relu(self.d1(z))), mu, logvar


def step(model, opt, x, logits_loss):
    out, mu, logvar = model(x)
    if logits_loss:
        rec = F.binary_cross_entropy_with_logits(out, x, reduction="sum")
    else:
        rec = F.binary_cross_entropy(torch.sigmoid(out), x, reduction="sum")
    loss = (rec - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()) / len(x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss


def time_of(way, steps):
    torch.manual_seed(0)
    model, x = VAE(), torch.rand(128, 784)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, fused=way == "tuned")
    torch.set_flush_denormal(way == "tuned")
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step(model, opt, x, way == "tuned").item()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[steps // 4 :])


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--steps", type=int, default=60)
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    for way in ("as written", "tuned"):
        print(f"{way}\t{time_of(way, args.steps):.2f}")
