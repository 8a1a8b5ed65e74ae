from __future__ import annotations

import numpy as np
import pytest

from convscope.results.caption import CAPTIONS
from convscope.results.fooling import ROWS, is_met
from convscope.results.shares import Link
from tests.results.made_fooling import made_fooling


@pytest.mark.parametrize(
    ("scores", "number", "toward", "link", "expected"),
    [
        ([3, 1, 2], 0, True, "softmax", True),
        ([3, 1, 2], 2, True, "softmax", False),
        ([3, 1, 2], 0, False, "softmax", False),
        ([3, 1, 2], 1, False, "softmax", True),
        ([-3, 1, 2], 1, True, "sigmoid", True),
        ([-3, 1, 2], 1, False, "sigmoid", False),
        ([-3, 1, 2], 0, False, "sigmoid", True),
        ([0, 1, 2], 0, False, "sigmoid", False),
        ([0, 1, 2], 0, True, "sigmoid", False),
    ],
)
def test_what_was_wanted(
    scores: list[float], number: int, toward: bool, link: Link, expected: bool
) -> None:
    assert is_met(np.array(scores, float), number, toward, link) == expected


def test_the_rows_are_read_by_their_names() -> None:
    made = made_fooling()
    p = np.exp(made.scores) / np.exp(made.scores).sum(1, keepdims=True)
    assert np.allclose(made.probabilities, p)
    for i, row in enumerate(ROWS):
        assert made.probability(row) == pytest.approx(p[i, 0])
        numbers, names, shares = zip(*made.top(row), strict=True)
        assert list(numbers) == np.argsort(-p[i], kind="stable")[:5].tolist()
        assert names == tuple(f"class {n}" for n in numbers)
        assert shares == pytest.approx(np.sort(p[i])[::-1][:5].tolist())
        assert made.answer(row) == names[0]
    assert [made.answer(row) for row in ROWS] == ["class 0", "class 3", "class 3", "class 0"]


def test_fooled_is_what_answers_as_wanted_and_did_not_before() -> None:
    made = made_fooling()
    assert [made.is_fooled(row) for row in ROWS] == [False, True, True, False]
    assert made.is_fooled()
    undone = made_fooling(scores=made.scores[[0, 1, 0, 0]])
    assert undone.is_fooled("after")
    assert not undone.is_fooled()
    already = made_fooling(scores=made.scores[[1, 1, 1, 1]])
    assert already.is_met("after")
    assert not already.is_fooled("after")
    toward = made_fooling(toward=True, target_number=3, target="class 3")
    assert toward.is_fooled()
    assert not made_fooling(toward=True).is_fooled()


def test_norms_are_of_the_change_and_of_the_two_pictures() -> None:
    change = np.zeros((3, 4, 4), np.float32)
    change[0, 0, 0], change[2, 3, 1] = -3.4, 4.4
    shown = np.full((4, 4, 3), 100, np.uint8)
    fooled = shown.copy()
    fooled[0, 0, 0], fooled[3, 1, 2] = 97, 104
    made = made_fooling(perturbation=change, shown=shown, fooled=fooled)
    assert made.norms["linf"] == pytest.approx(4.4)
    assert made.norms["l2"] == pytest.approx(np.hypot(3.4, 4.4))
    assert made.norms["mean"] == pytest.approx(7.8 / 48)
    assert made.norms_rounded == {"linf": 4.0, "l2": 5.0, "mean": pytest.approx(7 / 48)}


def test_noise_has_its_own_sentences() -> None:
    assert made_fooling().caption == CAPTIONS["fooling"]._asdict()
    noise = made_fooling(provenance={"options": {"kind": "noise"}})
    assert noise.caption == CAPTIONS["fooling_noise"]._asdict()
