"""The rule of what is worse, against dice: chance alone is called so one time in twenty."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convscope.results.ablation_rule import LUCK, chance, is_guessing, verdicts, verdicts_on_train
from tests.results.made_ablation import NAN, of_seeds


def _words(error: list[list[float]], **changed: object) -> list[str]:
    return [one.word for one in verdicts(of_seeds(error, **changed))]


def test_one_seed_is_held_to_chance_among_the_held_out_images() -> None:
    # 1.96 sqrt(2 * 0.25 * 0.75 / 1000) = 0.038
    assert _words([[0.25], [0.27], [0.30], [0.20]]) == ["alike", "alike", "worse", "better"]
    assert _words([[0.25], [0.27], [0.30], [0.20]], images=100) == ["alike"] * 4
    assert _words([[0.25], [0.27], [0.30], [0.20]], images=10_000) == [
        *("alike", "worse", "worse", "better")
    ]


def test_several_seeds_are_held_to_their_range_too() -> None:
    whole, steady, loose = [0.25, 0.27], [0.31, 0.33], [0.26, 0.38]
    found = verdicts(of_seeds([whole, steady, loose]))
    assert [one.word for one in found] == ["alike", "worse", "alike"]
    assert [round(one.mean, 6) for one in found] == [0, 0.06, 0.06]
    assert found[2].margin == pytest.approx(0.10)


def test_the_margin_is_the_larger_of_both_by_plain_arithmetic() -> None:
    errors = [[0.2, 0.22, 0.21], [0.3, 0.34, 0.29]]
    found = verdicts(of_seeds(errors, images=500))[1]
    more = [b - a for a, b in zip(*errors, strict=True)]
    means = [sum(row) / 3 for row in errors]
    by_chance = 1.96 * math.sqrt(sum(p * (1 - p) for p in means) / 1500)
    assert found.mean == pytest.approx(sum(more) / 3)
    assert found.margin == pytest.approx(max(by_chance, max(more) - min(more)))


def test_chance_between_two_equal_networks_is_rarely_called_a_difference() -> None:
    rng, images, times = np.random.default_rng(0), 400, 4000
    drawn = rng.binomial(images, 0.3, (times, 2)) / images
    called = [abs(a - b) > chance(a, b, images) for a, b in drawn.tolist()]
    assert 0.035 < np.mean(called) < 0.065


def test_what_diverged_is_unknown_and_seeds_that_did_not_count() -> None:
    found = verdicts(of_seeds([[0.2, 0.2], [NAN, NAN], [NAN, 0.5]]))
    assert [one.word for one in found] == ["alike", "unknown", "worse"]
    assert found[2].mean == pytest.approx(0.3)
    assert {one.word for one in verdicts(of_seeds([[NAN], [0.2]]))} == {"unknown"}


def test_training_images_have_a_verdict_of_their_own() -> None:
    made = of_seeds([[0.3], [0.3]], train_error=np.array([[0.2], [0.05]]))
    assert [one.word for one in verdicts(made)] == ["alike", "alike"]
    assert [one.word for one in verdicts_on_train(made)] == ["alike", "better"]
    assert [one.word for one in verdicts_on_train(of_seeds([[0.3], [0.1]], train_images=0))] == [
        *("alike", "alike")
    ]


def test_guessing_is_what_an_exact_binomial_by_plain_sums_does_not_tell_from_it() -> None:
    for right in range(26):
        tail = sum(math.comb(50, k) * 0.1**k * 0.9 ** (50 - k) for k in range(right, 51))
        made = of_seeds([[1 - right / 50]], images=50, classes=10)
        assert is_guessing(made) == (tail >= LUCK), right


def test_seeds_count_together_and_what_diverged_does_not() -> None:
    one, many = [[0.8]], [[0.8] * 10]
    assert is_guessing(of_seeds(one, images=20, classes=10))
    assert not is_guessing(of_seeds(many, images=20, classes=10))
    assert is_guessing(of_seeds([[0.8, *[NAN] * 9]], images=20, classes=10))
    assert not is_guessing(of_seeds([[NAN]], classes=10))


def test_always_giving_the_most_frequent_class_is_guessing_too() -> None:
    assert not is_guessing(of_seeds([[0.3]], classes=10))
    assert is_guessing(of_seeds([[0.3]], classes=10, commonest=0.7))
