"""The cascade of random weights: the picture as it fades, layer after layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.picture import SMALL, Picture, row_png
from convscope.render.picture_attribution import signed
from convscope.render.words import number

if TYPE_CHECKING:
    from convscope.results.sanity import Sanity

READ = (
    "Rank correlation with the picture as it is, 1: the same places stand out, 0: unrelated ones."
)
SHOWN = 6
"""Steps of the cascade that are drawn; all of them are in the result."""


def sanity_png(result: Sanity) -> bytes:
    """The original, then the picture after more and more layers from the top became random.

    >>> sanity_png.__name__
    'sanity_png'
    """
    return row_png(sanity_pictures(result), f"{READ} {result.note}".strip(), abreast=4)


def sanity_pictures(result: Sanity) -> tuple[Picture, ...]:
    """The original, steps of the cascade evenly chosen, and the picture of the shifted input."""
    made = [_original(result)]
    steps = np.unique(np.linspace(0, len(result.layers) - 1, SHOWN).round().astype(int))
    for step in steps.tolist() if result.layers else []:
        name = f"from {result.layers[step]} up" if step else f"{result.layers[step]} random"
        made.append(_step(name, result.maps[step], float(result.similarity[step])))
    if result.shifted is not None and result.shift_similarity is not None:
        made.append(_step("Input shifted", result.shifted, result.shift_similarity))
    return tuple(made)


def _original(result: Sanity) -> Picture:
    return replace(_step("As it is", result.original, 1.0), measure="")


def _step(name: str, values: NDArray[Any], alike: float) -> Picture:
    planes = values if values.ndim == 3 else values[None]
    said = "no picture"
    if np.isfinite(alike):
        said = f"rank correlation {number(round(alike, 2))}"
    drawn = signed(name, planes, f"The picture, {name}: {said}", side=SMALL)
    return replace(drawn, measure=said)
