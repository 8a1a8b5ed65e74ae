"""How well a linear classifier reads the class from a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.experiments.learning.strongest import Ints

STRENGTH = 0.1
"""Of the classifier: scikit-learn's ``C``, the same for every layer and network."""
ITERATIONS = 5000


def probe(features: NDArray[Any], labels: Ints, fit: int) -> float:
    """The accuracy of a linear classifier on images that it was not fitted on.

    Logistic regression on features that are standardized by the mean and deviation of the images
    it is fitted on, of those alone. Accuracy is the mean over classes of the share answered right,
    so that chance is 1 / classes however frequent they are.

    Source: Alain & Bengio 2016, *Understanding intermediate layers using linear classifier probes*
    (arXiv 1610.01644).

    Args:
        features: (n, p) of n images.
        labels: (n,) the class of each.
        fit: the first so many are for fitting, the rest for testing.

    Returns:
        0 to 1; chance where the features are the same for all images, as in a dead layer.

    >>> labels = np.tile([0, 1], 20)
    >>> probe(labels[:, None] * 2.0, labels, 20)
    1.0
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    wide = np.asarray(features, np.float64)
    scaler = StandardScaler().fit(wide[:fit])
    reader = LogisticRegression(C=STRENGTH, max_iter=ITERATIONS)
    reader.fit(scaler.transform(wide[:fit]), labels[:fit])
    return class_accuracy(reader.predict(scaler.transform(wide[fit:])), labels[fit:])


def class_accuracy(answers: Ints, labels: Ints) -> float:
    """The share answered right of each class that occurs, on average over classes.

    >>> class_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])), class_accuracy(
    ...     np.array([0, 0, 0]), np.array([0, 0, 1]))
    (0.75, 0.5)
    """
    right = answers == labels
    return float(np.mean([right[labels == one].mean() for one in np.unique(labels)]))
