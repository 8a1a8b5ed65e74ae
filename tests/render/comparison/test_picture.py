from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from convscope.render.canvas import Shot, Words
from convscope.render.comparison.picture import (
    BETWEEN,
    COLUMN,
    comparison_canvas,
    comparison_figure,
    comparison_numbers,
)
from convscope.render.comparison.says import DEAD, FINE, FIRST, STEPS
from convscope.render.display import png_of
from convscope.results.comparison import MEASURES, Comparison
from tests.render.fits import assert_words_fit
from tests.results.made_comparison import comparison, side

LONG = "mynets/zoo/a_network_with_an_uncommonly_long_name.py:with_renormalization_everywhere"


def cases() -> dict[str, Comparison]:
    bare = side(3, 1, 1, 0, name=LONG, dead=[], in_next=[None, None], white=[float("nan")] * 3)
    return {
        "two sizes": comparison(),
        "many filters": comparison(side(300, 5), side(64, 3, 1, 24)),
        "no second layer, long names": comparison(bare, side(name=LONG), note="No second layer."),
    }


@pytest.mark.parametrize("name", cases())
def test_words_fit_and_pictures_stay_in_their_column(name: str) -> None:
    canvas = comparison_canvas(cases()[name])
    assert_words_fit(canvas)
    for part in canvas.parts:
        if isinstance(part, Shot):
            left = 0 if part.x < COLUMN else COLUMN + BETWEEN
            assert left <= part.x
            assert part.x + part.pixels.shape[1] <= left + COLUMN


def test_what_is_of_both_stands_level() -> None:
    canvas = comparison_canvas(comparison(side(300, 5, 2, 9), side(16, 3, 2, 9)))
    plates = [part for part in canvas.parts if isinstance(part, Shot) and len(part.pixels) > 60]
    left, right = (
        [part.y for part in plates if (part.x < COLUMN) == is_left] for is_left in (True, False)
    )
    assert sorted(set(left)) == sorted(set(right))
    assert len(plates) == 8


def test_a_projection_of_nothing_is_the_ground() -> None:
    blank = side()
    blank.projections[:] = 0
    canvas = comparison_canvas(comparison(blank))
    plates = [part for part in canvas.parts if isinstance(part, Shot) and part.x == 0]
    assert any((part.pixels == 128).all() for part in plates)


def test_the_figure_has_its_numbers_beside_it(tmp_path: Path) -> None:
    made = comparison(side(in_next=[None, None]))
    made.measures_a[0, 1] = np.nan
    for ending in ("png", "svg"):
        comparison_figure(made).save(tmp_path / f"one.{ending}")
    numbers = json.loads((tmp_path / "one.json").read_text())
    assert numbers == comparison_numbers(made)
    a, b = numbers["networks"]
    assert (len(a["filters"]), len(b["filters"])) == (6, 20)
    assert a["filters"][0]["noise"] is None
    assert a["filters"][1]["dominance"] == 1.25
    assert [row["channel"] for row in a["projections"]] == [0, 1, 2]
    assert b["first"]["stride"] == 4
    assert "<title>one and other</title>" in (tmp_path / "one.svg").read_text()
    assert png_of(made)[1:4] == b"PNG"


def test_charts_of_both_networks_end_at_the_same_value() -> None:
    one, other = side(), side(20, name="other")
    for made, most in ((one, 0.3), (other, 0.4)):
        made.measures[:, MEASURES.index("alias")] = np.linspace(0, most, len(made.measures))
    said = [part.text for part in comparison_canvas(comparison(one, other)).parts
            if isinstance(part, Words)]  # fmt: skip
    assert said.count("40 %") == 2
    assert "30 %" not in said


def test_at_stride_1_there_is_no_chart_of_detail_that_is_too_fine() -> None:
    title = "Share of what they pass that is too fine for the stride"
    for strides, columns in (((1, 1), 0), ((1, 2), 2), ((2, 4), 2)):
        made = comparison(*(side(6, 5, stride) for stride in strides))
        words = [part.text for part in comparison_canvas(made).parts if isinstance(part, Words)]
        assert words.count(title) == columns
        assert words.count("Stride 1: no detail is too fine for it.") == (strides == (1, 2))


def test_the_table_stands_in_its_groups() -> None:
    made = comparison()
    words = [part for part in comparison_canvas(made).parts if isinstance(part, Words)]
    groups = {
        part.text: part.y
        for part in words
        if part.text in (FIRST, FINE, STEPS, DEAD) and part.size == 11
    }
    assert sorted(groups, key=lambda name: groups[name]) == [FIRST, FINE, STEPS, DEAD]
    (row,) = [part.y for part in words if part.text == "Filters that answer it most"]
    assert groups[FINE] < row < groups[DEAD]
    about = [row["about"] for row in comparison_numbers(made)["table"]]
    assert list(dict.fromkeys(about)) == [FIRST, FINE, STEPS, DEAD]
