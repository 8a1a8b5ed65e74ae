"""The synthesized pictures of a report: files, and what its pages say of each."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from convscope.render.jpeg import jpeg, png
from convscope.render.pictures.says_synthesis import (
    WEAKER,
    counts_words,
    made_words,
    places,
    recipe_words,
    score_words,
    shift_of,
    unit_words,
)
from convscope.render.provenance import noun
from convscope.render.report.survey import Survey
from convscope.render.tile import LARGEST, Pixels, as_color
from convscope.render.words import TIMES, count, percent
from convscope.results.synthesis import Synthesis
from convscope.storage import write_whole

FOLDER = "drawn"
MARKS = ("weaker", "silent", "diverged")
NUMBERS_BYTES = 700
"""What the pages say of a picture."""
QUALITY = 92
"""Of pictures larger than any that a page enlarges; smaller ones are kept pixel for pixel."""


@dataclass(frozen=True)
class Drawn:
    """One channel's synthesized picture, without its pixels."""

    file: str
    """From the report's root; empty where no start woke the unit."""
    mark: str
    """In one word, where there is something to know: weaker, silent, diverged."""
    score: float | None
    peak: str
    """The score as the card's head says it."""
    foot: str
    says: str
    made: str
    """How: the recipe and the starts."""
    alt: str
    numbers: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True)
class LayerDrawn:
    """The synthesized pictures of one layer."""

    name: str
    size: tuple[int, int]
    """Height and width of the pictures."""
    recipe: str
    shift: int
    """Pixels that pictures were moved by, to see what of them is robust."""
    channels: Mapping[int, Drawn]
    bytes: int
    """Of the files and of what the pages say of them."""

    @property
    def silent(self) -> int:
        """Channels that no start woke."""
        return sum(one.mark == "silent" for one in self.channels.values())

    @property
    def pictures(self) -> int:
        """Channels that have a picture."""
        return len(self.channels) - self.silent

    @property
    def weaker(self) -> int:
        """Pictures that a photograph does better than."""
        return sum(one.score is not None and one.score < 1 for one in self.channels.values())

    @property
    def counts(self) -> str:
        """How many there are, and how many are less than they seem."""
        return counts_words(self.pictures, self.weaker, self.silent)

    @property
    def marks(self) -> dict[str, int]:
        """How many channels have each mark."""
        found = Counter(one.mark for one in self.channels.values())
        return {mark: found[mark] for mark in MARKS if found[mark]}


ReportDrawn = Mapping[int, LayerDrawn]
"""By number of the layer."""


def write_drawn(survey: Survey, out: Path) -> dict[int, LayerDrawn]:
    """Write the pictures that the atlas has of a report's layers; they are read layer by layer.

    Raises:
        AtlasError: they are of other weights.
        CorruptError: they are not as they were written.
    """
    remove_drawn(out)
    found: dict[int, LayerDrawn] = {}
    said = noun(survey.atlas.manifest)
    for one in survey.layers:
        made = survey.atlas.synthesis(one.layer)
        if made is not None:
            found[one.layer.number] = _layer(out, one.layer.number, made, said)
    return found


def remove_drawn(out: Path) -> None:
    """Take the pictures out of the folder."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)


def _layer(out: Path, number: int, made: Synthesis, said: str) -> LayerDrawn:
    sizes = [0]
    channels: dict[int, Drawn] = {}
    for row, channel in enumerate(made.channels):
        file, data = _picture(number, made, row)
        if file:
            sizes.append(write_whole(out / file, data))
        channels[channel] = _drawn(file, made, row, said)
    height, width = made.pictures.shape[1:3]
    recipe = recipe_words(made.provenance)
    size = sum(sizes) + NUMBERS_BYTES * len(channels)
    return LayerDrawn(made.layer, (height, width), recipe, shift_of(made), channels, size)


def _picture(number: int, made: Synthesis, row: int) -> tuple[str, bytes]:
    """The file of a picture and its bytes; none of what is silent."""
    if made.status[row] == "silent":
        return "", b""
    pixels: Pixels = as_color(made.pictures[row])
    is_small = max(pixels.shape[:2]) <= LARGEST
    name = f"{FOLDER}/{number:03d}/{made.channels[row]:04d}"
    return (f"{name}.png", png(pixels)) if is_small else (f"{name}.jpg", jpeg(pixels, QUALITY))


def _drawn(file: str, made: Synthesis, row: int, said: str) -> Drawn:
    score, left = _known(made.score[row]), _known(made.remaining[row])
    is_silent = made.status[row] == "silent"
    mark = "" if made.status[row] == "drawn" else made.status[row]
    if score is not None and score < 1 and not mark:
        mark = "weaker"
    return Drawn(
        file=file,
        mark=mark,
        score=None if is_silent else score,
        peak="" if is_silent else _score(score),
        foot="" if left is None or is_silent else f"{percent(round(left, 2))} robust",
        says=unit_words(made, row, said),
        made=made_words(made, row),
        alt=_alt(made, row, score),
        numbers=tuple(_numbers(made, row)),
    )


def _score(score: float | None) -> str:
    return "no score" if score is None else f"score {score_words(score)}"


def _alt(made: Synthesis, row: int, score: float | None) -> str:
    if made.status[row] == "silent":
        return f"No synthesized picture of {made.names[row]}"
    of = "" if score is None else f", score {score_words(score)}"
    return f"Synthesized picture of {made.names[row]}{of}"


def _numbers(made: Synthesis, row: int) -> Iterator[tuple[str, float | None]]:
    yield "value on the picture", _known(made.values[row])
    yield "strongest in the data", _known(made.best[row])
    yield "score", _known(made.score[row])
    yield "value after shift and blur", _known(made.robust[row])
    yield "of that left", _known(made.remaining[row])
    for place, value in enumerate(made.tries[:, row]):
        if isfinite(value):
            yield f"value of start {place + 1}", float(value)


def _known(value: Any) -> float | None:
    return float(value) if isfinite(value) else None


def drawn_sentence(drawn: ReportDrawn, said: str = "photograph") -> str:
    """What the overview says of all of them; empty where there are none.

    >>> drawn_sentence({})
    ''
    """
    if not drawn:
        return ""
    layers = list(drawn.values())
    pictures, weaker, silent = (
        sum(getattr(one, name) for one in layers) for name in ("pictures", "weaker", "silent")
    )
    names = places([one.name for one in layers])
    made = f"The network also drew {count(pictures, 'picture')}, for channels of {names}"
    quiet = f" {count(silent, 'channel')} stayed silent from every start." if silent else ""
    return f"{made}; {_weaker_words(weaker, said)}.{quiet}"


def _weaker_words(weaker: int, said: str) -> str:
    if not weaker:
        return (
            f"none is {WEAKER}: each drives its channel as far as the strongest {said}, or further"
        )
    verb = "is" if weaker == 1 else "are"
    return f"{weaker:,} {verb} {WEAKER}: the strongest {said} drives the channel further"


def scale_words(one: LayerDrawn) -> str:
    """How large the pictures are, and where they come from."""
    return f"{one.size[0]} {TIMES} {one.size[1]} pixels, by the recipe {one.recipe}."
