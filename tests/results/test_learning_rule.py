"""The rule against plain loops, and against chance."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from convscope.results.learning import FLOORS, MEASURES, Learning
from convscope.results.learning_rule import (
    DECIDING,
    Doubling,
    by_chance,
    doublings,
    evidence,
    likely,
)
from tests.render.learnings import by_a_hair, learning


def known(values: np.ndarray) -> list[float]:
    return [float(value) for value in values if np.isfinite(value)]


def slow(made: Learning, name: str, a: int, b: int, layer: int) -> tuple[float, float, bool]:
    """Margin, spread and verdict, as the page states the rule."""
    groups = [known(made.of(name)[a, b, :, layer])]
    groups += [known(made.floor(floor, name)[:, layer]) for floor in FLOORS]
    if any(len(group) < 2 for group in groups):
        return np.nan, np.nan, False
    means = [sum(group) / len(group) for group in groups]
    margin = means[0] - max(means[1], means[2])
    spread = max(max(group) - min(group) for group in groups)
    return margin, spread, margin > spread and margin >= 0.01


@pytest.mark.parametrize("seeds", [2, 3])
def test_every_verdict_is_the_stated_rules(seeds: int) -> None:
    drawn = np.random.default_rng(seeds)
    made = learning(seeds)
    made = replace(
        made,
        values=made.values + 0.05 * drawn.standard_normal(made.values.shape),
        floors=made.floors + 0.05 * drawn.standard_normal(made.floors.shape),
    )
    held = evidence(made)
    met = []
    for place, name in enumerate(DECIDING):
        for a, b, layer in np.ndindex(2, 3, 3):
            margin, spread, shows = slow(made, name, a, b, layer)
            met.append(shows)
            assert held.shows[place, a, b, layer] == shows
            assert held.is_known[place, a, b, layer] == np.isfinite(margin)
            if np.isfinite(margin):
                assert held.margin[place, a, b, layer] == pytest.approx(margin)
                assert held.spread[place, a, b, layer] == pytest.approx(spread)
    assert {True, False} == set(met)
    assert (held.layers == held.shows.any(axis=0)).all()


def test_planted_layers_show_and_others_do_not() -> None:
    held = evidence(learning())
    assert held.layers[..., 0].tolist() == [[False, True, True], [True, True, True]]
    assert not held.layers[..., 2].any()
    assert not held.layers[..., 1].any()  # above both floors, but its seeds differ by more


def test_one_pair_of_seeds_decides_nothing_and_three_seeds_do() -> None:
    pair = DECIDING.index("overlap")
    assert not evidence(learning(2)).is_known[pair].any()
    assert evidence(learning(3)).shows[pair, 1, 2, 0]


def test_with_one_seed_nothing_is_known() -> None:
    held = evidence(learning(1))
    assert not held.is_known.any()
    assert not held.layers.any()


def test_what_nobody_could_see_shows_nothing_however_seeds_agree() -> None:
    made = learning()
    flat = replace(made, values=np.where(np.isfinite(made.values), 0.5, np.nan),
                   floors=np.where(np.isfinite(made.floors), 0.491, np.nan))  # fmt: skip
    held = evidence(flat)
    assert held.is_known.any()
    assert not held.layers.any()
    more = replace(flat, floors=np.where(np.isfinite(made.floors), 0.489, np.nan))
    assert evidence(more).layers.all()


def test_no_measure_decides_that_has_no_better_side() -> None:
    assert set(DECIDING) <= set(MEASURES)
    assert not {"cka", "dead", "firing", "entropy"} & set(DECIDING)


def drawn_like(values: np.ndarray, drawn: np.random.Generator) -> np.ndarray:
    return np.where(np.isfinite(values), drawn.standard_normal(values.shape), np.nan)


@pytest.mark.parametrize("seeds", [2, 3])
def test_chance_is_what_noise_meets_the_rule_by(seeds: int) -> None:
    """Grids of noise alone, measured by the rule itself."""
    drawn = np.random.default_rng(9)
    made = learning(seeds)
    met = total = 0
    for _ in range(300):
        noise = replace(
            made, values=drawn_like(made.values, drawn), floors=drawn_like(made.floors, drawn)
        )
        held = evidence(noise)
        at = held.is_known[:3, 0, 0]  # cells share their floors: one of each grid
        met += int((held.shows[:3, 0, 0] & at).sum())
        total += int(at.sum())
    share = by_chance(seeds)
    assert met / total == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / total))
    assert by_chance(1) == 0


@pytest.mark.parametrize("seeds", [2, 3])
def test_noise_is_rarely_said_to_be_sure_and_what_is_planted_is(seeds: int) -> None:
    """Grids of noise meet the rule often; surely in one of twenty, floors being shared."""
    drawn, made, grids = np.random.default_rng(4), learning(seeds), 200
    met = sure = 0
    for _ in range(grids):
        noise = replace(
            made, values=drawn_like(made.values, drawn), floors=drawn_like(made.floors, drawn)
        )
        held = evidence(noise)
        met, sure = met + held.shows.any(), sure + held.is_sure.any()
    assert met > 2 * sure
    assert sure / grids < 0.05 + 3 * np.sqrt(0.05 * 0.95 / grids)
    held = evidence(made)
    assert held.is_sure[..., 0].any(axis=0).tolist() == held.layers[..., 0].tolist()


def test_what_meets_the_rule_by_a_hair_among_many_is_not_sure() -> None:
    held = evidence(by_a_hair())
    assert held.shows.sum() == 1
    assert not held.is_sure.any()


def test_sureness_is_benjamini_and_hochbergs_step_up() -> None:
    """Against the plain statement: the largest k whose k-th smallest share is at most k 5 % / n."""
    drawn = np.random.default_rng(2)
    for _ in range(50):
        chances = drawn.random(20) ** 4
        ordered = sorted(chances.tolist())
        largest = max([k for k in range(1, 21) if ordered[k - 1] <= 0.05 * k / 20], default=0)
        assert (chances <= likely(chances)).sum() == largest
    assert likely(np.array([])) == -1


def test_a_larger_margin_is_chances_less_often() -> None:
    drawn = np.random.default_rng(7).standard_normal((20_000, 3, 2))
    means, ranges = drawn.mean(axis=2), np.ptp(drawn, axis=2).max(axis=1)
    for ratio in (1.0, 1.5, 2.0):
        share = np.mean(
            [m[0] - max(m[1], m[2]) > ratio * r for m, r in zip(means, ranges, strict=True)]
        )
        assert by_chance(2, ratio) == pytest.approx(share, abs=4 * np.sqrt(0.03 / 20_000))
    assert by_chance(2, 1e9) > 0  # never was drawn; never happens cannot be said
    assert np.isnan(by_chance(2, np.nan))


def test_doublings_are_last_differences_by_doubling() -> None:
    made = learning()
    first = doublings(made)[0]
    assert first.name == "accuracy"
    assert first.data == pytest.approx([(0.61 - 0.35) / log2(4), (0.63 - 0.37) / log2(4)])
    assert first.epochs == pytest.approx([(0.61 - 0.45) / 2, (0.63 - 0.46) / 2])
    names = [one.name for one in doublings(made)]
    assert names == ["accuracy", *made.layers]
    probe = doublings(made)[1]
    assert probe.data == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize(
    ("data", "epochs", "better"),
    [
        ([0.10, 0.11], [0.02, 0.03], "data"),
        ([0.02, 0.03], [0.10, 0.11], "epochs"),
        ([0.10, 0.13], [0.11, 0.12], "either"),
        ([0.01, -0.01], [0.00, 0.01], "neither"),
        ([-0.10, -0.11], [-0.02, -0.03], "neither"),
        ([0.10, 0.10], [0.10, 0.10], "either"),
        ([0.008, 0.008], [0.0041, 0.0119], "neither"),  # +0.8 against 0.8, as they are written
        ([0.03, 0.03], [0.01, 0.03], "data"),  # of two alike, the one that is told from seeds
    ],
)
def test_what_helps_more_is_said_only_beyond_what_seeds_differ_by(
    data: list[float], epochs: list[float], better: str
) -> None:
    assert Doubling("accuracy", np.array(data), np.array(epochs)).better == better


def test_a_grid_of_one_row_doubles_nothing() -> None:
    made = learning()
    one = replace(made, sizes=made.sizes[:1], values=made.values[:, :1], accuracy=made.accuracy[:1])
    assert doublings(one) == ()
    assert doublings(learning(1)) == ()
