"""How sure a network is of a class, as a number whose slope never vanishes: the log-odds.

With ``z`` the scores, ``log p / (1 - p)`` of class ``c`` is ``z_c - log sum_{j != c} exp z_j``
under a softmax and ``z_c`` under a sigmoid. The cross-entropy of the label ``c`` is
``J = log(1 + exp(-odds))``, so ``dJ = -(1 - p) d odds``: the same slope times a number, with the
same signs. But in float32 ``1 - p`` is zero where the network is sure, and the cross-entropy's own
gradient is lost there; that of the log-odds is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.reach import Forward
from convscope.results.fooling import is_met
from convscope.results.shares import Link

Levels = NDArray[np.float64]
"""(c, H, W) a picture on the 0..255 scale, not rounded."""


def log_odds(scores: Tensor, number: int, link: Link) -> Tensor:
    """The log-odds (n,) of a class from scores (n, K), before softmax or sigmoid.

    >>> log_odds(torch.tensor([[3.0, 1.0]]), 0, "softmax").tolist()
    [2.0]
    """
    if link == "sigmoid":
        return scores[:, number]
    own = torch.zeros_like(scores, dtype=torch.bool)
    own[:, number] = True
    return scores[:, number] - scores.masked_fill(own, -torch.inf).logsumexp(1)


@dataclass(frozen=True)
class Aim:
    """A class of a network that is to be raised or lowered, and the way to its scores."""

    net: Net
    forward: Forward
    layer: int
    """The layer of scores, on the tape."""
    number: int
    toward: bool
    link: Link

    def scores(self, levels: Levels) -> Levels:
        """Class scores (K,) of a picture.

        Raises:
            DataError: they are not finite.
        """
        scores: Levels = _array(self._scores(self._inputs(levels)))[0]
        return scores

    def slope(self, levels: Levels) -> tuple[Levels, Levels]:
        """Scores (K,), and the way up to what is wanted (c, H, W), in log-odds a level.

        Raises:
            DataError: one of them is not finite.
        """
        leaf = self._inputs(levels).requires_grad_()
        with torch.enable_grad():
            scores = self._scores(leaf.clone())  # a copy: no network can write into a leaf
            odds = log_odds(scores, self.number, self.link)
            (gradient,) = torch.autograd.grad(odds.sum(), leaf)
        check_finite(gradient, "The gradient of the class is not finite on this picture")
        by_level = _array(gradient)[0] / self._spread()
        return _array(scores)[0], by_level if self.toward else -by_level

    def odds(self, levels: Levels) -> float:
        """The class's log-odds on a picture; zero where its probability is one half."""
        scores = torch.from_numpy(self.scores(levels))
        return float(log_odds(scores[None], self.number, self.link))

    def is_met(self, scores: Levels) -> bool:
        """Whether these scores are what is wanted."""
        return is_met(scores, self.number, self.toward, self.link)

    def _inputs(self, levels: Levels) -> Tensor:
        mean = 255 * np.array(self.net.preprocessing.mean)[:, None, None]
        found = (levels - mean) / self._spread()
        is_double = self.net.dtype == torch.float64
        return self.net.batch([found if is_double else found.astype(np.float32)])

    def _spread(self) -> Levels:
        """(c, 1, 1): levels in one unit of the network's input."""
        spread: Levels = 255 * np.array(self.net.preprocessing.std)[:, None, None]
        return spread

    def _scores(self, batch: Tensor) -> Tensor:
        """(1, K) in float64 on the CPU: log-odds are differences of what may be large."""
        scores = self.forward(batch)[self.layer].flatten(1).cpu().double()
        check_finite(scores.detach(), "The scores are not finite on this picture")
        return scores


def _array(values: Tensor) -> Levels:
    found: Levels = values.detach().cpu().double().numpy()
    return found
