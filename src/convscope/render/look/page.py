"""The comparison page: a folder that opens from disk, every picture with its numbers beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import StorageError
from convscope.geometry.box import Box
from convscope.render import numbers
from convscope.render.jpeg import png
from convscope.render.look.panel import OF_UNIT, Panel, file_stem
from convscope.render.pages import environment, write_static
from convscope.render.picture import Picture, Reading, bar
from convscope.render.tile import Pixels
from convscope.render.words import number
from convscope.storage import write_whole

if TYPE_CHECKING:
    from convscope.methods.subject import Subject

MARK = "look.json"
BAR = 227
"""Width of the colour bars' file; pages show it at the picture's width."""


@dataclass(frozen=True)
class Section:
    """Panels about one thing."""

    id: str
    title: str
    words: str
    """One sentence below the title; empty where it says enough."""
    panels: tuple[Panel, ...]

    @property
    def alone(self) -> frozenset[str]:
        """Panels without a neighbor in their row of two: their words stand beside the pictures."""
        found: set[str] = set()
        row = ""
        for panel in self.panels:
            if panel.is_wide:
                found, row = found | {row}, ""
            else:
                row = "" if row else panel.key
        return frozenset(found | {row}) - {""}


@dataclass(frozen=True)
class LookSite:
    """Everything the template sees."""

    title: str
    network: str
    weights: str
    image: str
    label: str
    subject: Subject
    shown: Pixels
    """The image as it stands at the left."""
    box: Box | None
    """The unit's receptive field in the shown image's pixels."""
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...]
    python: str
    command: str
    date: str
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels in their order."""
        return tuple(one for section in self.sections for one in section.panels)


def sections_of(panels: Sequence[Panel], subject: Subject) -> tuple[Section, ...]:
    """The unit's panels and the class's, each under its heading; of a unit there is one section."""
    here = f"{number(subject.unit_value)} at cell ({subject.cell[0]}, {subject.cell[1]})"
    if not subject.is_class:
        return (Section("unit", f"The unit {subject.unit}", f"Here it is {here}.", tuple(panels)),)
    score = f"Its score, before softmax, is {number(subject.value)}."
    unit = tuple(one for one in panels if one.key in OF_UNIT)
    rest = tuple(one for one in panels if one.key not in OF_UNIT)
    both = (
        Section(
            "unit", f"One unit: {subject.unit}", f"It is {subject.reason}. Here it is {here}.", unit
        ),
        Section("class", f"The class: {subject.name}", score, rest),
    )
    return tuple(one for one in both if one.panels)


def claim(out: Path) -> None:
    """Refuse a folder that holds something else; an earlier page of this kind is written over.

    Raises:
        StorageError: it does.
    """
    try:
        is_free = not out.exists() or (out / MARK).is_file() or not any(out.iterdir())
    except NotADirectoryError:
        is_free = False
    if not is_free:
        raise StorageError(
            f"{out.name!r} holds other files, and a comparison is written into a folder of its "
            "own. Name a folder that does not exist yet, or one that holds an earlier comparison. "
            "Nothing in it was changed."
        )


def write_look(site: LookSite, out: Path) -> Path:
    """Write the page with its pictures and numbers; returns the page's path."""
    claim(out)
    write_whole(out / MARK, json.dumps({"convscope": "look", "title": site.title}).encode())
    write_static(out)
    write_whole(out / "img/image.png", png(site.shown))
    for name in ("ember", "tide", "ash"):
        write_whole(out / f"img/bar-{name}.png", png(bar(name, BAR)))
    readings: dict[str, Any] = {}
    for panel in site.panels:
        for place, picture in enumerate(panel.pictures):
            write_whole(out / f"img/{picture_name(panel, place)}.png", png(picture.pixels))
            if picture.reading is not None:
                readings[picture_name(panel, place)] = _reading(picture, picture.reading)
        _write_numbers(panel, out)
    text = f"convscope.maps({json.dumps(readings, separators=(',', ':'))});\n"
    write_whole(out / "data/maps.js", text.encode())
    page = (
        environment()
        .get_template("look.html")
        .render(look=site, root="", picture_name=picture_name, file_stem=file_stem)
    )
    write_whole(out / "index.html", page.encode())
    return out / "index.html"


def picture_name(panel: Panel, place: int) -> str:
    """The name of a picture's file, without its ending."""
    return f"{file_stem(panel.key)}-{place + 1}"


def _write_numbers(panel: Panel, out: Path) -> None:
    for key, result in panel.results.items():
        if panel.key == "saliency":  # the gradient's numbers are its numbers
            continue
        stem = file_stem(key)
        result.save(out / f"data/{stem}.safetensors")
        text = json.dumps(numbers.as_json(result), allow_nan=False, default=str)
        write_whole(out / f"data/{stem}.json", text.encode())


def _reading(picture: Picture, reading: Reading) -> dict[str, Any]:
    """A map's values, and where they lie on the picture, as shares of its sides."""
    y0, x0, y1, x1 = reading.box
    high, wide = picture.height, picture.width
    return {
        "name": picture.name,
        "unit": reading.unit,
        "box": [round(v, 5) for v in (y0 / high, x0 / wide, y1 / high, x1 / wide)],
        "rows": list(_rows(np.asarray(reading.values, np.float64))),
        "fields": None if reading.fields is None else list(map(list, reading.fields)),
    }


def _rows(values: np.ndarray[Any, np.dtype[np.float64]]) -> Iterator[list[float | None]]:
    for row in values.tolist():
        yield [float(f"{v:.4g}") if np.isfinite(v) else None for v in row]
