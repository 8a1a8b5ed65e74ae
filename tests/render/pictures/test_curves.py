from __future__ import annotations

import numpy as np

from convscope.render.pictures.curves import curves_plot, curves_png, curves_rows
from tests.render.looks import curves


def test_four_lines_are_told_apart_by_dash_and_a_label_each() -> None:
    made = curves_plot(curves())
    assert len({line.series.dash for line in made.lines}) == 4
    assert [line.series.label for line in made.lines if line.series.is_strong] == [
        "put back", "taken away",
    ]  # fmt: skip
    places = sorted(line.label_y for line in made.lines)
    assert min(np.diff(places)) >= 15
    assert places[0] >= 0
    assert places[-1] <= made.height - 10
    assert "0.6 put back (0.45 at random), 0.24 taken away" in made.says


def test_lines_go_through_their_numbers() -> None:
    made = curves_plot(curves())
    deletion = next(line for line in made.lines if line.series.label == "taken away")
    (x0, y0), (x4, y4) = deletion.points[0], deletion.points[-1]
    assert (x0, x4) == (made.left, made.right)
    assert y4 == made.bottom
    assert np.isclose(y0, made.bottom - 0.9 * (made.bottom - made.top))


def test_what_is_no_probability_has_its_own_axis() -> None:
    values = np.linspace(-3, 5, 5)
    names = ("deletion", "insertion", "random_deletion", "random_insertion")
    made = curves_plot(curves(**dict.fromkeys(names, values), is_probability=False))
    assert [tick.text for tick in made.y_ticks] == ["−3", "5"]
    assert made.lines[0].points[0][1] == made.bottom
    flat = curves_plot(curves(**dict.fromkeys(names, np.zeros(5)), is_probability=False))
    assert [tick.text for tick in flat.y_ticks] == ["0", "1"]


def test_every_step_has_a_row_of_numbers() -> None:
    rows = curves_rows(curves())
    assert len(rows) == 5
    assert rows[0] == ("0 %", "0 %", "90 %", "0 %", "90 %")
    assert curves_png(curves())[1:4] == b"PNG"
