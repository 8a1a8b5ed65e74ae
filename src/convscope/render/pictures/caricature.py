"""A caricature beside its photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.render.picture import SIDE, Picture, fitted
from convscope.render.pictures.photograph import photograph
from convscope.render.row import row_png
from convscope.render.words import TIMES, number

if TYPE_CHECKING:
    from convscope.results.caricature import Caricature


def caricature_png(result: Caricature) -> bytes:
    """The photograph and the caricature, how alike the layer finds them, and what must be said.

    >>> caricature_png.__name__
    'caricature_png'
    """
    words = " ".join(filter(None, (said(result), control(result), result.note)))
    return row_png(caricature_pictures(result), words)


def caricature_pictures(result: Caricature, side: int = SIDE) -> tuple[Picture, Picture]:
    """The photograph and the caricature."""
    alike = f"cosine {number(round(result.cosine, 2))}, {TIMES}{number(result.ratio)}"
    says = f"What {result.layer} keeps of the photograph, exaggerated: {alike}"
    drawn = Picture("Caricature", fitted(result.picture, side), alike, says)
    return photograph(result.shown), drawn


def said(result: Caricature) -> str:
    """How alike the activations are, and how much longer.

    >>> said.__name__
    'said'
    """
    return (
        f"{result.layer}: cosine with the photograph {number(round(result.cosine, 3))}, "
        f"{number(result.ratio)} times as long, {number(result.along)} times along it."
    )


def control(result: Caricature) -> str:
    """The same of the noise.

    >>> control.__name__
    'control'
    """
    return (
        f"The noise it started from: cosine {number(round(result.noise_cosine, 3))}, "
        f"{number(result.noise_ratio)} times as long."
    )
