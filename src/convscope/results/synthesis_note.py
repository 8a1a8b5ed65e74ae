"""What must be said with synthesized pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from convscope.results.synthesis import Synthesis

_LISTED = 12


def note(made: Synthesis, stopped: Sequence[int] = ()) -> str:
    """What is silent, weaker than the data or diverged, and whose spectrum was taken.

    A unit of which several starts were kept is silent, or weaker, where all of them are.

    ``stopped`` has the step at which each diverged, where that is known.
    """
    return " ".join(_sentences(made, stopped))


def _sentences(made: Synthesis, stopped: Sequence[int]) -> Iterator[str]:
    awake = {n for n, s in zip(made.names, made.status, strict=True) if s != "silent"}
    silent = [name for name in dict.fromkeys(made.names) if name not in awake]
    if silent:
        tried = int(np.isfinite(made.tries).sum(0).max(initial=0))
        starts = f"{tried} start{'s' * (tried != 1)}"
        yield f"{_of(silent, made)} silent from {starts}, and not drawn: {_listed(silent)}."
    reached = {n for n, score in zip(made.names, made.score, strict=True) if not score < 1}
    weaker = [name for name in dict.fromkeys(made.names) if name in awake - reached]
    if weaker:
        yield f"{_of(weaker, made)} weaker than the strongest photograph: {_listed(weaker)}."
    yield from _diverged(made, stopped)
    if np.isnan(made.best).all():
        yield "No atlas was given, so nothing says whether photographs do better."
    if _is_natural(made.provenance["options"]["recipe"]) and not made.provenance["spectrum_images"]:
        yield "No images were given, so the spectrum is the usual 1/f."


def _diverged(made: Synthesis, stopped: Sequence[int]) -> Iterator[str]:
    rows = [row for row, status in enumerate(made.status) if status == "diverged"]
    if rows:
        when = f" ({_when(min(stopped[row] for row in rows), made)})" if len(stopped) else ""
        named = _listed([made.names[row] for row in rows])
        yield (
            f"{len(rows)} of {len(made.names)} diverged{when}, the best before shown: {named}. The "
            "step is too large; give a smaller --lr."
        )


def _is_natural(recipe: Mapping[str, Any]) -> bool:
    """Whether a recipe takes the spectrum of images: pixels have none, and 1/f needs none."""
    return recipe["spectrum"] == "natural" and recipe.get("parameterization") != "pixels"


def _of(some: Sequence[str], made: Synthesis) -> str:
    verb = "stays" if len(some) == 1 else "stay"
    return f"{len(some)} of {len(set(made.names))} {verb}"


def _when(step: int, made: Synthesis) -> str:
    steps = made.provenance["options"]["recipe"]["steps"]
    return f"first at step {step}" if step < steps else "before the end"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
