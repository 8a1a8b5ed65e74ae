from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.color.luts import GROUND
from convscope.render.canvas import Canvas, Line, Shot, Words
from convscope.render.display import png_of
from convscope.render.lettering import length
from convscope.render.pictures.says_synthesis import recipe_words
from convscope.render.pictures.synthesis import (
    shown_side,
    starts_words,
    synthesis_canvas,
    synthesis_figure,
    synthesis_png,
)
from convscope.render.pictures.synthesis_tile import Tile, abreast, tiles_canvas
from convscope.results.synthesis import Synthesis
from tests.render.fake import synthesis

LAYER = "features.3.expand3x3_activation"


def words(canvas: Canvas) -> list[str]:
    return [part.text for part in canvas.parts if isinstance(part, Words)]


def plates(canvas: Canvas) -> list[Shot]:
    return [part for part in canvas.parts if isinstance(part, Shot)]


def flat(count: int, side: int = 20, **changed: Any) -> Synthesis:
    """Pictures of one color each, told apart by it."""
    colors = np.arange(count, dtype=np.uint8)[:, None, None, None]
    pictures = np.broadcast_to(colors, (count, side, side, 3)).copy()
    made = synthesis(LAYER, range(count))
    return replace(made, pictures=pictures, status=("drawn",) * count, **changed)


def test_every_picture_lies_in_its_place_enlarged_pixel_by_pixel() -> None:
    result = flat(7)
    result.pictures[3, 0, 0] = 255
    columns, factor = abreast(7, 99), 160 // 20
    rows = plates(synthesis_canvas(result))
    assert len(rows) == 2
    for i in range(7):
        plate = rows[i // columns].pixels
        x = 5 + i % columns * (20 * factor + 8)
        tile = plate[5:-5, x : x + 20 * factor]
        assert (tile[factor:, factor:] == i).all()
        assert (tile[:factor, :factor] == (255 if i == 3 else i)).all()
    for row in rows:
        assert (row.pixels[:5] == GROUND).all()
        assert (row.pixels[:, :5] == GROUND).all()


def test_its_score_stands_below_each_picture() -> None:
    said = words(synthesis_canvas(synthesis(LAYER, range(7))))
    assert [text for text in said if text in {str(i) for i in range(7)}] == list("0123456")
    scores = ["1.8", "0.7, weaker", "1.5, diverged", "value 30", "1.8", "0.7, weaker"]
    assert [text for text in said if text in scores] == scores
    assert said.count("silent") == 1


def test_weaker_pictures_stand_in_dashes_and_others_do_not() -> None:
    canvas = synthesis_canvas(synthesis(LAYER, range(7)))
    lines = [part for part in canvas.parts if isinstance(part, Line)]
    assert len(lines) == 2
    assert all(line.dash for line in lines)
    strong = synthesis_canvas(flat(4, values=np.full(4, 150.0), best=np.full(4, 100.0)))
    assert not [part for part in strong.parts if isinstance(part, Line)]


def test_a_silent_unit_is_plain_ground_with_a_word() -> None:
    result = replace(flat(3), status=("drawn", "silent", "drawn"))
    canvas = synthesis_canvas(result)
    (plate,) = plates(canvas)
    side = plate.pixels.shape[0] - 10
    x = 5 + side + 8
    assert (plate.pixels[:, x : x + side] == GROUND).all()
    (chip,) = [part for part in canvas.parts if isinstance(part, Words) and part.is_chip]
    assert x < chip.x < x + side


def test_what_is_common_is_said_once() -> None:
    result = synthesis(LAYER, range(7), note="And this.")
    said = " ".join(words(synthesis_canvas(result)))
    for sentence in (
        "40 × 40 pixels, shown ×4.",
        f"Recipe {recipe_words(result.provenance)}.",
        "3 starts each, seeds 0 to 2; shown is the strongest after a shift and a blur.",
        "3 of 5 reach 1 or more; median 1.5.",
        "Those below 1, in dashes, are weaker than reality.",
        "After a shift of 3 px and a blur, 84 % of the activation is left (median).",
        "And this.",
    ):
        assert said.count(sentence) == 1, sentence


def test_without_an_atlas_values_stand_below() -> None:
    values = np.array([180.0, 70.0, 0.5])
    said = words(synthesis_canvas(flat(3, values=values, best=np.full(3, np.nan))))
    assert [text for text in said if text in ("180", "70", "0.5")] == ["180", "70", "0.5"]
    assert "Below each picture: the strongest activation on it." in said
    assert not any("reach 1" in text for text in said)


def test_a_blur_that_costs_nothing_is_said_so() -> None:
    result = synthesis(LAYER, range(5))
    said = words(synthesis_canvas(replace(result, robust=1.02 * result.values)))
    assert any("nothing of the activation is lost (median)." in text for text in said)


def test_several_pictures_of_a_unit_are_told_apart_by_their_seeds() -> None:
    names = (f"{LAYER}:7",) * 3
    said = words(synthesis_canvas(flat(3, names=names, starts=(4, 5, 6))))
    assert [text for text in said if "seed" in text][:3] == ["7 seed 4", "7 seed 5", "7 seed 6"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"starts": 1, "seed": 7}, "One start each, seed 7."),
        (
            {"starts": 4, "seed": 3},
            "4 starts each, seeds 3 to 6; shown is the strongest after a shift and a blur.",
        ),
        ({"starts": 9, "seed": 0, "keep": "all"}, "9 starts each, seeds 0 to 8; all are shown."),
    ],
)
def test_starts_are_said(options: dict[str, Any], said: str) -> None:
    made = synthesis(LAYER, range(2))
    given = made.provenance["options"] | options
    assert starts_words(replace(made, provenance=made.provenance | {"options": given})) == said


@pytest.mark.parametrize("count", [1, 2, 7, 24, 48, 130])
@pytest.mark.parametrize("side", [12, 28, 72, 227])
def test_sheets_of_any_kind_keep_their_words_within(count: int, side: int) -> None:
    canvas = synthesis_canvas(flat(count, side))
    assert canvas.width < 2000
    for part in canvas.parts:
        if isinstance(part, Words):
            right = part.x if part.is_right else part.x + length(part.text, part.size, part.is_bold)
            assert part.x >= 0
            assert right <= canvas.width + 1
            assert 0 <= part.y < canvas.height - part.size


@pytest.mark.parametrize("count", range(1, 70))
def test_rows_are_nearly_full_and_sheets_wider_than_high(count: int) -> None:
    columns = abreast(count, 99)
    rows = -(-count // columns)
    assert columns >= rows
    assert columns <= 4 * rows or count <= 5
    assert -count % columns <= columns / 2


def test_details_are_kept_while_pictures_are_few() -> None:
    for count in (1, 6, 24, 48, 60):
        assert all(shown_side(count, side) >= side for side in (12, 28, 72, 227))
    assert shown_side(1000, 227) < 227


def test_long_names_are_cut_and_short_ones_share_a_line() -> None:
    tiles = [Tile(np.zeros((40, 40, 3), np.uint8), "three-toed sloth", "1.8")]
    said = words(tiles_canvas(tiles, 40, 40, 1))
    assert said[0].endswith("…")
    assert said[1] == "1.8"


def test_one_channel_pictures_are_gray() -> None:
    result = flat(2)
    gray = replace(result, pictures=result.pictures[..., :1])
    assert plates(synthesis_canvas(gray))[0].pixels.shape[2] == 3


def test_it_draws_itself_and_saves_itself_with_its_numbers(tmp_path: Path) -> None:
    result = synthesis(LAYER, range(7))
    with Image.open(BytesIO(png_of(result))) as picture:
        assert picture.size[0] > 800
    assert result._repr_png_() == synthesis_png(result)
    figure = synthesis_figure(result)
    for name in ("sheet.png", "sheet.svg"):
        figure.save(tmp_path / name)
    numbers = json.loads((tmp_path / "sheet.json").read_text())
    assert [row["score"] for row in numbers["pictures"]] == [1.8, 0.7, 0.0, 1.5, None, 1.8, 0.7]
    assert ">0.7, weaker</text>" in (tmp_path / "sheet.svg").read_text()
