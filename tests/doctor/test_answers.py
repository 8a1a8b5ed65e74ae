"""What luck would do: against permutations, and at the edges of what labels can tell."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from convscope.doctor.answers import Answered, dealt
from convscope.doctor.thresholds import THRESHOLDS


def of(guesses: np.ndarray, labels: np.ndarray, classes: int) -> Answered:
    """As `answers_of` counts them."""
    said, meant = (np.bincount(some, minlength=classes).astype(float) for some in (guesses, labels))
    mean, variance = dealt(said, meant)
    return Answered(
        float((guesses == labels).mean()), 0.5, classes, len(labels), mean / len(labels), variance,
        float(said.max() / len(labels)), len(set(labels.tolist())) == 1,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_mean_and_variance_are_those_over_all_permutations(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    guesses, labels = drawn.integers(0, 3, (2, 7))
    right = [np.sum(np.array(order) == labels) for order in permutations(guesses.tolist())]
    told = of(guesses, labels, 3)
    assert told.chance * 7 == pytest.approx(np.mean(right))
    assert told.variance == pytest.approx(np.var(right))


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1), (0.4, 0.3, 0.2, 0.1), (0.05,) * 20])
def test_luck_is_the_share_of_dealings_that_do_as_well(shares: tuple[float, ...]) -> None:
    drawn, classes, images = np.random.default_rng(1), len(shares), 400
    labels, guesses = (drawn.choice(classes, images, p=shares) for _ in range(2))
    known = drawn.random(images) < 0.03
    guesses = np.where(known, labels, guesses)
    told = of(guesses, labels, classes)
    dealings = [np.sum(drawn.permutation(guesses) == labels) for _ in range(4000)]
    share = float(np.mean([found >= told.right for found in dealings]))
    assert told.luck == pytest.approx(share, abs=0.05)  # of two classes every second number


def test_labels_of_one_class_tell_nothing() -> None:
    """90 tiles of the moon: a network that is right on 89 of them has not been guessing."""
    labels = np.zeros(90, int)
    guesses = labels.copy()
    guesses[0] = 5
    one = of(guesses, labels, 18)
    assert (one.knows(), one.guesses()) == (False, False)
    mostly_wrong = of(np.random.default_rng(0).integers(0, 18, 90), labels, 18)
    assert (mostly_wrong.knows(), mostly_wrong.guesses()) == (False, False)


def test_a_detector_of_something_rare_is_held_to_its_own_answers() -> None:
    labels = (np.arange(1000) < 100).astype(int)
    found = of((np.arange(1000) < 30).astype(int), labels, 2)
    assert found.knows()  # 30 said to be it, and they are
    many = np.tile(labels, 5)
    blind = of(np.random.default_rng(0).permutation(many), many, 2)
    assert (blind.knows(), blind.guesses()) == (False, True)
    few = of(np.zeros(300, int), (np.arange(300) < 6).astype(int), 2)
    assert not few.guesses()  # six it has missed do not say that it misses all


@pytest.mark.parametrize(("right", "images"), [(5, 200), (3, 100), (1, 8)])
def test_a_little_more_than_luck_is_not_called_guessing(right: int, images: int) -> None:
    labels = np.arange(images) % 1000
    guesses = np.where(np.arange(images) < right, labels, 999)
    assert not of(guesses, labels, 1000).guesses()


def test_one_answer_to_everything_is_guessing() -> None:
    one = of(np.full(200, 3), np.arange(200) % 10, 10)
    assert (one.luck, one.knows(), one.guesses()) == (1.0, False, True)
    assert one.commonest == 1


def test_none_right_where_luck_has_none_is_no_chance_of_one_over_the_classes() -> None:
    assert of(np.ones(50, int), np.zeros(50, int), 2).chance == 0
    assert Answered(0.5, 0.5, 2, 10).chance == 0.5


def test_the_limits_stand_in_the_table() -> None:
    assert THRESHOLDS["knows"].value < THRESHOLDS["lucky"].value < 0.5
