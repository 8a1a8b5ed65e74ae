"""The cascade of random weights: the picture as it fades, layer after layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.picture import SMALL, Picture
from convscope.render.pictures.attribution import NAMES, signed
from convscope.render.pictures.heatmap import NAMES as HEATMAPS
from convscope.render.row import row_png
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
    words = " ".join(filter(None, (what(result), READ, result.note)))
    return row_png(sanity_pictures(result), words, abreast=4)


def what(result: Sanity) -> str:
    """Which picture of which target the cascade is of; empty where that is not known.

    >>> what.__name__
    'what'
    """
    of = result.provenance.get("of", {})
    kind, target = of.get("options", {}).get("kind") or of.get("method", ""), of.get("target", "")
    return f"{(HEATMAPS | NAMES).get(kind, kind)} of {target}." if target else ""


def sanity_pictures(result: Sanity) -> tuple[Picture, ...]:
    """The original, steps of the cascade evenly chosen, and the picture of the shifted input."""
    made = [_original(result)]
    steps = np.unique(np.linspace(0, len(result.layers) - 1, SHOWN).round().astype(int))
    for step in steps.tolist() if result.layers else []:
        name = f"Random from {result.layers[step]} up" if step else f"Random {result.layers[step]}"
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
