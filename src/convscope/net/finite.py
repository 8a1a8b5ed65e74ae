"""The one refusal of numbers that are not finite."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import DataError


def check_finite(values: Tensor | NDArray[Any], what: str) -> None:
    """Refuse NaN and infinity, saying where they were met.

    Raises:
        DataError: a value is not finite.

    >>> check_finite(torch.tensor([0.0, float("inf")]), "relu1 is not finite on this image")
    Traceback (most recent call last):
    ...
    convscope.errors.DataError: relu1 is not finite on this image. Look at the weights and at the \
preprocessing (mean and std).
    """
    if not bool(torch.as_tensor(values).isfinite().all()):
        raise DataError(f"{what}. Look at the weights and at the preprocessing (mean and std).")
