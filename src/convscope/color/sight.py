"""How a picture looks to eyes without red or green cones."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.color.oklab import Bytes, from_linear, to_linear

# Machado, Oliveira and Fernandes 2009, severity 1, in linear light.
_MATRICES = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def simulate(srgb: NDArray[Any], sight: Literal["protan", "deutan"]) -> Bytes:
    """8-bit sRGB (..., 3) as a person with this sight sees it.

    Source: Machado et al., IEEE TVCG 15(6), 2009.

    >>> simulate(np.array([128, 128, 128]), "deutan").tolist()
    [128, 128, 128]
    """
    seen = to_linear(np.asarray(srgb) / 255) @ np.array(_MATRICES[sight]).T
    return np.rint(from_linear(seen) * 255).astype(np.uint8)
