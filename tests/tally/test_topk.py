from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convscope.tally import topk
from convscope.tally.topk import Cells

CELLS = st.lists(
    st.tuples(
        st.integers(0, 2),  # unit
        st.sampled_from([-1.5, 0.0, 1.0, 2.0]),
        st.integers(0, 5),  # image
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    max_size=30,
    unique_by=lambda cell: (cell[0], *cell[2:]),
)


def state_of(cells: list[tuple]) -> topk.TopK:
    state = topk.empty(3, 4)
    columns = zip(*cells, strict=True) if cells else [[]] * 5
    kinds = (np.int64, np.float32, np.int64, np.int32, np.int32)
    topk.update(state, Cells(*(np.array(c, k) for c, k in zip(columns, kinds, strict=True))))
    return state


def rows(state: topk.TopK, unit: int) -> list[tuple]:
    columns = (state.key, state.image, state.y, state.x)
    taken = state.image[unit] >= 0
    return list(zip(*(column[unit][taken].tolist() for column in columns), strict=True))


def same(a: topk.TopK, b: topk.TopK) -> bool:
    return all(rows(a, unit) == rows(b, unit) for unit in range(3))


@given(CELLS)
def test_the_order_is_value_then_image_then_y_then_x(cells: list[tuple]) -> None:
    state = state_of(cells)
    for unit in range(3):
        mine = [cell[1:] for cell in cells if cell[0] == unit]
        assert rows(state, unit) == sorted(mine, key=lambda c: (-c[0], *c[1:]))[:4]


@given(CELLS, st.randoms())
def test_merging_any_partition_in_any_order_is_one_pass(cells: list[tuple], dice: object) -> None:
    parts: list[list[tuple]] = [[], [], [], []]
    for cell in cells:
        parts[dice.randrange(4)].append(cell)
    a, b, c, d = (state_of(part) for part in parts)
    whole = state_of(cells)
    assert same(topk.merge(topk.merge(a, b), topk.merge(c, d)), whole)
    assert same(topk.merge(d, topk.merge(b, topk.merge(a, c))), whole)


def test_the_weakest_zero_has_no_sign() -> None:
    state = topk.empty(1, 1)
    state.key[:], state.image[:] = 0.0, 3
    assert not np.signbit(topk.values(state, -1)).any()
