"""The doctor's kinds as badges of channels, beside what the atlas says of them."""

from __future__ import annotations

import pytest

from convscope.render.health.diagnosis import diagnosed, sentence
from convscope.render.report.card import card
from convscope.render.report.condition import Badge, Condition, kind_counts, kind_words
from convscope.render.report.options import ReportOptions
from convscope.render.report.sentence import reading
from convscope.render.report.survey import survey
from tests.render.fake import FakeAtlas
from tests.render.made_health import KINDS, health


def found(layer: int) -> tuple[Condition, ...]:
    return survey(FakeAtlas(), ReportOptions(), health()).layers[layer].conditions


def badges(layer: int) -> dict[int, tuple[str, ...]]:
    return {
        channel: tuple(badge.text for badge in one.badges)
        for channel, one in enumerate(found(layer))
        if one.badges
    }


def test_every_channel_wears_what_the_doctor_and_the_atlas_found_of_it() -> None:
    assert badges(0) == {4: ("twin of 9",), 6: ("border",), 7: ("dominant",), 9: ("twin of 4",)}
    assert badges(1) == {0: ("duplicate",), 3: ("constant",), 4: ("collapsed",)}
    assert badges(2)[1] == ("rare 0.8 %", "twin of 0")
    assert badges(2)[3] == ("always on",)
    assert badges(2)[4] == ("saturated",)
    assert badges(3) == {2: ("dead",), 4: ("border",), 5: ("dead",)}  # once, though both say so


def test_a_twin_is_named_only_where_it_acts_alike() -> None:
    """A filter like another's, whose activations are not, has no twin by activations."""
    assert found(0)[4].badges == (Badge("duplicate", "twin of 9", 9),)
    assert found(1)[0].badges == (Badge("duplicate", "duplicate"),)
    strict = health(provenance={"thresholds": {"duplicate": {"value": 0.995}}})
    first = survey(FakeAtlas(), ReportOptions(), strict).layers[0]
    assert first.conditions[4].badges == (Badge("duplicate", "duplicate"),)


def test_its_number_is_said_of_the_channel() -> None:
    assert found(0)[4].told == (
        "It does nearly what channel 9 does (correlation 0.991 over these images)."
    )
    assert found(1)[0].told == "Its filter is nearly that of another channel (cosine 0.987)."
    assert found(0)[7].told == "Its filter is 4.21 times as large as the median of the layer."
    assert found(2)[3].told == "It is above zero on more than 99.9 % of its cells."
    assert found(2)[4].told == "It is at its bound on 71 % of its cells."
    assert found(1)[4].told == "BatchNorm scales it by 0.3 % of the median of its layer."
    one = survey(FakeAtlas(), ReportOptions(), health()).layers[0]
    assert reading(one, 7, {}).endswith(" as large as the median of the layer.")


@pytest.mark.parametrize("kind", [*KINDS, "a kind of tomorrow"])
def test_a_number_that_is_not_known_is_not_said(kind: str) -> None:
    assert sentence(kind, {}) == ""
    assert (
        sentence(kind, dict.fromkeys(("twin", "cosine", "gain", "saturated"), float("nan"))) == ""
    )


def test_the_order_of_the_most_telling_is_the_atlass_own() -> None:
    """What is a twin, or loud, tells no less for it."""
    plain = survey(FakeAtlas(), ReportOptions())
    asked = survey(FakeAtlas(), ReportOptions(), health())
    for one, other in zip(plain.layers, asked.layers, strict=True):
        assert one.order.tolist() == other.order.tolist()


def test_a_layer_that_the_doctor_did_not_see_keeps_its_own() -> None:
    atlas = FakeAtlas()
    (one, *_) = survey(atlas, ReportOptions()).layers
    elsewhere = health(layers=tuple(f"other.{name}" for name in health().layers))
    assert diagnosed(one.conditions, one.layer, elsewhere) == one.conditions
    assert diagnosed(one.conditions, one.layer, None) == one.conditions


def test_counts_have_every_kind_and_a_channel_may_be_of_two() -> None:
    assert kind_counts(found(2)) == {
        "live": 6, "rare": 1, "border": 1, "duplicate": 1, "always on": 1, "saturated": 1,
    }  # fmt: skip
    assert kind_words(found(0)) == "8 live, 1 border, 2 duplicate, 1 dominant"
    strange = Condition((Badge("strange", "strange"),))
    assert kind_counts([strange, Condition()]) == {"live": 1, "strange": 1}


def test_a_dead_channel_has_still_nothing_to_show() -> None:
    from convscope.render.report.extent import Extent
    from convscope.render.report.state import State

    one = survey(FakeAtlas(), ReportOptions(), health()).layers[3]
    state = State(Extent(9, frozenset([3])), True, 9, {}, {}, (), 9)
    made = card(one, 2, {}, state, {})
    assert (made.chip, made.peak) == ("no image of 10 fires it", "never above 0")
    assert made.condition.is_empty
