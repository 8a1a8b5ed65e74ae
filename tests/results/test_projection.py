from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from convscope.geometry.box import Box
from convscope.results.projection import framed
from tests.results.projections import projection


def test_a_tile_is_the_frame_and_zero_outside_the_image() -> None:
    result = projection()
    tile = result.tile()
    assert tile.shape == (3, 5, 5)
    assert not tile[:, :, 0].any()
    assert np.array_equal(tile[:, :, 1:], result.array[:, 2:7, 0:4])


@pytest.mark.parametrize(
    "frame", [Box(-3, -3, 2, 2), Box(0, 0, 8, 9), Box(6, 7, 12, 12), Box(-2, -2, 20, 20)]
)
def test_framing_by_hand(frame: Box) -> None:
    array = projection().array
    wide = np.zeros((3, 60, 60), np.float32)
    wide[:, 20:28, 20:29] = array
    expected = wide[:, frame.y0 + 20 : frame.y1 + 20, frame.x0 + 20 : frame.x1 + 20]
    assert np.array_equal(framed(array, frame), expected)


@pytest.mark.parametrize("frame", [Box(-9, -9, -4, -4), Box(9, 9, 12, 12), Box(2, -9, 6, -2)])
def test_a_frame_beside_the_image_is_empty(frame: Box) -> None:
    found = framed(projection().array, frame)
    assert found.shape == (3, frame.height, frame.width)
    assert not found.any()


@pytest.mark.parametrize("changed", [{}, {"cell": None, "frame": (0, 0, 8, 9)}, {"note": "Silent"}])
def test_it_draws_itself_in_a_notebook(changed: dict[str, object]) -> None:
    with Image.open(BytesIO(projection(**changed)._repr_png_())) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 100


def test_nothing_to_draw_is_known() -> None:
    assert projection(array=np.zeros((3, 8, 9), np.float32)).is_zero
    assert not projection().is_zero


def test_the_caption_says_what_it_does_not_show() -> None:
    assert set(projection().caption) == {"shows", "does_not_show", "easily_misread"}


def test_what_was_projected_is_known_of_files_of_before_directions_too() -> None:
    assert projection(target="").name == "features.3:4"
    assert projection(channel=None, target="features.3:4-0.5*7").name == "features.3:4-0.5*7"
    assert projection(channel=2, target="beagle").name == "beagle"


def test_outside_the_image_another_value_may_stand() -> None:
    found = framed(np.ones((1, 2, 2), np.uint8), Box(-1, 0, 1, 2), 128)
    assert found.tolist() == [[[128, 128], [1, 1]]]
