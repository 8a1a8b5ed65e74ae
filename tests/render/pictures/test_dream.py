from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.render.display import png_of
from convscope.render.pictures.dream import dream_pictures, how, said
from convscope.results.dream import Dream


def dreamt(**changed: Any) -> Dream:
    """Two levels brighter everywhere."""
    shown = np.random.default_rng(0).integers(0, 250, (48, 36, 3)).astype(np.uint8)
    given: dict[str, Any] = {
        "shown": shown,
        "picture": shown + 2,
        "target": "features.10",
        "layer": "features.10",
        "channel": None,
        "measure": "half the mean square",
        "before": 765.0,
        "after": 22685.0,
        "steps": 10,
        "octaves": ((24, 18), (34, 26), (48, 36)),
        "note": "",
        "provenance": {},
    }
    return Dream(**(given | changed))


def test_the_photograph_and_the_dream() -> None:
    one, other = dream_pictures(dreamt())
    assert (one.name, other.name) == ("Photograph", "Dream")
    assert other.measure == "changed by 2 levels (RMS)"
    assert (other.pixels.astype(int) - one.pixels == 2).all()
    assert "features.10" in other.says
    assert png_of(dreamt())[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "half the mean square: 765 on the photograph, 22,685 on the dream, ×29.7."),
        ({"before": 0.0, "after": 3.0}, "0 on the photograph, 3 on the dream."),
        ({"before": -2.0, "after": 3.0}, "−2 on the photograph, 3 on the dream."),
        ({"before": 3.0, "after": 3.0}, "3 on the photograph, 3 on the dream."),
        ({"target": "beagle", "measure": "score"}, "beagle, score: 765 on the photograph"),
    ],
)  # fmt: skip
def test_what_was_climbed(changed: dict[str, Any], expected: str) -> None:
    assert expected in said(dreamt(**changed))


def test_how_it_was_climbed() -> None:
    assert how(dreamt()) == "3 octaves of 10 steps, at 24 × 18, 34 × 26, 48 × 36 px."
    same = dreamt(octaves=((48, 36),) * 2, steps=1)
    assert how(same) == "2 octaves of 1 step, at 48 × 36 px."


def test_a_gray_photograph() -> None:
    shown = np.full((28, 28, 1), 90, np.uint8)
    drawn = dream_pictures(dreamt(shown=shown, picture=shown))[1]
    assert drawn.pixels.shape[2] == 3
    assert drawn.measure == "changed by 0 levels (RMS)"
