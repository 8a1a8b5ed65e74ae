"""How activations ``A_k`` and gradients ``g_k = dS/dA_k`` of a layer become one signed map (h, w).

The final ReLU of the papers is left out: what speaks against a class is negative. Apply
``clip(0)`` to have theirs. ``Z`` is the number of cells, sums over ``k`` go over channels.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Formula = Callable[[Tensor, Tensor], Tensor]


def cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """``M = sum_k w_k A_k`` with the class's weights ``w_k`` behind global average pooling.

    Pooling spreads ``w_k / Z`` over the cells, so the sum of the gradient over a map is ``w_k``.

    Source: Zhou et al. 2016, eq. 2.
    """
    return (gradient.sum((2, 3), keepdim=True) * activation).sum(1)[0]


def gradcam(activation: Tensor, gradient: Tensor) -> Tensor:
    """``L = sum_k a_k A_k`` with ``a_k`` the mean of ``g_k`` over the map.

    Source: Selvaraju et al. 2017, eqs. 1 and 2.
    """
    return (gradient.mean((2, 3), keepdim=True) * activation).sum(1)[0]


def gradcam_plus_plus(activation: Tensor, gradient: Tensor) -> Tensor:
    """``L = sum_k w_k A_k``, ``w_k = sum_ij alpha_kij max(g_kij, 0)``.

    ``alpha_kij = g_kij^2 / (2 g_kij^2 + g_kij^3 sum_ab A_kab)``, 0 where that divides by zero:
    the paper's closed form for ``exp(S)``, whose factor ``exp(S)``, common to all weights, is
    left out (as in everybody's code; it would overflow).

    Source: Chattopadhay et al. 2018 (arXiv 1710.11063), eqs. 7 and 19.
    """
    below = 2 * gradient**2 + gradient**3 * activation.sum((2, 3), keepdim=True)
    alpha = torch.where(below == 0, 0, gradient**2 / torch.where(below == 0, 1, below))
    weight = (alpha * gradient.clamp(min=0)).sum((2, 3), keepdim=True)
    return (weight * activation).sum(1)[0]


def hirescam(activation: Tensor, gradient: Tensor) -> Tensor:
    """``sum_k g_k A_k``, cell by cell: nothing is averaged, so no cell lends its weight to another.

    Source: Draelos & Carin 2020 (arXiv 2011.08891), sec. 3.
    """
    return (gradient * activation).sum(1)[0]


def layercam(activation: Tensor, gradient: Tensor) -> Tensor:
    """``sum_k max(g_k, 0) A_k``, cell by cell.

    Source: Jiang et al. 2021, *LayerCAM*, IEEE TIP 30, the weights of each location.
    """
    return (gradient.clamp(min=0) * activation).sum(1)[0]


def fastai(activation: Tensor, probabilities: Tensor) -> Tensor:
    """``f2 = sum_k max(0, A_k) p_k``, scaled from its minimum to its maximum as 0 to 1.

    ``A_k`` is the map of class ``k`` before global average pooling, ``p_k`` its probability. A
    map that is the same everywhere becomes zero.

    Source: fast.ai 2018, courses/dl1/lesson7-CAM.ipynb.
    """
    mixed = (activation.clamp(min=0) * probabilities[..., None, None]).sum(1)[0]
    low, high = mixed.min(), mixed.max()
    return (mixed - low) / (high - low) if high > low else torch.zeros_like(mixed)


FORMULAS: dict[str, Formula] = {
    "cam": cam,
    "gradcam": gradcam,
    "gradcam++": gradcam_plus_plus,
    "hirescam": hirescam,
    "layercam": layercam,
    "guided_gradcam": gradcam,
}
"""By kind, those that take activations and gradients."""
