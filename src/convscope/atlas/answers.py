"""What the network said of each image: rows of ``answers.parquet``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.shares import Link, shares

NO_CLASS = -1
"""The guess where scores are not finite, and the class of a label that is none."""


def answer_rows(
    scores: NDArray[Any], link: Link, images: Sequence[int], classes: Sequence[int | None]
) -> list[dict[str, Any]]:
    """One row an image, of scores ``(n, k)`` and the classes of the images' labels.

    Of equal scores the first class is the guess.

    >>> answer_rows(np.zeros((1, 2)), "softmax", [7], [1])[0]["label_probability"]
    0.5
    """
    finite = np.isfinite(scores).all(axis=1)
    sure = shares(np.where(finite[:, None], scores, 0), link)
    return [
        _row(image, sure[n] if finite[n] else None, label)
        for n, (image, label) in enumerate(zip(images, classes, strict=True))
    ]


def _row(image: int, sure: NDArray[np.float64] | None, label: int | None) -> dict[str, Any]:
    nan = float("nan")
    guess = NO_CLASS if sure is None else int(sure.argmax())
    return {
        "image": image,
        "guess": guess,
        "probability": nan if sure is None else float(sure[guess]),
        "label_class": NO_CLASS if label is None else label,
        "label_probability": nan if sure is None or label is None else float(sure[label]),
    }
