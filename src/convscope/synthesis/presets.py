"""Presets: recipes under a name, each after its source.

- ``natural``: ours. Fourier coefficients scaled as in the images given, the blur of each step
  keeping fine patterns from carrying the picture.
- ``lucid``: Olah et al. 2017 as in Lucid: Fourier, 1/f, Adam .05, jitter, scale, rotation.
- ``maco``: Fel et al. 2023: phases alone under a natural magnitude, NAdam, 256 steps. The paper
  draws 32 noisy crops of 512 px a step, shrinking to a twentieth of the side; here one view of
  the network's own size, lightly blurred, which costs a thirtieth and scores higher.
- ``yosinski-1`` to ``-4``: Yosinski et al. 2015, Table 1, in the order of the table; as in their
  program, the picture of the step that reached most, stretched about the mean. Their learning
  rates are for CaffeNet; where slopes are smaller, noise is all that comes, until --lr is raised.
- ``keras-blog``: Chollet 2016: 20 steps of RMS-normalized gradient, standardized for display.
- ``plain``: gradient ascent on pixels and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from convscope.errors import UsageError
from convscope.synthesis.recipe import Recipe

_PIXELS = Recipe(
    parameterization="pixels", before=False, optimizer="sgd", start=10.0,
    jitter=0.0, scale=0.0, rotate=0.0,
)  # fmt: skip
_YOSINSKI = replace(_PIXELS, lr=100.0, clip=True, taken="best", shown="centered")

PRESETS: Mapping[str, Recipe] = {
    "natural": Recipe(start=0.1, lr=0.1, jitter=0.015, scale=0.05, defocus=(1.2, 2.2), lowpass=1.4),
    "lucid": Recipe(
        spectrum="power", at="mean", size=128, steps=512, start=0.01,
        jitter=8 / 224, scale=0.1, rotate=10.0,
    ),
    "maco": Recipe(
        parameterization="phase", optimizer="nadam", lr=0.1,
        jitter=0.03, scale=0.05, rotate=3.0, defocus=(0.5, 1.5),
    ),
    "yosinski-1": replace(
        _YOSINSKI, steps=500, gradient="progress", progress=2.0, blur=0.5, norm_percentile=50.0
    ),
    "yosinski-2": replace(_YOSINSKI, steps=750, decay=0.3, norm_percentile=20.0),
    "yosinski-3": replace(_YOSINSKI, steps=1000, decay=1e-4, blur=1.0),
    "yosinski-4": replace(
        _YOSINSKI, steps=1000, lr=1e8, gradient="progress", progress=2.0, blur=0.5,
        contribution_percentile=90.0,
    ),
    "keras-blog": replace(
        _PIXELS, at="mean", size=128, is_whole=True, steps=20, lr=1.0, gradient="rms", start=20.0,
        is_uniform=True, shown="standardized",
    ),
    "plain": replace(_PIXELS, steps=256, lr=1.0, gradient="rms"),
}  # fmt: skip
"""By name."""

SHARP = Recipe(start=0.1, lr=0.05, jitter=0.015, scale=0.05, defocus=(0.0, 2.0), lowpass=1.0)
"""`natural` in short steps and from no blur on: for probabilities and likenesses, which come to an
end. Climbed through a blur alone they reach it only there: on SqueezeNet 1 class in 6 then passed
.99 on the picture as it is, with this all, and caricatures have cosines of .85 in place of .55."""


def preset(name: str, **changes: object) -> Recipe:
    """The recipe of a preset, with changes.

    Raises:
        UsageError: there is none of that name, or a change that is no choice.

    >>> preset("lucid", steps=64).steps
    64
    """
    if name not in PRESETS:
        raise UsageError(f"No preset {name!r}. There are: {', '.join(PRESETS)}.")
    return replace(PRESETS[name], **changes)  # type: ignore[arg-type]
