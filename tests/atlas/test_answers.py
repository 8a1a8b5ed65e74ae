from __future__ import annotations

from math import exp, isnan

import numpy as np
import pytest

from convscope.atlas.answers import answer_rows


def test_a_row_says_guess_label_and_their_probabilities() -> None:
    scores = np.array([[1.0, 3.0, 2.0], [0.0, 0.0, 0.0]], np.float32)
    first, second = answer_rows(scores, "softmax", [4, 9], [2, None])
    whole = exp(1) + exp(3) + exp(2)
    assert (first["image"], first["guess"], first["label_class"]) == (4, 1, 2)
    assert first["probability"] == pytest.approx(exp(3) / whole)
    assert first["label_probability"] == pytest.approx(exp(2) / whole)
    assert (second["image"], second["guess"], second["label_class"]) == (9, 0, -1)
    assert isnan(second["label_probability"])


def test_a_sigmoid_gives_each_class_its_own() -> None:
    (row,) = answer_rows(np.array([[2.0, -1.0]]), "sigmoid", [0], [1])
    assert row["probability"] == pytest.approx(1 / (1 + exp(-2)))
    assert row["label_probability"] == pytest.approx(1 / (1 + exp(1)))


def test_scores_that_are_not_finite_are_no_guess() -> None:
    rows = answer_rows(np.array([[np.nan, 1.0], [np.inf, 1.0], [2.0, 1.0]]), "softmax",
                       [0, 1, 2], [0, 0, 0])  # fmt: skip
    assert [row["guess"] for row in rows] == [-1, -1, 0]
    assert [isnan(row["probability"]) for row in rows] == [True, True, False]
    assert [isnan(row["label_probability"]) for row in rows] == [True, True, False]
