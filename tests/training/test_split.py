from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from convscope.errors import DataError
from convscope.training.options import TrainOptions
from convscope.training.split import shuffled, split

LABELS = [*["a"] * 40, *["b"] * 100, *["c"] * 60, None, None]


def test_nothing_is_in_both_and_nothing_is_lost() -> None:
    found = split(LABELS, TrainOptions(held_out=0.2, seed=3))
    assert not set(found.train) & set(found.validation)
    assert sorted([*found.train, *found.validation]) == list(range(200))
    assert found.targets[-2:].tolist() == [-1, -1]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_class_is_held_out_alike(seed: int) -> None:
    found = split(LABELS, TrainOptions(held_out=0.2, seed=seed))
    assert Counter(LABELS[k] for k in found.validation) == {"a": 8, "b": 20, "c": 12}


def test_smaller_sets_are_part_of_larger_ones_and_have_every_class() -> None:
    sizes = (10, 25, 80, 160)
    sets = [split(LABELS, TrainOptions(held_out=0.2, data_size=size)) for size in sizes]
    for smaller, larger in pairwise(sets):
        assert set(smaller.train) < set(larger.train)
        assert smaller.validation.tolist() == larger.validation.tolist()
    for size, found in zip(sizes, sets, strict=True):
        shares = Counter(LABELS[k] for k in found.train)
        assert len(found.train) == size
        assert all(
            abs(shares[k] - size * n / 200) <= 1 for k, n in (("a", 40), ("b", 100), ("c", 60))
        )


def test_a_seed_is_an_order_of_its_own() -> None:
    sets = [split(LABELS, TrainOptions(seed=seed)).validation.tolist() for seed in (0, 0, 1)]
    assert sets[0] == sets[1] != sets[2]


def test_shuffled_labels_are_the_same_ones_elsewhere() -> None:
    found = split(LABELS, TrainOptions(held_out=0.2))
    dealt = shuffled(found.targets, found.train, 0)
    assert dealt[found.validation].tolist() == found.targets[found.validation].tolist()
    assert sorted(dealt[found.train]) == sorted(found.targets[found.train])
    agree = np.mean(dealt[found.train] == found.targets[found.train])
    assert agree < 0.55  # by chance .2^2 + .5^2 + .3^2 = .38


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        ([None] * 5, {}, "None of the 5 images has a label"),
        (["a"] * 9, {}, "All images are of one class, 'a'; a classifier needs two"),
        (list("abcdabcd"), {"data_size": 3}, "fewer than the 4 classes. Take more (--data-size),"),
        (list("abab"), {"data_size": 9}, "--data-size is 9, and 3 images are left"),
        (list("abc"), {"held_out": 0.5}, "fewer than the 3 classes. Give more images,"),
    ],
)  # fmt: skip
def test_what_makes_no_classifier(labels: list[str | None], options: dict, said: str) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        split(labels, TrainOptions(**options))
