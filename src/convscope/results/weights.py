"""Weights: the filters of one layer, with their norms and how fine their structure is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result


@dataclass(frozen=True)
class Weights(Result):
    """All filters of one layer."""

    captioned = "filters"

    filters: NDArray[np.float32]
    """(C, c, kh, kw): of each output channel over the input channels of its group."""
    layer: str
    op: str
    """conv, conv_transpose or linear."""
    source: str
    """The layer it reads; empty: the image itself."""
    groups: int
    normalization: str
    """The BatchNorm that is folded in; empty if none is."""
    gain: NDArray[np.float32]
    """(C,) what that multiplies each filter by; 1 where there is none."""
    bias: NDArray[np.float32]
    """(C,)"""
    norm: NDArray[np.float64]
    """(C,) L2 norm over (c, kh, kw)."""
    rms: NDArray[np.float64]
    """(C,) root mean square over (c, kh, kw)."""
    spectrum: NDArray[np.float64]
    """(C, 3) share of the energy at low, middle and high frequencies; NaN without space."""
    noise: NDArray[np.float64]
    """(C,) mean frequency over that of white noise: 0 smooth, 1 as random; NaN without space."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, versions."""

    @property
    def reads_image(self) -> bool:
        """Whether the filters are patterns of pixels, to be drawn in the image's colors."""
        return not self.source and self.groups == 1
