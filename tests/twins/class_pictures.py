"""The slow twin of class pictures, in numpy float64: no autograd, no log-odds.

Simonyan et al. 2013, eq. 1, climbs ``z_c``; Chollet 2016 the softmax's ``p_c``, whose logarithm has
the slope ``onehot - p`` by the scores (``(1 - p) * onehot`` by those of sigmoids).
"""

from __future__ import annotations

import numpy as np

from tests.twins import gradients
from tests.twins.fooling import Array, Model


def probabilities(z: Array, link: str) -> Array:
    if link == "sigmoid":
        return 1 / (1 + np.exp(-z))
    raised = np.exp(z - z.max())
    return np.asarray(raised / raised.sum())


def climb(
    model: Model, start: Array, label: int, steps: int, lr: float, wanted: str, link: str
) -> Array:
    """The picture in levels of 255, each step ``lr`` long (RMS).

    ``wanted``: score or probability.
    """
    x = start
    for _ in range(steps):
        z, back = gradients.run(model.module, (x / 255 - model.mean) / model.std, "gradient")
        seed = np.zeros_like(z)
        seed[label] = 1
        if wanted == "probability":
            p = probabilities(z, link)
            seed = seed - p if link == "softmax" else seed * (1 - p)
        g = back(seed) / model.std / 255
        x = x + lr * g / np.sqrt((g**2).mean())
    return x
