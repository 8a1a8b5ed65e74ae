"""What a verdict comes to, in the words of its page and its picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from convscope.render.words import count, number, percent
from convscope.results.finding import Certainty
from convscope.results.health import Health

SURE: dict[Certainty, str] = {
    "sure": "far beyond the threshold",
    "likely": "beyond the threshold",
    "weak": "near the threshold, or little to go by",
}
"""How far a number must be beyond its threshold for the word."""
STATES = ("trained", "begun", "noise", "unknown")
"""Of layers, the best first."""


def facts(health: Health) -> tuple[tuple[str, str], ...]:
    """Name and value of what stands below the headline."""
    known = (
        ("verdict", health.state),
        ("how sure", f"{health.certainty}, {SURE[health.certainty]}"),
        ("weights of the layers", state_words(health)),
        ("answers", answer_words(health)),
        ("seen through", count(health.images, "image")),
    )
    return tuple((name, value) for name, value in known if value)


def sentences(text: str) -> tuple[str, str]:
    """The first sentence, and the others.

    >>> sentences("It looks trained. 5 of 5 layers of net.1 do.")
    ('It looks trained.', '5 of 5 layers of net.1 do.')
    """
    first, *others = re.split(r"(?<=[.]) ", text, maxsplit=1)
    return first, " ".join(others)


def limit_words(row: Mapping[str, Any]) -> str:
    """A threshold's number with its unit.

    >>> limit_words({"value": 0.05, "unit": "share"}), limit_words({"value": 3, "unit": "times"})
    ('5 %', '3 times')
    """
    unit, value = str(row["unit"]), float(row["value"])
    return percent(value) if unit == "share" else f"{number(value)} {unit}".strip()


def state_words(health: Health) -> str:
    """How many layers are in which state.

    >>> state_words.__name__
    'state_words'
    """
    counts = Counter(health.layer_states)
    names = (*STATES, *sorted(set(counts) - set(STATES)))
    return ", ".join(f"{counts[name]} {name}" for name in names if counts[name])


def answer_words(health: Health) -> str:
    """How well it answers; empty where no label is known."""
    return "; ".join(_answers(health.answers))


def _answers(found: dict[str, float]) -> Iterator[str]:
    if "accuracy" in found:
        images = count(int(found["images"]), "image") if "images" in found else "the images"
        sure = f", {percent(found['confidence'])} sure" if "confidence" in found else ""
        yield f"right on {percent(found['accuracy'])} of {images}{sure}"
    if "chance" in found:
        yield f"guessing is right on {percent(found['chance'])}"
    if "trained_on" in found:
        yield f"right on {percent(found['trained_on'])} of those it was trained on"
    if "held_out" in found and found.get("held_out") != found.get("accuracy"):
        yield f"and on {percent(found['held_out'])} of others"
