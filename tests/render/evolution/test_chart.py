from __future__ import annotations

import numpy as np
import pytest

from convscope.render.evolution.chart import (
    HEIGHT,
    PAD,
    WIDTH,
    at_epochs,
    columns_of,
    history_plots,
    tick_labels,
)
from tests.results.made_evolution import evolution


def test_epochs_lie_at_their_distance_and_beyond_30_at_that_of_their_roots() -> None:
    assert at_epochs(np.array([10, 15, 30])) == (0.0, 0.25, 1.0)
    assert at_epochs(np.array([1, 4, 49])) == pytest.approx((0.0, 1 / 6, 1.0))


def test_labels_keep_apart_and_the_ends_are_always_named() -> None:
    epochs = np.array([0, 1, 2, 3, 4, 5, 299, 300])
    found = tick_labels(epochs)
    assert [place for place, _ in found] == list(at_epochs(epochs))
    named = [place for place, text in found if text]
    assert np.diff(named).min() >= 0.035
    assert (found[0][1], found[-1][1], found[-2][1]) == ("0", "300", "")


def test_each_measure_is_a_column_with_a_curve_a_layer() -> None:
    columns = {column.measure.field: column for column in columns_of(evolution())}
    similarity = columns["similarity_last"]
    assert similarity.top == "1.00"
    assert [spark.values for spark in similarity.sparks] == [
        ("−0.05", "0.80", "1.00"),
        ("0.00", "0.10", "1.00"),
    ]
    low, middle, high = similarity.sparks[0].dots
    assert low == (PAD, HEIGHT - PAD)  # below zero lies on the axis
    assert middle == pytest.approx((PAD + 64 * 4 / 9, PAD + 16 * 0.2))
    assert high == (WIDTH - PAD, PAD)


def test_what_is_no_likeness_fills_the_height_with_its_column_s_largest() -> None:
    columns = {column.measure.field: column for column in columns_of(evolution())}
    dead = columns["dead"]
    assert dead.top == "25 %"
    assert dead.sparks[1].dots[0] == (PAD, PAD)
    assert dead.sparks[1].values == ("25 %", "10 %", "10 %")


def test_what_is_unknown_has_no_dot_and_no_number() -> None:
    columns = {column.measure.field: column for column in columns_of(evolution())}
    assert columns["firing"].sparks[1].dots == (None,) * 3
    assert columns["firing"].sparks[1].values == ("",) * 3
    assert columns["firing"].sparks[1].points == ""
    nothing = evolution(noise=np.full((2, 3), np.nan))
    assert "noise" not in {column.measure.field for column in columns_of(nothing)}


def test_the_training_s_record_is_drawn_where_there_is_one() -> None:
    assert history_plots(evolution()) == ()
    history = {
        "epoch": [0, 4, 9],
        "train_loss": [float("nan"), 2.0, 1.0],
        "validation_loss": [2.3, 1.5, 1.25],
        "validation_accuracy": [0.1, 0.4, 0.5],
    }
    loss, accuracy = history_plots(evolution(history=history))
    assert [line.series.label for line in loss.lines] == ["training", "held out"]
    assert loss.lines[0].series.x.tolist() == pytest.approx([4 / 9, 1.0])
    assert loss.says == "Loss by epoch; at the end training 1, held out 1.25."
    assert [line.series.label for line in accuracy.lines] == ["held out"]
    assert accuracy.says.endswith("held out 50 %.")
    assert [tick.text for tick in accuracy.y_ticks] == ["0", "50 %"]


@pytest.mark.parametrize(("most", "top"), [(0.11, "20 %"), (0.301, "40 %"), (0.95, "100 %")])
def test_shares_fill_their_plot_up_to_the_next_round_one(most: float, top: str) -> None:
    history = {"epoch": [0, 9], "validation_accuracy": [0.1, most]}
    (accuracy,) = history_plots(evolution(history=history))
    assert accuracy.y_ticks[-1].text == top
