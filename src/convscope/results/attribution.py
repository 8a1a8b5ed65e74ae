"""An attribution: a number for every input value, by one of the gradient family or the like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.results.result import Result


@dataclass(frozen=True)
class Attribution(Result):
    """What each input value has to do with a class, a unit or a direction, on one image."""

    array: NDArray[np.float32]
    """(c, h, w) over the whole input, signed."""
    shown: NDArray[np.uint8]
    """(h, w, c) the image's pixels, registered with ``array``."""
    target: str
    """As people write it: ``features.8:281``, ``beagle``."""
    layer: str
    channel: int | None
    """None for a direction."""
    cell: tuple[int, int] | None
    """(y, x) in the layer's map; None where the layer is one vector."""
    value: float
    """The target's on this image: the activation, or the score before softmax."""
    frame: tuple[int, int, int, int]
    """The receptive field's box ``(y0, x0, y1, x1)``; it may hang over the border."""
    twin: NDArray[np.float32] | None
    """(c, h, w) the same for a twin with shuffled weights; None: not asked, or there is none."""
    similarity: float | None
    """Of the picture and its twin's, in the frame: 1 is the same, 0 unrelated.

    Two random networks' pictures of a unit are alike too, since the middle of its field counts
    most under any weights: `convscope.sanity` gives that number as ``chance``.
    """
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""
    completeness_gap: float | None = None
    """Integrated gradients: how far their sum is from the target's change, as a share of it."""

    @property
    def kind(self) -> str:
        """Which member of the family; of a method that came in by an adapter, its name."""
        return str(self.provenance["options"].get("kind") or self.provenance["method"])

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture: those of its kind."""
        return self.kind

    @property
    def caption(self) -> dict[str, str]:
        """Those of its kind; of a method that came in by an adapter, its own."""
        own: dict[str, str] | None = self.provenance.get("caption")
        return super().caption if own is None else own

    @property
    def saliency(self) -> NDArray[np.float32]:
        """(h, w), the largest absolute value over the channels (Simonyan et al. 2013, sec. 3.1)."""
        largest: NDArray[np.float32] = np.abs(self.array).max(axis=0)
        return largest

    @property
    def box(self) -> Box:
        """The receptive field's box."""
        return Box(*self.frame)

    @property
    def is_zero(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.array.any()
