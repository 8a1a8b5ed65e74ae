"""Class purity of planted sets."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.experiments.learning.purity import class_shares, entropy, purity
from tests.twins import readability as slow

LABELS = np.repeat([0, 1, 2], 9)


@pytest.mark.parametrize("own", range(1, 10))
def test_planted_sets_have_the_purity_they_were_planted_with(own: int) -> None:
    """So many of one class, the rest of the two others as evenly as can be."""
    rest = [9 + i if i % 2 else 18 + i for i in range(9 - own)]
    images = [*range(own), *rest]
    most = max(own, (len(rest) + 1) // 2)
    assert purity(np.array([images]), LABELS).tolist() == [most / 9]
    assert slow.purity(images, LABELS) == most / 9
    assert entropy(np.array([images]), LABELS)[0] == pytest.approx(slow.entropy(images, LABELS))


def test_one_class_is_pure_and_even_classes_are_as_mixed_as_can_be() -> None:
    one, even = list(range(9)), [0, 1, 2, 9, 10, 11, 18, 19, 20]
    top = np.array([one, even])
    assert purity(top, LABELS).tolist() == [1.0, 3 / 9]
    assert entropy(top, LABELS).tolist() == [0.0, pytest.approx(np.log2(3))]
    assert class_shares(top, LABELS).sum(axis=1).tolist() == [1.0, 1.0]


def test_channels_without_nine_images_have_none() -> None:
    top = np.array([[0, 1, 2, 3, 4, 5, 6, 7, -1], [-1] * 9])
    assert np.isnan(purity(top, LABELS)).all()
    assert np.isnan(entropy(top, LABELS)).all()
