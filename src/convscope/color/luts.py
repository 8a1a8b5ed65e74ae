"""The colour maps: ember for magnitudes, tide for signed values, ash without hue, and labels.

Each is piecewise linear in OKLab between the samples below (sRGB hex). ember starts black: a silent
map is a black tile on the grey ground. tide passes through the ground (#808080) at zero and rises
in lightness, so that it reads in greyscale print and agrees with projections.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from convscope.color.oklab import Bytes, oklab_to_srgb, srgb_to_oklab
from convscope.errors import UsageError, nearest

GROUND = 128
"""The grey behind every picture; it means zero."""

_SAMPLES = {
    "ember": "090609 301128 5f1e3f 932940 be4839 dd712f eda23d fad26e fcf7cd",
    "tide": "081b53 183569 334f77 57687e 808080 a39b7e c4b67f e3d387 fff19c",
    "ash": "070707 f5f5f5",
}
_SIZES = {"ember": 256, "tide": 257, "ash": 256}

LABELS = (
    "#e7bf4a", "#538c2d", "#77d2f5", "#9690f1", "#3c5f43", "#7bab95", "#6c799f", "#623e96",
)  # fmt: skip
"""Colours of a label map, in order of area; the network's uncovered answer takes the ground."""


@cache
def lut(name: str) -> Bytes:
    """The colour map as uint8 (256, 3), or (257, 3) for tide, whose entry 128 is zero.

    Raises:
        UsageError: no colour map has this name.

    >>> lut("tide")[128].tolist()
    [128, 128, 128]
    """
    if name not in _SAMPLES:
        raise UsageError(f"No colour map {name!r}; there are {', '.join(_SAMPLES)}. "
                         f"{nearest(name, _SAMPLES)}".strip())  # fmt: skip
    samples = srgb_to_oklab(_colors(_SAMPLES[name]))
    place = np.linspace(0, 1, len(samples))
    steps = np.linspace(0, 1, _SIZES[name])
    lab = np.stack([np.interp(steps, place, samples[:, axis]) for axis in range(3)], axis=1)
    table = oklab_to_srgb(lab)
    table.setflags(write=False)
    return table


def labels() -> Bytes:
    """The eight label colours as uint8 (8, 3)."""
    return _colors(" ".join(LABELS).replace("#", ""))


def _colors(words: str) -> Bytes:
    return np.array([list(bytes.fromhex(word)) for word in words.split()], np.uint8)
