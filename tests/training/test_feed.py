from __future__ import annotations

import numpy as np
import pytest

from convscope.preprocess import Preprocessing
from convscope.training.data import Images
from convscope.training.feed import Feed
from convscope.training.inputs import Inputs
from tests.training.setting import quick

PLAIN = Inputs(4, Preprocessing((4, 4), 4, mean=(0.0,), std=(1 / 255,)))


def feed(count: int, **options: object) -> Feed:
    """Images that are each of one number: their own."""
    pixels = np.broadcast_to(
        np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 4, 4, 1)
    )
    return Feed(Images(pixels, np.arange(count)), PLAIN, quick(**options))


@pytest.mark.parametrize(
    ("count", "batch", "sizes"),
    [(10, 4, [4, 4, 2]), (9, 4, [4, 4]), (8, 4, [4, 4]), (3, 8, [3]), (2, 1, [1, 1])],
)
def test_an_epoch_is_every_image_once(count: int, batch: int, sizes: list[int]) -> None:
    given = feed(count, batch=batch)
    order = given.order(1)
    batches = [given.batch(order, number, number) for number in range(given.batches)]
    assert [len(targets) for _, targets in batches] == sizes
    seen = np.concatenate([targets for _, targets in batches])
    assert len(set(seen.tolist())) == sum(sizes)  # none twice; of 9 one is left for another epoch
    for inputs, targets in batches:
        assert inputs[:, 0, 0, 0].round().tolist() == targets.tolist()


def test_every_epoch_has_an_order_of_its_own_and_every_step_its_crops() -> None:
    given = feed(50)
    assert sorted(given.order(1)) == sorted(given.order(2)) == list(range(50))
    assert given.order(1).tolist() == feed(50).order(1).tolist() != given.order(2).tolist()
    colored = feed(50, noise=1.0)
    order = colored.order(1)
    first, again, other = (colored.batch(order, 0, step)[0] for step in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
