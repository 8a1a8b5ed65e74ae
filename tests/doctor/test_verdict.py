from __future__ import annotations

from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import pytest

from convscope.doctor.answers import Answered
from convscope.doctor.evidence import Evidence, Fit, certainty
from convscope.doctor.headline import headline
from convscope.doctor.layer_state import layer_states
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.verdict import verdict
from convscope.doctor.words import percent
from tests.doctor.fake import evidence

KNOWS = Answered(0.8, 0.85, classes=10, images=500)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (evidence("trained", "trained", answered=KNOWS), "trained"),
        (evidence("noise", "noise", "trained"), "untrained"),
        (evidence("trained", "begun", "begun"), "early"),
        (evidence("trained", "trained", dead=(0, 14)), "dead"),
        (evidence("trained", answered=Answered(0.4, 0.9, 10, 500)), "overfitted"),
        (evidence("trained", "begun", answered=Answered(0.4, 0.9, 10, 500)), "overfitted"),
        (evidence("trained", broken=("fc.weight",)), "broken"),
        (evidence("noise", "noise", dead=(20, 20)), "untrained"),
        (evidence("unknown", "unknown"), "trained"),
        (evidence("trained", answered=Answered(0.1, 0.92, 10, 500)), "guessing"),
        (evidence("begun", "begun", answered=Answered(0.1, 0.2, 10, 500)), "early"),
    ],
)
def test_the_first_rule_that_holds_gives_the_state(given: Evidence, state: str) -> None:
    assert verdict(given).state == state


def test_sure_answers_speak_against_being_early() -> None:
    """A large network may know much and have moved little."""
    faint = evidence("begun", "begun", answered=Answered(0.88, 0.9, classes=10, images=500))
    unsure = replace(faint, answered=Answered(0.5, 0.55, classes=10, images=500))
    assert (verdict(faint).state, verdict(unsure).state) == ("trained", "early")


def test_a_network_that_knows_something_is_not_untrained() -> None:
    """Sixty steps from its start its weights show nothing, and it is right on half the images."""
    knows = evidence("noise", "noise", answered=Answered(0.46, 0.4, classes=18, images=1389))
    guesses = replace(knows, answered=Answered(0.06, 0.4, classes=18, images=1389))
    assert (verdict(knows).state, verdict(guesses).state) == ("early", "untrained")


def test_being_better_on_what_it_was_trained_on_counts_more_than_being_sure() -> None:
    sure = evidence("trained", answered=Answered(0.4, 0.9, 10, 500))
    same = replace(sure, fit=Fit(0.41, 0.4, "256 of train"))
    apart = replace(evidence("trained", answered=KNOWS), fit=Fit(0.99, 0.5, "256 of train"))
    assert verdict(sure).state == "overfitted"
    assert verdict(same).state == "trained"
    assert verdict(apart).state == "overfitted"
    assert verdict(apart).why == (
        "Right on 99 % of what it was trained on and 50 % of other images (256 of train)."
    )


@pytest.mark.parametrize("images", [20, 500])
def test_a_verdict_without_answers_is_weak(images: int) -> None:
    assert verdict(evidence("trained", "trained", images=images)).certainty == "weak"


def test_answers_that_are_guesses_leave_a_verdict_weak() -> None:
    guesses = Answered(0.11, 0.3, classes=10, images=100)
    assert not guesses.knows()
    assert verdict(evidence("trained", "trained", answered=guesses)).certainty == "weak"


def test_the_number_and_the_threshold_stand_in_the_words() -> None:
    said = headline(verdict(evidence("trained", "trained", dead=(0, 13), images=1234)))
    limit = THRESHOLDS["dead"].value
    assert f"65 % of conv2 never fire on 1,234 images (threshold {percent(limit)})." in said
    assert "smaller learning rate" in said


def test_certainty_grows_with_the_distance() -> None:
    assert [certainty(v, 0.5, 0.2) for v in (0.55, 0.39, 0.75, 0.1)] == [
        "weak", "likely", "sure", "sure",
    ]  # fmt: skip


def test_layers_are_judged_one_by_one() -> None:
    given = evidence("trained", "begun", "noise", "unknown")
    assert layer_states(given) == ("trained", "begun", "noise", "unknown")


@pytest.mark.parametrize("test", ["dispersion_z", "evenness_z"])
def test_energy_that_is_spread_unevenly_is_a_pattern_too(test: str) -> None:
    given = evidence("noise", values={test: np.array([30.0])})
    assert layer_states(given) == ("begun",)


def test_small_layers_that_show_nothing_are_unknown_unless_they_have_kernels() -> None:
    small = {"weights": np.array([1000])}
    flat = evidence("noise", values={"noise": np.array([np.nan])}, **small)
    assert layer_states(flat) == ("unknown",)
    assert layer_states(evidence("noise", **small)) == ("noise",)
    assert layer_states(evidence("trained", **small)) == ("trained",)


def test_sureness_is_counted_from_equal_probabilities() -> None:
    assert Answered(0.55, 0.1, classes=10, images=90).sureness == pytest.approx(0.0)
    assert Answered(0.55, 1.0, classes=10, images=90).sureness == pytest.approx(1.0)


def test_knowing_is_more_than_luck_and_more_than_the_commonest_class() -> None:
    """A network that always says one class is right on as many as there are of it."""
    lucky = Answered(0.9, 0.99, classes=2, images=200, guessing=0.9)
    assert not lucky.knows()
    assert replace(lucky, guessing=0.5).knows()
    assert not Answered(2 / 120, 0.1, classes=1000, images=120).knows()


@pytest.mark.parametrize("images", [100, 400])
def test_luck_is_the_tail_of_a_binomial(images: int) -> None:
    """Against the sum written out: the least number of right answers that is no luck."""

    def tail(right: int) -> float:
        return sum(comb(images, k) * 0.1**k * 0.9 ** (images - k) for k in range(right, images + 1))

    least = next(right for right in range(images) if tail(right) < 1e-6)
    assert Answered(least / images, 0.5, classes=10, images=images).knows()
    assert not Answered((least - 1) / images, 0.5, classes=10, images=images).knows()


def test_few_images_say_nothing_of_dead_layers_and_some_say_little() -> None:
    lost = evidence("trained", "trained", dead=(0, 18), images=3)
    assert verdict(lost).state == "trained"
    assert verdict(replace(lost, images=40)).certainty == "weak"
    assert verdict(replace(lost, images=400)).certainty == "sure"


def test_answers_alone_do_not_make_one_sure() -> None:
    faint = evidence("begun", "begun", "noise", answered=Answered(0.88, 0.9, 10, 500))
    assert (verdict(faint).state, verdict(faint).certainty) == ("trained", "likely")


GUESSES = Answered(0.1, 0.92, classes=10, images=500)


def test_guesses_on_trained_weights_are_a_state_of_their_own() -> None:
    found = verdict(evidence("trained", answered=GUESSES))
    assert (found.state, found.certainty) == ("guessing", "weak")
    assert found.why.startswith("Right on 10 % of 500 images, where guessing gives 10 %.")
    assert "Are the labels in the network's order (--classes)" in found.why


@pytest.mark.parametrize(
    ("changed", "sign"),
    [
        ({"fit": Fit(0.12, 0.1, "its training at epoch 3", knew=False)},
         "right on 12 % of what it was trained on: training has gone wrong"),
        ({"answered": replace(GUESSES, commonest=0.97)}, "It gives 97 % of the images one answer"),
        ({"dead": (0, 9)}, "45 % of conv2 never fire: training has gone wrong"),
    ],
)  # fmt: skip
def test_what_speaks_for_a_training_gone_wrong_is_said(changed: Any, sign: str) -> None:
    found = verdict(evidence("trained", "trained", **{"answered": GUESSES, **changed}))
    assert found.state == "guessing"
    assert sign in found.why
    assert "labels" not in found.why


def test_one_that_knew_in_training_has_met_other_images_or_labels() -> None:
    knew = evidence("trained", answered=GUESSES, fit=Fit(0.85, 0.8, "its training"), dead=(9,))
    assert "In training it was right on 85 %: so these images, their labels" in verdict(knew).why
    assert "gone wrong" not in verdict(knew).why


def test_few_answers_are_neither_knowing_nor_guessing() -> None:
    few = evidence("trained", images=8, answered=Answered(0.25, 0.9, classes=10, images=8))
    assert verdict(few).state == "trained"
    assert "right on 2 of 8 labelled images, which does not tell knowing" in verdict(few).why


@pytest.mark.parametrize(("classes", "images"), [(10, 20), (10, 100), (2, 100), (1000, 40)])
def test_guesses_are_what_could_not_be_a_tenth_better(classes: int, images: int) -> None:
    """Against the binomial sum: the largest accuracy that gives so few right answers in 1 of 40."""
    chance, right = 1 / classes, images // classes

    def at_most(p: float) -> float:
        return sum(comb(images, k) * p**k * (1 - p) ** (images - k) for k in range(right + 1))

    low, high = chance, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle) > 0.025 else (low, middle)
    told = Answered(right / images, 0.5, classes, images).guesses()
    assert told == (low < chance + 0.1)


def test_what_was_learnt_by_heart_is_not_untrained() -> None:
    guesses = Answered(0.1, 0.5, classes=10, images=500)
    by_heart = evidence("noise", "noise", answered=guesses, fit=Fit(0.99, 0.1, "its training"))
    assert verdict(by_heart).state == "overfitted"


def test_answers_that_are_no_numbers_are_broken() -> None:
    found = verdict(evidence("trained", answered=Answered(0.1, float("nan"), 10, 500)))
    assert (found.state, found.why) == ("broken", "Its answers are no numbers.")


def test_where_nothing_can_be_judged_that_is_said() -> None:
    nothing = evidence("unknown", "unknown")
    assert verdict(nothing).why == "No layer can be judged by its weights."
    guesses = replace(nothing, answered=Answered(0.1, 0.2, classes=10, images=500))
    assert (verdict(guesses).state, verdict(guesses).certainty) == ("untrained", "weak")
