"""The two reference models, their losses and the synthetic images, written in plain PyTorch.

Attributes are named so that `state_dict()` yields gotrain's parameter names
(`encoder.dense.weight`, `encoder.dense_2.weight`, ...). Weights are [out, in], as in PyTorch.
"""

import hashlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

PIXELS = 784
SAMPLES = 1280  # a multiple of every batch size used here, so that no batch is short
CLASSES = 10


class TwoDense(nn.Module):
    """dense -> relu -> dense: [B, inputs] -> [B, outputs]. The names count only ops with parameters."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.dense = nn.Linear(inputs, hidden)
        self.dense_2 = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.dense_2(torch.relu(self.dense(x)))


class VAE(nn.Module):
    """configs/vae-mnist.yaml: 784-400-20-400-784, two nets `encoder` and `decoder`."""

    def __init__(self, latent=20, hidden=400):
        super().__init__()
        self.latent = latent
        self.encoder = TwoDense(PIXELS, hidden, 2 * latent)
        self.decoder = TwoDense(latent, hidden, PIXELS)

    def terms(self, image, eps):
        """image [B, 784], eps [B, latent] -> rec [B], kl [B], both sums per sample."""
        mu, logvar = self.encoder(image).split(self.latent, dim=1)  # [B, latent] each, mu first
        z = mu + torch.exp(0.5 * logvar) * eps
        recon = self.decoder(z)  # logits [B, 784]
        rec = F.binary_cross_entropy_with_logits(recon, image, reduction="none").sum(dim=1)
        kl = -0.5 * (1 + logvar - mu**2 - torch.exp(logvar)).sum(dim=1)
        return rec, kl


class MLP(nn.Module):
    """784-hidden-10; the YAML's model value is `logits`, hence `logits.dense.weight`."""

    def __init__(self, hidden):
        super().__init__()
        self.logits = TwoDense(PIXELS, hidden, CLASSES)

    def loss(self, image, label):
        """image [B, 784], label [B] int64 -> mean cross entropy, a scalar."""
        return F.cross_entropy(self.logits(image), label)


class LeNetLayers(nn.Module):
    """conv, relu, pool twice, then two dense layers: [B, 1, 28, 28] -> [B, 10]; no dropout."""

    def __init__(self, width, hidden):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1)
        self.conv_2 = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.dense = nn.Linear(2 * width * 7 * 7, hidden)
        self.dense_2 = nn.Linear(hidden, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv_2(x)), 2)
        return self.dense_2(torch.relu(self.dense(x.flatten(1))))


class NormedLayers(nn.Module):
    """A small net with batch normalisation after a convolution and after a dense layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5, stride=2, padding=2, bias=False)
        self.batchnorm = nn.BatchNorm2d(6)
        self.dense = nn.Linear(6 * 7 * 7, 32)
        self.batchnorm_2 = nn.BatchNorm1d(32)
        self.dense_2 = nn.Linear(32, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.batchnorm(self.conv(x))), 2)
        x = torch.relu(self.batchnorm_2(self.dense(x.flatten(1))))
        return self.dense_2(x)


class ImageClassifier(nn.Module):
    """One of the above; the YAML's model value is `logits`."""

    def __init__(self, layers):
        super().__init__()
        self.logits = layers

    def loss(self, image, label):
        """image [B, 784], label [B] int64 -> mean cross entropy, a scalar."""
        return F.cross_entropy(self.logits(image.unflatten(1, (1, 28, 28))), label)


def synthetic_bytes():
    """-> uint8 [SAMPLES, 784] from integers alone; README.md has the formula and golden values."""
    mask = np.uint64(0xFFFFFFFF)
    i = np.arange(SAMPLES, dtype=np.uint64)[:, None]
    j = np.arange(PIXELS, dtype=np.uint64)[None, :]
    h = (i * np.uint64(2654435761) + j * np.uint64(40503) + np.uint64(12345)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(2246822519)) & mask
    h ^= h >> np.uint64(13)
    lit = (h & np.uint64(0xFF)) < np.uint64(64)  # about a quarter, as in a drawn digit
    return np.where(lit, h >> np.uint64(24), 0).astype(np.uint8)


def synthetic_data():
    """-> images float32 [SAMPLES, 784] in 0..1, labels int64 [SAMPLES]."""
    images = torch.from_numpy(synthetic_bytes()).float() / 255
    labels = (torch.arange(SAMPLES) * 7 + 3) % CLASSES
    return images, labels


def synthetic_digest():
    """What a reader of the formula in another language compares itself with."""
    pixels = synthetic_bytes()
    return {
        "samples": SAMPLES,
        "pixels": PIXELS,
        "sum": int(pixels.sum()),
        "sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
    }
