"""The slow twin of caricatures, in numpy float64: Lucid's ``dot_compare`` differentiated by hand.

With ``a`` the activations given and ``b`` those reached, ``d = ab / |a|``, ``c = ab / |a||b|``:
``f = d max(c, .1)^k``, so ``df/db = c^k a / |a| + k d c^(k-1) dc/db`` where c is above .1.
"""

from __future__ import annotations

import numpy as np

from tests.twins import gradients
from tests.twins.fooling import Array, Model


def likeness(a: Array, b: Array, power: float) -> tuple[float, Array]:
    """The objective and its slope by ``b``."""
    dot, long_a, long_b = float((a * b).sum()), np.sqrt((a**2).sum()), np.sqrt((b**2).sum())
    d, c = dot / long_a, dot / (long_a * long_b)
    if c <= 0.1:
        return d * 0.1**power, 0.1**power * a / long_a
    turn = a / (long_a * long_b) - dot * b / (long_a * long_b**3)
    return d * c**power, c**power * a / long_a + power * d * c ** (power - 1) * turn


def climb(model: Model, photo: Array, start: Array, steps: int, lr: float, power: float) -> Array:
    """The picture in levels of 255, each step ``lr`` long (RMS)."""
    a, x = activations(model, photo), start
    for _ in range(steps):
        b, back = gradients.run(model.module, (x / 255 - model.mean) / model.std, "gradient")
        g = back(likeness(a, b, power)[1]) / model.std / 255
        x = x + lr * g / np.sqrt((g**2).mean())
    return x


def activations(model: Model, x: Array) -> Array:
    return gradients.run(model.module, (x / 255 - model.mean) / model.std, "gradient")[0]
