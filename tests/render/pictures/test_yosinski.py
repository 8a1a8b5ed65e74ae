from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convscope.color.luts import GROUND
from convscope.errors import UsageError
from convscope.render.canvas import Canvas, Shot, Words
from convscope.render.pictures.yosinski import yosinski_figure
from convscope.results.synthesis import Synthesis
from convscope.synthesis.presets import PRESETS
from tests.render.fake import synthesis

LAYER, SIDE = "fc8", 10


def drawn(preset: int, units: int = 2, seeds: int = 9) -> Synthesis:
    """Flat pictures: the red is the preset, the green the unit, the blue the seed."""
    rows = [(unit, seed) for unit in range(units) for seed in range(seeds)]
    pictures = np.zeros((len(rows), SIDE, SIDE, 3), np.uint8)
    for i, (unit, seed) in enumerate(rows):
        pictures[i] = (10 * preset, 10 * unit, 10 * seed)
    made = synthesis(LAYER, range(len(rows)), side=SIDE)
    name = f"yosinski-{preset}"
    recipe = json.loads(json.dumps(PRESETS[name].__dict__))
    options = {"preset": name, "recipe": recipe, "starts": seeds, "keep": "all"}
    return replace(
        made,
        pictures=pictures,
        names=tuple(f"unit {unit}" for unit, _ in rows),
        starts=tuple(seed for _, seed in rows),
        status=("drawn",) * len(rows),
        values=np.full(len(rows), 100.0 + 10 * preset),
        best=np.full(len(rows), 100.0),
        provenance=made.provenance | {"options": options},
    )


def four(**given: int) -> list[Synthesis]:
    return [drawn(preset, **given) for preset in (1, 2, 3, 4)]


def plates(canvas: Canvas) -> list[Shot]:
    return [part for part in canvas.parts if isinstance(part, Shot)]


@pytest.mark.parametrize("units", [1, 2, 4])
def test_blocks_stand_as_published(units: int) -> None:
    """Presets of the table: 1 and 2 above, 3 and 4 below; in each the nine seeds row by row."""
    found = plates(yosinski_figure(four(units=units)).canvas)
    assert len(found) == units
    side = (227 if units == 1 else 113) // SIDE * SIDE
    for unit, shot in enumerate(found):
        for preset in range(4):
            y0, x0 = (8 + part * (3 * side + 2 * 2 + 8) for part in divmod(preset, 2))
            for seed in range(9):
                y, x = y0 + seed // 3 * (side + 2), x0 + seed % 3 * (side + 2)
                tile = shot.pixels[y : y + side, x : x + side]
                assert (tile == (10 * (preset + 1), 10 * unit, 10 * seed)).all()
        assert (shot.pixels[:8] == GROUND).all()


def test_units_are_named_and_the_blocks_explained_once() -> None:
    canvas = yosinski_figure(four(units=4)).canvas
    said = [part.text for part in canvas.parts if isinstance(part, Words)]
    assert [text for text in said if text.startswith("unit ")] == [f"unit {i}" for i in range(4)]
    whole = " ".join(said)
    above, below = "Top left yosinski-1, top right yosinski-2", "bottom left yosinski-3, bottom"
    assert whole.count(f"{above}, {below} right yosinski-4.") == 1
    assert "nine starts (seeds 0 to 8)" in whole
    assert "median of each block in that order: 1.1, 1.2, 1.3, 1.4;" in whole


def test_seeds_are_in_order_however_they_came() -> None:
    results = four(units=1)
    turned = list(reversed(range(9)))
    mixed = [
        replace(
            one,
            pictures=one.pictures[turned],
            starts=tuple(one.starts[i] for i in turned),
        )
        for one in results
    ]
    straight, back = (plates(yosinski_figure(some).canvas)[0] for some in (results, mixed))
    assert np.array_equal(straight.pixels, back.pixels)


def test_silent_starts_are_ground() -> None:
    results = four(units=1)
    results[0] = replace(results[0], status=("silent",) + ("drawn",) * 8)
    (shot,) = plates(yosinski_figure(results).canvas)
    assert (shot.pixels[8 : 8 + 220, 8 : 8 + 220] == GROUND).all()


def test_a_unit_that_is_silent_in_all_blocks_says_so() -> None:
    results = [replace(one, status=("silent",) * 9 + ("drawn",) * 9) for one in four()]
    said = [part.text for part in yosinski_figure(results).canvas.parts if isinstance(part, Words)]
    assert "unit 0 stays silent: nothing to draw" in said
    assert "unit 1" in said


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (four()[:3], "four blocks a unit, and 3 results were given"),
        ([*four()[:3], drawn(4, units=3)], "the same units in all four, each from nine starts"),
        (four(seeds=4), "--starts 9 --keep all"),
    ],
)
def test_other_results_are_refused(results: list[Synthesis], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        yosinski_figure(results)


def test_it_saves_itself_with_the_numbers_of_every_block(tmp_path: Path) -> None:
    figure = yosinski_figure(four())
    figure.save(tmp_path / "four.svg")
    figure.save(tmp_path / "four.png")
    numbers = json.loads((tmp_path / "four.json").read_text())
    assert [len(block["pictures"]) for block in numbers["blocks"]] == [18] * 4
    assert numbers["blocks"][3]["pictures"][0]["score"] == 1.4
