"""One of the two networks that are compared, before anything is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.experiments.comparison.layers import FirstLayers

if TYPE_CHECKING:
    from convscope.net.net import Net


@dataclass(frozen=True)
class Compared:
    """A network, what it is called, and its first layers."""

    net: Net
    name: str
    layers: FirstLayers
