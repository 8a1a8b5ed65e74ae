"""Whether two runs of a network gave the same numbers."""

from __future__ import annotations

import torch
from torch import Tensor


def is_equal(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and the same values, NaN in the same places.

    >>> nan = torch.tensor([1.0, float("nan")])
    >>> is_equal(nan, nan.clone()), is_equal(nan, torch.tensor([1.0, 0.0]))
    (True, False)
    """
    if torch.equal(one, other):
        return True
    if one.shape != other.shape:
        return False
    both_nan = (one != one) & (other != other)
    return bool(((one == other) | both_nan).all())
