"""One panel of a comparison: its pictures, its sentences, its numbers, how it was made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from convscope.render import numbers
from convscope.render.look.pictures import (
    activation_pictures,
    drawn_pictures,
    rank_pictures,
    weight_pictures,
)
from convscope.render.look.run import OTHER_HEATMAPS, Taken
from convscope.render.look.words import Names, command_of, facts, python_of
from convscope.render.picture import SMALL, Picture
from convscope.render.pictures.attribution import (
    attribution_pictures,
    compared,
    correlation,
    saliency_pictures,
)
from convscope.render.pictures.curves import areas, curves_plot, curves_rows
from convscope.render.pictures.heatmap import NAMES as HEATMAPS
from convscope.render.pictures.heatmap import heatmap_pictures
from convscope.render.pictures.occlusion import SIGNS, occlusion_pictures
from convscope.render.pictures.says_synthesis import made_words, unit_words
from convscope.render.plot import Plot
from convscope.results.caption import CAPTIONS

TITLES = {
    "activations": "Activation",
    "ranks": "Strongest patches",
    "deconvnet": "Deconvnet",
    "gradient": "Gradient",
    "saliency": "Saliency",
    "guided": "Guided backpropagation",
    "input_gradient": "Input × gradient",
    "smoothgrad": "SmoothGrad",
    "integrated": "Integrated gradients",
    "gradcam": "Grad-CAM",
    "guided_gradcam": "Guided Grad-CAM",
    "heatmaps": "Other class heat maps",
    "occlusion": "Occlusion",
    "synthesis": "Synthesis",
    "curves": "Insertion and deletion",
    "weights": "Weights",
}
WIDE = ("heatmaps", "occlusion")
"""Panels that take the whole width: a row of five."""
OF_UNIT = ("activations", "ranks", "deconvnet", "synthesis", "weights")
"""Panels of the unit, where the comparison is of a class."""
_DRAWN_ONLY = ("saliency", "heatmaps")
"""Panels that say how they were made only of what was: the rest is no call to repeat."""
_CAPTIONS = {"saliency": "gradient", "gradcam": "heatmap", "heatmaps": "heatmap",
             "weights": "filters"}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """How one of a panel's results was made."""

    name: str
    """Of the result, where a panel has several; else empty."""
    facts: tuple[tuple[str, str], ...]
    python: str
    command: str
    numbers: tuple[tuple[str, str], ...]
    file: str
    """Stem of its files of numbers; empty where there is no result."""


@dataclass(frozen=True)
class Absent:
    """What nobody has made yet, and how it is made."""

    what: str
    why: str
    command: str


@dataclass(frozen=True)
class Panel:
    """One look, ready to be laid on a page or a figure."""

    key: str
    title: str
    pictures: tuple[Picture, ...]
    caption: dict[str, str]
    sanity: str
    """How alike the picture of random weights is; empty where none was drawn."""
    notes: tuple[str, ...]
    errors: tuple[tuple[str, str], ...]
    """Of what cannot be right on this network: its name and the message."""
    recipes: tuple[Recipe, ...]
    results: dict[str, Any]
    """By key; several in the row of heat maps."""
    plot: Plot | None = None
    steps: tuple[tuple[str, ...], ...] = ()
    """The plot's numbers, a row a step."""
    absent: Absent | None = None

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width."""
        return self.key in WIDE

    @property
    def has_own_name(self) -> bool:
        """Whether the name of its first picture is its own, so that no title need stand above."""
        return bool(self.pictures) and not self.is_wide


def panel(key: str, taken: Sequence[Taken], terms: Any, names: Names) -> Panel:
    """Put a panel together from what came of its methods; ``terms`` say which unit."""
    good = [one for one in taken if one.result is not None]
    first = good[0].result if good else None
    caption = _caption(key, first)
    notes = tuple(dict.fromkeys(one.result.note for one in good if one.result.note))
    if key == "synthesis":  # its note counts many pictures, and here is one, with its own words
        notes = ()
    made = Panel(
        key=key,
        title=TITLES[key],
        pictures=_pictures(key, good, terms),
        caption=caption,
        sanity=_sanity(good),
        notes=(*_extra(key, good), *notes),
        errors=_errors(key, taken),
        recipes=tuple(
            _recipe(one, names)
            for one in taken
            if one.result is not None or (one.error and key not in _DRAWN_ONLY)
        ),
        results={one.key: one.result for one in good},
        absent=_absent(taken[0], names),
    )
    if key == "curves" and first is not None:
        return replace(made, plot=curves_plot(first), steps=curves_rows(first))
    return made


def _absent(one: Taken, names: Names) -> Absent | None:
    """Of a picture that takes longer than all others together, and is of no use to them."""
    if one.result is not None or one.error:
        return None
    where = "the atlas keeps it, and this page shows it then" if names.atlas else "from noise"
    return Absent(
        f"No picture of {one.call.target} yet.",
        "Drawing one takes hundreds of forward and backward passes, so it is left to you. This "
        f"command draws it, {where}; or make this page with --synthesis-steps 256.",
        command_of(one.call, names),
    )


def _caption(key: str, result: Any) -> dict[str, str]:
    """The result's own sentences, where the panel has none of its own."""
    if result is None:
        return CAPTIONS[_CAPTIONS.get(key, key)]._asdict()
    said: dict[str, str] = result.caption
    return said


def _pictures(key: str, good: Sequence[Taken], terms: Any) -> tuple[Picture, ...]:
    if not good or key == "curves":
        return ()
    if key == "heatmaps":
        return tuple(_small(one) for one in good)
    first = good[0].result
    if key in _OF_TERMS:
        return _OF_TERMS[key](first, terms)
    found: Callable[[Any], tuple[Picture, ...]] = _DRAWN[key]
    return found(first)


def _small(one: Taken) -> Picture:
    """One kind of heat map in the row, with how alike that of random weights is."""
    drawn = heatmap_pictures(one.result, SMALL)[0]
    alike = one.result.similarity
    beside = "" if alike is None else f". {correlation(alike)}"
    return replace(drawn, measure=f"{drawn.measure}{beside}")


def _guided(result: Any) -> tuple[Picture, ...]:
    """The pixels of guided Grad-CAM, and the map that weighs them."""
    made = heatmap_pictures(result)
    return made[-1], replace(made[0], name="Weighed by")


_OF_TERMS: dict[str, Callable[[Any, Any], tuple[Picture, ...]]] = {
    "activations": activation_pictures,
    "weights": weight_pictures,
}
_DRAWN: dict[str, Callable[[Any], tuple[Picture, ...]]] = {
    "ranks": rank_pictures,
    "synthesis": drawn_pictures,
    "saliency": saliency_pictures,
    "gradcam": heatmap_pictures,
    "guided_gradcam": _guided,
    "occlusion": occlusion_pictures,
    **dict.fromkeys(
        ("deconvnet", "gradient", "guided", "input_gradient", "smoothgrad", "integrated"),
        attribution_pictures,
    ),
}


def _sanity(good: Sequence[Taken]) -> str:
    if len(good) != 1:  # a row of kinds says it with each
        return ""
    return compared(good[0].result)


def _extra(key: str, good: Sequence[Taken]) -> tuple[str, ...]:
    """What is said with a panel beyond its notes."""
    if not good:
        return ()
    first = good[0].result
    if key == "synthesis":
        return unit_words(first, 0), made_words(first, 0), "It is not of this photograph."
    if key == "occlusion":
        return (SIGNS, first.exact)
    if key == "curves":
        return (areas(first),)
    if key == "gradcam":
        return (f"Read at {first.reason}.",)
    return (first.control,) if key == "ranks" and first.control else ()


def _errors(key: str, taken: Sequence[Taken]) -> tuple[tuple[str, str], ...]:
    """What cannot be right here; kinds that fail for one reason are named together."""
    named: dict[str, list[str]] = {}
    for one in taken:
        if one.error:
            named.setdefault(one.error, []).append(_name(one) or TITLES[key])
    return tuple((", ".join(names), message) for message, names in named.items())


def _name(one: Taken) -> str:
    kind = one.key.partition(":")[2]
    return HEATMAPS.get(kind, "") if kind in OTHER_HEATMAPS else ""


def _recipe(one: Taken, names: Names) -> Recipe:
    made = {} if one.result is None else one.result.provenance
    return Recipe(
        name=_name(one),
        facts=facts(one.call, made),
        python=python_of(one.call, names),
        command=command_of(one.call, names),
        numbers=() if one.result is None else numbers.rows(one.result),
        file="" if one.result is None else file_stem(one.key),
    )


def file_stem(key: str) -> str:
    """What the files of a result's numbers are called.

    >>> file_stem("heatmaps:gradcam++")
    'heatmaps-gradcam-plus-plus'
    """
    return key.replace("++", "-plus-plus").replace(":", "-").replace("_", "-")
