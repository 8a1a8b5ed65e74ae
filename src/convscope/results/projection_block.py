"""Projections of one rank, for some channels of one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.layer import Layer


@dataclass(frozen=True)
class ProjectionBlock:
    """What excited each channel in its ``rank``-th strongest patch."""

    layer: Layer
    rank: int
    """1 is the strongest."""
    channels: NDArray[np.int64]
    """(n,)"""
    tiles: NDArray[np.float32]
    """(n, c, fh, fw) in the frame, in network-input units; zeros outside the image."""
    values: NDArray[np.float32]
    """(n,) activation that was projected."""
    zero: NDArray[Any]
    """(n,) whether the projection is zero everywhere."""
