from __future__ import annotations

import numpy as np
import pytest

from convscope.render.plate import Plate, across


@pytest.mark.parametrize("count", [1, 2, 6, 16, 64, 96, 192, 384, 512, 1000, 4096])
def test_the_whole_is_nearly_square(count: int) -> None:
    columns = across(count, 20, 20)
    rows = -(-count // columns)
    assert columns == count or 0.4 <= columns / rows <= 2.6


def test_every_tile_has_a_place_of_its_own_on_the_ground() -> None:
    plate = Plate(7, 4, 6, 3, 2)
    sheet = plate.laid(lambda place: np.full((4, 6, 3), place, np.uint8))
    assert sheet.shape[:2] == plate.size == (6 + 3 * 4 + 2 * 2, 6 + 3 * 6 + 2 * 2)
    for place in range(7):
        y, x = plate.corner(place)
        assert (sheet[y : y + 4, x : x + 6] == place).all()
    assert (sheet == 128).sum() == sheet.size - 7 * 4 * 6 * 3
