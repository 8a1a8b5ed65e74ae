from __future__ import annotations

import numpy as np
import pytest

from convscope.tally.lattice import phase
from convscope.tally.plan import LATTICE, LayerPlan


@pytest.mark.parametrize(("height", "width"), [(1, 1), (12, 13), (55, 111), (300, 2)])
def test_every_cell_is_looked_at_once_in_a_round_of_phases(height: int, width: int) -> None:
    sy, sx = LayerPlan(1, height, width, False).strides()
    seen = np.zeros((height, width), int)
    for image in range(sy * sx):
        y, x = phase(image, (sy, sx))
        part = seen[y::sy, x::sx]
        assert part.shape[0] <= LATTICE
        assert part.shape[1] <= LATTICE
        part += 1
    assert (seen == 1).all()
