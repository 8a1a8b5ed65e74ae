from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.color.luts import GROUND
from convscope.errors import UsageError
from convscope.render.canvas import Canvas, Shot, Words
from convscope.render.pictures.keras_sheet import keras_sheet, stitched
from convscope.results.synthesis import Synthesis
from convscope.synthesis.presets import PRESETS
from tests.render.fake import synthesis

LAYER, SIDE = "block5_conv1", 16


def drawn(count: int = 200, **changed: Any) -> Synthesis:
    """Flat pictures in the color of their channel; the strongest is channel 3, then 6, 9, ..."""
    made = synthesis(LAYER, range(count), side=SIDE)
    colors = np.arange(count, dtype=np.uint8)[:, None, None, None]
    recipe = json.loads(json.dumps(PRESETS["keras-blog"].__dict__))
    given: dict[str, Any] = {
        "pictures": np.broadcast_to(colors, (count, SIDE, SIDE, 3)).copy(),
        "values": 1000.0 - np.arange(count) + 500.0 * (np.arange(count) % 3 == 0),
        "best": np.full(count, 1000.0),
        "robust": np.ones(count),
        "status": ("drawn",) * count,
        "provenance": made.provenance | {"options": {"preset": "keras-blog", "recipe": recipe}},
    }
    return replace(made, **(given | changed))


def plate(canvas: Canvas) -> Shot:
    (shot,) = (part for part in canvas.parts if isinstance(part, Shot))
    return shot


def said(canvas: Canvas) -> str:
    return " ".join(part.text for part in canvas.parts if isinstance(part, Words))


def test_the_64_strongest_stand_8_by_8_with_5_pixels_between() -> None:
    result = drawn()
    figure = keras_sheet(result)
    pixels = plate(figure.canvas).pixels
    factor = 460 // (8 * SIDE + 7 * 5)
    assert pixels.shape[0] == factor * (8 * SIDE + 7 * 5) + 2 * 5
    order = np.argsort(-result.values, kind="stable")[:64]
    small = pixels[5:-5, 5:-5][::factor, ::factor]
    for place, channel in enumerate(order):
        y, x = (part * (SIDE + 5) for part in divmod(place, 8))
        assert (small[y : y + SIDE, x : x + SIDE] == channel).all()
        assert (small[y + SIDE : y + SIDE + 5, x : x + SIDE] == GROUND).all()
    assert figure.numbers["kept"] == order.tolist()


def test_as_the_blog_stitches_them() -> None:
    """Its loop, word for word but for the ground."""
    drawn_at = np.random.default_rng(0)
    kept = [drawn_at.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(64)]
    n, margin = 8, 5
    side = n * SIDE + (n - 1) * margin
    expected = np.full((side, side, 3), GROUND, np.uint8)
    for i in range(n):
        for j in range(n):
            top, left = (SIDE + margin) * i, (SIDE + margin) * j
            expected[top : top + SIDE, left : left + SIDE] = kept[i * n + j]
    assert np.array_equal(stitched(kept, 8), expected)


def test_losses_decide_where_they_are_given() -> None:
    figure = keras_sheet(drawn(losses=np.arange(200.0)))
    assert figure.numbers["kept"] == list(range(199, 135, -1))
    assert "by the last step's loss: 199 to 136." in said(figure.canvas)


def test_it_says_that_it_is_a_selection() -> None:
    whole = said(keras_sheet(drawn()).canvas)
    assert "The 64 strongest of 200 filters: a selection" in whole
    assert "Recipe keras-blog, as in Chollet 2016; shown with mean 127.5" in whole
    assert "Channels: 0, 3, 6, 9," in whole
    assert (
        "64 of these 64 drive their filter as far as the strongest in the data or further" in whole
    )


def test_filters_without_any_loss_are_skipped() -> None:
    values = np.zeros(200)
    values[[7, 90, 11]] = [3.0, 2.0, 1.0]
    figure = keras_sheet(drawn(values=values))
    assert figure.numbers["kept"] == [7, 90, 11]
    assert "The 3 strongest of 200 filters" in said(figure.canvas)
    assert (
        plate(figure.canvas).pixels.shape[0] == plate(keras_sheet(drawn()).canvas).pixels.shape[0]
    )


@pytest.mark.parametrize(
    ("changed", "kept", "message"),
    [
        ({}, 60, "60 pictures do not fit; keep 64, 49 or 36"),
        ({}, 0, "0 pictures do not fit"),
        ({"status": ("silent",) * 200}, 64, "No filter of block5_conv1 was drawn"),
    ],
)
def test_what_makes_no_sheet_is_refused(changed: dict[str, Any], kept: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        keras_sheet(drawn(**changed), kept=kept)


def test_it_saves_itself_with_its_numbers(tmp_path: Path) -> None:
    keras_sheet(drawn()).save(tmp_path / "sheet.png")
    numbers = json.loads((tmp_path / "sheet.json").read_text())
    assert (len(numbers["kept"]), len(numbers["pictures"])) == (64, 200)
