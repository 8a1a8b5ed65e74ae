from __future__ import annotations

import numpy as np

from convscope.color.oklab import oklab_to_srgb, srgb_to_oklab


def test_there_and_back_is_exact_for_every_grey_and_a_cube_of_colours() -> None:
    axis = np.arange(0, 256, 15)
    cube = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3).astype(np.uint8)
    np.testing.assert_array_equal(oklab_to_srgb(srgb_to_oklab(cube)), cube)


def test_signal_yellow_is_where_the_look_says() -> None:
    lab = srgb_to_oklab(np.array([0xFF, 0xE3, 0x2E]))
    np.testing.assert_allclose(lab, [0.912, -0.030, 0.177], atol=0.002)
