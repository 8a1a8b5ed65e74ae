from __future__ import annotations

import numpy as np

from convscope.geometry.box import Box
from convscope.render.tile import cut, patch_tile, projection_tile


def test_what_lies_outside_the_image_is_ground() -> None:
    shown = np.full((8, 8, 3), 200, np.uint8)
    frame = cut(shown, Box(-2, 5, 3, 10))
    assert frame.shape == (5, 5, 3)
    assert (frame[:2] == 128).all()
    assert (frame[2:, :3] == 200).all()
    assert (frame[2:, 3:] == 128).all()


def test_a_frame_wholly_outside_is_all_ground() -> None:
    assert (cut(np.zeros((4, 4, 3), np.uint8), Box(9, 9, 12, 12)) == 128).all()


def test_a_projection_of_zero_is_the_ground_and_has_no_scale() -> None:
    tile, scale = projection_tile(np.zeros((3, 11, 11), np.float32))
    assert (tile == 128).all()
    assert scale == 0.0


def test_small_fields_keep_every_pixel_and_large_ones_are_averaged() -> None:
    shown = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    assert (patch_tile(shown, Box(10, 20, 17, 27)) == shown[10:17, 20:27]).all()
    assert patch_tile(shown, Box(0, 0, 155, 155)).shape == (96, 96, 3)


def test_sign_survives_averaging() -> None:
    array = np.zeros((3, 155, 155), np.float32)
    array[:, :77], array[:, 78:] = 1.0, -1.0
    tile, scale = projection_tile(array)
    assert scale > 0
    assert (tile[:40] > 128).all()
    assert (tile[60:] < 128).all()


def test_one_channel_is_shown_grey() -> None:
    shown = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    assert (cut(shown, Box(0, 0, 4, 4)) == shown).all()
