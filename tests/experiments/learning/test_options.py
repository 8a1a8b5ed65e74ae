"""Options of the learner's experiment."""

from __future__ import annotations

from typing import Any

import pytest

from convscope.errors import UsageError
from convscope.experiments.learning.options import LearncurveOptions


def test_lists_are_read_as_commands_give_them() -> None:
    made = LearncurveOptions(sizes=("1000,200", "50"), epochs=[4, 1])  # type: ignore[arg-type]
    assert (made.sizes, made.epochs) == ((50, 200, 1000), (1, 4))
    assert (made.floor_size, made.floor_epochs) == (1000, 4)
    assert LearncurveOptions(sizes=300).sizes == (300,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"sizes": ("many",)}, r"sizes are whole numbers, as in --sizes 200,1000,5000; not many"),
        ({"sizes": ("",)}, "not nothing"),
        ({"epochs": ("1.5",)}, "not 1.5"),
        ({"epochs": (0, 2)}, r"epochs is \(0, 2\); it must be 1 or more"),
        ({"seeds": 0}, "seeds is 0; it must be 1"),
        ({"probe": 4}, "probe is 4; it must be 8 or more, or 0"),
        ({"sizes": (10, 20), "floor_size": 30}, "floor_size is 30, and the largest.*20 images"),
    ],
)
def test_what_means_nothing_is_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        LearncurveOptions(**given)


def test_what_is_left_open_stays_open_until_there_are_images() -> None:
    made = LearncurveOptions()
    assert (made.probe, made.sizes, made.floor_size) == (0, (), 0)
    assert LearncurveOptions(floor_size=30).floor_size == 30
