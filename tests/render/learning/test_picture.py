"""The figure: every number in its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from convscope.render.canvas import Canvas, Line, Words
from convscope.render.learning.picture import (
    COLUMNS,
    DRAWN,
    FLOOR,
    SHUFFLED,
    START,
    columns,
    learning_canvas,
    learning_png,
)
from tests.render.learnings import learning


def lines(canvas: Canvas) -> list[Line]:
    return [part for part in canvas.parts if isinstance(part, Line)]


def test_every_panel_has_its_lines_and_floors() -> None:
    made = learning(3)
    drawn = lines(learning_canvas(made))
    traces = [one for one in drawn if len(one.points) == 3]
    panels = len(DRAWN) * 3 - 1  # relu6 has no filters in space
    assert len(traces) == 2 * (panels + 1)
    for dash in (START, SHUFFLED):
        found = [one for one in drawn if one.dash == dash and one.ink == FLOOR]
        assert len(found) == panels + 2  # accuracy's and the legend's


def test_points_lie_where_their_numbers_are() -> None:
    """The accuracy panel: 0 to 70 % over 150 units, 100 to 6,400 images over 408."""
    made = learning()
    trace = next(one for one in lines(learning_canvas(made)) if len(one.points) == 3)
    for epoch, (x, y) in enumerate(trace.points):
        mean = made.accuracy[0, epoch].mean()
        share = np.log10(made.shown[0, epoch] / 100) / np.log10(64)
        assert np.isclose(x, 122 + 6 + 408 * share)
        assert np.isclose(y, 24 + 150 * (1 - mean / 0.7))


def test_more_data_is_darker() -> None:
    traces = [one for one in lines(learning_canvas(learning())) if len(one.points) == 3]
    assert traces[0].ink > traces[1].ink
    assert traces[0].width < traces[1].width


def test_bars_go_from_the_lowest_to_the_highest_seed() -> None:
    made = learning()
    upright = [
        one
        for one in lines(learning_canvas(made))
        if len(one.points) == 2 and one.points[0][0] == one.points[1][0] and one.width == 1.5
    ]
    (_, low), (_, high) = upright[0].points
    assert np.isclose(low - high, 150 * np.ptp(made.accuracy[0, 0]) / 0.7)


def test_nothing_hangs_over_the_sheet() -> None:
    for seeds in (1, 2, 3):
        canvas = learning_canvas(learning(seeds))
        for part in canvas.parts:
            if isinstance(part, Line):
                assert all(0 <= x <= canvas.width for x, _ in part.points)
                assert all(-1 <= y <= canvas.height for _, y in part.points)
            elif isinstance(part, Words):
                assert 0 <= part.y <= canvas.height - part.size


def test_of_many_layers_some_are_drawn_the_last_among_them() -> None:
    made = learning()
    wide = replace(made, layers=tuple(f"l{i}" for i in range(26)))
    found = columns(wide)
    assert len(found) == COLUMNS
    assert found[-1] == 25
    assert (np.diff(found) >= 3).all()
    assert columns(made).tolist() == [0, 1, 2]


def test_a_grid_of_one_cell_is_drawn() -> None:
    made = learning()
    one = replace(
        made,
        sizes=made.sizes[:1], epochs=made.epochs[:1], steps=made.steps[:1, :1],
        values=made.values[:, :1, :1], accuracy=made.accuracy[:1, :1],
        train_accuracy=made.train_accuracy[:1, :1], seconds=made.seconds[:1, :1],
    )  # fmt: skip
    assert learning_png(one)[1:4] == b"PNG"


def test_the_row_that_ends_at_1_by_construction_says_so() -> None:
    said = [part.text for part in learning_canvas(learning()).parts if isinstance(part, Words)]
    assert "1.00 with itself" in " ".join(said)
    assert "1.00 by construction" in " ".join(said)


def test_the_names_of_a_row_end_before_what_is_below() -> None:
    names = [
        part
        for part in learning_canvas(learning()).parts
        if isinstance(part, Words) and part.x == 0 and part.size == 11
    ]
    assert (np.diff([part.y for part in names]) >= 13).all()
