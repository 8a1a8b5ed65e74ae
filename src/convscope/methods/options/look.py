"""What may be asked of a comparison page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.errors import UsageError, nearest
from convscope.option import check_options, option

PANELS = (
    "activations", "ranks", "deconvnet", "gradient", "saliency", "guided", "input_gradient",
    "smoothgrad", "integrated", "gradcam", "guided_gradcam", "heatmaps", "occlusion", "synthesis",
    "curves", "weights",
)  # fmt: skip
"""Every panel by name, in the order of the page."""


@dataclass(frozen=True)
class LookOptions:
    """Options of a comparison page.

    >>> LookOptions(panels=("gradient",)).chosen
    ('gradient',)
    """

    panels: tuple[str, ...] = option((), "which panels; empty: all that apply")
    occluder: int = option(0, "side of the square; 0: a seventh of the image's", unit="px", least=0)
    stride: int = option(0, "between its places; 0: a 28th of the image's side", unit="px", least=0)
    fill: Literal["mean", "blur", "reflect", "noise"] = option("mean", "what covers")
    sanity: bool = option(True, "beside each gradient-like picture that of random weights")
    samples: int = option(25, "noisy copies of the image for SmoothGrad", least=1)
    steps: int = option(50, "points on the path of integrated gradients", least=1)
    synthesis_steps: int = option(
        0,
        "of a picture drawn for this page where the atlas has none of the unit; 0: none is drawn",
        unit="steps",
        least=0,
    )
    seed: int = option(0, "of everything that draws at random", least=0)
    most_images: int = option(
        5000,
        "rank the strongest images only where there are at most so many",
        unit="images",
        least=0,
    )
    title: str = option("", "what is looked at, as the page's heading; empty: the class or unit")

    def __post_init__(self) -> None:
        """Refuse what is no choice."""
        check_options(self)
        for name in self.panels:
            if name not in PANELS:
                raise UsageError(
                    f"No panel {name!r}. There are: {', '.join(PANELS)}. "
                    f"{nearest(name, PANELS)}".rstrip()
                )

    @property
    def chosen(self) -> tuple[str, ...]:
        """The panels asked for, in the order of the page."""
        return tuple(name for name in PANELS if not self.panels or name in self.panels)
