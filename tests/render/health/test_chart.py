from __future__ import annotations

import numpy as np

from convscope.render.health.chart import (
    NOTHING,
    layer_chart,
    number_columns,
    number_rows,
    rounded_up,
)
from tests.render.made_health import LAYER_MEASURES, LAYERS, health


def test_a_row_a_layer_in_execution_order_with_its_state() -> None:
    chart = layer_chart(health())
    assert tuple(row.name for row in chart.rows) == LAYERS
    assert [row.state for row in chart.rows] == ["trained", "trained", "begun", "unknown", "noise"]
    titles = ["prominence", "dead", "firing", "effective rank", "filter noise"]
    assert [column.title for column in chart.columns] == titles


def test_bars_and_floors_lie_where_their_numbers_say() -> None:
    chart, made = layer_chart(health()), health()
    assert chart.tops == ("1.5", "100 %", "100 %", "80 %", "1.2")
    top = {"prominence": 1.5, "dead": 1, "firing": 1, "rank": 0.8, "noise": 1.2}
    for place, column in enumerate(chart.columns):
        row = LAYER_MEASURES.index(column.key)
        for layer, line in enumerate(chart.rows):
            wanted = made.layer_values[row, layer]
            bar = line.cells[place].bar
            assert (bar is None) == bool(np.isnan(wanted))
            assert bar is None or np.isclose(bar * top[column.key], wanted)
            for floor in range(2):
                lies, number = line.cells[place].floors[floor], made.layer_floors[floor, row, layer]
                assert lies is None or np.isclose(lies * top[column.key], number)


def test_little_never_looks_like_much() -> None:
    """In a network whose worst layer has hardly any dead channels its bar is short all the same."""
    values = health().layer_values.copy()
    values[LAYER_MEASURES.index("dead")] = [0.001, 0.002, 0.0, 0.003, 0.01]
    chart = layer_chart(health(layer_values=values))
    assert chart.tops[1] == "100 %"
    assert [row.cells[1].bar for row in chart.rows] == [0.001, 0.002, 0.0, 0.003, 0.01]


def test_a_cell_says_the_number_and_both_floors() -> None:
    first = layer_chart(health()).rows[0].cells[0]
    assert (first.text, first.says) == (
        "1.46",
        "prominence 1.46, 1.01 at its start, 0.998 shuffled",
    )


def test_what_does_not_apply_has_no_bar_and_no_floor() -> None:
    """The 1 x 1 filters of the second layer have no spectrum."""
    cell = layer_chart(health()).rows[1].cells[4]
    assert (cell.text, cell.bar, cell.floors, cell.says) == (NOTHING, None, (None, None), "")


def test_without_floors_only_the_bars_are_there() -> None:
    floors = np.full_like(health().layer_floors, np.nan)
    cell = layer_chart(health(layer_floors=floors)).rows[0].cells[0]
    assert (cell.floors, cell.says) == ((None, None), "prominence 1.46")


def test_a_verdict_that_lacks_a_measure_has_no_column_of_it() -> None:
    made = health()
    kept = [name != "noise" for name in LAYER_MEASURES]
    some = health(
        layer_measures=tuple(name for name in LAYER_MEASURES if name != "noise"),
        layer_values=made.layer_values[kept],
        layer_floors=made.layer_floors[:, kept],
    )
    assert [column.key for column in layer_chart(some).columns] == [
        "prominence", "dead", "firing", "rank",
    ]  # fmt: skip


def test_every_measure_is_in_the_table_of_numbers() -> None:
    names = (*LAYER_MEASURES[:-1], "a_new_one")
    made = health(layer_measures=names)
    assert {column.key for column in number_columns(made)} == set(names)
    assert number_columns(made)[-1].title == "a new one"
    first = dict(zip((c.key for c in number_columns(made)), number_rows(made)[0].values,
                     strict=True))  # fmt: skip
    assert first["firing"] == ("51 %", "50 %", "47 %")
    assert first["a_new_one"] == ("0.09", NOTHING, NOTHING)
    assert len(number_rows(made)) == len(LAYERS)


def test_round_numbers_hold_what_is_below_them() -> None:
    for value in np.geomspace(1e-6, 1e6, 241):
        top = rounded_up(float(value))
        assert value <= top * (1 + 1e-8)
        assert top <= 1.5 * value * (1 + 1e-8)
    assert rounded_up(-3.0) == 1.0
