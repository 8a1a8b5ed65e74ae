from __future__ import annotations

from typing import Any

import numpy as np

from convscope.render.pictures.sanity import sanity_pictures, sanity_png, what
from convscope.results.sanity import Sanity

LAYERS = tuple(f"conv{number}" for number in range(9, 0, -1))


def sanity(**changed: Any) -> Sanity:
    drawn = np.random.default_rng(2)
    given: dict[str, Any] = {
        "layers": LAYERS,
        "similarity": np.linspace(0.9, 0.1, 9),
        "maps": drawn.normal(size=(9, 3, 20, 20)).astype(np.float32),
        "original": drawn.normal(size=(3, 20, 20)).astype(np.float32),
        "note": "",
        "provenance": {"method": "sanity", "of": {"method": "gradient"}},
    }
    return Sanity(**(given | changed))


def test_the_cascade_goes_from_the_original_to_all_random() -> None:
    pictures = sanity_pictures(sanity())
    assert [one.name for one in pictures][:2] == ["As it is", "Random conv9"]
    assert pictures[-1].name == "Random from conv1 up"
    assert len(pictures) == 7
    assert [one.measure for one in pictures][:2] == ["", "rank correlation 0.9"]
    assert sanity_png(sanity())[1:4] == b"PNG"


def test_a_step_without_a_picture_says_so_and_is_ground() -> None:
    gone = sanity(similarity=np.full(9, np.nan), maps=np.zeros((9, 3, 20, 20), np.float32))
    step = sanity_pictures(gone)[1]
    assert step.measure == "no picture"
    assert (step.pixels == 128).all()


def test_maps_without_channels_and_the_shifted_input_are_drawn() -> None:
    flat = np.ones((9, 6, 6), np.float32)
    made = sanity(maps=flat, original=flat[0], shifted=-flat[0], shift_similarity=0.25)
    last = sanity_pictures(made)[-1]
    assert (last.name, last.measure) == ("Input shifted", "rank correlation 0.25")
    assert (last.pixels < 128).all()


def test_what_the_cascade_is_of_is_said() -> None:
    of = {"method": "heatmap", "options": {"kind": "gradcam"}, "target": "class:cat"}
    assert what(sanity(provenance={"of": of})) == "Grad-CAM of class:cat."
    assert what(sanity()) == ""
