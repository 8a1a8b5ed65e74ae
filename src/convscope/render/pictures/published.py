"""Published figures of gradient ascent, drawn for a network of one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from convscope.errors import UsageError
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.progress import Progress, silent
from convscope.render.look.figure import LookFigure
from convscope.render.pictures.keras_sheet import keras_sheet
from convscope.render.pictures.yosinski import yosinski_figure

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.results.synthesis import Synthesis

Figure = Literal["yosinski", "keras-blog"]
FIGURES: tuple[Figure, ...] = ("yosinski", "keras-blog")
_PRESETS = ("yosinski-1", "yosinski-2", "yosinski-3", "yosinski-4")
_SEEDS = 9
SCANNED, KEPT = 200, 64
"""Filters that the Keras blog looks at, and those it keeps."""


def published(
    net: Net,
    target: str,
    figure: Figure = "yosinski",
    *,
    steps: int | None = None,
    seed: int = 0,
    kept: int = KEPT,
    progress: Progress = silent,
) -> LookFigure:
    """Draw a published figure.

    ``yosinski``: each unit by four presets of nine starts each (Yosinski et al. 2015, Fig. 4).
    ``keras-blog``: of the first 200 filters of a layer the 64 of largest loss (Chollet 2016),
    marked as the selection that it is.

    Args:
        net: the network; it is the same afterwards.
        target: units as of `synthesize`; for the Keras blog's, a layer.
        figure: which.
        steps: in place of the published number.
        seed: of the first start.
        kept: how many the Keras blog's sheet keeps, a square number.
        progress: hears of steps done.

    Raises:
        UsageError: there is no such figure.
        AddressError: no such layer, channel or class.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> sheet = published(net, "relu1:0..3", "keras-blog", steps=1, kept=1)
    >>> len(sheet.numbers["kept"])
    1
    """
    options = SynthesizeOptions(steps=steps, seed=seed, retries=0)
    if figure == "yosinski":
        nine = replace(options, starts=_SEEDS, keep="all")
        return yosinski_figure([_drawn(net, target, nine, name, progress) for name in _PRESETS])
    if figure == "keras-blog":
        one = replace(options, starts=1)
        return keras_sheet(_drawn(net, _first(net, target), one, figure, progress), kept=kept)
    raise UsageError(f"No published figure {figure!r}. There are: {', '.join(FIGURES)}.")


def _drawn(
    net: Net, target: str, options: SynthesizeOptions, preset: str, progress: Progress
) -> Synthesis:
    from convscope.methods.synthesize import synthesize

    return synthesize(net, target, replace(options, preset=preset), progress=progress)  # type: ignore[arg-type]


def _first(net: Net, target: str) -> str:
    """The first filters of a layer, where all are asked for."""
    if ":" in target:
        return target
    layer = net.tape().layer(target)
    return f"{layer.name}:0..{min(layer.channels, SCANNED) - 1}"
