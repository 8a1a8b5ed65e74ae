"""What the experiment found, in words with their numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convscope.render.learning import words
from convscope.render.learning.page import gains
from convscope.results.learning import MEASURES
from convscope.results.learning_rule import LEAST, doublings
from tests.render.learnings import by_a_hair, learning


def test_every_cell_is_answered_in_words() -> None:
    found = list(words.cells(learning()))
    assert [(one.size, one.epochs, one.steps) for one in found][:2] == [(100, 1, 4), (100, 4, 16)]
    assert found[0].words == "With 100 images and 1 epoch (4 steps) no layer shows anything yet."
    assert found[-1].words == (
        "With 400 images and 16 epochs (208 steps) relu1 may show something, or it is chance; "
        "relu2 and relu6 do not yet."
    )
    three = list(words.cells(learning(3)))
    assert three[-1].words == (
        "With 400 images and 16 epochs (208 steps) relu1 shows something; relu2 and relu6 do not "
        "yet."
    )
    assert found[-1].accuracy == "62.0 % (61.0 to 63.0)"


def test_no_verdict_without_its_numbers() -> None:
    for cell in words.cells(learning(3)):
        for one in cell.found:
            assert one.measure in words.NAMES
            assert "(seeds " in one.words
            assert np.isfinite([one.margin, one.spread]).all()
    two, three = (list(words.cells(learning(seeds)))[-1].showing[0] for seeds in (2, 3))
    assert two.words == "relu1: smoothness of filters +0.280 (seeds 0.010), perhaps by chance"
    assert three.words == "relu1: smoothness of filters +0.280 (seeds 0.020)"


def test_a_layer_that_shows_something_is_named_by_a_measure_that_meets_the_rule() -> None:
    """Not by a hair's difference on which the seeds happen to agree."""
    made = learning()
    values, place = made.values.copy(), MEASURES.index("smoothness")
    values[place] = 0.23 + 0.005  # every seed alike, half a point above the floors
    floors = made.floors.copy()
    floors[:, place] = 0.23
    (shown,) = list(words.cells(replace(made, values=values, floors=floors)))[-1].showing
    assert (shown.layer, shown.measure) == ("relu1", "purity")
    assert shown.margin > max(shown.spread, LEAST)


def test_what_could_not_be_compared_is_said() -> None:
    one = list(words.cells(learning(1)))[-1].found[0]
    assert (one.words, one.shows) == ("relu1: no number", False)


def test_all_and_single_layers_are_worded() -> None:
    made = learning(3)
    every = replace(made, values=made.values + 5)
    assert next(iter(words.cells(every))).words.endswith("every layer shows something.")
    two = replace(made, values=made.values + np.array([5, 5, 0]))
    said = next(iter(words.cells(two))).words
    assert said.endswith("relu1 and relu2 show something; relu6 does not yet.")


def test_the_cheapest_training_of_each_layer_is_the_one_of_fewest_images_shown() -> None:
    assert list(words.first_shown(learning(4))) == [
        "relu1: from 100 images × 4 epochs, 16 steps.",
        "relu2: in no training of this grid.",
        "relu6: in no training of this grid.",
    ]


def test_what_to_do_next_follows_from_the_gains() -> None:
    said = words.next_words(learning())
    assert said.startswith("More data helps most. From 100 to 400 images (16 epochs) a doubling")
    assert "+13.0 points" in said
    assert "+8.2 points; seeds differ by 0.5." in said
    assert said.endswith(
        "Each doubles the steps. Of what a linear classifier reads, either helps in relu1."
    )
    assert "two sizes, two numbers of epochs and two seeds" in words.next_words(learning(1))


def test_head_and_table_agree_on_what_helps_in_each_layer() -> None:
    """However a layer's numbers went that shows nothing: seeds did that."""
    made = learning()
    values, place = made.values.copy(), MEASURES.index("probe")
    values[place, :, :, :, 2] = [0.1, 0.1]  # below its floors everywhere
    values[place, -1, -1, :, 2] = 0.19
    made = replace(made, values=values)
    assert doublings(made)[3].better == "either"
    assert [helps for _, helps in words.helped(made)] == ["data", "either", "nothing", "nothing"]
    assert "relu6" not in words.next_words(made)
    assert [row[-1] for row in gains(made)][2:] == ["the layer shows nothing yet"] * 2


def test_what_is_not_above_seeds_by_a_tenth_of_a_point_is_not_said_to_help() -> None:
    made = learning()
    accuracy = made.accuracy.copy()
    accuracy[0, -1] = accuracy[-1, -1] - [0.2, 0.0]
    accuracy[-1, -2] = accuracy[-1, -1]
    said = words.next_words(replace(made, accuracy=accuracy))
    assert said.startswith("For accuracy neither alone: no doubling brought more than seeds differ")
    accuracy[0, -1] = accuracy[-1, -1] - [0.2, 0.19]
    assert words.next_words(replace(made, accuracy=accuracy)).startswith(
        "More data helps; the other brought no more than seeds differ by. From 100"
    )


def test_floors_and_chance_stand_with_their_numbers() -> None:
    made = learning()
    assert (
        "answer 10.0 % (10.0 to 10.0) and 11.0 % (11.0 to 11.0) of the probe's images right"
        in words.floor_words(made)
    )
    assert "34 %" in words.floor_words(made)
    assert "at most 14.8 % of cases with 2 seeds: so it is where" in words.chance_words(made)
    assert "48 comparisons were made, so at most 8 by chance." in words.chance_words(made)
    three = words.chance_words(learning(3))
    assert "at most 4.1 % of cases with 3 seeds (12 % where pairs of seeds are compared)" in three
    assert words.chance_words(learning(1)) == ""
    assert "72 % of its training images" in words.fit_words(made)


def test_how_many_chance_gives_stands_beside_how_many_meet_the_rule() -> None:
    assert words.met_words(learning(3)) == (
        "In 25 of 84 comparisons a trained network is above those that have learnt nothing by more "
        "than seeds differ; chance alone would give at most 7. Of 18 layers, counted anew in each "
        "training, 5 show something, 3 of them surely."
    )
    assert words.met_words(learning(4)).endswith("5 show something, surely.")
    assert words.met_words(learning(1)) == ""


def test_a_grid_of_two_seeds_that_tells_nothing_from_chance_says_what_would() -> None:
    assert words.met_words(learning()).endswith(
        "5 show something; none of them is told from chance, so none is sure. With two seeds a "
        "sure layer is at least 6.3 times as far above what has learnt nothing as seeds differ, "
        "with three seeds at least 1.9 times, and further the fewer layers show something: "
        "--seeds 3 tells more."
    )
    every = replace(learning(), values=learning().values * 0 + 0.5)
    every = replace(every, floors=every.floors * 0 + 0.47)
    assert list(words.cells(every))[-1].words == (
        "With 400 images and 16 epochs (208 steps) every layer may show something, or it is chance."
    )


def test_few_that_meet_the_rule_as_chance_would_do_not_sound_sure() -> None:
    made = by_a_hair()
    assert (
        "In 1 of 48 comparisons a trained network is above those that have learnt nothing by more "
        "than seeds differ; chance alone would give at most 8. Of 18 layers, counted anew in each "
        "training, 1 shows something; none of them is told from chance, so it is not sure."
    ) in words.met_words(made)
    last = list(words.cells(made))[-1]
    assert last.words == (
        "With 400 images and 16 epochs (208 steps) relu2 may show something, or it is chance; "
        "relu1 and relu6 do not yet."
    )
    assert last.showing[0].words.endswith("), perhaps by chance")
    assert list(words.first_shown(made))[1] == (
        "relu2: in no training surely; perhaps by chance from 400 images × 16 epochs, 208 steps."
    )
    sure = [one.words for cell in words.cells(learning(4)) for one in cell.showing]
    assert sure
    assert not any("chance" in one for one in sure)


def test_what_met_the_rule_early_by_chance_perhaps_is_told_from_what_surely_shows() -> None:
    assert next(words.first_shown(learning(3))) == (
        "relu1: from 100 images × 16 epochs, 64 steps (from 100 images × 4 epochs, 16 steps, "
        "perhaps by chance)."
    )


def test_the_likeness_that_is_1_by_construction_is_said_to_be() -> None:
    assert "1.00 by construction" in words.MEANINGS["cka"]


def test_what_is_not_shown_is_said() -> None:
    two, three = ("\n".join(words.limits(learning(seeds))) for seeds in (2, 3))
    assert "One network (nets:zf32,classes=3), one recipe (cifar), one data set" in two
    assert "Two seeds are one pair" in two
    assert "Two seeds" not in three
    assert "how often chance brings as much is not asked" in two
    assert "how often chance" not in "\n".join(words.limits(learning(1)))  # no doubling is told


def test_every_measure_has_a_name_and_a_meaning() -> None:
    assert set(words.NAMES) == set(words.MEANINGS) == set(MEASURES)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.0 points"), (-0.0312, "−3.1 points"), (-1e-4, "0.0 points"), (0.02, "+2.0 points")],
)
def test_differences_carry_their_sign(value: float, said: str) -> None:
    assert words.difference("probe", value) == said
