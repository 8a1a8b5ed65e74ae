from __future__ import annotations

import numpy as np
import pytest

from convscope.results.percent import percent


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.5, 1, "50 %"),
        (0.5049, 1, "50.5 %"),
        (1.0, 0, "100 %"),
        (0.2, 0, "20 %"),
        (0.001, 1, "0.1 %"),
        (0.0009, 1, "< 0.1 %"),
        (0.004, 0, "< 1 %"),
        (0.00001, 2, "< 0.01 %"),
        (0.0, 1, "0 %"),
        (-0.0001, 1, "0 %"),
        (-0.123, 1, "-12.3 %"),
        (float("nan"), 1, "no share"),
        (float("inf"), 0, "no share"),
    ],
)
def test_a_share_as_percent(share: float, digits: int, said: str) -> None:
    assert percent(share, digits) == said


def test_what_is_not_none_is_never_said_to_be() -> None:
    for share in np.logspace(-9, 0, 400):
        for digits in (0, 1, 2):
            assert percent(float(share), digits) != "0 %"
