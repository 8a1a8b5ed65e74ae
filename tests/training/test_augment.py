from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from convscope.training.augment import (
    center_places,
    gather,
    random_places,
    recolor,
    recolors,
    ten_places,
)
from convscope.training.options import TrainOptions
from tests.training.setting import quick


def images(count: int = 7, side: int = 9) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, side, side, 3), np.uint8)


def test_ten_crops_are_five_and_their_mirror_images() -> None:
    image = images(1)[0]
    rows, columns = ten_places(9, 6)
    crops = gather(image, (rows, columns))
    assert crops.shape == (10, 6, 6, 3)
    five = [image[:6, :6], image[:6, 3:], image[3:, :6], image[3:, 3:], image[1:7, 1:7]]
    for crop, twin in zip(crops[:5], five, strict=True):
        assert np.array_equal(crop, twin)
    for crop, twin in zip(crops[5:], five, strict=True):
        assert np.array_equal(crop, twin[:, ::-1])
    assert np.array_equal(crops[5:, :, ::-1], crops[:5])  # mirrored twice it is the same


@pytest.mark.parametrize("options", [{}, {"pad": 3}, {"crop": False}, {"flip": False, "pad": 1}])
def test_crops_are_cut_from_the_mirrored_border(options: dict[str, object]) -> None:
    given, pixels = quick(**{"pad": 0, **options}), images()
    places = random_places(np.random.default_rng(1), 7, 9, 6, given)
    crops = gather(pixels, places)
    around = ((given.pad,) * 2, (given.pad,) * 2, (0, 0))
    for image, crop in zip(pixels, crops, strict=True):
        whole = np.pad(image, around, mode="reflect")
        shown = [whole, whole[:, ::-1]] if given.flip else [whole]
        found = [
            (y, x)
            for view in shown
            for y in range(len(whole) - 5)
            for x in range(len(whole) - 5)
            if np.array_equal(view[y : y + 6, x : x + 6], crop)
        ]
        assert found
        if not given.crop:
            assert set(found) <= {(1, 1), (1, 2)}


def test_every_place_and_both_sides_are_drawn() -> None:
    rows, columns = random_places(np.random.default_rng(0), 4000, 9, 6, quick(pad=0))
    mirrored = columns[:, 0] > columns[:, 1]
    assert 0.45 < mirrored.mean() < 0.55
    assert set(rows[:, 0]) == set(range(4))
    assert set(columns.min(1)) == set(range(4))
    assert all(np.bincount(rows[:, 0]) > 850)


def test_centers_are_the_middle() -> None:
    pixels = images(2, 10)
    assert np.array_equal(gather(pixels, center_places(2, 10, 6)), pixels[:, 2:8, 2:8])


def test_colors_change_each_image_by_itself_and_noise_each_value() -> None:
    inputs = np.ones((300, 2, 2, 3), np.float32) * np.float32([1, 2, 3])

    def drawn(**given: float) -> np.ndarray:
        return recolor(inputs.copy(), np.random.default_rng(0), TrainOptions(**given))

    assert np.array_equal(drawn(), inputs)
    grayed = (drawn(gray=0.5) == 2).all((1, 2, 3))
    assert 0.4 < grayed.mean() < 0.6
    contrast = drawn(contrast=0.3) / inputs
    assert np.allclose(contrast, contrast[:, :1, :1, :1])
    assert np.log(contrast[:, 0, 0, 0]).std() == pytest.approx(0.3, rel=0.15)
    shift = drawn(brightness=0.2) - inputs
    assert np.allclose(shift, shift[:, :1, :1, :1], atol=1e-6)
    tint = drawn(tint=0.2) - inputs
    assert np.allclose(tint, tint[:, :1, :1], atol=1e-6)
    assert not np.allclose(tint, tint[:, :, :, :1], atol=1e-2)
    noise = (drawn(noise=0.2) - inputs).ravel()
    assert noise.std() == pytest.approx(0.2, rel=0.1)
    assert not any(a == b for a, b in pairwise(noise[:50]))


def test_nothing_is_drawn_for_colors_unless_asked_for() -> None:
    assert not recolors(TrainOptions())
    assert recolors(TrainOptions(tint=0.1))
