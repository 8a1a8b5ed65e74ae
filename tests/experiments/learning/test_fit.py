"""A grid fits the images where nothing was given, and what was given is kept."""

from __future__ import annotations

import re

import numpy as np
import pytest

from convscope.errors import DataError
from convscope.experiments.learning.fit import (
    EACH,
    chosen_words,
    fitted,
    ladder,
    shared_words,
)
from convscope.experiments.learning.options import LearncurveOptions
from convscope.experiments.learning.pool import pool

TEN = [f"class{number % 10}" for number in range(1000)]


@pytest.mark.parametrize(
    ("total", "probe", "sizes"),
    [
        (50_000, 1000, (200, 1000, 5000, 10_000)),
        (12_000, 1000, (200, 1000, 5000, 10_000)),
        (5000, 1000, (200, 1000, 4000)),
        (1000, 300, (200, 700)),
        (200, 60, (35, 140)),
        (60, 40, (10, 20)),
    ],
)
def test_what_was_left_open_is_chosen_to_fit(
    total: int, probe: int, sizes: tuple[int, ...]
) -> None:
    made = fitted(LearncurveOptions(), (TEN * 50)[:total])
    assert (made.probe, made.sizes, made.floor_size) == (probe, sizes, sizes[-1])


@pytest.mark.parametrize("given", [{"probe": 80}, {"sizes": (50, 900)}, {"sizes": (700,)}])
def test_what_was_given_is_kept_and_the_rest_fits_it(given: dict) -> None:
    made = fitted(LearncurveOptions(**given), TEN)
    assert {name: getattr(made, name) for name in given} == given
    assert made.probe + made.sizes[-1] <= 1000
    assert made.probe >= EACH * 10


def test_images_without_a_label_are_not_counted() -> None:
    assert fitted(LearncurveOptions(), [*TEN, *[None] * 9000]).sizes == (200, 700)


def test_every_class_has_its_share_of_a_probe_that_was_chosen() -> None:
    """Of 300 classes 1,000 images would be too few; of a rare class both halves need one."""
    many = [f"class{number % 300}" for number in range(9000)]
    assert fitted(LearncurveOptions(), many).probe == EACH * 300
    rare = ["a"] * 4000 + ["b"] * 4000 + ["c"] * 6
    made = fitted(LearncurveOptions(), rare)
    assert made.probe > 1000
    probe = pool(rare, made.probe, made.sizes[-1])
    for half in np.array_split(probe.labels[probe.probe], [made.probe // 2]):
        assert set(half.tolist()) == {0, 1, 2}


def test_a_class_that_no_probe_could_hold_does_not_take_all_images() -> None:
    assert fitted(LearncurveOptions(), [*TEN, "once"]).probe == 300


def test_a_ladder_rises_and_ends_with_what_there_is() -> None:
    for most in (10, 11, 40, 200, 399, 400, 401, 1999, 2000, 9999, 10_000, 10**6):
        sizes = ladder(most, 10)
        assert list(sizes) == sorted(set(sizes))
        assert sizes[-1] == min(most, 10_000)
        assert sizes[0] >= 10
        assert all(one <= sizes[-1] / 2 for one in sizes[:-1]) or most < 20


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"probe": 1000},
            r"1,000 images with a label are too few for a probe of 1,000 and at least",
        ),
        ({"sizes": (2000,)}, r"a probe of at least 40 and 2,000 to train on"),
        ({"probe": 500, "sizes": (100, 600)}, r"a probe of 500 and 600 to train on"),
        ({"probe": 39}, r"39 probe images are too few for 10 classes"),
        ({"sizes": (9, 90)}, r"smallest training set has 9 images, fewer than the 10 classes"),
    ],
)
def test_what_does_not_fit_is_refused_with_numbers_that_do(given: dict, text: str) -> None:
    with pytest.raises(DataError, match=text) as refused:
        fitted(LearncurveOptions(**given), TEN)
    said = re.search(r"--probe (\d+) --sizes ([\d,]+) would do\.$", str(refused.value))
    assert said, refused.value
    fits = LearncurveOptions(probe=int(said[1]), sizes=(said[2],))  # type: ignore[arg-type]
    assert fitted(fits, TEN) == fits


def test_too_few_images_for_any_grid_are_told_how_many_are_needed() -> None:
    with pytest.raises(DataError, match=r"3 classes need 12 for the probe and 3 to train on"):
        fitted(LearncurveOptions(), ["a", "b", "c"] * 4)


def test_what_was_chosen_is_said_and_nothing_else() -> None:
    open_, made = LearncurveOptions(), LearncurveOptions(probe=300, sizes=(200, 700))
    assert chosen_words(open_, made) == (
        "Chosen to fit these images: 300 images for the probe (--probe) and training sets of 200 "
        "and 700 (--sizes)."
    )
    assert "--sizes" not in chosen_words(LearncurveOptions(sizes=(200, 700)), made)
    assert chosen_words(made, made) == ""


def test_seeds_that_cannot_draw_other_images_are_said_to_share_them() -> None:
    grid = LearncurveOptions(probe=300, sizes=(200, 700))
    assert "sets of 700 are drawn from 700 images" in shared_words(pool(TEN, 300, 700), grid)
    few = LearncurveOptions(probe=300, sizes=(200, 350))
    assert shared_words(pool(TEN, 300, 350), few) == ""
