from __future__ import annotations

import pytest

from convscope.errors import UsageError
from convscope.experiments.ablation.options import AblateOptions


@pytest.mark.parametrize("share", [0.0, 1.0, 1.5])
def test_images_must_be_held_out_and_left_to_train_on(share: float) -> None:
    with pytest.raises(UsageError, match=r"held_out is .*; networks are compared on images they"):
        AblateOptions(held_out=share)


@pytest.mark.parametrize("name", ["epochs", "batch", "rate", "data_size"])
def test_numbers_below_zero_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is -1; it must be 0 or more"):
        AblateOptions(**{name: -1})  # type: ignore[arg-type]


def test_there_is_at_least_one_seed() -> None:
    with pytest.raises(UsageError, match=r"seeds is 0; it must be 1 or more"):
        AblateOptions(seeds=0)
