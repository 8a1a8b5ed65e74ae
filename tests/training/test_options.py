from __future__ import annotations

import re

import pytest

from convscope.errors import UsageError
from convscope.training.options import EPOCHS, TrainOptions


def test_the_defaults_are_the_papers() -> None:
    """Zeiler & Fergus 2013, sec. 3 and Fig. 4."""
    given = TrainOptions()
    assert (given.batch, given.rate, given.momentum, given.epochs) == (128, 1e-2, 0.9, 70)
    assert (given.optimizer, given.schedule, given.init) == ("sgd", "plateau", "paper")
    assert (given.center, given.scale, given.radius) == ("image", "pixels", 0.1)
    assert EPOCHS == (1, 2, 5, 10, 20, 30, 40, 64)


def test_the_start_and_the_last_are_always_kept() -> None:
    assert TrainOptions().saved() == (0, *EPOCHS, 70)
    assert TrainOptions(epochs=7, checkpoints=(3, 3, 9)).saved() == (0, 3, 7)
    with pytest.raises(UsageError, match="epochs is 0; it must be 1 or more"):
        TrainOptions(epochs=0)


@pytest.mark.parametrize("given", [(5, 1, 1), ["1", "5"], "1,5", ["1,5"]])
def test_epochs_as_one_writes_them(given: object) -> None:
    assert TrainOptions(checkpoints=given).checkpoints == (1, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"held_out": 1.0}, "held_out is 1.0; it is a share and below 1."),
        ({"held_out": 0.0}, "schedule plateau waits for the validation error"),
        ({"smoothing": 1.5}, "smoothing is 1.5"),
        ({"turn": 30.0}, "turn is 30.0 degrees; crops have room for 22."),
        ({"checkpoints": ("1,2,x",)}, "as in 1,2,5,10; not 1,2,x."),
        ({"checkpoints": "all"}, "as in 1,2,5,10; not all."),
        ({"batch": 0}, "batch is 0; it must be 1 or more."),
        ({"rate": float("nan")}, "rate is nan"),
        ({"optimizer": "adam"}, "No optimizer 'adam'. There are: sgd, adamw."),
    ],
)
def test_what_means_nothing(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        TrainOptions(**options)  # type: ignore[arg-type]
