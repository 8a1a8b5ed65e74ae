"""Train the bundled network and write its three checkpoints: the start, an early epoch, the end.

Source: Zeiler & Fergus 2013, sec. 3: SGD with momentum, and after each step every convolution
filter whose RMS exceeds a radius is rescaled to it. One thread, one seed: same machine, same bytes.
"""

from __future__ import annotations

import argparse
import logging
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from convscope.geometry.box import Box
from convscope.images import photos
from convscope.nets.zeiler import ZeilerNet

BATCH, EPOCH_STEPS, EARLY_EPOCH = 64, 20, 15  # an epoch: about as many crops as there are tiles
RATE, MOMENTUM, DECAY, RADIUS = 0.02, 0.9, 5e-4, 0.1
FIRST_DECAY = 0.02  # conv1 alone: what the photographs do not ask for fades, so filters turn smooth
MEAN, STD = (0.45, 0.40, 0.37), (0.25, 0.25, 0.25)
NOISE = 0.1  # deviation of the pixel noise, in units of the normalized input


def normalize(pixels: np.ndarray) -> Tensor:
    """(n, h, w, 3) uint8 -> (n, 3, h, w)."""
    scaled = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    return (scaled - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def random_box(photograph: np.ndarray, rng: np.random.Generator) -> Box:
    """A square of random scale inside the training region."""
    region = photos.train_region(*photograph.shape[:2])
    smallest, *_, largest = photos.sides(*photograph.shape[:2])
    side = round(smallest * (min(largest * 1.25, region.height, region.width) / smallest) ** rng.random())
    y, x = rng.integers(region.height - side + 1), rng.integers(region.width - side + 1)
    return Box(region.y0 + y, region.x0 + x, region.y0 + y + side, region.x0 + x + side)


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half the crops; change contrast, brightness and tint a little; add noise."""
    n = len(x)
    flips = torch.rand(n, generator=generator) < 0.5
    x = torch.where(flips[:, None, None, None], x.flip(3), x)
    contrast = torch.exp(0.3 * torch.randn(n, 1, 1, 1, generator=generator))
    brightness = 0.3 * torch.randn(n, 1, 1, 1, generator=generator)
    tint = 0.1 * torch.randn(n, 3, 1, 1, generator=generator)
    return x * contrast + brightness + tint + NOISE * torch.randn(x.shape, generator=generator)


def draw(pictures: list[np.ndarray], rng: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    labels = rng.integers(len(pictures), size=BATCH)
    crops = [photos.crop(pictures[k], random_box(pictures[k], rng)) for k in labels]
    return augment(normalize(np.stack(crops)), generator), torch.from_numpy(labels)


def held_out(pictures: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Every tile of the regions training never sees."""
    boxes = [
        (k, box)
        for k, p in enumerate(pictures)
        for side in photos.sides(*p.shape[:2])
        for box in photos.grid(photos.held_out_region(*p.shape[:2]), side)
    ]
    crops = np.stack([photos.crop(pictures[k], box) for k, box in boxes])
    return normalize(crops), torch.tensor([k for k, _ in boxes])


@torch.no_grad()
def accuracy(net: nn.Module, x: Tensor, labels: Tensor) -> float:
    net.eval()
    right = (net(x).argmax(1) == labels).float().mean().item()
    net.train()
    return right


@torch.no_grad()
def renormalize(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            rms = module.weight.square().mean((1, 2, 3), keepdim=True).sqrt()
            module.weight.mul_((RADIUS / rms).clamp(max=1))


def start(classes: int) -> ZeilerNet:
    """Small weights in the first layer, so that noise never outweighs what is learned."""
    net = ZeilerNet(classes)
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    nn.init.normal_(net.conv1.weight, std=0.02)
    return net
