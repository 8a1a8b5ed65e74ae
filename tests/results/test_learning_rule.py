"""The rule against plain loops, and against chance."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from convscope.results.learning import FLOORS, MEASURES, OF_PAIR, Learning
from convscope.results.learning_rule import (
    DECIDING,
    Doubling,
    by_chance,
    doublings,
    evidence,
    least_ranges,
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


PAIRS = [DECIDING.index(name) for name in OF_PAIR]


def noise(drawn: np.random.Generator, shape: tuple[int, ...], seeds: int) -> np.ndarray:
    """(*shape, seeds) normal numbers of every measure; of three seeds, pairs too are three."""
    made = drawn.standard_normal((*shape, seeds))
    if seeds == 3:
        for place in PAIRS:  # what each seed adds
            made[place] += np.roll(made[place], 1, axis=-1)
    else:
        made[PAIRS] = np.nan
    return made


def grid_of(cells: np.ndarray, floors: np.ndarray) -> Learning:
    """The deciding measures (D, A, B, L, S), and their floors (D, 2, L, S), as a result."""
    made, seeds = learning(2), cells.shape[-1]
    values = np.full((len(MEASURES), *cells.shape[1:3], seeds, cells.shape[3]), np.nan)
    held = np.full((2, len(MEASURES), seeds, cells.shape[3]), np.nan)
    for place, name in enumerate(DECIDING):
        values[MEASURES.index(name)] = np.moveaxis(cells[place], -1, -2)
        held[:, MEASURES.index(name)] = np.moveaxis(floors[place], -1, -2)
    return replace(made, seeds=np.arange(seeds), values=values, floors=held)


@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize("floors", [0, 0.3, 1])
@pytest.mark.parametrize("real", [20, 40])
def test_of_layers_said_surely_chance_gives_one_in_twenty_at_most(
    seeds: int, floors: float, real: int
) -> None:
    """Grids of 84 layers, of which some are planted far above: floors vary less, or alike."""
    drawn, runs, shape = np.random.default_rng(real), 120, (len(DECIDING), 4, 3, 7)
    shares, found = [], 0
    for _ in range(runs):
        planted = np.zeros(84, bool)
        planted[drawn.permutation(84)[:real]] = True
        planted = planted.reshape(shape[1:])
        cells = noise(drawn, shape, seeds) + 1000.0 * planted[..., None]
        sure = evidence(grid_of(cells, floors * noise(drawn, (len(DECIDING), 2, 7), seeds))).is_sure
        shares.append((sure & ~planted).sum() / max(sure.sum(), 1))
        found += int((sure & planted).sum())
    assert found > 0.8 * real * runs  # or nothing would be false because nothing is said
    assert np.mean(shares) < 0.05 + 2 * np.std(shares) / np.sqrt(runs)


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize("floors", [(0, 0), (0.3, 0.3), (1, 1), (3, 3), (0, 1), (1, None)])
def test_chance_never_meets_the_rule_more_often_than_is_said(
    seeds: int, floors: tuple[float | None, ...], pairs: bool
) -> None:
    """At most, however floors vary; exactly where they do not. A floor of None is far below."""
    if pairs and seeds == 2:
        assert by_chance(2, pairs=True) == 1  # one pair does not say how far pairs differ
        return
    drawn, runs = np.random.default_rng(seeds), 20_000
    place = PAIRS[0] if pairs else 0
    cells = noise(drawn, (len(DECIDING), 1, 1, runs), seeds)
    under = noise(drawn, (len(DECIDING), 2, runs), seeds)
    for at, varies in enumerate(floors):
        under[:, at] = -1000 if varies is None else under[:, at] * varies
    held = evidence(grid_of(cells, under))
    for ratio in (1.0, 2.0):
        met = np.mean(held.margin[place] > ratio * held.spread[place])
        said = float(by_chance(seeds, ratio, pairs=pairs))
        assert met < said + 3 * np.sqrt(said / runs)
        if floors == (0, 0):
            assert met == pytest.approx(said, abs=4 * np.sqrt(said / runs))
    assert held.luck[place, 0, 0, 0] == by_chance(seeds, pairs=pairs)
    assert held.expected >= held.shows.sum() - 4 * np.sqrt(held.expected)


def test_chance_of_two_seeds_is_cauchys() -> None:
    """(a + b) / 2 over |a - b| is half a Cauchy number."""
    for ratio in (1.0, 1.5, 10.0):
        assert by_chance(2, ratio) == pytest.approx(0.5 - np.arctan(2 * ratio) / np.pi, abs=1e-5)
    assert by_chance(1) == 1  # nothing can differ: nothing is excluded


def test_a_measure_that_is_known_of_fewer_seeds_has_the_chance_of_as_many() -> None:
    drawn = np.random.default_rng(3)
    cells = noise(drawn, (len(DECIDING), 1, 1, 4), 3)
    cells[0, 0, 0, 1, 2] = np.nan  # one network of three
    cells[PAIRS[0], 0, 0, 1, 2] = np.nan  # one pair of three
    floors = noise(drawn, (len(DECIDING), 2, 4), 3)
    floors[0, 1, 2, 0] = np.nan  # a floor of three
    held = evidence(grid_of(cells, floors))
    assert held.luck[0, 0, 0].tolist() == [by_chance(seeds) for seeds in (3, 2, 2, 3)]
    assert held.luck[PAIRS[0], 0, 0].tolist() == [
        1 if at == 1 else by_chance(3, pairs=True) for at in range(4)
    ]


def test_a_layer_is_tested_by_its_rarest_measure_times_how_many_it_has() -> None:
    drawn = np.random.default_rng(1)
    cells = noise(drawn, (len(DECIDING), 2, 3, 4), 3) + 8 * drawn.random((1, 2, 3, 4, 1))
    cells[0, :, :, 0] = np.nan
    held = evidence(grid_of(cells, 0.1 * noise(drawn, (len(DECIDING), 2, 4), 3)))
    shares = {}
    for at in np.ndindex(2, 3, 4):
        known = [d for d in range(len(DECIDING)) if np.isfinite(held.margin[(d, *at)])]
        met = [held.chance[(d, *at)] for d in known if held.shows[(d, *at)]]
        shares[at] = len(known) * min(met, default=1.0)
    assert {held.asked[at] for at in shares} == {4, 5}
    ordered = sorted(shares.values())
    last = max((one for k, one in enumerate(ordered, 1) if one <= 0.05 * k / 24), default=-1)
    sure = [shares[at] <= last for at in shares]
    assert 0 < sum(sure) < held.layers.sum()
    assert held.is_sure.ravel().tolist() == sure
    assert held.is_sure is held.is_sure  # sorted once, however many layers are asked for


def test_two_seeds_tell_a_planted_layer_from_chance_only_far_above() -> None:
    assert not evidence(learning(2)).is_sure.any()
    held = evidence(learning(4))
    assert held.is_sure[..., 0].tolist() == held.layers[..., 0].tolist()
    assert by_chance(2, least_ranges(2, 3)) * 3 == pytest.approx(0.05, rel=1e-3)
    assert by_chance(3, least_ranges(3, 5)) * 5 == pytest.approx(0.05, rel=1e-3)
    assert least_ranges(5, 5) == 1  # the rule asks for as many


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
    drawn = np.random.default_rng(7).standard_normal((20_000, 3))
    for ratio in (1.0, 1.5, 2.0):
        share = np.mean([sum(one) / 3 > ratio * (max(one) - min(one)) for one in drawn.tolist()])
        assert by_chance(3, ratio) == pytest.approx(share, abs=4 * np.sqrt(0.04 / 20_000))
    assert by_chance(3, 1e9) > 0  # never was drawn; never happens cannot be said
    assert np.isnan(by_chance(3, np.nan))


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
