"""The page of an ablation: a folder that opens from disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from convscope.render.ablation import words
from convscope.render.ablation.picture import ablation_canvas
from convscope.render.canvas import sheet_png, svg_of
from convscope.render.learning.page import OWN, inline_svg
from convscope.render.pages import environment, write_static
from convscope.render.placeless import shareable
from convscope.render.words import count, with_range
from convscope.results.ablation import Ablation
from convscope.results.ablation_rule import is_guessing, verdicts, verdicts_on_train
from convscope.storage import write_whole

FIGURE = "ablation"


@dataclass(frozen=True)
class Row:
    """One variant as the table has it."""

    name: str
    spec: str
    parameters: str
    multiply_adds: str
    train: str
    error: str
    top5: str
    more: str
    verdict: str
    seconds: str


@dataclass(frozen=True)
class AblationSite:
    """Everything the template sees."""

    ablation: Ablation
    answer: str
    groups: tuple[str, ...]
    by_heart: str
    unfinished: str
    rule: str
    limits: tuple[str, ...]
    rows: tuple[Row, ...]
    has_top5: bool
    figure: Markup
    facts: tuple[tuple[str, str], ...]
    command: str
    python: str
    date: str


def write_ablation(result: Ablation, out: Path, command: str) -> Path:
    """Write the page, its figure as PNG and SVG, and its numbers; returns the page's path."""
    result = shareable(result)
    canvas = ablation_canvas(result)
    write_static(out)
    for name in OWN:  # the page is made like that of the learner's experiment
        text = files("convscope.render").joinpath("templates", name).read_bytes()
        write_whole(out / "static" / name, text)
    write_whole(out / f"{FIGURE}.png", sheet_png(canvas))
    write_whole(out / f"{FIGURE}.svg", svg_of(canvas, words.answer(result)).encode())
    write_whole(out / f"{FIGURE}.json", json.dumps(numbers(result), indent=1).encode())
    site = ablation_site(result, command)
    page = environment().get_template("ablation.html").render(site=site, root="")
    write_whole(out / "index.html", page.encode())
    return out / "index.html"


def ablation_site(result: Ablation, command: str) -> AblationSite:
    """What the page says."""
    result = shareable(result)
    return AblationSite(
        ablation=result,
        answer=words.answer(result),
        groups=tuple(words.groups(result)),
        by_heart=words.by_heart(result),
        unfinished=words.unfinished(result),
        rule=words.rule_words(result),
        limits=tuple(words.limits(result)),
        rows=tuple(rows(result)),
        has_top5=bool(np.isfinite(result.top5_error).any()),
        figure=inline_svg(ablation_canvas(result), words.answer(result)),
        facts=tuple(facts(result)),
        command=command,
        python=python(result),
        date=datetime.now(UTC).strftime("%d %b %Y %H:%M UTC").lstrip("0"),
    )


def rows(result: Ablation) -> Iterator[Row]:
    """Every variant, the whole network first."""
    for place, verdict in enumerate(verdicts(result)):
        seconds = result.seconds[place]
        known = seconds[np.isfinite(seconds)]
        yield Row(
            name=result.names[place],
            spec=result.specs[place],
            parameters=f"{int(result.parameters[place]):,}",
            multiply_adds=f"{result.multiply_adds[place] / 1e6:,.1f}",
            train=with_range(result.train_error[place]),
            error=with_range(result.error[place]),
            top5=with_range(result.top5_error[place]),
            more=words.points(verdict.mean) if place else "",
            verdict=verdict.word if place else "",
            seconds=f"{known.mean():,.0f} s" if len(known) else "no number",
        )


def numbers(result: Ablation) -> dict[str, Any]:
    """Everything in the table, as JSON holds it."""
    held, train = verdicts(result), verdicts_on_train(result)
    return {
        "data": result.data,
        "train_images": result.train_images,
        "held_out_images": result.images,
        "classes": result.classes,
        "epochs": result.epochs,
        "seeds": list(result.seeds),
        "guessing": _number(result.guessing),
        "has_learnt": not is_guessing(result),
        "variants": [
            {
                "name": name,
                "spec": result.specs[place],
                "parameters": int(result.parameters[place]),
                "multiply_adds": int(result.multiply_adds[place]),
                "train_error": _plain(result.train_error[place]),
                "error": _plain(result.error[place]),
                "top5_error": _plain(result.top5_error[place]),
                "seconds": _plain(result.seconds[place]),
                "more": _number(held[place].mean),
                "margin": _number(held[place].margin),
                "verdict": held[place].word if place else "",
                "more_on_train": _number(train[place].mean),
            }
            for place, name in enumerate(result.names)
        ],
        "answer": words.answer(result),
        "unfinished": words.unfinished(result),
        "note": result.note,
    }


def facts(result: Ablation) -> Iterator[tuple[str, str]]:
    """How the ablation was made."""
    yield "whole network", result.specs[0]
    yield "images", f"{result.data}, {count(result.classes, 'class', 'classes')}"
    yield "trained on", count(result.train_images, "image")
    yield "held out", count(result.images, "image")
    for name, value in result.provenance.get("training", {}).items():
        yield name.replace("_", " "), str(value)
    yield from result.provenance.get("versions", {}).items()


def python(result: Ablation) -> str:
    """The call that makes it."""
    given = result.provenance.get("options", {})
    words_ = ", ".join(f"{name}={value!r}" for name, value in given.items() if value)
    return (
        "import convscope\n"
        f"options = convscope.AblateOptions({words_})\n"
        f'found = convscope.ablate({json.dumps(result.data)}, "ablation", options)'
    )


def _plain(values: Any) -> list[float | None]:
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None
