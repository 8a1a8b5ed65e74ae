from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convscope.results.caption import CAPTIONS, caption_lines
from convscope.results.file import RESULTS
from convscope.results.heatmap import Heatmap
from convscope.results.result import Result


@pytest.mark.parametrize("kind", list(RESULTS))
def test_every_kind_that_can_be_saved_shares_the_base_and_none_says_it_again(kind: str) -> None:
    found = getattr(import_module(RESULTS[kind]), kind)
    assert issubclass(found, Result)
    assert not {"save", "_repr_png_"} & set(vars(found))


@pytest.mark.parametrize(
    ("probability", "against", "which", "shows"),
    [
        (0.5, None, "", "for this class lies"),
        (None, None, "_unit", "for this unit lies"),
        (0.5, "dog", "_against", "for the one rather than the other lies"),
        (None, "relu3:2", "_against", "for the one rather than the other lies"),
    ],
)
def test_a_heat_map_says_whose_evidence_it_shows(
    probability: float | None, against: str | None, which: str, shows: str
) -> None:
    zeros: Any = np.zeros((3, 3), np.float32)
    shown = np.zeros((3, 3, 3), np.uint8)
    parts = (zeros, zeros, shown, "cat", against, "relu3", "as asked", 1.0, probability)
    plain, guided = (Heatmap(*parts, g, None, None, "", {}) for g in (None, zeros[None]))
    assert plain.caption == CAPTIONS[f"heatmap{which}"]._asdict()
    assert guided.caption == CAPTIONS[f"guided_gradcam{which}"]._asdict()
    assert shows in plain.caption["shows"]
    assert caption_lines(guided.caption)[0].startswith("Shows: The guided picture")
    assert shows in guided.caption["shows"]


def test_only_guided_pictures_are_said_to_look_like_edges() -> None:
    about_edges = {name for name, said in CAPTIONS.items() if "edges because" in " ".join(said)}
    assert about_edges == {"guided", *(name for name in CAPTIONS if "guided_gradcam" in name)}
    assert CAPTIONS["gradient"].shows != CAPTIONS["guided"].shows
