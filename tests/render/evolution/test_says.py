from __future__ import annotations

import numpy as np
import pytest

from convscope.render.evolution.says import decimal, lead, midway, sentences, settled_words
from tests.results.made_evolution import evolution


def test_the_lead_counts_what_was_looked_at() -> None:
    assert lead(evolution()) == (
        "2 layers at 3 checkpoints, epochs 0 to 9, all seen through the same 39 images."
    )


def test_layers_that_settled_together_are_named_together() -> None:
    said = list(sentences(evolution()))
    assert said[0] == (
        "Settled by projections (likeness to the last checkpoint 0.5 or more): conv1 from epoch 4; "
        "conv2 not before epoch 9."
    )
    alike = next(iter(sentences(evolution(alike=0.05))))
    assert alike.endswith("0.05 or more): conv1 and conv2 from epoch 4.")


def test_what_is_as_the_untrained_network_has_it_has_not_settled() -> None:
    likeness = np.array([[0.9, 0.95, 1.0], [0.0, 0.1, 1.0]])
    said = next(iter(sentences(evolution(similarity_last=likeness))))
    assert said.endswith("conv1 as untrained (hardly changed); conv2 not before epoch 9.")
    later = evolution(similarity_last=likeness, epochs=np.array([1, 4, 9]))
    assert "conv1 from epoch 1;" in next(iter(sentences(later)))


def test_midway_is_where_first_and_last_layer_differ_most_whichever_is_ahead() -> None:
    assert midway(evolution()) == 1
    turned = np.array([[0.0, 0.1, 1.0], [0.9, 0.3, 1.0]])
    assert midway(evolution(similarity_last=turned)) == 0
    unknown = np.array([[np.nan, 0.1, 1.0], [0.9, 0.3, 1.0]])
    assert midway(evolution(similarity_last=unknown)) == 1


def test_the_numbers_of_both_layers_stand_in_the_words() -> None:
    said = list(sentences(evolution()))
    assert said[2] == (
        "At epoch 4 the likeness to the end is 0.80 for projections of conv1 and 0.10 for those of "
        "conv2; the overlap of the nine strongest images is 0.65 and 0.20."
    )


def test_chance_is_said_and_the_untrained_network_only_where_it_was_looked_at() -> None:
    said = list(sentences(evolution()))[3]
    assert said == (
        "Chance: nine images drawn at random would overlap by < 0.01; the nine strongest of two "
        "units of one layer do by 0.06 at most, and their projections are alike by 0.03. The "
        "untrained network's projections are like those of the end by 0.00 at most, and its nine "
        "strongest images overlap with theirs by 0.05."
    )
    assert "untrained" not in list(sentences(evolution(epochs=np.array([1, 4, 9]))))[3]


def test_whether_numbers_are_kept_is_said_with_what_chance_gives() -> None:
    assert list(sentences(evolution()))[4] == (
        "Matched by their activations, 75 % to 100 % of a layer's units keep their number from "
        "epoch 4 to the end (by chance at most 12.5 % would); the strongest patch of 66.7 % of the "
        "units drawn jumped to another image."
    )
    silent = evolution(kept=np.full((2, 2), np.nan))
    assert list(sentences(silent))[4].startswith("From epoch 4 to the end the strongest patch")


def test_a_note_is_the_last_sentence() -> None:
    assert list(sentences(evolution(note="Few images.")))[-1] == "Few images."


@pytest.mark.parametrize(
    ("place", "said"), [(-1, "not before 9"), (0, "as untrained"), (1, "from 4")]
)
def test_when_it_settled(place: int, said: str) -> None:
    assert settled_words(evolution(), place) == said


@pytest.mark.parametrize(
    ("value", "said"), [(-0.004, "0.00"), (-0.25, "−0.25"), (0.0, "0.00"), (0.996, "1.00")]
)
def test_decimals(value: float, said: str) -> None:
    assert decimal(value) == said


def test_a_layer_in_which_nothing_fires_is_not_said_to_settle_late() -> None:
    nothing = np.array([[0.05, 0.65, 1.0], [np.nan] * 3])
    made = evolution(similarity_last=nothing, overlap_last=nothing)
    first, second, *_ = sentences(made)
    assert "conv2 unknown, nothing fires" in first
    assert "conv2 unknown, nothing fires" in second
    assert "conv1 from epoch 4" in first
    compared = np.array([[8, 8], [0, 0]])
    kept = np.array([[0.25, 1.0], [np.nan] * 2])
    *_, numbers = sentences(evolution(compared=compared, kept=kept))
    assert "activations, 100 % of a layer's units keep" in numbers
    assert "by chance at most 12.5 % would" in numbers
