"""What a verdict comes to, in the words of its page and its picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convscope.address import is_library
from convscope.render.placeless import short_name
from convscope.render.words import count, number, percent
from convscope.results.finding import Certainty
from convscope.results.health import Health

SURE: dict[Certainty, str] = {
    "sure": "far beyond the threshold",
    "likely": "beyond the threshold",
    "weak": "near the threshold, or little to go by",
}
"""How far a number must be beyond its threshold for the word."""
PATTERNS = {"trained": "clear", "begun": "faint", "noise": "none", "unknown": "unknown"}
"""The pattern in a layer's weights, by its state, the best first. Of a layer that is dead they may
be clear all the same, so a page does not call it trained."""


def facts(health: Health) -> tuple[tuple[str, str], ...]:
    """Name and value of what stands below the headline."""
    known = (
        ("network", network_words(health)),
        ("verdict", health.state),
        ("how sure", f"{health.certainty}, {SURE[health.certainty]}"),
        ("patterns in weights", state_words(health)),
        ("answers", answer_words(health)),
        ("seen through", images_words(health)),
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
    said = (f"{counts[name]} {word}" for name, word in PATTERNS.items() if counts[name])
    return f"{', '.join(said)} (of {count(len(health.layers), 'layer')})"


def network_words(health: Health) -> str:
    """The network by the last part of its name, and its weights' file or epoch."""
    made = health.provenance
    spec, file = made.get("network") or "", made.get("file") or ""
    same = Path(str(spec)).name == file
    return ", ".join(filter(None, [short_name(str(spec)), "" if same else file]))


def images_words(health: Health) -> str:
    """How many images there were, and where they are from."""
    spec = str(health.provenance.get("images") or "")
    name = spec if is_library(spec) else Path(spec).name
    return f"{count(health.images, 'image')}{f' of {name}' if name else ''}"


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
        held = found.get("held_out")
        others = "" if held in (None, found.get("accuracy")) else f", {percent(held)} of others"
        yield f"in training right on {percent(found['trained_on'])} of what it was shown{others}"
