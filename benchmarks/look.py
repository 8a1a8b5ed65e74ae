"""One comparison page without occlusion, in forward passes of its network.

Ours is the whole of `look`: every method with its twin, the curves, the pictures drawn and written
with their numbers. What it is counted in is a bare forward of the same image.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.common import Options, Result, Task, at_most, interleaved, need_spec, rounded

if TYPE_CHECKING:
    from convscope.images.image import Image
    from convscope.net.net import Net

MOST = 700.0
"""Goal: forward passes that a page may take."""
FORWARDS = 30
"""In one measurement: one forward is too short for the clock."""


def measure(options: Options) -> Result:
    """How many forward passes a page takes, and where its time goes."""
    need_spec("torchvision")
    net, image = _subject()
    page, forwards = _page(net, image, options.every), _forwards(net, image)
    times = interleaved({"page": page, "forwards": forwards}, options.rounds)
    ratios = [a / (b / FORWARDS) for a, b in zip(times["page"], times["forwards"], strict=True)]
    return {
        "network": net.spec,
        "forward_seconds": rounded(median(times["forwards"]) / FORWARDS),
        "page_seconds": rounded(median(times["page"])),
        "forward_passes": at_most(median(ratios), MOST),
    }


def _subject() -> tuple[Net, Image]:
    """SqueezeNet with random weights, which serve for speed, and an image of noise."""
    import numpy as np
    import torch

    from convscope.images.read import read
    from convscope.net.intake import load

    torch.manual_seed(0)
    net = load("torchvision:squeezenet1_0", device="cpu")
    pixels = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    return net, read(pixels, net.preprocessing)


def _page(net: Net, image: Image, every: int) -> Task:
    from convscope.methods.options.look import PANELS, LookOptions
    from convscope.render.look.look import look

    names = tuple(name for name in PANELS if name != "occlusion")
    drawn = LookOptions(panels=names[::every])

    def page() -> None:
        with tempfile.TemporaryDirectory() as folder:
            look(net, image, out=Path(folder) / "page", options=drawn)

    return page


def _forwards(net: Net, image: Image) -> Task:
    import torch

    batch = net.one(image)

    def forwards() -> None:
        with net.hosted(), torch.no_grad():
            for _ in range(FORWARDS):
                net.module(batch)

    return forwards
