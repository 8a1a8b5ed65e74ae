"""Train the bundled network and write its three checkpoints: the start, an early epoch, the end.

Source: Zeiler & Fergus 2013, sec. 3: SGD with momentum; after each step every convolution filter
whose RMS exceeds a radius is rescaled to it. One thread, one seed; the model card says the rest.
"""

import argparse
import logging
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from convscope.images import photos
from convscope.nets.zeiler import SIZE, ZeilerNet
from convscope.preprocess import Preprocessing

BATCH, EPOCH, EARLY = 64, 22, 12  # an epoch: 22 steps, as many crops as the atlas has tiles
RATE, MOMENTUM, DECAY, RADIUS = 0.02, 0.9, 5e-4, 0.05
FIRST = {"rate": 8 * RATE, "weight_decay": 0.002}  # conv1's own, so that its noise is forgotten
TURN, GRAY, CONTRAST, BRIGHTNESS, TINT, NOISE = 15, 0.1, 0.3, 0.3, 0.1, 0.1
BRIGHT, FAINT = 2.0, 0.3  # power of 7x7 patches above and below which conv1's gradient is damped
INPUT = Preprocessing((SIZE, SIZE), SIZE, mean=(0.45, 0.4, 0.37), std=(0.25, 0.25, 0.25))
CLASSES, PICTURES = zip(*photos.photographs().items(), strict=True)


def normalize(pixels: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack([INPUT.apply(p).array for p in pixels]))  # (n, 3, h, w)


def augment(x: Tensor) -> Tensor:
    """Mirror half the crops, gray some, change contrast, brightness and tint, add noise."""
    chance, normal = torch.rand(2, len(x), 1, 1, 1), torch.randn(len(x), 5, 1, 1)
    x = torch.where(chance[0] < 0.5, x.flip(3), x)
    x = torch.where(chance[1] < GRAY, x.mean(1, keepdim=True), x)
    x = x * (CONTRAST * normal[:, :1]).exp() + BRIGHTNESS * normal[:, 1:2] + TINT * normal[:, 2:]
    return x + NOISE * torch.randn_like(x)


def draw(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    labels = rng.integers(len(PICTURES), size=BATCH)
    crops = [photos.random_crop(PICTURES[k], rng, TURN) for k in labels]
    return augment(normalize(crops)), torch.tensor(labels)


def start() -> ZeilerNet:
    net = ZeilerNet(len(CLASSES))
    for module in (m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)
    nn.init.normal_(net.conv1.weight, std=0.004)
    return net


def whitener(x: Tensor) -> Tensor:
    """Damps the directions of conv1's gradient whose power in the photographs drowns edges."""
    patches = nn.functional.unfold(x, 7, stride=3).transpose(1, 2).flatten(0, 1)  # (n, 147)
    power, directions = torch.linalg.eigh(patches.T.cov())
    gain = power / (power + FAINT) * (1 + power / BRIGHT).rsqrt()
    return directions * gain @ directions.T


@torch.no_grad()
def renormalize(net: ZeilerNet) -> None:
    for conv in (net.conv1, net.conv2, net.conv3, net.conv4, net.conv5):
        rms = conv.weight.square().mean((1, 2, 3), keepdim=True).sqrt()
        conv.weight.mul_((RADIUS / rms).clamp(max=1))


@torch.no_grad()
def save(net: ZeilerNet, path: Path, **facts: object) -> None:
    """Write half precision, with the held-out accuracy of just those weights."""
    half = {key: value.half().contiguous() for key, value in net.state_dict().items()}
    copy, tiles = ZeilerNet(len(CLASSES)).eval(), photos.held_out_tiles()
    copy.load_state_dict(half)
    guesses = copy(normalize([photos.cut(tile) for tile in tiles])).argmax(1)
    right = [CLASSES[g] == tile.photograph for g, tile in zip(guesses, tiles, strict=True)]
    facts |= {"arch": "bundled:photos", "classes": CLASSES, "accuracy": f"{np.mean(right):.4f}"}
    facts |= {"recipe": "scripts/train_bundled.py"} | INPUT.to_dict()
    facts |= {k: ",".join(map(str, v)) for k, v in facts.items() if isinstance(v, tuple | list)}
    save_file(half, path, {k: str(v) for k, v in facts.items()})
    logging.info("%s %s", path.name, facts)


def train(steps: int, seed: int, out: Path) -> None:
    torch.manual_seed(seed)
    rng, net = np.random.default_rng(seed), start().to(memory_format=torch.channels_last)
    white = whitener(torch.cat([draw(rng)[0] for _ in range(4)]))
    first, *rest = net.parameters()
    groups = [{"params": [first], **FIRST}, {"params": rest, "rate": RATE, "weight_decay": DECAY}]
    optimizer = torch.optim.SGD(groups, momentum=MOMENTUM)
    moments = {0: "start", min(EARLY * EPOCH, steps // 2): "early", steps: "end"}
    for step in range(steps + 1):
        if name := moments.get(step):
            save(net, out / f"photos-{name}.safetensors", seed=seed, epochs=round(step / EPOCH))
        for group in optimizer.param_groups:  # a hundred steps of warming up, then half a cosine
            fade = (1 + math.cos(math.pi * step / steps)) / 2
            group["lr"] = group["rate"] * fade * min(1, (step + 1) / 100)
        x, labels = draw(rng)
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), labels).backward()
        first.grad = (first.grad.flatten(1) @ white).view_as(first)
        optimizer.step()
        renormalize(net)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2640)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("src/convscope/bundled"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    train(**vars(parser.parse_args()))
