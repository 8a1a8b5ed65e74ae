from __future__ import annotations

from dataclasses import replace

import numpy as np

from convscope.color.luts import lut
from convscope.render.pictures.attribution import (
    attribution_pictures,
    attribution_png,
    of,
    saliency_pictures,
    sanity,
)
from tests.render.looks import SIDE, attribution


def test_the_picture_stands_beside_its_twin_each_in_its_own_gain() -> None:
    whole = attribution()
    twin = np.asarray(whole.twin) * 100
    one, other = attribution_pictures(replace(whole, twin=twin))
    assert (one.name, other.name) == ("Gradient", "Random weights")
    assert one.pixels.shape == other.pixels.shape == (4 * SIDE, 4 * SIDE, 3)
    assert one.measure.startswith("full scale ±")
    assert float(other.measure.split("±")[1]) > 50 * float(one.measure.split("±")[1])
    assert attribution_png(whole)[1:4] == b"PNG"


def test_an_all_zero_picture_is_the_ground_and_says_so() -> None:
    zero = attribution(array=np.zeros((3, SIDE, SIDE), np.float32), twin=None, similarity=None)
    (one,) = attribution_pictures(zero)
    assert (one.pixels == 128).all()
    assert one.measure == "zero everywhere"
    (saliency,) = saliency_pictures(zero)
    assert (saliency.pixels == lut("ember")[0]).all()


def test_one_pixel_of_one_sign_is_light_and_the_rest_is_the_ground() -> None:
    array = np.zeros((3, SIDE, SIDE), np.float32)
    array[:, 5, 7] = 2.5
    one, _ = attribution_pictures(attribution(array=array))
    assert (one.pixels[20:24, 28:32] == 255).all()
    rest = np.ones(one.pixels.shape[:2], bool)
    rest[20:24, 28:32] = False
    assert (one.pixels[rest] == 128).all()


def test_saliency_is_the_largest_absolute_value_over_the_channels() -> None:
    array = np.zeros((3, SIDE, SIDE), np.float32)
    array[:, 0, 0] = (1, -4, 2)
    one, _ = saliency_pictures(attribution(array=array))
    assert one.scale is not None
    assert one.scale.high == "4 and over"
    assert (one.pixels[0, 0] == lut("ember")[-1]).all()
    assert (one.pixels[-1, -1] == lut("ember")[0]).all()


def test_a_small_field_is_shown_alone_and_enlarged() -> None:
    one, _ = attribution_pictures(attribution(frame=(-1, 3, 6, 10)))
    assert one.pixels.shape == (224, 224, 3)
    assert one.measure.startswith("7 × 7 px, full scale")
    assert (one.pixels[:32] == 128).all()


def test_the_sanity_number_is_a_sentence() -> None:
    assert sanity(0.0) == (
        "Rank correlation with random weights: 0 (1: the same places stand out, 0: unrelated)."
    )
    assert sanity(-0.004) == sanity(0.0)
    assert "−0.3 (0: unrelated places stand out, −1: opposite)" in sanity(-0.3)
    assert sanity(None) == ""


def test_a_cell_is_said_once_also_of_a_layer_that_is_called_twice() -> None:
    for target in ("relu@2:3", "relu@2:3@1,2"):
        assert of(replace(attribution(), target=target, cell=(1, 2))).startswith("relu@2:3@1,2: ")
    assert of(replace(attribution(), target="relu@2:3", cell=None)).startswith("relu@2:3: ")
