"""A heat map over its photograph, which zero leaves as it is, beside that of random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.color.paint import overlay_signed
from convscope.methods.enlarge import enlarged
from convscope.render.picture import SIDE, Picture, Reading, Scale, fitted
from convscope.render.pictures.attribution import TWIN, compared, signed
from convscope.render.pictures.photograph import photograph
from convscope.render.row import row_png
from convscope.render.tile import as_color
from convscope.render.words import TIMES, number, percent

if TYPE_CHECKING:
    from convscope.results.heatmap import Heatmap

NAMES = {
    "cam": "CAM",
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "guided_gradcam": "Guided Grad-CAM",
    "fastai": "fast.ai heat map",
}
"""By ``kind``: what the panel is called."""


def heatmap_png(result: Heatmap) -> bytes:
    """The photograph, the map over it, and the map of random weights, with what must be said.

    >>> heatmap_png.__name__
    'heatmap_png'
    """
    parts = (said(result), result.note, compared(result))
    words = " ".join(part for part in parts if part)
    return row_png((photograph(result.shown), *heatmap_pictures(result)), words)


def said(result: Heatmap) -> str:
    """Whose map it is, its score, and where it was read.

    >>> said.__name__
    'said'
    """
    share = "" if result.probability is None else f" ({percent(result.probability)})"
    score = f"{result.target}: score {number(result.value)}{share}"
    if result.against is not None and result.against_value is not None:
        score += f", against {result.against}: {number(result.against_value)}"
    return f"{score}. Read at {result.reason}."


def heatmap_pictures(result: Heatmap, side: int = SIDE) -> tuple[Picture, ...]:
    """The map over the photograph, that of random weights, and guided Grad-CAM's picture."""
    name = NAMES.get(result.kind, result.kind)
    whose = result.target if result.against is None else f"{result.target}, not {result.against}"
    map_name = NAMES["gradcam"] if result.guided is not None else name
    made = [over(map_name, result.shown, result.large, result.map, f"{name} of {whose}", side)]
    if result.twin is not None:
        large = enlarged(result.twin, result.large.shape)
        says = f"{map_name} of a network with random weights"
        made.append(over(TWIN, result.shown, large, result.twin, says, side))
    if result.guided is not None:
        made.append(signed(name, result.guided, f"Guided Grad-CAM of {whose}", side=side))
    return tuple(made)


def over(
    name: str,
    shown: NDArray[np.uint8],
    large: NDArray[Any],
    cells: NDArray[Any],
    says: str,
    side: int = SIDE,
) -> Picture:
    """A signed map (H, W) over its photograph (H, W, c); light speaks for it, dark against."""
    limit = float(np.abs(cells).max())
    pixels = fitted(overlay_signed(as_color(shown), large, limit), side)
    size = f"{cells.shape[0]} {TIMES} {cells.shape[1]} cells"
    end = number(limit)
    scale = Scale("tide", f"\u2212{end}", f"+{end}", "0") if limit else None
    found = f"from {number(float(cells.min()))} to {number(float(cells.max()))}"
    what = f"{says}, {size}, {found if limit else 'zero everywhere'}; zero is the photograph"
    box = (0.0, 0.0, float(pixels.shape[0]), float(pixels.shape[1]))
    reading = Reading(cells, box, "evidence")
    return Picture(name, pixels, size if limit else "zero everywhere", what, scale, reading=reading)
