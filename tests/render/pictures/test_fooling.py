from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.render.canvas import Words
from convscope.render.display import png_of
from convscope.render.pictures.fooling import came, fooling_canvas, fooling_pictures, size, told
from convscope.results.fooling import Fooling
from tests.render.fits import assert_words_fit
from tests.results.made_fooling import SIDE, made_fooling

LONG = "black-and-tan coonhound with an uncommonly long name"


def of_kind(kind: str, **changed: Any) -> Fooling:
    return made_fooling(provenance={"options": {"kind": kind}}, **changed)


def words(result: Fooling) -> list[str]:
    return [part.text for part in fooling_canvas(result).parts if isinstance(part, Words)]


def test_three_pictures_and_below_each_what_the_network_answers() -> None:
    pictures = fooling_pictures(made_fooling())
    assert [one.name for one in pictures] == ["Photograph", "The change", "After the change"]
    assert {one.pixels.shape for one in pictures} == {(192, 192, 3)}
    assert all(one.says for one in pictures)
    said = words(made_fooling())
    titles = [text for text in said if text in ("Before", "With random signs instead")]
    assert titles == ["Before", "With random signs instead"]
    assert "After, in 8 bits" in said
    assert said.count("class 0") == 3  # in question, so in each
    assert png_of(made_fooling())[1:4] == b"PNG"


def test_grey_is_zero_and_the_gain_is_said() -> None:
    change = np.zeros((3, SIDE, SIDE), np.float32)
    change[:, :24] = 8
    change[:, 24:36] = -8
    drawn = fooling_pictures(made_fooling(perturbation=change))[1]
    assert (drawn.pixels[150:] == 128).all()
    gain = 0.32 / np.sqrt(64 * 0.75)
    assert (drawn.pixels[:90] == round(128 + 127 * 8 * gain)).all()
    assert (drawn.pixels[100:140] == round(128 - 127 * 8 * gain)).all()
    assert drawn.measure == "×5.9, full scale ±21.7"
    assert drawn.says.endswith("grey is zero")


def test_no_change_is_the_ground_and_says_so() -> None:
    still = made_fooling(perturbation=np.zeros((3, SIDE, SIDE), np.float32))
    drawn = fooling_pictures(still)[1]
    assert (drawn.pixels == 128).all()
    assert drawn.measure == "nothing changes"


def test_noise_is_not_called_a_photograph() -> None:
    assert fooling_pictures(of_kind("noise"))[0].name == "Noise"


@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [
        ("pgd", {}, "Away from class 0 in 40 steps, each brought back within 8 levels: class 0 "
         "75.6 % before, class 3 93 % after. The answer turned after 3 steps."),
        ("pgd", {"first": 0}, "The random start turned the answer already."),
        ("pgd", {"first": 1}, "The answer turned after 1 step."),
        ("fgsm", {"steps": 1, "first": 1}, "Away from class 0 in one signed step: class 0 75.6 % "
         "before, class 3 93 % after. Fooled."),
        ("noise", {"toward": True, "target": "class 3", "target_number": 3}, "Noise climbed toward "
         "class 3 in 40 steps: class 0 75.6 % before, class 3 93 % after. It was half sure "
         "after 3 steps."),
        ("pgd", {"toward": True, "target": "class 5", "target_number": 5}, "Not fooled."),
        ("pgd", {"link": "sigmoid", "target": "class 4", "target_number": 4, "toward": True},
         "class 4 26.9 % before, class 4 26.9 % after"),
    ],
)  # fmt: skip
def test_what_was_asked_and_what_came_of_it(kind: str, changed: dict[str, Any], said: str) -> None:
    assert said in came(of_kind(kind, **changed))


def test_another_answer_in_8_bits_is_said() -> None:
    scores = made_fooling().scores[[0, 1, 0, 0]]
    assert "class 3 93 % after, class 0 75.6 % in 8 bits." in came(made_fooling(scores=scores))


def test_sizes_are_said_and_those_in_8_bits_where_they_differ() -> None:
    made = made_fooling()
    assert size(made) == (
        "The change in levels of 255: at most 8, on average 8, Euclidean length 665."
    )
    rounded = made_fooling(perturbation=made.perturbation * np.float32(0.97))
    assert "at most 7.76, on average 7.76, Euclidean length 645. In 8 bits at most 8" in size(
        rounded
    )


def test_the_note_comes_last() -> None:
    assert told(made_fooling(note="Said."))[-1] == "Said."
    assert len(told(made_fooling())) == 2
    assert words(made_fooling(note="Said."))[-1] == "Said."


@pytest.mark.parametrize("kind", ["fgsm", "pgd", "noise"])
@pytest.mark.parametrize("side", [28, 48, 227, 300])
def test_words_fit_however_long_the_names_are(kind: str, side: int) -> None:
    shown = np.zeros((side, side, 3), np.uint8)
    change = np.ones((3, side, side), np.float32) * np.float32(1234.5678e-9)
    named = tuple((i, LONG) for i in range(7))
    parts = {"shown": shown, "fooled": shown, "perturbation": change, "classes": named}
    assert_words_fit(fooling_canvas(of_kind(kind, **parts, target=LONG, note=f"{LONG}. " * 9)))


def test_one_channel_and_few_classes() -> None:
    gray = np.zeros((SIDE, SIDE, 1), np.uint8)
    made = made_fooling(
        shown=gray,
        fooled=gray,
        perturbation=np.ones((1, SIDE, SIDE), np.float32),
        scores=np.array([[1.0], [-1.0], [-1.0], [1.0]]),
        link="sigmoid",
    )
    assert_words_fit(fooling_canvas(made))
    assert words(made).count("class 0") == 3
    assert "class 0 73.1 % before, class 0 26.9 % after" in came(made)
