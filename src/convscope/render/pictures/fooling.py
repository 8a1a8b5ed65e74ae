"""A fooled network: the picture, the change on the ground, the changed picture, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.render.canvas import Canvas, Part, sheet_png
from convscope.render.gain import CONTRAST, paint
from convscope.render.picture import GAP, SIDE, Picture, fitted
from convscope.render.pictures.answer_bars import Share, answer_bars
from convscope.render.pictures.photograph import photograph
from convscope.render.resize import within
from convscope.render.row import captioned
from convscope.render.typeset import paragraph
from convscope.render.words import TIMES, count, number, percent

if TYPE_CHECKING:
    from convscope.results.fooling import Fooling

TITLES = {
    "before": "Before",
    "random": "With random signs instead",
    "rounded": "After, in 8 bits",
}
"""Of the answers, by row, in the order of the pictures above them."""
_COLUMN = 190
"""Answers below a smaller picture are this wide."""
_FULL = 127
"""Levels from the ground to white."""


def fooling_png(result: Fooling) -> bytes:
    """The three pictures, below each the network's answers, and what must be said.

    >>> fooling_png.__name__
    'fooling_png'
    """
    return sheet_png(fooling_canvas(result))


def fooling_canvas(result: Fooling) -> Canvas:
    """Three columns: before, random signs under the change itself, after."""
    parts: list[Part] = []
    pictures = fooling_pictures(result)
    drawn, column = [captioned(one) for one in pictures], max(_COLUMN, pictures[0].width)
    top = max(one.height for one in drawn) + 8
    bars = [answer_bars(title, _shares(result, row), column) for row, title in TITLES.items()]
    for place, (picture, bar) in enumerate(zip(drawn, bars, strict=True)):
        x = place * (column + 2 * GAP)
        parts += [*picture.moved(x, 0), *bar.moved(x, top)]
    y, wide = top + max(bar.height for bar in bars) + 6, 3 * column + 4 * GAP
    for text in told(result):
        words, high = paragraph(text, 0, y, wide)
        parts, y = [*parts, *words], y + round(high) + 4
    return Canvas(wide, y + 2, tuple(parts))


def fooling_pictures(result: Fooling) -> tuple[Picture, Picture, Picture]:
    """The picture before, the change amplified, the picture after."""
    before = photograph(result.shown)
    if result.kind == "noise":
        before = Picture("Noise", before.pixels, "", "The noise that was begun with")
    says = "The picture after the change, as 8 bits hold it"
    after = Picture("After the change", fitted(result.fooled), "", says)
    return before, _change(result), after


def _change(result: Fooling) -> Picture:
    """The signed change on the ground, its gain said.

    All signs of one size would be neon at full scale, so their size is what contrast aims at.
    """
    planes = within(result.perturbation, SIDE)
    rms = float(np.sqrt(np.square(planes.astype(np.float64)).mean()))
    gain = CONTRAST / rms if rms else 0.0
    amplified = f"{TIMES}{number(round(_FULL * gain, 1))}" if gain else ""
    measure = f"{amplified}, full scale ±{number(1 / gain)}" if gain else "nothing changes"
    pixels = np.ascontiguousarray(paint(planes, gain))
    return Picture("The change", pixels, measure, f"The change, {measure}; grey is zero")


def _shares(result: Fooling, row: str) -> list[Share]:
    """The most probable classes, and the one in question wherever it stands."""
    top = result.top(row)
    shares = [Share(name, p, n == result.target_number) for n, name, p in top]
    if result.target_number not in {n for n, _, _ in top}:
        shares.append(Share(result.target, result.probability(row), is_asked=True))
    return shares


def told(result: Fooling) -> tuple[str, ...]:
    """What was asked, what came of it, how large the change is, and the note."""
    return tuple(filter(None, (came(result), size(result), result.note)))


def _asked(result: Fooling) -> str:
    """Which class, and how the change was found."""
    way = "Toward" if result.toward else "Away from"
    steps = count(result.steps, "step")
    if result.kind == "noise":
        return f"Noise climbed toward {result.target} in {steps}"
    if result.kind == "fgsm":
        return f"{way} {result.target} in one signed step"
    return f"{way} {result.target} in {steps}, each brought back within {number(result.eps)} levels"


def came(result: Fooling) -> str:
    """The answers before and after, in 8 bits where that is another, and when it turned.

    >>> came.__name__
    'came'
    """
    before, after, rounded = (answer(result, row) for row in ("before", "after", "rounded"))
    bits = "" if rounded == after else f", {rounded} in 8 bits"
    return f"{_asked(result)}: {before} before, {after} after{bits}. {_turned(result)}"


def _turned(result: Fooling) -> str:
    if not result.is_fooled("after"):
        return "Not fooled."
    if not result.is_fooled("rounded"):
        return "Fooled, but not by the picture in 8 bits."
    if result.first == 0:
        return "The random start turned the answer already."
    if result.steps == 1:
        return "Fooled."
    what = "It was half sure" if result.kind == "noise" else "The answer turned"
    return f"{what} after {count(result.first, 'step')}."


def answer(result: Fooling, row: str) -> str:
    """The answer of a softmax; of a sigmoid, whose classes hold by themselves, the probability.

    >>> answer.__name__
    'answer'
    """
    if result.link == "sigmoid":
        return f"{result.target} {percent(result.probability(row))}"
    _, name, share = result.top(row, 1)[0]
    return f"{name} {percent(share)}"


def size(result: Fooling) -> str:
    """How large the change is, in the norms that attacks are measured by.

    >>> size.__name__
    'size'
    """
    exact, whole = (_norms(norms) for norms in (result.norms, result.norms_rounded))
    rounded = "" if whole == exact else f" In 8 bits {whole}."
    return f"The change in levels of 255: {exact}.{rounded}"


def _norms(norms: dict[str, float]) -> str:
    return (
        f"at most {number(norms['linf'])}, on average {number(norms['mean'])}, "
        f"Euclidean length {number(norms['l2'])}"
    )
