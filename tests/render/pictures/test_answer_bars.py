from __future__ import annotations

import numpy as np
import pytest

from convscope.render.canvas import Shot, Words
from convscope.render.picture import SIGNAL
from convscope.render.pictures.answer_bars import Share, answer_bars
from tests.render.fits import assert_words_fit


def lit(share: Share) -> float:
    """The part of its bar that is not trough."""
    shots = [p for p in answer_bars("", [share], 200).parts if isinstance(p, Shot)]
    assert shots[0].pixels.shape == (8, 200, 3)
    return float((shots[0].pixels[4] != 232).any(-1).mean())


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("is_asked", [True, False])
def test_a_bar_is_as_long_as_the_probability(p: float, is_asked: bool) -> None:
    assert lit(Share("cat", p, is_asked)) == pytest.approx(p)


def test_only_the_class_in_question_is_in_signal() -> None:
    made = answer_bars("Before", [Share("cat", 0.6, True), Share("dog", 0.4)], 227)
    bars = [part.pixels for part in made.parts if isinstance(part, Shot)]
    signal = [(pixels == np.array(SIGNAL)).all(-1).sum() for pixels in bars]
    assert signal[0] > 500
    assert signal[1] == 0
    words = [part for part in made.parts if isinstance(part, Words)]
    assert [one.text for one in words] == ["Before", "cat", "60 %", "dog", "40 %"]
    assert [one.is_bold for one in words] == [True, True, False, False, False]


def test_long_names_wrap_and_nothing_overlaps() -> None:
    long = Share("black-and-tan coonhound with an uncommonly long name", 0.0004, True)
    made = answer_bars("With random signs instead", [long, Share("dog", 0.9), long], 227)
    assert_words_fit(made)
    text = " ".join(part.text for part in made.parts if isinstance(part, Words))
    assert text.count("uncommonly") == 2
    assert "< 0.1 %" in text
