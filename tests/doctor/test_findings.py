from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convscope.doctor.advice import advice
from convscope.doctor.answers import Answered
from convscope.doctor.bound import at_most
from convscope.doctor.course import Course
from convscope.doctor.evidence import Evidence, First, Fit
from convscope.doctor.findings import ORDER, findings
from convscope.doctor.headline import headline
from convscope.doctor.verdict import verdict
from convscope.results.finding import Advice, Finding
from tests.doctor.fake import CHANNELS, evidence


def found(given: Evidence) -> tuple[Finding, ...]:
    return findings(given, verdict(given))


def advised(given: Evidence) -> dict[str, Advice]:
    listed = advice(given, verdict(given), found(given))
    return {one.what: one for one in listed}


def of_kind(kind: str, *channels: int) -> Evidence:
    """Two trained layers, those channels of the second of a kind."""
    given = evidence("trained", "trained")
    given.kinds[kind][[CHANNELS + channel for channel in channels]] = True
    return given


def test_a_healthy_network_has_none() -> None:
    assert found(evidence("trained", "trained")) == ()


@pytest.mark.parametrize(
    "kind",
    ["dead", "saturated", "collapsed", "duplicate", "dominant", "constant", "always on", "rare"],
)
def test_channels_are_named_with_their_layer(kind: str) -> None:
    (one,) = found(of_kind(kind, 2, 7))
    assert (one.kind, one.layer, one.channels) == (kind, "conv2", (2, 7))
    assert one.says.startswith("2 of 20 channels of conv2 (10 %) ")
    assert one.evidence.endswith(".")
    assert one.remedy
    assert one.value == 0.1


def test_silence_is_said_with_what_it_proves() -> None:
    """At 95 %: whoever fires on a share p of all is silent on n with the chance (1 - p)^n = .05."""
    assert (1 - at_most(500)) ** 500 == pytest.approx(0.05)
    assert at_most(500) == pytest.approx(3 / 500, rel=0.01)
    assert at_most(0) == 1
    (one,) = found(of_kind("dead", 4))
    assert "Silent on all 500 images, so with 95 % confidence each fires on fewer than 0.6 %" in (
        one.evidence
    )
    (one,) = found(replace(of_kind("dead", 4), images=1_000_000))
    assert "on fewer than 0.01 % of images" in one.evidence


@pytest.mark.parametrize(("images", "sure"), [(9, "weak"), (60, "likely"), (2000, "sure")])
def test_few_images_make_silence_less_sure(images: int, sure: str) -> None:
    given = replace(of_kind("dead", 4), images=images)
    (one,) = found(given)
    assert one.certainty == sure
    assert one.remedy.startswith("Look at more images first: 9") == (sure == "weak")
    rate = advised(given)["A smaller learning rate"]
    assert (rate.is_indicated == "unknown") == (images < 60)


def test_the_gravest_come_first_and_the_most_channels_of_a_kind() -> None:
    given = evidence("noise", "trained", dead=(1, 3))
    given.kinds["rare"][5] = given.kinds["duplicate"][9] = True
    kinds = [(one.kind, one.layer) for one in found(given)]
    assert kinds == [
        ("dead", "conv2"), ("dead", "conv1"), ("noise", "conv1"), ("duplicate", "conv1"),
        ("rare", "conv1"),
    ]  # fmt: skip
    assert [ORDER.index(kind) for kind, _ in kinds] == sorted(
        ORDER.index(kind) for kind, _ in kinds
    )


def aliasing(share: float) -> Evidence:
    values = {"alias": np.array([share, np.nan])}
    return evidence("trained", "trained", values=values, first=First("conv1", 11, 4))


def test_a_stride_too_large_is_said_with_the_stride() -> None:
    (one,) = found(aliasing(0.6))
    assert (one.kind, one.layer, one.measure) == ("alias", "conv1", "alias")
    assert "60 % of what it passes of a photograph is finer than a stride of 4 px" in one.evidence
    assert one.remedy.startswith("A smaller first stride than 4")
    assert found(aliasing(0.05)) == ()


def test_each_change_is_advised_by_its_own_number() -> None:
    what = "A smaller first kernel or stride"
    assert advised(aliasing(0.6))[what].is_indicated == "yes"
    assert advised(aliasing(0.02))[what].is_indicated == "no"
    assert advised(evidence("trained"))[what].is_indicated == "unknown"
    dying = advised(evidence("trained", "trained", dead=(0, 5)))["A smaller learning rate"]
    assert (dying.is_indicated, dying.why) == ("maybe", "25 % of conv2 never fire.")
    well = advised(evidence("trained"))["A smaller learning rate"]
    assert (well.is_indicated, well.why) == ("no", "No channel is dead.")


def test_data_and_regularization_follow_the_gap() -> None:
    def both(accuracy: float, confidence: float) -> list[str]:
        answered = Answered(accuracy, confidence, classes=10, images=500)
        listed = advised(evidence("trained", answered=answered))
        return [listed[what].is_indicated for what in ("More data", "More regularization")]

    assert both(0.4, 0.95) == ["yes", "yes"]
    assert both(0.7, 0.85) == ["maybe", "maybe"]
    assert both(0.8, 0.82) == ["unknown", "no"]  # not sure enough to have done with these
    assert both(0.9, 0.92) == ["no", "no"]
    nothing = advised(evidence("trained"))
    assert nothing["More data"].is_indicated == "unknown"
    assert "Without labelled images" in nothing["More data"].why


def test_a_training_gone_wrong_wants_a_smaller_rate_and_wrong_labels_do_not() -> None:
    def indicated(dead: int) -> dict[str, str]:
        guesses = Answered(0.1, 0.3, classes=10, images=500)
        listed = advised(evidence("trained", "trained", answered=guesses, dead=(0, dead)))
        return {what: one.is_indicated for what, one in listed.items()}

    wrecked, other = indicated(12), indicated(0)
    assert (wrecked["A smaller learning rate"], wrecked["More epochs"]) == ("yes", "no")
    assert (other["A smaller learning rate"], other["More epochs"]) == ("no", "unknown")
    for listed in (wrecked, other):
        assert listed["More data"] == listed["More regularization"] == "unknown"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (evidence("trained", "trained", dead=(0, 18)), "A network that has not learnt"),
        (evidence("begun", "begun"), "A network that has not learnt"),
        (evidence("trained", images=8), "Too few images have a label"),
    ],
)
def test_guesses_do_not_tell_how_much_data_it_takes(given: Evidence, why: str) -> None:
    guesses = Answered(0.125, 0.2, classes=10, images=given.images)
    data = advised(replace(given, answered=guesses))["More data"]
    assert (data.is_indicated, data.why.startswith(why)) == ("unknown", True)


def epochs(given: Evidence) -> Advice:
    return advised(given)["More epochs"]


def test_epochs_follow_the_layers_where_only_they_tell() -> None:
    assert epochs(evidence("noise", "noise")).is_indicated == "yes"
    assert epochs(evidence("trained", "begun", "begun")).is_indicated == "yes"
    some = epochs(evidence("trained", "trained", "begun"))
    assert (some.is_indicated, some.why) == ("maybe", "Only faint patterns in conv3.")
    alone = epochs(evidence("trained", "trained"))
    assert alone.is_indicated == "unknown"  # patterns do not say that training has finished
    sure = Answered(0.9, 0.92, classes=10, images=500)
    assert epochs(evidence("trained", answered=sure)).is_indicated == "no"
    unsure = replace(sure, accuracy=0.3, confidence=0.4)
    assert epochs(evidence("trained", answered=unsure)).is_indicated == "maybe"
    by_heart = evidence("trained", "trained", "begun", answered=Answered(0.4, 0.9, 10, 500))
    assert epochs(by_heart).is_indicated == "no"
    assert epochs(evidence("unknown", "unknown")).is_indicated == "unknown"


def going(before: float, now: float, losses: tuple[float, float] = (2.3, 1.7)) -> Fit:
    """Of a run at epoch 60."""
    course = Course(60, 1740, losses, (before, now), now - 0.03, 900, 100, back=45)
    return Fit(now, now - 0.03, "its training at epoch 60", course, images=100)


def test_a_run_that_still_learns_is_told_to_go_on() -> None:
    """26 % right, in every layer a pattern, and a third more data or epochs makes it 36 %."""
    answered = Answered(0.26, 0.25, classes=10, images=1000)
    given = evidence("trained", "trained", answered=answered, fit=going(0.22, 0.30))
    assert epochs(given).is_indicated == "yes"
    assert "still got better on what it was trained on, from 22 % to 30 %" in epochs(given).why
    data = advised(given)["More data"]
    assert (data.is_indicated, data.why.endswith("It does not fit what it has yet.")) == (
        "unknown", True,
    )  # fmt: skip
    assert "Yet it is right on only 30 % of what it was trained on." in headline(verdict(given))


@pytest.mark.parametrize(("now", "more"), [(0.3, True), (0.95, False)])
def test_a_run_that_no_longer_learns_is_not(now: float, more: bool) -> None:
    answered = Answered(now - 0.03, now, classes=10, images=1000)
    found = epochs(evidence("trained", answered=answered, fit=going(now, now)))
    assert found.is_indicated == "no"
    assert found.why.endswith("a larger network may be.") == more


def test_one_that_fits_and_still_learns_may_gain_a_little() -> None:
    answered = Answered(0.8, 0.8, classes=10, images=1000)
    found = epochs(evidence("trained", answered=answered, fit=going(0.7, 0.85)))
    assert (found.is_indicated, found.certainty) == ("maybe", "weak")


def test_a_run_that_has_stood_still_for_long_is_not_told_to_train_on() -> None:
    stuck = replace(going(0.1, 0.1, (2.305, 2.3)), knew=False)
    guesses = Answered(0.1, 0.11, classes=10, images=1000)
    given = evidence("noise", "noise", answered=guesses, fit=stuck)
    assert verdict(given).state == "untrained"
    assert epochs(given).is_indicated == "no"
    said = headline(verdict(given))
    assert "60 epochs of its run (1,740 steps) have not lowered its loss (2.31 to 2.3)" in said
    assert "weights were loaded" not in said
    faint = evidence("begun", "begun", answered=guesses, fit=stuck)
    assert verdict(faint).state == "guessing"


def test_what_is_said_of_one_layer_does_not_contradict_the_verdict() -> None:
    given = evidence("noise", "trained", "trained", dead=(0, 18))
    remedies = {one.kind: one.remedy for one in found(given)}
    assert verdict(given).state == "dead"
    assert remedies["noise"] == "Mend the training first."
    assert "cut" not in remedies["dead"]
    assert "can be cut" in found(evidence("trained", "trained", dead=(0, 3)))[0].remedy


def test_a_trained_network_that_died_is_dead_and_not_untrained() -> None:
    killed = evidence("noise", "noise", dead=(0, 16))
    assert verdict(killed).state == "untrained"  # as far as is known it never was trained
    assert verdict(replace(killed, fit=going(0.1, 0.1))).state == "dead"


def test_how_much_was_dead_before_training_stands_beside() -> None:
    (one,) = found(replace(evidence("trained", "trained", dead=(0, 9)),
                           dead_at_start=np.array([np.nan, 0.05])))  # fmt: skip
    assert one.says == ("9 of 20 channels of conv2 (45 %; before training at most 5 %) never fire.")


def test_a_stride_of_one_folds_nothing() -> None:
    given = replace(aliasing(0.0), first=First("conv1", 3, 1))
    assert advised(given)["A smaller first kernel or stride"].why == "A stride of 1 folds nothing."
