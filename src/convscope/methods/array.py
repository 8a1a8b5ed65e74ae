"""A tensor as the array that a result holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def as_array(values: Tensor) -> NDArray[np.float32]:
    """The same in float32 and in the processor's memory, whatever the network's device and dtype.

    >>> import torch
    >>> as_array(torch.ones(2, dtype=torch.bfloat16))
    array([1., 1.], dtype=float32)
    """
    found: NDArray[np.float32] = values.float().cpu().numpy()
    return found
