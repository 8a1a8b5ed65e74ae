from __future__ import annotations

import numpy as np
import pytest

from convscope.doctor.cosine import cosines


def test_it_is_the_cosine_over_all_pixels_and_colors() -> None:
    drawn = np.random.default_rng(0)
    one, other = (drawn.normal(size=(3, 2, 4, 5)).astype(np.float32) for _ in range(2))
    for a, b, found in zip(one, other, cosines(one, other), strict=True):
        dot = size_a = size_b = 0.0
        for x, y in zip(a.flat, b.flat, strict=True):
            dot += float(x) * float(y)
            size_a += float(x) ** 2
            size_b += float(y) ** 2
        assert found == pytest.approx(dot / (size_a * size_b) ** 0.5, abs=1e-12)


def test_scale_does_not_matter_and_sign_does() -> None:
    one = np.random.default_rng(1).normal(size=(1, 3, 4, 4))
    assert cosines(one, 7 * one).tolist() == pytest.approx([1.0])
    assert cosines(one, -one).tolist() == pytest.approx([-1.0])


def test_the_same_structure_at_another_place_of_the_field_is_not_alike() -> None:
    one, other = np.zeros((2, 1, 1, 6, 6))
    one[..., :2, :2], other[..., 4:, 4:] = 1, 1
    assert cosines(one, other).tolist() == [0.0]


def test_of_a_silent_unit() -> None:
    zero, one = np.zeros((1, 1, 2, 2)), np.ones((1, 1, 2, 2))
    assert cosines(zero, one).tolist() == [0.0]
    assert np.isnan(cosines(zero, zero)).all()


def test_of_no_pictures_there_is_nothing_to_say() -> None:
    none = np.zeros((0, 3, 4, 4), np.float32)
    assert cosines(none, none).shape == (0,)
