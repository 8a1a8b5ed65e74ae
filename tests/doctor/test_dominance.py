from __future__ import annotations

import numpy as np
import pytest

from convscope.doctor.dominance import dominance, filter_rms
from tests.twins import doctor_filters as slow


def test_sizes_and_their_ratio_are_the_plain_ones() -> None:
    filters = (
        np.random.default_rng(0).normal(size=(5, 3, 4, 2)) * np.arange(1, 6)[:, None, None, None]
    )
    sizes = [slow.rms(one) for one in filters]
    assert filter_rms(filters).tolist() == pytest.approx(sizes)
    assert dominance(filters).tolist() == pytest.approx([s / sorted(sizes)[2] for s in sizes])


def test_one_that_was_made_to_dominate_does() -> None:
    filters = np.random.default_rng(1).normal(size=(32, 3, 7, 7))
    filters[11] *= 9
    found = dominance(filters)
    assert found.argmax() == 11
    assert found[11] > 7
    assert np.delete(found, 11).max() < 1.5


def test_what_has_no_size_has_no_ratio() -> None:
    filters = np.ones((4, 1, 2, 2))
    filters[1] = np.nan
    assert dominance(filters).tolist()[::2] == [1, 1]
    assert np.isnan(dominance(filters)[1])
    filters[:3] = 0
    assert np.isnan(dominance(filters)).all()
    assert np.isnan(dominance(np.full((2, 1, 1, 1), np.nan))).all()
