"""The trainings of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.errors import UsageError
from convscope.experiments.learning.grid import Cell, grid_cells, recipe, steps_of
from convscope.experiments.learning.options import LearncurveOptions
from convscope.training.feed import Feed
from convscope.training.presets import found
from convscope.training.rate import rate_at
from convscope.training.split import split

FEW = LearncurveOptions(sizes=(20, 50), epochs=(1, 4), seeds=3, batch=7)


def test_each_training_set_holds_the_smaller_ones() -> None:
    labels = list("abcd" * 40)
    for seed in range(3):
        sets = [
            set(split(labels, recipe(FEW, Cell(size, epochs, seed))[1]).train.tolist())
            for size in (8, 20, 50) for epochs in (1, 4)
        ]  # fmt: skip
        assert [len(one) for one in sets] == [8, 8, 20, 20, 50, 50]
        assert sets[0] == sets[1] < sets[2] == sets[3] < sets[4] == sets[5]
    others = [set(split(labels, recipe(FEW, Cell(20, 1, s))[1]).train.tolist()) for s in (0, 1)]
    assert others[0] != others[1]


def test_every_training_and_a_floor_for_each_seed() -> None:
    cells = grid_cells(FEW)
    assert len(cells) == len(set(cells)) == 2 * 2 * 3 + 3
    assert [one for one in cells if one.is_shuffled] == [
        Cell(50, 4, seed, is_shuffled=True) for seed in range(3)
    ]
    shown = [one.size * one.epochs for one in cells]
    assert shown == sorted(shown)


def test_only_size_epochs_and_seed_differ_between_trainings() -> None:
    first, second = (recipe(FEW, cell)[1] for cell in (Cell(20, 1, 0), Cell(50, 4, 2)))
    differ = {name for name in vars(first) if getattr(first, name) != getattr(second, name)}
    assert differ == {"data_size", "epochs", "seed"}
    assert first.held_out == 0
    assert recipe(FEW, Cell(50, 4, 0, is_shuffled=True))[1].shuffle_labels


@pytest.mark.parametrize("size", [1, 6, 7, 8, 14, 15, 16, 50])
def test_steps_are_those_the_loop_takes(size: int) -> None:
    class Images:
        def __len__(self) -> int:
            return size

    options = recipe(FEW, Cell(size, 3, 0))[1]
    feed = Feed(Images(), None, options)  # type: ignore[arg-type]
    assert steps_of(Cell(size, 3, 0), 7) == 3 * feed.batches


def test_the_rate_is_the_presets_in_proportion_to_the_batch() -> None:
    own = recipe(LearncurveOptions(batch=32), Cell(200, 1, 0))[1]
    assert (own.batch, own.rate) == (32, found("cifar").options.rate / 4)
    assert recipe(LearncurveOptions(rate=0.3), Cell(200, 1, 0))[1].rate == 0.3


def test_the_rule_for_batches_is_that_of_sgd() -> None:
    own = recipe(LearncurveOptions(preset="modern", batch=32), Cell(20_000, 16, 0))[1]
    assert (found("modern").options.optimizer, own.rate) == ("adamw", found("modern").options.rate)


def test_the_rate_has_risen_after_a_tenth_of_the_steps() -> None:
    """The whole of a small training would else be the preset's warmup of 200 steps."""
    options = LearncurveOptions(preset="modern", batch=32)
    small, large = (recipe(options, Cell(*cell, 0))[1] for cell in ((200, 4), (20_000, 16)))
    assert steps_of(Cell(200, 4, 0), 32) == 28
    assert small.warmup == 2
    assert large.warmup == found("modern").options.warmup == 200
    rates = [rate_at(step, 28, [], small) for step in range(28)]
    assert max(rates) == pytest.approx(small.rate, rel=0.05)


def test_a_rate_that_waits_for_held_out_images_is_refused() -> None:
    with pytest.raises(UsageError, match=r"zeiler-fergus lowers its rate where.*cifar, modern"):
        recipe(LearncurveOptions(preset="zeiler-fergus"), Cell(20, 1, 0))


def test_the_recipe_of_the_bundled_photographs_is_refused() -> None:
    with pytest.raises(UsageError, match=r"photos cuts the bundled photographs.*cifar, modern"):
        recipe(LearncurveOptions(preset="photos"), Cell(20, 1, 0))


def test_names_sort_as_sizes_do() -> None:
    names = [Cell(size, 1, 0).name for size in (200, 1000, 10000)]
    assert names == sorted(names)
    assert np.unique([one.name for one in grid_cells(FEW)]).size == 15


def test_progress_counts_in_words() -> None:
    assert Cell(1, 1, 0).words == "1 image x 1 epoch, seed 0"
    assert Cell(2000, 4, 1, is_shuffled=True).words == (
        "2,000 images x 4 epochs, seed 1 with shuffled labels"
    )
