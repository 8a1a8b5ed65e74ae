from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convscope.render.canvas import Canvas, Line, Shot, Words
from convscope.render.display import png_of
from convscope.render.health.picture import GRAVEST, MOST, PLACES, glyph, health_canvas
from convscope.results.caption import CAPTIONS
from convscope.results.file import load_result
from convscope.results.finding import Finding
from convscope.results.health import Health
from tests.render.fits import assert_words_fit
from tests.render.made_health import ADVICE, FINDINGS, LAYERS, finding, health

LONG = "stem.block.10.expand_convolution_with_an_uncommonly_long_name.activation"


def text(canvas: Canvas) -> str:
    return " ".join(part.text for part in canvas.parts if isinstance(part, Words))


def many(layers: int) -> Health:
    made = health()
    return health(
        layers=tuple(f"layer.{n}" for n in range(layers)),
        layer_states=("trained",) * layers,
        layer_values=np.repeat(made.layer_values[:, :1], layers, axis=1),
        layer_floors=np.repeat(made.layer_floors[:, :, :1], layers, axis=2),
        found=(),
    )


CASES = {
    "usual": health(),
    "nothing found": health(found=()),
    "sixty findings": health(found=tuple(
        finding("dead" if n % 3 else "duplicate", n % 5, tuple(range(n))).to_dict()
        for n in range(60)
    )),
    "no answers": health(answers={}, note="No image has a label that the network knows."),
    "no advice": health(advised=(), note=""),
    "no floors": health(layer_floors=np.full_like(health().layer_floors, np.nan)),
    "long names": health(layers=(LONG, *LAYERS[1:]), found=(
        {**finding().to_dict(), "says": f"2 of 9 channels of {LONG} never fire."},
    )),
    "many layers": many(MOST + 3),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_words_fit_and_the_picture_is_saved(name: str) -> None:
    assert_words_fit(health_canvas(CASES[name]))
    assert png_of(CASES[name])[1:4] == b"PNG"


def test_it_says_the_verdict_the_advice_and_the_gravest_findings() -> None:
    said = text(health_canvas(health()))
    for sentence in ("This network looks trained.", "likely, beyond the threshold",
                     "right on 82 % of 500 images, 93 % sure", *(one.why for one in ADVICE),
                     *(one.evidence for one in FINDINGS[:GRAVEST]),
                     "And 1 more, less grave: 1 overfitted."):  # fmt: skip
        assert " ".join(sentence.split()) in said, sentence
    assert FINDINGS[-1].says not in said


def test_what_is_not_drawn_is_counted_by_kind() -> None:
    said = text(health_canvas(CASES["sixty findings"]))
    assert f"And in {40 - PLACES} more layers." in said
    assert f"And in {20 - PLACES} more layers." in said
    kinds = tuple(Finding(f"kind {n}", "One is.", "", "", "sure") for n in range(GRAVEST + 2))
    listed = text(health_canvas(health(found=tuple(one.to_dict() for one in kinds))))
    assert f"And 2 more, less grave: 1 kind {GRAVEST}, 1 kind {GRAVEST + 1}." in listed
    assert "And 3 more layers." in text(health_canvas(CASES["many layers"]))
    assert "Nothing is beyond a threshold" in text(health_canvas(health(found=())))


def test_answers_are_told_apart_by_form_and_word() -> None:
    canvas = health_canvas(health())
    forms = {part.text: part.is_chip for part in canvas.parts if isinstance(part, Words)}
    assert forms["yes"]
    assert [forms[one] for one in ("maybe", "no", "unknown")] == [False] * 3
    dashed = [part for part in canvas.parts if isinstance(part, Line) and part.dash]
    assert len(dashed) == 1  # unknown, once


def test_nothing_on_it_has_a_hue() -> None:
    """It reads in greyscale because it is."""
    for part in health_canvas(health()).parts:
        if isinstance(part, Shot):
            assert (part.pixels == part.pixels[..., :1]).all()
        else:
            assert len(set(part.ink)) == 1


def test_states_of_layers_differ_in_form() -> None:
    states = ("trained", "begun", "noise", "unknown")
    assert len({glyph(state).tobytes() for state in states}) == 4
    dark = [float((glyph(state) < 128).mean()) for state in ("trained", "begun", "unknown")]
    assert dark == sorted(dark, reverse=True)


def test_saved_and_read_back_it_draws_the_same(tmp_path: Path) -> None:
    path = health().save(tmp_path / "one.safetensors")
    again = load_result(path)
    assert again.findings == health().findings
    assert png_of(again) == png_of(health())
    health().save(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes() == png_of(health())


def test_its_three_sentences_are_in_the_list() -> None:
    assert health().caption == CAPTIONS["health"]._asdict()
