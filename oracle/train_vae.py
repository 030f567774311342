"""Trains the reference VAE on the real MNIST and writes the test loss of each epoch.

    python train_vae.py --data DIR --out testdata/vae_mnist_10_epochs.json

DIR holds the four IDX files, uncompressed. The loss is the well-known example's: binary cross
entropy plus KL, summed per sample, averaged over the samples.
"""

import argparse
import json
import struct
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from models import PIXELS, VAE

HERE = Path(__file__).resolve().parent
IMAGE_MAGIC = 0x803  # unsigned bytes, three dimensions


def read_images(path):
    """An IDX file of images -> float32 [N, 784] in 0..1."""
    raw = path.read_bytes()
    magic, count, rows, columns = struct.unpack(">IIII", raw[:16])
    if magic != IMAGE_MAGIC:
        raise SystemExit(f"{path}: magic {magic:#x} at offset 0, expected {IMAGE_MAGIC:#x}")
    if rows * columns != PIXELS or len(raw) != 16 + count * PIXELS:
        raise SystemExit(f"{path}: {len(raw)} bytes for {count} images of {rows}x{columns}")
    pixels = np.frombuffer(raw, np.uint8, offset=16).reshape(count, PIXELS)
    return torch.from_numpy(pixels.copy()).float() / 255


def train_epoch(model, optimizer, images, batch, shuffle, noise):
    """One pass in random order, the short last batch included -> mean loss over the samples."""
    total = 0.0
    for index in torch.randperm(len(images), generator=shuffle).split(batch):
        eps = torch.randn(len(index), model.latent, generator=noise)
        rec, kl = model.terms(images[index], eps)
        loss = (rec + kl).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(index)
    return total / len(images)


@torch.no_grad()
def evaluate(model, images, batch, seed):
    """One noise draw per sample, the same at every call -> mean loss over the samples."""
    noise = torch.Generator().manual_seed(seed)
    total = 0.0
    for chunk in images.split(batch):
        rec, kl = model.terms(chunk, torch.randn(len(chunk), model.latent, generator=noise))
        total += (rec + kl).double().sum().item()
    return total / len(images)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the four IDX files")
    parser.add_argument("--init", type=Path, default=HERE / "testdata/vae.init.safetensors")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1, help="of shuffling, noise and evaluation")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    train_images = read_images(args.data / "train-images-idx3-ubyte")
    test_images = read_images(args.data / "t10k-images-idx3-ubyte")
    model = VAE()
    model.load_state_dict(load_file(args.init))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr, foreach=False)
    shuffle = torch.Generator().manual_seed(args.seed)
    noise = torch.Generator().manual_seed(args.seed + 1000)
    epochs = []
    for epoch in range(1, args.epochs + 1):
        start = time.monotonic()
        train_loss = train_epoch(model, optimizer, train_images, args.batch, shuffle, noise)
        seconds = time.monotonic() - start
        test_loss = evaluate(model, test_images, args.batch, args.seed + 2000)
        epochs.append({"epoch": epoch, "train_loss": train_loss, "test_loss": test_loss})
        print(f"epoch {epoch}: train {train_loss:.3f} test {test_loss:.3f} ({seconds:.1f} s)", flush=True)
    if args.out:
        write(args, epochs)


def write(args, epochs):
    report = {
        "torch": torch.__version__,
        "config": {k: getattr(args, k) for k in ("batch", "lr", "seed", "threads")},
        "init": args.init.name,
        "epochs": epochs,
    }
    args.out.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
