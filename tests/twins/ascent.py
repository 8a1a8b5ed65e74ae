"""The slow twin of gradient ascent and its regularizers, from the papers and programs, in numpy.

One picture at a time, (c, h, w) in float64, pixels 0..255.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def deprocessed(x: Array) -> NDArray[np.uint8]:
    """Chollet 2016: mean .5, deviation .1, clipped; a cast to bytes cuts the fraction off."""
    x = x - x.mean()
    x = x / (x.std() + 1e-5)
    x = np.clip(x * 0.1 + 0.5, 0, 1)
    return np.clip(x * 255, 0, 255).astype(np.uint8)
