"""One projection beside its patch and its twin's, each with its scale below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.render.picture import SIDE, Picture, fitted
from convscope.render.pictures.attribution import TWIN, sanity, signed
from convscope.render.row import row_png
from convscope.render.tile import cut
from convscope.render.words import TIMES, number
from convscope.results.projection import framed

if TYPE_CHECKING:
    from convscope.results.projection import Projection


def projection_png(result: Projection) -> bytes:
    """What excited the unit, beside the patch it was in, and the same with random weights.

    >>> projection_png.__name__
    'projection_png'
    """
    return row_png(projection_pictures(result), said(result))


def said(result: Projection) -> str:
    """What stands below it; of a unit that is silent or a picture of zeros only why.

    >>> said.__name__
    'said'
    """
    if result.is_zero and result.note:
        return result.note
    where = "" if result.cell is None else f"@{result.cell[0]},{result.cell[1]}"
    if result.provenance.get("options", {}).get("seed") == "map":
        where = ", all cells together"
    named = f"{result.name}{where}: {number(result.value)} on this image."
    return " ".join(filter(None, (named, "Grey is zero.", result.note, sanity(result.similarity))))


def projection_pictures(result: Projection) -> tuple[Picture, ...]:
    """The projection in its frame, its patch at the same size, and that of random weights."""
    patch = cut(result.shown, result.box)
    factor = SIDE // max(patch.shape[:2])
    times = f", {TIMES}{factor}" if factor > 1 else ""
    size = f"{patch.shape[0]} {TIMES} {patch.shape[1]} px{times}"
    made = (
        signed("Projection", result.tile(), f"Projection of {result.name}"),
        Picture("Patch", fitted(patch), size, f"The patch it is of, {size}"),
    )
    if result.twin is None:
        return made
    twin = framed(result.twin, result.box)
    return (*made, signed(TWIN, twin, f"Projection of {result.name}, {TWIN.lower()}"))
