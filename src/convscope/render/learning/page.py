"""The page of the learner's experiment: a folder that opens from disk and answers in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from convscope.render.canvas import Canvas, Line, Words, sheet_png, svg_of
from convscope.render.learning import words
from convscope.render.learning.picture import DRAWN, learning_canvas
from convscope.render.lettering import INK
from convscope.render.pages import environment, write_static
from convscope.render.placeless import shareable
from convscope.render.words import TIMES, count, with_range
from convscope.results.learning import FLOORS, MEASURES, Learning
from convscope.results.learning_rule import DECIDING, evidence
from convscope.storage import write_whole

FIGURE = "learning"
OWN = ("learncurve.css", "learncurve.js")


BETTER = {
    "data": "more data",
    "epochs": "more epochs",
    "either": "either",
    "neither": "neither beyond what seeds differ by",
    "nothing": "the layer shows nothing yet",
}


@dataclass(frozen=True)
class Entry:
    """One number of a table, how far seeds differ, and whether it is above both floors by more."""

    value: str
    spread: str
    shows: bool = False


@dataclass(frozen=True)
class Table:
    """One measure of every layer in every training, and at both floors."""

    key: str
    title: str
    meaning: str
    decides: bool
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Entry, ...]], ...]


@dataclass(frozen=True)
class LearningSite:
    """Everything the template sees."""

    learning: Learning
    answer: words.CellWords
    """Of the most data and epochs."""
    met: str
    """How many comparisons meet the rule, and how many by chance."""
    cells: tuple[words.CellWords, ...]
    first: tuple[str, ...]
    next: str
    gains: tuple[tuple[str, ...], ...]
    fit: str
    rule: str
    floors: str
    chance: str
    limits: tuple[str, ...]
    tables: tuple[Table, ...]
    figure: Markup
    facts: tuple[tuple[str, str], ...]
    command: str
    python: str
    date: str


def write_learning(learning: Learning, out: Path, command: str, python: str) -> Path:
    """Write the page, its figure as PNG and SVG, and its numbers; returns the page's path."""
    learning = shareable(learning)
    site = learning_site(learning, command, python)
    canvas = learning_canvas(learning)
    write_static(out)
    for name in OWN:  # of this page alone: what every report copies is kept small
        text = files("convscope.render").joinpath("templates", name).read_bytes()
        write_whole(out / "static" / name, text)
    write_whole(out / f"{FIGURE}.png", sheet_png(canvas))
    write_whole(out / f"{FIGURE}.svg", svg_of(canvas, says(learning)).encode())
    write_whole(out / f"{FIGURE}.json", json.dumps(numbers(learning)).encode())
    page = environment().get_template("learncurve.html").render(site=site, root="")
    write_whole(out / "index.html", page.encode())
    return out / "index.html"


def learning_site(learning: Learning, command: str, python: str) -> LearningSite:
    """What the page says."""
    learning = shareable(learning)
    found = tuple(words.cells(learning))
    return LearningSite(
        learning=learning,
        answer=found[-1],
        met=words.met_words(learning),
        cells=found,
        first=tuple(words.first_shown(learning)),
        next=words.next_words(learning),
        gains=tuple(gains(learning)),
        fit=words.fit_words(learning),
        rule=f"{words.probe_words(learning)} {words.rule_words()}",
        floors=words.floor_words(learning),
        chance=words.chance_words(learning),
        limits=tuple(words.limits(learning)),
        tables=tuple(tables(learning)),
        figure=inline_svg(learning_canvas(learning), says(learning)),
        facts=tuple(facts(learning)),
        command=command,
        python=python,
        date=datetime.now(UTC).strftime("%d %b %Y %H:%M UTC").lstrip("0"),
    )


def tables(learning: Learning) -> Iterator[Table]:
    """Every measure's numbers, those that decide first."""
    shows = evidence(learning).shows
    cells = list(np.ndindex(*learning.shown.shape))
    head = [f"{learning.sizes[a]:,} {TIMES} {learning.epochs[b]}" for a, b in cells]
    rest = [name for name in MEASURES if name not in DECIDING]
    for name in (*DECIDING, *rest):
        values = learning.of(name)
        if not np.isfinite(values).any():
            continue
        floors = [learning.floor(floor, name) for floor in FLOORS]
        decided = shows[DECIDING.index(name)] if name in DECIDING else np.zeros_like(shows[0])
        rows = tuple(
            (
                layer,
                (
                    *(entry(name, floor[:, place]) for floor in floors),
                    *(
                        entry(name, values[a, b, :, place], shows=bool(decided[a, b, place]))
                        for a, b in cells
                    ),
                ),
            )
            for place, layer in enumerate(learning.layers)
        )
        yield Table(
            name,
            words.NAMES[name],
            words.MEANINGS[name],
            name in DECIDING,
            ("start", "shuffled", *head),
            rows,
        )


def entry(name: str, seeds: Any, *, shows: bool = False) -> Entry:
    """A measure over seeds as a table says it."""
    known = seeds[np.isfinite(seeds)]
    if not len(known):
        return Entry("–", "")
    spread = words.spread_words(name, float(np.ptp(known))) if len(known) > 1 else ""
    return Entry(words.value_words(name, float(known.mean())), spread, shows)


def gains(learning: Learning) -> Iterator[tuple[str, ...]]:
    """What doubling brought in accuracy and in each layer's probe: name, data, epochs, seeds."""
    for one, helps in words.helped(learning):
        data, epochs = (float(part.mean()) for part in (one.data, one.epochs))
        yield (
            "accuracy of the network" if one.name == "accuracy" else f"class read in {one.name}",
            words.difference("accuracy", data),
            words.difference("accuracy", epochs),
            words.spread_words("accuracy", one.spread),
            BETTER[helps],
        )


def facts(learning: Learning) -> Iterator[tuple[str, str]]:
    """How the experiment was made."""
    yield "network", learning.model
    yield "images", f"{learning.images}, {count(len(learning.classes), 'class', 'classes')}"
    yield "probe", f"{count(learning.probe, 'image')} that no network was trained on"
    for name, value in learning.provenance.get("options", {}).items():
        yield name.replace("_", " "), ", ".join(map(str, value)) if _is_list(value) else str(value)
    for name, value in learning.provenance.get("training", {}).items():
        if name in (
            "optimizer",
            "schedule",
            "rate",
            "batch",
            "momentum",
            "decay",
            "init",
            "radius",
        ):
            yield f"training: {name}", str(value)
    yield "time", f"{learning.seconds.sum() / 60:.0f} minutes of training, without the floors"
    yield from learning.provenance.get("versions", {}).items()


def says(learning: Learning) -> str:
    """The figure as one sentence."""
    final = with_range(learning.accuracy[-1, -1])
    return (
        f"{count(len(DRAWN), 'measure')} of {count(len(learning.layers), 'layer')} by images "
        f"shown, a line a data size, floors dashed; accuracy reaches {final}."
    )


def numbers(learning: Learning) -> dict[str, Any]:
    """Everything in the figure, as JSON holds it."""
    return {
        "sizes": learning.sizes.tolist(),
        "epochs": learning.epochs.tolist(),
        "steps": learning.steps.tolist(),
        "layers": list(learning.layers),
        "accuracy": _plain(learning.accuracy),
        "train_accuracy": _plain(learning.train_accuracy),
        "floor_accuracy": dict(zip(FLOORS, _plain(learning.floor_accuracy), strict=True)),
        "measures": {name: _plain(learning.of(name)) for name in MEASURES},
        "floors": {
            floor: {name: _plain(learning.floor(floor, name)) for name in MEASURES}
            for floor in FLOORS
        },
        "answers": [one.words for one in words.cells(learning)],
        "chance": words.met_words(learning),
    }


def inline_svg(canvas: Canvas, says_: str) -> Markup:
    """A figure as a part of a page: its inks are the page's, so that it reads in the dark too."""
    drawn = Markup("").join(
        _words(part) if isinstance(part, Words) else _line(part)
        for part in canvas.parts
        if isinstance(part, Words | Line)
    )
    return Markup(
        '<svg class="learning" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        'aria-label="{says}">{drawn}</svg>'
    ).format(w=canvas.width, h=canvas.height, says=says_, drawn=drawn)


def _words(part: Words) -> Markup:
    kinds = ["strong"] * part.is_bold + ["ink"] * (part.ink == INK) + ["end"] * part.is_right
    text = escape(part.text)
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" font-size="{}">{}</text>').format(
        " ".join(kinds), part.x, part.y + part.size * 0.93, part.size, text
    )


def _line(part: Line) -> Markup:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in part.points)
    strength = f"{(255 - part.ink[0]) / 235:.2f}"
    dash = Markup(' stroke-dasharray="{}"').format(" ".join(map(str, part.dash)))
    return Markup('<polyline points="{}" stroke-width="{:g}" stroke-opacity="{}"{}/>').format(
        points, part.width, strength, dash if part.dash else ""
    )


def _plain(values: Any) -> Any:
    """Lists; what is no number is null."""
    if isinstance(values, np.ndarray):
        return [_plain(one) for one in values]
    return round(float(values), 6) if np.isfinite(values) else None


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
