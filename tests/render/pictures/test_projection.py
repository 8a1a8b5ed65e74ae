from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from convscope.render.pictures.projection import projection_pictures, projection_png, said
from convscope.results.projection import Projection
from tests.results.projections import projection


def spot(**changed: object) -> Projection:
    """One bright pixel of a 7 px field that hangs one pixel over the left border."""
    array = np.zeros((3, 8, 9), np.float32)
    array[:, 5, 2] = 4.0
    return projection(array=array, frame=(1, -1, 8, 6), **changed)


def test_a_projection_is_enlarged_by_a_whole_factor_and_says_its_scale() -> None:
    own, _ = projection_pictures(spot())
    assert own.pixels.shape == (224, 224, 3)
    assert (own.pixels[128:160, 96:128] == 255).all()
    own.pixels[128:160, 96:128] = 128
    assert (own.pixels == 128).all()
    assert own.measure == "full scale ±4"


def test_the_patch_stands_beside_it_at_the_same_size_with_ground_outside_the_image() -> None:
    own, patch = projection_pictures(spot(shown=np.full((8, 9, 3), 9, np.uint8)))
    assert patch.pixels.shape == own.pixels.shape
    assert (patch.pixels[:, :32] == 128).all()
    assert (patch.pixels[:, 32:] == 9).all()
    assert patch.measure == "7 × 7 px, ×32"


def test_the_twin_stands_in_a_gain_of_its_own() -> None:
    result = spot()
    both = replace(result, twin=result.array / 100, similarity=0.5)
    own, _, other = projection_pictures(both)
    assert (other.name, other.measure) == ("Random weights", "full scale ±0.04")
    assert np.array_equal(other.pixels, own.pixels)


def test_a_large_field_is_not_enlarged() -> None:
    array, shown = np.zeros((3, 200, 200), np.float32), np.zeros((200, 200, 3), np.uint8)
    own, patch = projection_pictures(projection(array=array, shown=shown, frame=(0, 0, 200, 200)))
    assert own.pixels.shape == patch.pixels.shape == (200, 200, 3)
    assert (own.measure, patch.measure) == ("zero everywhere", "200 × 200 px")


def test_it_draws_itself_with_a_margin() -> None:
    with Image.open(BytesIO(projection_png(spot()))) as image:
        drawn = np.asarray(image.convert("RGB"))
    assert (drawn[:24] == 255).all()
    assert (drawn[:, :24] == 255).all()
    assert (drawn[:, -24:] == 255).all()


def test_of_a_silent_unit_only_the_note_is_said() -> None:
    note = "Silent here: its activation in this cell of 4 is 0."
    silent = projection(array=np.zeros((3, 8, 9), np.float32), note=note, value=0.0)
    assert said(silent) == note
    drawn = said(spot(note="One thing."))
    assert drawn.endswith(" on this image. Grey is zero. One thing.")
    assert drawn.startswith(f"{spot().name}@")
