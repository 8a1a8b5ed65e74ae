"""Insertion and deletion curves beside those of a random order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.render.canvas import Canvas, sheet_png
from convscope.render.plot import Plot, Series, on_canvas, plot
from convscope.render.typeset import paragraph
from convscope.render.words import number, percent

if TYPE_CHECKING:
    from convscope.results.curves import Curves

DASHES = {"deletion": (7, 4), "random_insertion": (2, 3), "random_deletion": (7, 3, 2, 3)}
LABELS = {
    "insertion": "put back",
    "deletion": "taken away",
    "random_insertion": "put back at random",
    "random_deletion": "taken away at random",
}


def curves_png(result: Curves) -> bytes:
    """The four curves with what must be said.

    >>> curves_png.__name__
    'curves_png'
    """
    return sheet_png(curves_canvas(result))


def curves_canvas(result: Curves) -> Canvas:
    """The plot on paper, its words below."""
    drawn = on_canvas(curves_plot(result))
    below = drawn.height + 8
    words, high = paragraph(f"{areas(result)} {result.note}", 0, below, drawn.width)
    return Canvas(drawn.width, round(below + high) + 2, (*drawn.parts, *words))


def curves_plot(result: Curves) -> Plot:
    """The target as more and more pixels are taken away or put back."""
    lines = [
        Series(
            text, result.share, getattr(result, name), DASHES.get(name, ()), "random" not in name
        )
        for name, text in LABELS.items()
    ]
    across = [(0.0, "0"), (0.5, "50"), (1.0, "100 %")]
    what = "Probability" if result.is_probability else "Value"
    name = f"{what} of {result.target}"
    says = f"{name} by share of pixels changed. {areas(result)}"
    down = across if result.is_probability else _ticks(result)
    return plot(lines, across, down, "share of pixels changed", name, says)


def _ticks(result: Curves) -> list[tuple[float, str]]:
    """From the lowest value, or zero, to the highest."""
    values = np.concatenate([getattr(result, name) for name in LABELS])
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    high = high if high > low else low + 1
    return [(low, number(low)), (high, number(high))]


def areas(result: Curves) -> str:
    """The areas under the curves, as sentences.

    >>> areas.__name__
    'areas'
    """
    area = {name: number(round(result.auc[name], 2)) for name in LABELS}
    return (
        f"Area under the curve of {result.target}: {area['insertion']} put back "
        f"({area['random_insertion']} at random), {area['deletion']} taken away "
        f"({area['random_deletion']} at random)."
    )


def curves_rows(result: Curves) -> tuple[tuple[str, ...], ...]:
    """The numbers behind the curves: one row a step, the share first."""
    said = percent if result.is_probability else number
    steps = zip(*(getattr(result, name) for name in LABELS), strict=True)
    return tuple(
        (percent(float(share)), *(said(float(value)) for value in step))
        for share, step in zip(result.share, steps, strict=True)
    )
