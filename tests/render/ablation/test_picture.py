"""The drawn table: marks where their numbers are, words that have room."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.render.ablation.picture import (
    HEAD,
    LEFT,
    MARK,
    RIGHT,
    ROW,
    TRAIN,
    ablation_canvas,
    ablation_png,
)
from convscope.render.canvas import Line, Words
from convscope.render.lettering import INK
from convscope.results.ablation import Ablation
from tests.render.fits import assert_words_fit
from tests.results.made_ablation import NAN, made_ablation, of_seeds

LONG = "without=3+4+6+7,fc=1024,width=0.125,kernel=11,stride=4"


def _centers(made: Ablation, row: int) -> dict[str, float]:
    """Where the marks of a row stand, across."""
    top, bottom = HEAD + ROW * row, HEAD + ROW * (row + 1)
    found = {}
    for part in ablation_canvas(made).parts:
        if isinstance(part, Line) and all(top < y < bottom for _, y in part.points):
            xs = [x for x, _ in part.points]
            if part.ink == INK and part.width == MARK:
                found["held out"] = (min(xs) + max(xs)) / 2
            if part.ink == TRAIN and len(part.points) == 5:
                found["train"] = (min(xs) + max(xs)) / 2
    return found


def test_marks_stand_where_their_errors_are_on_the_axis() -> None:
    made = made_ablation()
    for row, (train, held) in enumerate(zip(made.train_error, made.error, strict=True)):
        centers = _centers(made, row)
        for name, error in (("train", train), ("held out", held)):
            at = LEFT + (RIGHT - LEFT) * float(error[0]) / 0.5
            assert centers[name] == pytest.approx(at, abs=0.01)


def test_numbers_are_those_of_the_result() -> None:
    words = [
        part.text for part in ablation_canvas(made_ablation()).parts if isinstance(part, Words)
    ]
    for said in ("62,357,608", "33.1 %", "38.4 %", "16.5 %", "+1.8", "−0.9", "top-5 error"):
        assert said in words


def test_where_five_guesses_say_nothing_there_is_no_such_column() -> None:
    words = [part.text for part in ablation_canvas(of_seeds([[0.2]])).parts
             if isinstance(part, Words)]  # fmt: skip
    assert not any("top" in word for word in words)


def test_a_line_runs_from_the_lowest_seed_to_the_highest() -> None:
    made = of_seeds([[0.2, 0.4], [0.3, 0.3]])
    middle = HEAD + ROW / 2
    spans = [
        part.points
        for part in ablation_canvas(made).parts
        if isinstance(part, Line) and part.ink == INK and part.width == 2
    ]
    scale = (RIGHT - LEFT) / 0.4
    assert spans[0] == ((LEFT + 0.2 * scale, middle), (LEFT + 0.4 * scale, middle))


def test_what_has_no_numbers_has_no_mark_and_says_so() -> None:
    made = of_seeds([[0.2], [NAN]], parameters=np.array([5, 0]))
    assert _centers(made, 1) == {}
    words = [part.text for part in ablation_canvas(made).parts if isinstance(part, Words)]
    assert words.count("–") == 3
    assert "no number" in words


@pytest.mark.parametrize(
    "made",
    [
        made_ablation(),
        of_seeds([[0.25, 0.27], [0.45, 0.47], [NAN, NAN]]),
        of_seeds([[NAN], [NAN]]),
        of_seeds([[0.0], [1.0]], names=("whole network", LONG)),
    ],
)
def test_words_have_room(made: Ablation) -> None:
    assert_words_fit(ablation_canvas(made))
    assert ablation_png(made).startswith(b"\x89PNG")
