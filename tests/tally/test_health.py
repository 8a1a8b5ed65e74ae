from __future__ import annotations

import numpy as np
import pytest

from convscope.tally import plan as plans
from convscope.tally.health import layer_health
from convscope.tally.likeness import correlation, full, moments
from convscope.tally.plan import Bounds
from tests.tally.cases import count, plan_of
from tests.tally.test_update import maps
from tests.twins import tallies

SIGNED = (True, False, True)
BOUNDS = (Bounds(-0.5, 1.5), Bounds(-np.inf, 0.7), None)


@pytest.mark.parametrize("kind", ["plain", "ties", "nonfinite"])
@pytest.mark.parametrize("exact", [False, True])
def test_locality_and_saturation_equal_loops_over_the_cells(kind: str, exact: bool) -> None:
    given = maps(kind=kind)
    plan = plan_of(given, SIGNED, BOUNDS, exact=exact)
    state = count(plan, given, batch=4, shards=(8, 16))
    for index, layer in enumerate(given):
        found = layer_health(plan, state, index)
        cells = tallies.lattice(layer, list(range(21)), limit=10**6 if exact else 12)
        for channel in range(layer.shape[1]):
            mine = [part[channel] for part in cells]
            local, at_bound = tallies.locality(mine), tallies.saturated(mine, BOUNDS[index])
            np.testing.assert_allclose(found.locality[channel], local, rtol=1e-12)
            np.testing.assert_equal(found.saturated[channel], at_bound)


@pytest.mark.parametrize("bounds", [(0.5, 2.0), (-3.0, -0.5), (0.0, 1.0), (-np.inf, 0.0)])
def test_places_without_a_cell_are_at_no_bound(bounds: tuple[float, float]) -> None:
    layer = np.random.default_rng(0).normal(size=(9, 2, 13, 25)).astype(np.float32)
    layer[2, 1, :4] = np.nan
    plan = plan_of([layer], (True,), (Bounds(*bounds),))
    found = layer_health(plan, count(plan, [layer], batch=8), 0).saturated
    cells = tallies.lattice(layer, list(range(9)))
    expected = [tallies.saturated([part[c] for part in cells], bounds) for c in range(2)]
    assert found.tolist() == expected


@pytest.mark.parametrize("exact", [False, True])
def test_channels_are_compared_as_numpy_does_over_the_same_cells(exact: bool) -> None:
    given = maps(n=70)
    given[0][:, 3] = 1 - 2 * given[0][:, 1]
    given[1][:, 6] = 0
    plan = plan_of(given, SIGNED, exact=exact)
    state = count(plan, given, batch=8, shards=(20, 41))
    for index, layer in enumerate(given):
        cells = tallies.picked(layer, list(range(70)), 10**6 if exact else 12)
        assert state.crossed[index] == len(cells)
        found = correlation(*moments(plan, state, index))
        with np.errstate(invalid="ignore"):
            expected = np.corrcoef(cells.astype(np.float64), rowvar=False)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert np.array_equal(found, found.T, equal_nan=True)
        diagonal = [np.nan if (index, c) == (1, 6) else 1.0 for c in range(len(found))]
        np.testing.assert_equal(np.diagonal(found), diagonal)
        health = layer_health(plan, state, index)
        alive = cells[:, cells.std(axis=0) > 0]
        np.testing.assert_allclose(health.effective_rank, tallies.effective_rank(alive), 1e-6)
        assert health.samples == len(cells)


def test_a_twin_is_the_strongest_of_either_sign_and_a_dead_channel_has_none() -> None:
    given = maps(n=40)
    given[0][:, 3] = 1 - 2 * given[0][:, 1]
    given[1][:, 6] = 0
    given[1][:, 2] = given[1][:, 5] = given[1][:, 0]
    plan = plan_of(given, SIGNED)
    state = count(plan, given)
    signed, rectified = (layer_health(plan, state, index) for index in (0, 1))
    assert (signed.twin[[1, 3]].tolist(), signed.twin_correlation[[1, 3]].tolist()) == (
        [3, 1],
        [-1.0, -1.0],
    )
    assert rectified.twin[[0, 2, 5]].tolist() == [2, 0, 0]  # of equals the first
    assert rectified.twin[6] == -1
    assert np.isnan(rectified.twin_correlation[6])
    assert rectified.effective_rank < 5


def test_channels_that_fire_in_one_cell_are_no_twins_for_that() -> None:
    layer = np.abs(np.random.default_rng(0).normal(size=(40, 6, 3, 3))).astype(np.float32)
    layer[:, :4] = 0
    layer[7, :2] = 1.0  # nine cells, eight of which are compared
    layer[3:5, 2:4] = 1.0
    plan = plan_of([layer], (False,))
    found = layer_health(plan, count(plan, [layer]), 0)
    assert found.twin[:4].tolist() == [-1, -1, 3, 2]
    assert found.twin_correlation[2] == 1.0
    signed = plan_of([layer], (True,))
    assert layer_health(signed, count(signed, [layer]), 0).twin[0] == 1


def test_a_channel_that_was_not_finite_is_like_nothing() -> None:
    given = maps(kind="nonfinite")
    plan = plan_of(given, SIGNED)
    state = count(plan, given)
    found = layer_health(plan, state, 0)
    assert state.nonfinite[: plan.layers[0].channels].tolist() == [1, 1, 2, 1, 1]
    assert found.twin.tolist() == [-1] * 5
    assert np.isnan(found.effective_rank)
    assert (layer_health(plan, state, 2).twin >= 0).all()


def test_a_large_mean_hides_no_likeness() -> None:
    noise = np.random.default_rng(0).normal(size=(30, 3, 12, 12))
    noise[:, 1] = noise[:, 0] + 0.1 * noise[:, 2]
    layer = (noise + 1000).astype(np.float32)
    plan = plan_of([layer], (True,))
    found = correlation(*moments(plan, count(plan, [layer]), 0))
    expected = np.corrcoef(tallies.picked(layer, list(range(30))).astype(float), rowvar=False)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_constant_channel_does_not_vary_whatever_rounding_says() -> None:
    layer = np.random.default_rng(0).normal(size=(40, 3, 12, 12)).astype(np.float32)
    layer[:, 1] = 1234.567
    plan = plan_of([layer], (True,))
    found = layer_health(plan, count(plan, [layer]), 0)
    assert found.twin.tolist() == [2, -1, 0]
    assert found.effective_rank <= 2


def test_blocks_are_cut_by_cells_so_products_know_no_batch() -> None:
    given = [np.random.default_rng(0).normal(size=(300, 5, 6, 7)).astype(np.float32)]
    plan = plan_of(given, (True,))
    states = [count(plan, given, batch=b) for b in (4, 12, 32)]
    assert states[0].crossed.tolist() == [2400]  # two blocks and a bit
    for other in states[1:]:
        assert other.products.tobytes() == states[0].products.tobytes()
        assert other.crossed_total.tobytes() == states[0].crossed_total.tobytes()


def test_many_channels_are_multiplied_strip_by_strip() -> None:
    cells = np.random.default_rng(0).normal(size=(20, 600, 1, 1)).astype(np.float32)
    plan = plan_of([cells], (True,))
    found = full(count(plan, [cells]).products, 600)
    wide = cells[:, :, 0, 0].astype(np.float64)
    np.testing.assert_allclose(found, wide.T @ wide, rtol=1e-12, atol=1e-12)


def test_a_layer_with_too_many_channels_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST", 5)
    given = maps()
    plan = plan_of(given, SIGNED)
    state = count(plan, given)
    assert plan.crossed == (True, False, True)
    assert len(state.products) == 15 + 10
    found = layer_health(plan, state, 1)
    assert (found.twin == -1).all()
    assert (found.samples, np.isnan(found.effective_rank)) == (0, True)
    assert (found.locality > 0).all()
    assert (layer_health(plan, state, 2).twin >= 0).all()


def test_a_vector_gives_one_cell_an_image_and_is_active_all_over() -> None:
    given = maps(n=9)
    plan = plan_of(given, SIGNED)
    found = layer_health(plan, count(plan, given), 2)
    assert found.samples == 9
    assert found.locality.tolist() == [1.0] * 4
