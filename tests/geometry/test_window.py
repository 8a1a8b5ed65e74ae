"""Windows against the definition: which taps of which cells read which input cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.geometry.window import Enlarge, Interval, Mirror, Reach, Spread, Window

LENGTH = 40
small = st.integers(1, 5)


def _hull(cells: set[int]) -> Interval:
    return min(cells), max(cells) + 1


def _check(reach: Reach, reads: Callable[[int], set[int]], interval: Interval) -> None:
    cells = set().union(*(reads(cell) for cell in range(*interval)))
    if cells:
        assert reach.back(interval, LENGTH) == _hull(cells)


@given(small, small, st.integers(0, 4), small, st.integers(0, 9), small)
def test_a_window_reads_its_taps(k: int, s: int, p: int, d: int, low: int, count: int) -> None:
    reach = Window(d * (k - 1) + 1, s, p, d)
    _check(reach, lambda i: {i * s - p + d * t for t in range(k)}, (low, low + count))
    assert reach.ratio == s


@given(small, small, st.integers(0, 2), st.integers(0, 20), st.integers(5, 9))
def test_a_spread_is_the_adjoint_of_a_window(k: int, s: int, p: int, low: int, count: int) -> None:
    taps = [(i, i * s - p + t) for i in range(-20, LENGTH) for t in range(k)]
    reach = Spread(k, s, p)
    _check(reach, lambda cell: {i for i, out in taps if out == cell}, (low, low + count))
    assert reach.ratio * s == 1


@given(small, st.integers(0, 30), small)
def test_nearest_enlarging_reads_one_cell(factor: int, low: int, count: int) -> None:
    _check(Enlarge(factor), lambda i: {i // factor}, (low, low + count))


@given(st.integers(2, 5), st.integers(0, 30), small)
def test_linear_enlarging_reads_two(factor: int, low: int, count: int) -> None:
    def reads(cell: int) -> set[int]:
        first = max((2 * cell + 1 - factor) // (2 * factor), 0)
        return {first, first + 1}

    found = Enlarge(factor, linear=True).back((low, low + count), LENGTH)
    expected = _hull(set().union(*(reads(cell) for cell in range(low, low + count))))
    assert (max(found[0], 0), found[1]) == expected


@given(st.integers(0, 5), st.integers(0, 5), st.booleans(), st.integers(0, 40), small)
def test_mirrors_fold_back(before: int, after: int, reflect: bool, low: int, count: int) -> None:
    def reads(cell: int) -> set[int]:
        at = cell - before
        if not reflect:
            return {min(max(at, 0), LENGTH - 1)}
        at = abs(at)
        return {at if at < LENGTH else 2 * (LENGTH - 1) - at}

    low = min(low, LENGTH + before + after - count)
    _check(Mirror(before, after, reflect), reads, (low, low + count))


@pytest.mark.parametrize("reach", [Mirror(3, 3), Mirror(3, 1, reflect=False)])
def test_on_an_endless_map_a_mirror_is_a_padding(reach: Mirror) -> None:
    assert reach.back((0, 2), None) == Window(padding=3).back((0, 2), None) == (-3, -1)


@pytest.mark.parametrize(
    ("reach", "solid"),
    [
        *((Window(3, 2), True), (Window(1, 2), False), (Window(5, 1, 2, 2), False)),
        *((Spread(2, 3, 0), True), (Spread(5, 1, 0, 2), False)),
        *((Enlarge(2), True), (Mirror(1, 1), True)),
    ],
)  # fmt: skip
def test_solid_reaches_leave_no_cell_out(reach: Reach, solid: bool) -> None:
    assert reach.is_solid is solid
