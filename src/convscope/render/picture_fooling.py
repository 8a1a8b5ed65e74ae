"""A fooled network: the picture, the change on the ground, the changed picture, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.render.answer_bars import Share, answer_bars
from convscope.render.canvas import Canvas, Part, sheet_png
from convscope.render.gain import equal_contrast, paint
from convscope.render.photograph import photograph
from convscope.render.picture import GAP, SIDE, Picture, fitted
from convscope.render.resize import within
from convscope.render.row import captioned
from convscope.render.typeset import paragraph
from convscope.render.words import TIMES, count, number, percent

if TYPE_CHECKING:
    from convscope.results.fooling import Fooling

KINDS = {"fgsm": "one signed step", "pgd": "projected gradient steps", "noise": "from noise"}
"""By ``kind``: how the change was found."""
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
    pictures = [captioned(one) for one in fooling_pictures(result)]
    top = max(one.height for one in pictures) + 8
    bars = [
        answer_bars("Before", _shares(result, "before"), SIDE),
        answer_bars("With random signs instead", _shares(result, "random"), SIDE),
        answer_bars("After, in 8 bits", _shares(result, "rounded"), SIDE),
    ]
    for column, (picture, bar) in enumerate(zip(pictures, bars, strict=True)):
        x = column * (SIDE + 2 * GAP)
        parts += [*picture.moved(x, 0), *bar.moved(x, top)]
    y, wide = top + max(bar.height for bar in bars) + 6, 3 * SIDE + 4 * GAP
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
    """The signed change on the ground, its gain said."""
    planes = within(result.perturbation, SIDE)
    gain = equal_contrast(planes)
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
    said = (f"{_asked(result)} {_came(result)}", _size(result), result.note)
    return tuple(filter(None, said))


def _asked(result: Fooling) -> str:
    way = "Toward" if result.toward else "Away from"
    how = KINDS.get(result.kind, result.kind)
    return f"{way} {result.target}, {how}, {count(result.steps, 'step')}."


def _came(result: Fooling) -> str:
    before, after, rounded = (_answer(result, row) for row in ("before", "after", "rounded"))
    change = f"{before} before, {after} after"
    if rounded != after:
        change = f"{change}, {rounded} in 8 bits"
    if not result.is_fooled("after"):
        return f"{change}: not fooled."
    when = "in the step" if result.first == result.steps == 1 else _when(result)
    return f"{change}; fooled {when}."


def _when(result: Fooling) -> str:
    if result.first == 0:
        return "by the random start already"
    return f"after {count(result.first, 'step')}"


def _answer(result: Fooling, row: str) -> str:
    """The answer of a softmax; of a sigmoid, whose classes hold by themselves, the probability."""
    if result.link == "sigmoid":
        return f"{result.target} {percent(result.probability(row))}"
    _, name, share = result.top(row, 1)[0]
    return f"{name} {percent(share)}"


def _size(result: Fooling) -> str:
    norms = result.norms
    whole = result.norms_rounded
    return (
        f"Change in levels of 255: at most {number(norms['linf'])}, on average "
        f"{number(norms['mean'])}, Euclidean length {number(norms['l2'])}; in 8 bits at most "
        f"{number(whole['linf'])}, on average {number(whole['mean'])}, length "
        f"{number(whole['l2'])}."
    )
