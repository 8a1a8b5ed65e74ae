"""The code of an image at a layer, and how much of it another picture has."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.synthesis.objective import Objective, Reached


@dataclass(frozen=True)
class Code(Objective):
    """What a layer makes of one image, for other pictures to come to.

    ``f(x) = 1 - |Phi(x) - Phi0|^2 / |Phi0|^2``: 1 where a picture has the same code, 0 where its
    own is zero. The slope is that of minus the loss.

    Source: Mahendran & Vedaldi 2015, sec. 3: squared Euclidean distance over the code's own.

    >>> import torch
    >>> code = Code(7, torch.tensor([[[3.0]], [[4.0]]]), "relu3")
    >>> code.errors({7: torch.tensor([[[[3.0]], [[4.0]]], [[[3.0]], [[0.0]]]])}).tolist()
    [0.0, 0.8]
    """

    number: int
    code: Tensor
    """(C, h, w); not all zero."""
    name: str

    @property
    def numbers(self) -> tuple[int, ...]:  # type: ignore[override]
        """The one layer."""
        return (self.number,)

    def values(self, reached: Reached) -> Tensor:
        """(n,), in float64: near its end a climb moves little."""
        return 1 - self._squares(reached)

    def errors(self, reached: Reached) -> Tensor:
        """(n,) ``|Phi(x) - Phi0| / |Phi0|``."""
        return self._squares(reached).sqrt()

    def _squares(self, reached: Reached) -> Tensor:
        differences = (reached[self.number] - self.code).flatten(1)
        differences = differences.to(torch.promote_types(differences.dtype, torch.float32))
        size = self.code.double().pow(2).sum()
        return differences.pow(2).sum(1).double() / size
