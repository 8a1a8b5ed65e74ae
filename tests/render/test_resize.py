from __future__ import annotations

import numpy as np
import pytest

from convscope.render.resize import area_mean, enlarge, resize, square


@pytest.mark.parametrize(("given", "wanted"), [(7, 52), (52, 52), (75, 52), (155, 96), (3, 1)])
def test_the_mean_is_kept_where_every_pixel_weighs_the_same(given: int, wanted: int) -> None:
    planes = np.random.default_rng(0).normal(size=(3, given, given))
    assert resize(planes, wanted).shape == (3, wanted, wanted)
    np.testing.assert_allclose(resize(planes, wanted).mean(), planes.mean(), atol=1e-5)


def test_area_mean_is_the_plain_mean_of_blocks() -> None:
    planes = np.arange(36.0).reshape(6, 6)
    blocks = planes.reshape(3, 2, 3, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(area_mean(planes, 3), blocks)


def test_enlarging_repeats_pixels() -> None:
    assert enlarge(np.array([[1, 2]]), 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]


def test_zero_stays_exactly_zero() -> None:
    assert (resize(np.zeros((3, 75, 75)), 52) == 0).all()


def test_a_wide_frame_is_centred_never_stretched() -> None:
    wide = square(np.ones((3, 2, 4)), fill=9)
    assert wide.shape == (3, 4, 4)
    assert wide[0, :, 0].tolist() == [9, 1, 1, 9]
