"""A heat map: what each cell of a layer has to do with a class, on one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result


@dataclass(frozen=True)
class Heatmap(Result):
    """The evidence for a target, cell by cell of a layer: signed, positive speaks for it."""

    map: NDArray[np.float32]
    """(h, w) in cells of the layer, (y, x)."""
    large: NDArray[np.float32]
    """(H, W) the same in pixels of the input, enlarged bilinearly (align_corners=False)."""
    shown: NDArray[np.uint8]
    """(H, W, c) the image's pixels, registered with ``large``."""
    target: str
    """As people write it: ``beagle``, ``features.8:281``."""
    against: str | None
    """The second class of a contrast: why the target and not this."""
    layer: str
    """Whose cells are weighed."""
    reason: str
    """Why this layer."""
    value: float
    """The target's score, before softmax."""
    probability: float | None
    """Of a class: the share that softmax gives it, or a sigmoid where the network ends in one.

    None of a unit or a direction.
    """
    guided: NDArray[np.float32] | None
    """(c, H, W) of guided Grad-CAM: the guided gradient times what of ``large`` is positive."""
    twin: NDArray[np.float32] | None
    """(h, w) the same for a twin with shuffled weights; None: not asked for, or there is none."""
    similarity: float | None
    """Of ``map`` and ``twin``: 1 is the same, 0 unrelated."""
    note: str
    """What must be said with the picture; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""
    against_value: float | None = None
    """The score of ``against``."""

    @property
    def kind(self) -> str:
        """How activations and gradients became the map."""
        return str(self.provenance["options"]["kind"])

    @property
    def captioned(self) -> str:
        """Whose sentences stand with the picture: of a class, a unit, or of two held apart."""
        name = "heatmap" if self.guided is None else "guided_gradcam"
        if self.against is not None:
            return f"{name}_against"
        return name if self.probability is not None else f"{name}_unit"

    @property
    def is_zero(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.map.any()
