"""What may be asked of a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.option import check_options, option


@dataclass(frozen=True)
class HeatmapOptions:
    """Options of a heat map.

    >>> HeatmapOptions().kind
    'gradcam'
    """

    kind: Literal[
        "gradcam", "gradcam++", "hirescam", "layercam", "cam", "guided_gradcam", "fastai"
    ] = option("gradcam", "how activations and gradients become a map")
    layer: str = option("", "the layer whose cells are weighed; empty: chosen, and the reason said")
    against: str = option("", "a second class: why this and not that")
    relu: bool = option(False, "keep only what speaks for the class, as the papers do")
    sanity: bool = option(True, "the same map for a twin with shuffled weights, and their likeness")
    seed: int = option(0, "of the twin's shuffle", least=0)

    def __post_init__(self) -> None:
        """Refuse words that are no choice."""
        check_options(self)
