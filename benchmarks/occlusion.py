"""Occlusion with all panels, against Captum's `Occlusion` for one, on the same grid.

Whole squares of 32 px every 8 px over 224 px: Captum covers with the same value and keeps the score
of one class. Both run the network in the same memory format; Captum with as many perturbations a
forward as suit it best. Weights are random: for speed they serve as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.common import Options, Result, at_least, interleaved, need_spec, paired, rounded

if TYPE_CHECKING:
    from convscope.images.image import Image
    from convscope.net.net import Net

GOALS = {"squeezenet1_0": 4.0, "resnet18": 1.5, "vgg16": 4.0}
"""How many times as fast as Captum, by model."""
SIDE, OCCLUDER, STRIDE = 224, 32, 8
BATCHES = (1, 4, 8, 16)
"""Perturbations a forward that Captum is tried with."""


@dataclass(frozen=True)
class Case:
    """One network and image, and both ways to occlude it."""

    net: Net
    image: Image
    stride: int

    def ours(self) -> Any:
        """All five panels and the scores of every class."""
        from convscope.methods.occlude import occlude
        from convscope.methods.options.occlude import OccludeOptions

        options = OccludeOptions(
            occluder=OCCLUDER, stride=self.stride, edge="whole", method="incremental"
        )
        return occlude(self.net, self.image, "class:1", options)

    def theirs(self, batch: int) -> Any:
        """The change of one class's score, (h, w)."""
        import torch
        from captum.attr import Occlusion

        module = self.net.module
        batch_of_one = self.net.one(self.image).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            return Occlusion(module).attribute(
                batch_of_one,
                sliding_window_shapes=(3, OCCLUDER, OCCLUDER),
                strides=(3, self.stride, self.stride),
                baselines=0,
                target=1,
                perturbations_per_eval=batch,
            )


def measure(options: Options) -> Result:
    """Every model, slow ones last."""
    need_spec("torchvision")
    need_spec("captum")
    return {name: _one(name, goal, options) for name, goal in GOALS.items()}


def _one(name: str, goal: float, options: Options) -> Result:
    case = Case(*_given(name), STRIDE * options.every)
    best = _best(case, options)
    tasks = {"ours": case.ours, "captum": lambda: case.theirs(best)}
    times = interleaved(tasks, options.rounds)
    found = case.ours()
    return {
        "times_as_fast": at_least(paired(times["captum"], times["ours"]), goal),
        "each_round": [rounded(b / a) for a, b in zip(times["ours"], times["captum"], strict=True)],
        "seconds": {who: [rounded(t) for t in each] for who, each in times.items()},
        "captum_perturbations_per_eval": best,
        "positions": found.values.size,
        "how": found.exact,
    }


def _given(name: str) -> tuple[Net, Image]:
    import numpy as np
    import torch

    from convscope.images.read import read
    from convscope.net.intake import load

    net = load(f"torchvision:{name}", size=SIDE, device="cpu")
    net.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    pixels = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    return net, read(pixels, net.preprocessing)


def _best(case: Case, options: Options) -> int:
    """The fastest of Captum's batches, on a coarser grid."""
    coarse = Case(case.net, case.image, 4 * case.stride)
    times = interleaved(
        {str(b): lambda b=b: coarse.theirs(b) for b in BATCHES}, min(options.rounds, 2)
    )
    return int(min(times, key=lambda name: min(times[name])))
