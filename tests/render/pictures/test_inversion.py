from __future__ import annotations

import numpy as np
import pytest

from convscope.render.canvas import Canvas, Shot, Words
from convscope.render.pictures.inversion import (
    READ,
    inversion_canvas,
    inversion_png,
    inversion_rows,
    measure,
)
from tests.render.fits import assert_words_fit
from tests.results.made_inversion import SIDE, made_inversion

FACTOR = 178 // SIDE


def words(canvas: Canvas) -> list[str]:
    return [part.text for part in canvas.parts if isinstance(part, Words)]


def said(canvas: Canvas) -> str:
    return " ".join(words(canvas))


def plates(canvas: Canvas) -> list[Shot]:
    return [part for part in canvas.parts if isinstance(part, Shot)]


def test_the_image_is_first_and_every_picture_pixel_by_pixel() -> None:
    made = made_inversion(3, 2)
    shots = plates(inversion_canvas(made))
    expected = [pixels for start in (0, 1) for pixels in (made.original, *made.pictures[:, start])]
    assert len(shots) == len(expected) == 8
    for shot, pixels in zip(shots, expected, strict=True):
        large = pixels.repeat(FACTOR, 0).repeat(FACTOR, 1)
        assert np.array_equal(shot.pixels, large)
    tops = [shot.y for shot in shots]
    assert tops[:4] == [0] * 4
    assert len(set(tops[4:])) == 1
    lefts = [shot.x for shot in shots]
    assert lefts[:4] == lefts[4:] == sorted(lefts[:4])


def test_each_is_named_with_its_errors() -> None:
    made = made_inversion(3, 2)
    text = said(inversion_canvas(made))
    for part in ("Photograph", "start 1 of 2", "start 2 of 2", "Input", "features.1", "features.2"):
        assert part in text
    assert text.count("error 0, the same pixels") == 2
    for start in (0, 1):
        assert measure(made, 1, start) in text
        assert measure(made, 1, start).endswith(f"{made.psnr[1, start]:.1f} dB")
    assert measure(made, 1, 0).startswith("error 0.11, ")
    assert READ in text
    assert "Starts differ by 0 to 12 of 255" in text


def test_one_start_says_nothing_of_others() -> None:
    text = said(inversion_canvas(made_inversion(2, 1)))
    assert "start" not in text.replace("Starts", "start")


def test_no_code_is_said_and_the_note() -> None:
    nan = np.full((2, 1), np.nan)
    text = said(inversion_canvas(made_inversion(2, 1, error=nan, psnr=nan, note="It is dead.")))
    assert text.count("no code") == 2
    assert text.endswith("It is dead.")


@pytest.mark.parametrize(("layers", "rows"), [(1, 1), (9, 1), (10, 2), (18, 2), (26, 3)])
def test_many_layers_are_broken_into_rows_of_nine(layers: int, rows: int) -> None:
    made = made_inversion(layers, 1)
    found = list(inversion_rows(made))
    assert [len(row) - 1 for row in found] == [9] * (rows - 1) + [layers - 9 * (rows - 1)]
    assert [row[0].name for row in found] == ["Photograph"] * rows
    assert [one.name for row in found for one in row[1:]] == ["Input", *made.layers[1:]]


def test_words_fit() -> None:
    names = ("input", "features.12.expand3x3_activation", "layer3.2/a_functional_rectifier@14")
    for starts in (1, 3):
        note = f"The learning rate was too large, and lowered until it was not: {names[1]} (0.001)."
        assert_words_fit(inversion_canvas(made_inversion(3, starts, layers=names, note=note)))
    assert inversion_png(made_inversion(1, 1)).startswith(b"\x89PNG")
