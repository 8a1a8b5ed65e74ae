from __future__ import annotations

import numpy as np
import pytest

from convscope.render.canvas import Shot
from convscope.render.comparison.filters import TALLEST, filter_plate, fit, largest
from convscope.render.gain import paint


@pytest.mark.parametrize(("count", "side"), [(48, 7), (96, 11), (16, 3), (1, 5), (512, 3), (64, 1)])
def test_filters_fit_their_column_with_full_rows(count: int, side: int) -> None:
    found = fit(count, side, 440)
    plate = filter_plate(np.ones((count, 3, side, side)), 460, is_own=False)
    assert plate.width <= 460
    assert plate.height <= TALLEST + 40 or found.factor == 1
    if count in (16, 48, 96):
        assert count % found.across == 0  # every row is full


def test_on_one_scale_a_filter_that_dominates_is_seen_to_and_on_its_own_none_does() -> None:
    filters = np.full((4, 1, 3, 3), 0.1)
    filters[2] = -1
    one, own = (filter_plate(filters, 200, is_own=is_own).parts[0] for is_own in (False, True))
    assert isinstance(one, Shot)
    assert isinstance(own, Shot)
    assert set(np.unique(one.pixels)) == {1, 128, *np.unique(paint(filters[0], 1.0))}
    assert set(np.unique(own.pixels)) == {1, 128, 255}
    assert largest(filters) == 1


def test_what_is_not_finite_lies_on_the_ground() -> None:
    filters = np.full((2, 1, 3, 3), np.nan)
    filters[1] = 2
    assert largest(filters) == 2
    plate = filter_plate(filters, 200, is_own=True).parts[0]
    assert isinstance(plate, Shot)
    assert 128 in plate.pixels
    assert largest(np.full((1, 1, 1, 1), np.nan)) == 0
