from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.doctor.filters import layer_filters
from convscope.doctor.rank import MOST, WeightRank, effective_rank, singular_values, weight_rank
from convscope.net.intake import load
from tests.twins import doctor_filters as slow

SHAPES = [(16, 8, 3, 3), (40, 12, 1, 1), (24, 1, 3, 3), (10, 64), (64, 10), (5, 7, 2, 3)]
"""A convolution, 1 x 1, depthwise, linear either way, an odd one."""


@pytest.mark.parametrize("shape", SHAPES)
def test_every_number_is_that_of_a_full_decomposition(shape: tuple[int, ...]) -> None:
    weights = np.random.default_rng(0).normal(size=shape) + 3
    found = weight_rank(weights, shuffles=3, seed=5)
    matrix = weights.reshape(shape[0], -1) - weights.mean()
    own = slow.singular_values(matrix)
    assert (found.rows, found.columns, found.sampled) == (*matrix.shape, False)
    assert found.largest == pytest.approx(own[0])
    assert found.effective == pytest.approx(slow.effective_rank(own))
    assert found.stable == pytest.approx(sum(v * v for v in own) / own[0] ** 2)
    drawn = np.random.default_rng(5)
    copies = [
        slow.singular_values(drawn.permutation(matrix.reshape(-1)).reshape(matrix.shape))
        for _ in range(3)
    ]
    assert found.floor.tolist() == pytest.approx([copy[0] for copy in copies])
    assert found.floor_effective.tolist() == pytest.approx([slow.effective_rank(c) for c in copies])
    above = [v for v in own if v > max(copy[0] for copy in copies)]
    assert found.spikes == len(above)
    assert found.beyond == pytest.approx(sum(v * v for v in above) / sum(v * v for v in own))
    mean = sum(copy[0] for copy in copies) / 3
    spread = (sum((copy[0] - mean) ** 2 for copy in copies) / 2) ** 0.5
    assert found.z == pytest.approx((own[0] - mean) / spread)
    assert found.ratio == pytest.approx(own[0] / mean)


def test_singular_values_by_the_smaller_gram_are_those_of_a_decomposition() -> None:
    for shape in ((30, 200), (200, 30), (1, 9), (9, 1)):
        matrix = np.random.default_rng(1).normal(size=shape)
        assert singular_values(matrix).tolist() == pytest.approx(slow.singular_values(matrix))
    assert effective_rank(np.array([2.0] * 7)) == pytest.approx(7)


@pytest.mark.parametrize("shape", SHAPES[:5])
@pytest.mark.parametrize("law", ["normal", "uniform", "one-sided"])
def test_weights_drawn_independently_stand_at_the_floor(shape: tuple[int, ...], law: str) -> None:
    drawn = np.random.default_rng(11)
    uniform = drawn.uniform(-1, 1, (5, *shape))
    laws = {"normal": drawn.normal(size=(5, *shape)), "uniform": uniform, "one-sided": uniform**2}
    found = [weight_rank(one) for one in laws[law]]
    assert max(one.z for one in found) < 4
    assert np.mean([one.ratio for one in found]) == pytest.approx(1, abs=0.05)
    assert np.mean([one.effective_ratio for one in found]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("shape", SHAPES[:5])
def test_a_pattern_that_filters_share_stands_above_it(shape: tuple[int, ...]) -> None:
    drawn = np.random.default_rng(12)
    noise = drawn.normal(size=(shape[0], int(np.prod(shape[1:]))))
    rows, columns = noise.shape
    size = 1.5 * (rows**0.5 + columns**0.5)  # beyond the edge of Marchenko and Pastur
    u, v = drawn.normal(size=rows), drawn.normal(size=columns)
    pattern = size * np.outer(u / np.linalg.norm(u), v / np.linalg.norm(v))
    found = weight_rank((noise + pattern).reshape(shape))
    assert found.z > 4
    assert found.spikes == 1
    assert found.beyond > 0.1
    assert found.effective_z > 2


def test_a_large_layer_is_sampled_and_still_told_apart() -> None:
    drawn = np.random.default_rng(13)
    noise = drawn.normal(size=(900, 40, 3, 3))
    pattern = np.einsum("i,jkl->ijkl", drawn.normal(size=900), drawn.normal(size=(40, 3, 3)))
    for weights, is_trained in ((noise, False), (noise + 0.2 * pattern, True)):
        found = weight_rank(weights, most=(64, 200))
        assert (found.rows, found.columns, found.sampled) == (200, 64, True)
        assert (found.z > 4) == is_trained
    assert MOST >= (512, 4608)
    assert not weight_rank(drawn.normal(size=(8, 4608)), shuffles=2).sampled


def test_what_is_all_alike_or_not_finite_has_no_number() -> None:
    for weights in (
        np.zeros((4, 3, 3, 3)),
        np.full((4, 3), 2.5),
        np.array([[1.0, np.inf], [0, 1]]),
    ):
        found = weight_rank(weights)
        for name in ("largest", "z", "ratio", "effective_ratio", "effective_z", "stable", "beyond"):
            assert np.isnan(getattr(found, name)), name
        assert found.spikes == 0


def test_the_weights_given_are_not_changed() -> None:
    weights = np.random.default_rng(3).normal(size=(4, 3, 3, 3)) + 1
    kept = weights.copy()
    weight_rank(weights)
    assert (weights == kept).all()


def ranks(net: object) -> dict[str, WeightRank]:
    return {one.name: weight_rank(one.weights) for one in layer_filters(net)}  # type: ignore[arg-type]


def test_every_layer_of_the_bundled_net_leaves_the_floor_in_training() -> None:
    start, early, end = (
        ranks(load(f"bundled:photos{state}", device="cpu")) for state in ("-start", "-early", "")
    )
    for name, found in start.items():
        assert max(found.z, found.effective_z) < 4, name
        assert early[name].z > 4, name
        assert early[name].effective_z > 4, name
        assert end[name].z > early[name].z, name
        assert end[name].ratio > 1.1 > 1.05 > found.ratio, name


def test_squeezenet_is_above_the_floor_and_its_shuffled_copy_at_it(shared: Path) -> None:
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    drawn = np.random.default_rng(0)
    above = []
    for one in layer_filters(net):
        shuffled = drawn.permutation(one.weights.reshape(-1)).reshape(one.weights.shape)
        found, copy = weight_rank(one.weights), weight_rank(shuffled)
        assert max(copy.z, copy.effective_z) < 4, one.name
        above.append(max(found.z, found.effective_z) > 4)
    assert sum(above) >= len(above) - 1  # a 1 x 1 layer of 64 by 16 weights is not
