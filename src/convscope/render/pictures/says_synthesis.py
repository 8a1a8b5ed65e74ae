"""What is said of synthesized pictures: how far each drives its unit, and how it was drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from math import floor, isfinite
from typing import Any

import numpy as np

from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.render.words import count, listed, number, percent
from convscope.results.synthesis import Synthesis
from convscope.synthesis.presets import PRESETS
from convscope.synthesis.recipe import Recipe
from convscope.synthesis.side import shift_px

WEAKER = "weaker than reality"


def unit_words(made: Synthesis, row: int, noun: str = "photograph") -> str:
    """How far one picture drives its unit beside the data, and what of that is robust.

    >>> one = np.ones(1)
    >>> made = Synthesis(np.zeros((1, 8, 8, 3), np.uint8), 3 * one, 2 * one, 2.4 * one,
    ...                  3 * one[None], "relu1", (7,), ("relu1:7",), ("drawn",), (0,), "",
    ...                  {"preprocessing": {"size": [227, 227]}})
    >>> unit_words(made, 0)
    'It drives the unit to 1.5 times the strongest photograph; 80 % of that is left after a shift \
of 3 px and a blur.'
    """
    if made.status[row] == "silent":
        return "No start woke it: nothing is drawn."
    before = "The step was too large, so this is the best before. "
    reached = f"{_reached(made, row, noun)}{_left(made, row)}."
    if np.isnan(made.best[row]):
        reached += f" No atlas was given, so nothing says whether {noun}s do better."
    return f"{before}{reached}" if made.status[row] == "diverged" else reached


def _reached(made: Synthesis, row: int, noun: str) -> str:
    value, best, score = (float(part[row]) for part in (made.values, made.best, made.score))
    if np.isnan(best):
        return f"It drives the unit to {number(value)}"
    if best == 0:
        return f"No {noun} fires the unit, and this picture drives it to {number(value)}"
    if not isfinite(score):
        return (
            f"It drives the unit to {number(value)}; the strongest {noun} to {number(best)}, "
            "which is below zero, so there is no ratio"
        )
    if score < 1:
        return f"{WEAKER.capitalize()}: it reaches {score_words(score)} of the strongest {noun}"
    return f"It drives the unit to {score_words(score)} times the strongest {noun}"


def score_words(score: float) -> str:
    """A score with three figures; what is below 1 never reads 1.

    >>> score_words(1.834), score_words(0.9999)
    ('1.83', '0.999')
    """
    return number(floor(score * 1000) / 1000 if 0.9 < score < 1 else score)


def _left(made: Synthesis, row: int) -> str:
    left = float(made.remaining[row])
    if not isfinite(left):
        return ""
    after = f"a shift of {shift_of(made)} px and a blur"
    if left >= 1:
        return f"; nothing of that is lost to {after}"
    return f"; {percent(round(left, 2))} of that is left after {after}"


def shift_of(made: Synthesis) -> int:
    """Pixels that pictures were moved by, to see what is robust of them."""
    return shift_px(min(made.provenance["preprocessing"]["size"]))


def made_words(made: Synthesis, row: int) -> str:
    """The recipe, the starts, and whose spectrum it has where that is not the data's."""
    recipe = made.provenance["options"]["recipe"]
    is_natural = recipe["spectrum"] == "natural" and recipe["parameterization"] != "pixels"
    is_usual = is_natural and not made.provenance["spectrum_images"]
    usual = " No images were given, so its spectrum is the usual 1/f." if is_usual else ""
    return f"Recipe {recipe_words(made.provenance)}. {starts_words(made, row)}{usual}"


def starts_words(made: Synthesis, row: int) -> str:
    """Which start it is of how many, and how well the others did."""
    tried = made.tries[:, row][np.isfinite(made.tries[:, row])]
    if len(tried) < 2:
        return f"One start, seed {made.starts[row]}."
    if made.status[row] == "silent":
        return f"{len(tried)} starts were tried."
    best = float(made.best[row])
    median = float(np.median(tried))
    said = f"median score {score_words(median / best)}" if best > 0 else f"median {number(median)}"
    return f"Best of {len(tried)} starts, seed {made.starts[row]}; {said}."


def recipe_words(provenance: Mapping[str, Any]) -> str:
    """The recipe by the name of its preset, and in what it differs from that.

    >>> recipe_words({"options": {"recipe": asdict(PRESETS["maco"]) | {"steps": 64}}})
    'maco, with steps 64 (256)'
    """
    options = provenance["options"]
    name, changed = _differences(options["recipe"], options.get("preset", "auto"))
    said = [
        f"{key.replace('_', ' ')} {_value(here)} ({_value(there)})"
        for key, (here, there) in changed.items()
    ]
    return f"{name}, with {', '.join(said)}" if said else name


def options_of(provenance: Mapping[str, Any]) -> SynthesizeOptions:
    """The options that draw such a picture again.

    >>> made = {"starts": 1, "steps": 64, "recipe": asdict(PRESETS["maco"]) | {"steps": 64}}
    >>> options_of({"options": made}) == SynthesizeOptions(starts=1, steps=64)
    True
    """
    given = dict(provenance["options"])
    recipe = given.pop("recipe")
    if given.get("preset", "auto") not in ("auto", *PRESETS):  # of an earlier version
        given["preset"] = "auto"
    options = SynthesizeOptions(**_fields(SynthesizeOptions, given))
    changed = set(_differences(recipe, options.preset)[1])
    if changed <= {"steps", "size", "lr"}:
        return options
    return replace(options, recipe=Recipe(**_fields(Recipe, recipe)))


def _fields(kind: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What of some values are fields of a dataclass; JSON has lists for tuples."""
    known = {key: given[key] for key in kind.__dataclass_fields__ if key in given}
    return {key: tuple(v) if isinstance(v, list) else v for key, v in known.items()}


def _differences(recipe: Mapping[str, Any], preset: str) -> tuple[str, dict[str, tuple[Any, Any]]]:
    """The nearest preset, or the one that is named, and what differs: here and there."""
    given = _plain(recipe)
    known = {key: _plain(asdict(one)) for key, one in PRESETS.items()}
    names = [preset] if preset in known else list(known)
    found = {
        name: {
            key: (given[key], value)
            for key, value in known[name].items()
            if key in given and given[key] != value
        }
        for name in names
    }
    nearest = min(found, key=lambda name: len(found[name]))
    return nearest, found[nearest]


def _plain(recipe: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(recipe))
    return found


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " to ".join(map(_value, value)) or "none"
    return number(float(value)) if isinstance(value, int | float) else str(value)


def counts_words(drawn: int, weaker: int, silent: int) -> str:
    """How many pictures there are, and how many of them are less than they seem.

    >>> counts_words(48, 5, 0), counts_words(1, 0, 1)
    ('48 pictures, 5 of them weaker than reality', '1 picture, 1 channel silent')
    """
    said = [count(drawn, "picture")]
    if weaker:
        said.append(f"{weaker:,} of them {WEAKER}")
    if silent:
        said.append(f"{count(silent, 'channel')} silent")
    return ", ".join(said)


def places(names: Sequence[str]) -> str:
    """Names of layers as a phrase.

    >>> places(["relu3", "relu4", "relu5"])
    'relu3, relu4 and relu5'
    """
    return f"{listed(names[:-1])} and {names[-1]}" if len(names) > 1 else listed(names)
