"""Pixels to inputs and back, against torchvision's chain written out with Pillow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from convscope.errors import ImageError, PreprocessingError
from convscope.geometry.box import Box
from convscope.preprocess import Preprocessing
from convscope.preprocess.resample import scaled_size

SQUEEZENET = {
    "std": "0.0039216,0.0039216,0.0039216",
    "mean": "0.48235,0.45882,0.40784",
    "size": "227",
    "resize": "256",
    "interpolation": "bilinear",
    "arch": "torchvision:squeezenet1_0",
}


def photo(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Waves of another length in each channel, with grain."""
    y, x, c = np.ogrid[0:height, 0:width, 5 : 5 + channels]
    waves = 128 + 90 * np.sin(y / 9) * np.cos(x / c)
    grain = np.random.default_rng(7).normal(0, 12, waves.shape)
    return np.clip(waves + grain, 0, 255).astype(np.uint8)


def torchvision_chain(pixels: np.ndarray, resize: int, crop: int) -> np.ndarray:
    """Resize(resize), CenterCrop(crop) on a PIL image, as torchvision's source has them."""
    image = Pillow.fromarray(pixels)
    short, long = sorted(image.size)
    other = int(resize * long / short)
    size = (resize, other) if image.width <= image.height else (other, resize)
    image = image.resize(size, Pillow.Resampling.BILINEAR)
    top, left = round((image.height - crop) / 2.0), round((image.width - crop) / 2.0)
    return np.asarray(image.crop((left, top, left + crop, top + crop)))


@pytest.mark.parametrize("shape", [(375, 500), (500, 333), (256, 256), (90, 1000), (227, 228)])
def test_squeezenet_equals_the_torchvision_chain(shape: tuple[int, int]) -> None:
    pixels = photo(*shape)
    prepared = Preprocessing.from_metadata(SQUEEZENET).apply(pixels)
    expected = torchvision_chain(pixels, 256, 227)
    np.testing.assert_array_equal(prepared.shown, expected)
    mean, std = np.float32([0.48235, 0.45882, 0.40784]), np.float32([0.0039216] * 3)
    chain = ((expected.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)
    np.testing.assert_array_equal(prepared.array, chain)
    assert prepared.array.dtype == np.float32
    assert prepared.array.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_invert_gives_back_what_was_shown(interpolation: str) -> None:
    given = Preprocessing((64, 96), 80, interpolation, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    prepared = given.apply(photo(200, 310))
    assert prepared.shown.shape == (64, 96, 3)
    np.testing.assert_array_equal(given.invert(prepared.array), prepared.shown)


def test_invert_clips_and_takes_any_size() -> None:
    given = Preprocessing((8, 8), None, mean=(0.5,), std=(0.5,))
    assert given.invert(np.float32([[[-9.0, 9.0, 0.0]]])).ravel().tolist() == [0, 255, 128]


def test_grayscale_is_repeated_and_color_becomes_luma() -> None:
    color = Preprocessing((8, 8), None)
    gray = Preprocessing((8, 8), None, mean=(0.0,), std=(1.0,))
    one, three = photo(8, 8, 1), photo(8, 8, 3)
    assert np.array_equal(color.apply(one).shown, np.repeat(one, 3, axis=2))
    assert np.array_equal(color.apply(one[:, :, 0]).shown, np.repeat(one, 3, axis=2))
    luma = np.asarray(Pillow.fromarray(three).convert("L"))
    assert np.array_equal(gray.apply(three).shown[:, :, 0], luma)
    as_float = gray.apply(three.astype(np.float64) / 255).array[0]
    np.testing.assert_allclose(as_float * 255, luma, atol=1)


def test_other_channel_counts_are_refused_by_both_names() -> None:
    with pytest.raises(ImageError, match="has 5 channels and the network takes 3"):
        Preprocessing((8, 8), None).apply(photo(8, 8, 5))


def test_many_channels_and_floats_stay_floats() -> None:
    given = Preprocessing((8, 10), 9, mean=(0.5,) * 7, std=(0.25,) * 7)
    values = np.random.default_rng(0).uniform(-1, 2, (40, 50, 7)).astype(np.float32)
    prepared = given.apply(values)
    assert prepared.array.shape == (7, 8, 10)
    assert prepared.shown.dtype == np.uint8
    plane = np.asarray(
        Pillow.fromarray(values[:, :, 4]).resize((11, 9), Pillow.Resampling.BILINEAR)
    )
    np.testing.assert_array_equal(prepared.array[4], (plane[:8, :10] - np.float32(0.5)) / 0.25)


def test_many_uint8_channels_resize_like_color() -> None:
    seven = Preprocessing((30, 30), 34, mean=(0.0,) * 7, std=(1.0,) * 7)
    three = Preprocessing((30, 30), 34)
    pixels = photo(90, 120, 7)
    np.testing.assert_array_equal(
        seven.apply(pixels).shown[:, :, :3], three.apply(pixels[:, :, :3]).shown
    )


def test_without_resize_pixels_are_cropped_but_never_enlarged() -> None:
    given = Preprocessing((4, 6), None)
    pixels = photo(8, 9)
    prepared = given.apply(pixels)
    assert prepared.box == Box(2, 2, 6, 8)
    assert np.array_equal(prepared.shown, pixels[2:6, 2:8])
    with pytest.raises(ImageError, match=r"3 x 9 pixels .* 4 x 6 without resizing"):
        given.apply(pixels[:3])


@pytest.mark.parametrize("pixels", [np.zeros((2, 2, 3), np.int32), np.zeros((2, 2), bool)])
def test_other_types_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ImageError, match="uint8, or float"):
        Preprocessing((2, 2), None).apply(pixels)


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 0, 3), (4,), (1, 2, 3, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="height, width, channels"):
        Preprocessing((2, 2), 2).apply(np.zeros(shape, np.uint8))


sides = st.integers(1, 90)


@settings(deadline=None, max_examples=150)
@given(sides, sides, st.integers(1, 40), st.integers(1, 40), st.integers(1, 60))
def test_the_box_holds_the_crop_and_no_more(
    height: int, width: int, crop_h: int, crop_w: int, resize: int
) -> None:
    given_ = Preprocessing((crop_h, crop_w), resize, "nearest")
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :, 0] = np.arange(height)[:, None]
    pixels[:, :, 1] = np.arange(width)[None]
    prepared = given_.apply(pixels)
    box = prepared.box
    assert prepared.shown.shape == (crop_h, crop_w, 3)
    assert Box(0, 0, height, width).contains(box)
    ys, xs = prepared.shown[:, :, 0], prepared.shown[:, :, 1]
    assert box.y0 <= ys.min() <= ys.max() < box.y1
    assert box.x0 <= xs.min() <= xs.max() < box.x1
    # A crop of n scaled pixels covers n * height / scaled of the original, rounded outwards.
    scaled = scaled_size(height, width, resize, (crop_h, crop_w))
    assert box.height < Fraction(crop_h * height, scaled[0]) + 2
    assert box.width < Fraction(crop_w * width, scaled[1]) + 2


def test_images_smaller_than_the_crop_are_enlarged() -> None:
    given_ = Preprocessing((227, 227), 100)
    for shape in [(10, 10), (5, 300), (300, 5), (226, 226), (1, 1)]:
        assert given_.apply(photo(*shape)).array.shape == (3, 227, 227)


def test_round_trip_and_fingerprint() -> None:
    given_ = Preprocessing.from_metadata(SQUEEZENET)
    assert Preprocessing.from_dict(given_.to_dict()) == given_
    assert given_.fingerprint() == Preprocessing.from_metadata(SQUEEZENET).fingerprint()
    other = Preprocessing.from_metadata({**SQUEEZENET, "resize": "257"})
    assert other.fingerprint() != given_.fingerprint()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"size": (0, 4)}, "at least 1"),
        ({"resize": 0}, "at least 1"),
        ({"interpolation": "cubic"}, r"No interpolation 'cubic'.*bicubic"),
        ({"mean": (0.0,)}, "mean has 1 values and std 3"),
        ({"std": (1.0, 0.0, 1.0)}, "std above 0"),
        ({"mean": (float("nan"),) * 3}, "finite"),
    ],
)
def test_impossible_settings_are_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(PreprocessingError, match=says):
        Preprocessing(**{"size": (4, 4), "resize": None, **fields})
