from __future__ import annotations

import numpy as np

from convscope.color.luts import lut
from convscope.color.paint import overlay_signed, paint_positive, paint_signed


def test_zero_of_a_signed_map_is_the_ground_and_signs_go_apart() -> None:
    values = np.array([[-1.0, 0.0, 1.0]])
    colors = paint_signed(values, 1.0)
    assert colors[0].tolist() == [lut("tide")[0].tolist(), [128] * 3, lut("tide")[256].tolist()]


def test_without_a_scale_everything_is_zero() -> None:
    assert (paint_signed(np.zeros((2, 2)), 0.0) == 128).all()
    assert (paint_positive(np.zeros((2, 2)), 0.0) == lut("ember")[0]).all()


def test_values_over_the_top_are_clipped() -> None:
    assert paint_positive(np.array([7.0]), 2.0)[0].tolist() == lut("ember")[255].tolist()


def test_an_overlay_leaves_the_photograph_where_nothing_changed() -> None:
    shown = np.full((2, 2, 3), 200, np.uint8)
    values = np.array([[0.0, 1.0], [0.0, -1.0]])
    mixed = overlay_signed(shown, values, 1.0)
    assert np.ptp(mixed[:, 0].astype(int)) == 0
    assert mixed[0, 1].tolist() == lut("tide")[256].tolist()
