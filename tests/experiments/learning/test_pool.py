"""Which images are for the probe, and which may be trained on."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.errors import DataError
from convscope.experiments.learning.pool import pool

LABELS = ["a"] * 60 + ["b"] * 30 + [None] * 5 + ["c"] * 30


def test_no_image_of_the_probe_is_trained_on() -> None:
    made = pool(LABELS, probe=40, largest=30)
    assert len(made.probe) == 40
    assert len(made.train) == 60
    assert not set(made.probe) & set(made.train)
    assert made.classes == ("a", "b", "c")
    assert set(made.labels[made.probe]) == {0, 1, 2}
    assert np.flatnonzero(made.labels < 0).tolist() == [90, 91, 92, 93, 94]
    assert not set(range(90, 95)) & {*made.probe, *made.train}


def test_both_halves_of_the_probe_hold_the_classes_in_proportion() -> None:
    made = pool(LABELS, probe=40, largest=30)
    for half in (made.probe[:20], made.probe[20:]):
        assert np.bincount(made.labels[half]).tolist() == [10, 5, 5]


def test_the_split_is_its_seeds() -> None:
    first, again, other = (pool(LABELS, 40, 30, seed) for seed in (0, 0, 1))
    assert first.probe.tolist() == again.probe.tolist()
    assert sorted(first.probe) != sorted(other.probe)


@pytest.mark.parametrize(
    ("labels", "probe", "text"),
    [
        ([None] * 99, 20, "none has a label"),
        (["a"] * 99, 20, "all are 'a'"),
    ],
)
def test_data_that_do_not_do_are_refused(labels: list[str | None], probe: int, text: str) -> None:
    with pytest.raises(DataError, match=text):
        pool(labels, probe, 30)
