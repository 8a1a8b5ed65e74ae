from __future__ import annotations

import numpy as np
import pytest
import torch

from convscope.errors import ForwardError
from convscope.tally import topk
from convscope.tally.finish import finish
from convscope.tally.plan import Bounds, LayerPlan, Plan
from convscope.tally.state import to_arrays
from convscope.tally.update import Batch
from convscope.tally.waiting import Waiting
from tests.tally.cases import count, plan_of
from tests.twins import tallies

FORMATS = [torch.channels_last, torch.contiguous_format]


def maps(n: int = 21, seed: int = 0, kind: str = "plain") -> list[np.ndarray]:
    """A signed layer, a rectified one with an odd map, and a vector's maps of one cell."""
    random = np.random.default_rng(seed)
    signed = random.normal(size=(n, 5, 9, 6)).astype(np.float32)
    rectified = np.maximum(random.normal(size=(n, 7, 31, 26)), 0).astype(np.float32)
    vector = random.normal(size=(n, 4, 1, 1)).astype(np.float32)
    if kind == "ties":
        signed, rectified = np.round(signed), np.round(rectified)
    if kind == "negative":
        signed = -np.abs(signed) - 1
    if kind == "nonfinite":
        signed[3, 2, 4, 1], signed[7, :, 0, 0] = np.nan, np.inf
        rectified[5, 1], rectified[6, 0, 2, 3] = np.nan, -np.inf
        rectified[:, 6] = np.nan
    return [signed, rectified, vector]


def kept(state: object, side: str, unit: int) -> list[tuple[float, int, int, int]]:
    cells = getattr(state, side)
    value = topk.values(cells, 1 if side == "top" else -1)[unit]
    taken = cells.image[unit] >= 0
    columns = (value, cells.image[unit], cells.y[unit], cells.x[unit])
    return [tuple(row) for row in zip(*(c[taken].tolist() for c in columns), strict=True)]


@pytest.mark.parametrize("kind", ["plain", "ties", "negative", "nonfinite"])
@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize(("per_image", "gap"), [(1, (1, 1)), (3, (3, 2))])
def test_kept_cells_equal_sorting_every_cell(
    kind: str, memory_format: torch.memory_format, per_image: int, gap: tuple[int, int]
) -> None:
    given = maps(kind=kind)
    shapes = [(m.shape[1:], s) for m, s in zip(given, (True, False, True), strict=True)]
    layers = tuple(LayerPlan(*shape, signed, gap) for shape, signed in shapes)
    plan = Plan(layers, top=9, per_image=per_image)
    state = count(plan, given, batch=8, shards=(10,), memory_format=memory_format)
    unit, low = 0, 0
    for layer, layer_maps in zip(layers, given, strict=True):
        for channel in range(layer.channels):
            plane = layer_maps[:, channel]
            assert kept(state, "top", unit) == tallies.ranked(plane, 9, per_image, gap)
            unit += 1
            if layer.signed:
                weakest = tallies.ranked(-plane, 9, per_image, gap)
                found = kept(state, "bottom", low)
                assert found == [(0.0 - v, *where) for v, *where in weakest]
                low += 1


@pytest.mark.parametrize("kind", ["plain", "ties", "nonfinite"])
@pytest.mark.parametrize("exact", [False, True])
def test_statistics_equal_the_float64_twin(kind: str, exact: bool) -> None:
    given = maps(kind=kind)
    labels = [None if i == 4 else i % 3 for i in range(21)]
    plan = plan_of(given, (True, False, True), classes=3, exact=exact)
    state = count(plan, given, batch=4, shards=(8, 16), labels=labels)
    found = finish(plan, state)
    unit = 0
    for layer, signed in zip(given, (True, False, True), strict=True):
        seen = tallies.lattice(layer, list(range(21)), limit=10**6 if exact else 12)
        for channel in range(layer.shape[1]):
            cells = layer[:, channel].astype(np.float64)
            finite = np.where(np.isfinite(cells), cells, np.nan)
            alive = np.isfinite(cells).any(axis=(1, 2))
            assert found.seen[unit] == alive.sum()
            assert found.nonfinite[unit] == (~np.isfinite(cells)).sum()
            if alive.any():
                assert found.maximum[unit] == np.nanmax(finite)
                peaks = np.nanmax(finite[alive], axis=(1, 2))
                assert found.fired_images[unit] == (peaks > 0).mean()
                np.testing.assert_allclose(found.mean[unit], np.nanmean(finite), rtol=1e-5)
                for label in range(3):
                    mine = [i for i in np.flatnonzero(alive) if labels[i] == label]
                    expected = np.mean([np.nanmax(finite[i]) for i in mine])
                    np.testing.assert_allclose(found.class_means[unit, label], expected)
            else:
                assert np.isnan(found.maximum[unit])
                assert np.isnan(found.mean[unit])
                assert np.isnan(found.class_means[unit]).all()
            assert np.isnan(found.minimum[unit]) == (not signed)
            if signed:
                assert found.minimum[unit] == np.nanmin(finite)
            sample = np.concatenate([part[channel] for part in seen])
            assert found.histogram[unit].tolist() == tallies.histogram(sample).tolist()
            sample = sample[np.isfinite(sample)].astype(np.float64)
            if len(sample):
                np.testing.assert_allclose(found.std[unit], sample.std(), rtol=1e-9)
                assert found.fired_cells[unit] == (sample > 0).mean()
            unit += 1


@pytest.mark.parametrize("kind", ["plain", "ties", "nonfinite"])
def test_bytes_do_not_depend_on_the_batch(kind: str) -> None:
    given = maps(kind=kind)
    plan = plan_of(given, (True, False, True), classes=2)
    labels = [i % 2 for i in range(21)]
    states = [
        to_arrays(count(plan, given, batch=b, shards=(9,), labels=labels)) for b in (4, 8, 16)
    ]
    for other in states[1:]:
        assert {k: v.tobytes() for k, v in other.items()} == {
            k: v.tobytes() for k, v in states[0].items()
        }


def test_cells_not_searched_for_could_not_be_kept() -> None:
    given = maps(kind="ties")
    plan = plan_of(given, (True, False, True))
    pruned, full = (
        to_arrays(count(plan, given, shards=(5, 11), pruned=flag)) for flag in (True, False)
    )
    assert all(pruned[name].tobytes() == full[name].tobytes() for name in full)


def test_status_names_what_is_the_matter() -> None:
    layer = np.abs(np.random.default_rng(0).normal(size=(6, 6, 7, 13))).astype(np.float32) + 0.1
    layer[:, 0] = 0
    layer[:, 1] = 0.37
    layer[2, 2, 3, 3] = np.nan
    layer[:, 3] = 0.5
    layer[:, 3, 0, 0] = 0.499
    layer[:, 4] = np.arange(6)[:, None, None]
    plan = plan_of([layer, layer - 0.37], (False, True))
    found = finish(plan, count(plan, [layer, layer - np.float32(0.37)])).status.tolist()
    assert found[:6] == ["dead", "constant", "nonfinite", "live", "live", "live"]
    assert found[6:9] == ["constant", "constant", "nonfinite"]


def test_a_channel_that_fires_once_in_500_images_is_not_dead() -> None:
    layer = np.zeros((500, 3, 13, 13), np.float32)
    layer[:, 2] = 1 + np.random.default_rng(0).random((500, 13, 13))
    layer[311, 1, 5, 6] = 0.1
    plan = plan_of([layer], (False,))
    found = finish(plan, count(plan, [layer], batch=32))
    assert found.status.tolist() == ["dead", "live", "live"]
    assert found.fired_images.tolist() == [0, 1 / 500, 1]


def test_what_relu6_reads_is_dead_where_it_is_never_above_zero() -> None:
    layer = np.random.default_rng(0).normal(size=(6, 3, 4, 5)).astype(np.float32)
    layer[:, 1] -= 1e6
    for bounds, expected in ((Bounds(-np.inf, 6.0, True), "dead"), (Bounds(-1.0, 1.0), "live")):
        plan = plan_of([layer], (True,), (bounds,))
        assert finish(plan, count(plan, [layer])).status.tolist() == ["live", expected, "live"]


@pytest.mark.parametrize("value", [0.1, 1 / 3, 7e-5, 1234.567])
@pytest.mark.parametrize("size", [13, 55, 111])
def test_equal_cells_are_constant_despite_rounding(value: float, size: int) -> None:
    layer = np.full((4, 3, size, size), value, np.float32)
    plan = plan_of([layer], (False,), sampled=False)
    for memory_format in FORMATS:
        state = count(plan, [layer], memory_format=memory_format)
        assert finish(plan, state).status.tolist() == ["constant"] * 3


def test_a_sum_beyond_float32_is_not_called_nonfinite() -> None:
    layer = np.full((4, 2, 3, 3), 3e38, np.float32)
    plan = plan_of([layer], (False,))
    found = finish(plan, count(plan, [layer]))
    assert found.nonfinite.tolist() == [0, 0]
    np.testing.assert_allclose(found.mean, 3e38, rtol=1e-6)


def test_nonfinite_places_are_noted() -> None:
    given = maps(kind="nonfinite")
    plan = plan_of(given, (True, False, True))
    noted = count(plan, given, shards=(4,)).noted
    assert noted[:5].tolist() == [[0, 1, 806], [1, 1, 806], [2, 1, 806], [3, 0, 1], [3, 1, 806]]
    assert len(noted) == 20


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_dtypes_are_ranked_as_float32(dtype: torch.dtype) -> None:
    layer = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(0)).to(dtype)
    plan = plan_of([layer.float().numpy()], (True,))
    floors = np.full(3, -np.inf, np.float32), np.full(3, -np.inf, np.float32)
    batch = Batch(plan, ["a"], np.arange(4), floors)
    batch.see(0, layer)
    from convscope.tally import state as tally

    found = tally.empty(plan)
    batch.commit(found, [None] * 4, Waiting(plan))
    expected = layer.float().numpy()
    for channel in range(3):
        assert kept(found, "top", channel) == tallies.ranked(expected[:, channel], 9)
        assert kept(found, "bottom", channel) == [
            (-v, *where) for v, *where in tallies.ranked(-expected[:, channel], 9)
        ]


def test_vectors_are_maps_of_one_cell() -> None:
    plan = Plan((LayerPlan(3, 1, 1, True),))
    floors = np.full(3, -np.inf, np.float32), np.full(3, -np.inf, np.float32)
    batch = Batch(plan, ["fc"], np.arange(4), floors)
    batch.see(0, torch.arange(12.0).view(4, 3))
    assert batch.peak.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


def test_another_shape_and_a_layer_that_did_not_run_are_named() -> None:
    plan = Plan((LayerPlan(3, 2, 2, False),) * 2)
    floors = np.full(6, -np.inf, np.float32), np.full(0, -np.inf, np.float32)
    batch = Batch(plan, ["first", "second"], np.arange(4), floors)
    with pytest.raises(ForwardError, match=r"first gave \(3, 2, 3\)"):
        batch.see(0, torch.zeros(4, 3, 2, 3))
    batch.see(0, torch.zeros(4, 3, 2, 2))
    from convscope.tally import state as tally

    with pytest.raises(ForwardError, match="second did not run"):
        batch.commit(tally.empty(plan), [None] * 4, Waiting(plan))
