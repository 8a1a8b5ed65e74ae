from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.render.canvas import Canvas, Shot, Words
from convscope.render.display import png_of
from convscope.render.pictures.ranks import ranks_canvas
from convscope.render.typeset import shortened
from convscope.results.ranks import Ranks
from tests.results.made_ranks import made_ranks


def words(canvas: Canvas) -> list[str]:
    return [part.text for part in canvas.parts if isinstance(part, Words)]


@pytest.mark.parametrize("each", [1, 2, 9])
@pytest.mark.parametrize("negative", [False, True])
def test_every_value_stands_under_its_patch(each: int, negative: bool) -> None:
    result = made_ranks(each, negative)
    canvas = ranks_canvas(result)
    plates = [part for part in canvas.parts if isinstance(part, Shot)]
    assert len(plates) == 3 + negative
    said = words(canvas)
    for value in result.values.tolist():
        assert any(float(w) == pytest.approx(value, rel=1e-2) for w in said if _is_number(w))
    assert ("Most negative" in said) == negative
    for part in canvas.parts:
        if isinstance(part, Words):
            assert 0 <= part.y < canvas.height


def _is_number(word: str) -> bool:
    return word.replace(".", "").isdigit()


def test_patches_are_in_their_places() -> None:
    """A patch of one color is found again in its tile, on the ground."""
    patches = np.full((27, 21, 21, 3), 128, np.uint8)
    patches[10] = (250, 10, 10)
    plates = [p for p in ranks_canvas(made_ranks(patches=patches)).parts if isinstance(p, Shot)]
    red = [(plate.pixels == (250, 10, 10)).all(-1) for plate in plates]
    assert [bool(one.any()) for one in red] == [False, True, False]
    columns = np.flatnonzero(red[1].any(0))
    assert (columns[0], columns[-1]) == (3 + 86, 3 + 86 + 83)  # the second of its group


def test_a_silent_image_is_said_to_be_shown_whole() -> None:
    cells = np.zeros((27, 2), np.int64)
    cells[20:] = -1
    values = np.full(27, 2.0, np.float32)
    values[20:] = 0
    said = words(ranks_canvas(made_ranks(cells=cells, values=values)))
    assert said.count("0, all cells") == 7
    assert sum("the whole image stands there, made smaller" in one for one in said) == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (np.zeros((27, 2), np.int64), "60 images"),
        (np.full((27, 2), 3), "60 images, each in cell 3,3"),
        (np.arange(54).reshape(27, 2), "60 images, each by its strongest cell"),
    ],
)
def test_which_cells_count_is_said(cells: Any, said: str) -> None:
    assert said in words(ranks_canvas(made_ranks(cells=cells)))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"note": "3 images are left out."},
        {"spectrum": np.zeros(60, np.float32)},
        {"spectrum": -np.arange(60, dtype=np.float32)},
        {"patches": np.zeros((27, 5, 5, 1), np.uint8)},
    ],
)
def test_it_draws_itself(changed: dict[str, Any]) -> None:
    result: Ranks = made_ranks(**changed)
    with Image.open(BytesIO(png_of(result))) as picture:
        assert picture.size[0] > 700
    assert result._repr_png_() == png_of(result)


def test_a_unit_that_no_image_fires_is_drawn_as_the_sentence_alone() -> None:
    note = "No image fires features.8:281."
    none: dict[str, Any] = {
        name: getattr(made_ranks(), name)[:0]
        for name in ("groups", "values", "ranks", "images", "cells", "uris", "labels", "patches")
    }
    empty = np.empty(0)
    result = made_ranks(**none, note=note, control_telling=empty, spectrum=np.zeros(60, np.float32))
    canvas = ranks_canvas(result)
    assert words(canvas) == ["features.8:281", "60 images", note]
    assert len(canvas.parts) == 3
    assert png_of(result).startswith(b"\x89PNG")


def test_a_cell_that_the_name_has_is_not_said_twice() -> None:
    result = made_ranks(target="features.8:281@3,3", cells=np.full((27, 2), 3))
    assert words(ranks_canvas(result))[:2] == ["features.8:281@3,3", "60 images"]


def test_long_names_are_cut() -> None:
    assert shortened("pug", 80, 11) == "pug"
    assert shortened("a very long name of a class", 80, 11).endswith("…")
