from __future__ import annotations

from math import isnan, sqrt

import numpy as np
import pytest

from convscope.tally.known import mean_known, median_known

SOME = [3.0, np.nan, 1.0, np.inf, 8.0, -np.inf]


def test_only_finite_numbers_count() -> None:
    assert mean_known(SOME) == (3 + 1 + 8) / 3
    assert median_known(SOME) == 3
    assert mean_known(np.array(SOME).reshape(2, 3)) == 4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("nothing", [[], [np.nan], np.zeros((0, 3))])
def test_of_nothing_there_is_none(nothing: object) -> None:
    assert isnan(mean_known(nothing))
    assert isnan(median_known(nothing))


def test_float32_is_added_up_in_float64() -> None:
    third = np.full(1 << 20, np.float32(sqrt(2)))
    assert mean_known(third) == float(third[0])
