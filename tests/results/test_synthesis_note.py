from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from convscope.results.synthesis import Synthesis
from convscope.results.synthesis_note import note


def made(*scores: float, images: int = 3, **changed: Any) -> Synthesis:
    """One picture for each score; 0 is a silent unit."""
    values, count = np.array(scores), len(scores)
    provenance = {
        "options": {"recipe": {"steps": 8, "spectrum": "natural"}},
        "spectrum_images": images,
    }
    found = Synthesis(
        np.zeros((count, 4, 4, 3), np.uint8), values, np.ones(count), values, values[None],
        "relu1", tuple(range(count)), tuple(f"relu1:{c}" for c in range(count)),
        tuple("drawn" if score else "silent" for score in scores), (0,) * count, "", provenance,
    )  # fmt: skip
    return replace(found, **changed)


def test_nothing_is_said_where_all_is_well() -> None:
    assert note(made(1.0, 2.5)) == ""


def test_silent_and_weaker_units_are_counted_apart() -> None:
    said = note(made(1.5, 0.5, 0.0, 0.25))
    assert "1 of 4 stays silent from 1 start, and not drawn: relu1:2." in said
    assert "2 of 4 stay weaker than the strongest photograph: relu1:1, relu1:3." in said


def test_a_unit_of_several_starts_is_judged_by_its_best_one() -> None:
    names = ("relu1:0", "relu1:0", "relu1:1", "relu1:1", "relu1:2", "relu1:2")
    said = note(made(0.0, 0.0, 0.5, 0.25, 0.0, 1.5, names=names))
    assert "1 of 3 stays silent from 1 start, and not drawn: relu1:0." in said
    assert "1 of 3 stays weaker than the strongest photograph: relu1:1." in said


def test_long_lists_end() -> None:
    assert note(made(*[0.5] * 15)).endswith("relu1:10, relu1:11 and 3 more.")


def test_what_diverged_is_named_with_the_step_where_that_is_known() -> None:
    one = made(2.0, 2.0, status=("diverged", "drawn"))
    assert note(one).startswith("1 of 2 diverged, the best before shown: relu1:0. The step is too")
    assert note(one, [3, -1]).startswith("1 of 2 diverged (first at step 3), the best before")
    assert note(one, [8, -1]).startswith("1 of 2 diverged (before the end), the best before")


def test_what_was_not_given_is_said() -> None:
    assert note(made(2.0, images=0)) == "No images were given, so the spectrum is the usual 1/f."
    assert note(made(2.0, best=np.array([np.nan]))).startswith("No atlas was given")


def test_pixels_have_no_spectrum_so_none_is_spoken_of() -> None:
    recipe = {"steps": 8, "spectrum": "natural", "parameterization": "pixels"}
    provenance = {"options": {"recipe": recipe}, "spectrum_images": 0}
    assert note(made(2.0, provenance=provenance)) == ""
    phases = provenance | {"options": {"recipe": recipe | {"parameterization": "phase"}}}
    assert note(made(2.0, provenance=phases)).endswith("the spectrum is the usual 1/f.")
