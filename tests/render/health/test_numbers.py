from __future__ import annotations

import json

import numpy as np

from convscope.render.health.numbers import digest, health_json, health_numbers
from tests.render.made_health import (
    ADVICE,
    CHANNELS,
    FINDINGS,
    KINDS,
    LAYER_MEASURES,
    LAYERS,
    THRESHOLDS,
    UNIT_MEASURES,
    health,
)


def test_every_number_of_the_verdict_is_there() -> None:
    made, said = health(), json.loads(health_json(health()))
    for place, layer in enumerate(said["layers"]):
        assert (layer["name"], layer["state"]) == (LAYERS[place], made.layer_states[place])
        for floor, name in ((None, "values"), (0, "initialized"), (1, "shuffled")):
            wanted = made.layer_values if floor is None else made.layer_floors[floor]
            for row, measure in enumerate(LAYER_MEASURES):
                _same(layer[name][measure], wanted[row, place])
    start = 0
    for layer_name, channels in zip(LAYERS, CHANNELS, strict=True):
        for row, measure in enumerate(UNIT_MEASURES):
            listed = said["channels"][layer_name][measure]
            assert len(listed) == channels
            for channel, value in enumerate(listed):
                _same(value, made.unit_values[row, start + channel])
        start += channels


def _same(said: float | None, wanted: float) -> None:
    if np.isnan(wanted):
        assert said is None
    else:
        assert said is not None
        assert np.isclose(said, wanted, rtol=1e-4)


def test_words_kinds_and_thresholds_are_there() -> None:
    said = json.loads(health_json(health()))
    assert [one["says"] for one in said["findings"]] == [one.says for one in FINDINGS]
    assert [one["evidence"] for one in said["findings"]] == [one.evidence for one in FINDINGS]
    assert [one["what"] for one in said["advice"]] == [one.what for one in ADVICE]
    assert list(said["kinds"]) == list(KINDS)
    assert said["kinds"]["dead"] == {LAYERS[3]: [2, 5]}
    assert said["kinds"]["duplicate"] == {LAYERS[0]: [4, 9], LAYERS[1]: [0], LAYERS[2]: [1]}
    assert said["thresholds"] == THRESHOLDS
    assert (said["state"], said["certainty"], said["images"]) == ("trained", "likely", 500)


def test_where_the_images_lie_stays_at_home() -> None:
    assert "nowhere" in health().provenance["images"]
    assert b"nowhere" not in health_json(health())
    assert "provenance" not in health_numbers(health())


def test_a_name_cannot_break_out_of_a_page() -> None:
    text = health_json(health(note="</script><b>&amp;"))
    assert not set(b"<>&") & set(text)
    assert json.loads(text)["note"] == "</script><b>&amp;"


def test_the_digest_differs_where_the_verdict_does() -> None:
    assert digest(None) == ""
    assert digest(health()) == digest(health())
    assert digest(health()) == digest(health(provenance={"thresholds": THRESHOLDS, "torch": "9"}))
    values = health().layer_values.copy()
    values[0, 0] = 0.5
    others = [health(note=""), health(layer_values=values), health(found=()), health(images=9)]
    assert len({digest(one) for one in (*others, health())}) == 5
