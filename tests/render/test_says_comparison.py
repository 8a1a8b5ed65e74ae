from __future__ import annotations

from dataclasses import replace

import numpy as np

from convscope.render import says_comparison as says
from convscope.results.comparison import MEASURES
from tests.results.made_comparison import comparison, side


def test_the_table_says_what_was_measured() -> None:
    found = {row.name: row for row in says.rows(comparison())}
    assert found["First filters"].a == "6 of 7 × 7, stride 2"
    assert found["Largest filter, over the median"].a == "2.25"
    assert found["Filters over 3 times the median"].b == "11 of 20"
    assert found["Filters that prefer a folded wave"].a == "3 of 6"
    assert found["Next filters' energy at aliases (at others)"].a == "1.5 (1.25)"
    alone = {row.name: row.a for row in says.rows(comparison(side(in_next=[1.5, None])))}
    assert alone["Next filters' energy at aliases (at others)"] == "1.5 (none)"
    assert not found["Next filters' energy at aliases (at others)"].differs
    assert found["Dead in the second"].a == "2 of 9"
    assert found["Dead in all rectified layers"].a == "2 of 15"
    assert found["Dead in all rectified layers"].differs


def test_what_has_no_meaning_is_said_not_to_be_measured() -> None:
    one = side(4, 1, 1, 0, in_next=[None, None], dead=[])
    one = replace(one, measures=np.full_like(one.measures, np.nan))
    found = {row.name: row.a for row in says.rows(comparison(one))}
    assert {name for name, said in found.items() if said == says.NOT} == {
        "Largest filter, over the median",
        "Noise: 0 smooth, 1 as random weights; median",
        "Energy at low, middle, high frequencies",
        "Response to photographs that the stride folds",
        "Next filters' energy at aliases (at others)",
        "Projections on the first layer's lattice (patches)",
        "Projections on the second's lattice (patches)",
        "Dead in the first layer",
        "Dead in the second",
        "Dead in all rectified layers",
    }
    assert says.alias_words(one) == "Stride 1: no wave is folded."
    assert says.second_words(one) == "There is no second convolution with cells."
    assert "none can be called dead" in says.dead_words(one)
    assert says.grid_words(one) == ""
    assert "nothing to compare sizes with" in says.dominance_words(one)


def test_sentences_hold_their_numbers() -> None:
    one = side()
    one.measures[:, MEASURES.index("alias")] = [0.5, 0.1, 0, 0, 0, 0]
    assert says.alias_words(one) == (
        "Stride 2 folds waves shorter than 4 px: 10 % of the filters' response to photographs on "
        "average, 50 % of filter 0's. 3 of 6 prefer a wave that is folded."
    )
    assert says.dominance_words(one) == "Largest: filter 5, 2.25 times the median."
    assert says.dead_words(one) == "Dead on 40 images: relu2 2 of 9."
    first = says.first_words(one)
    assert first.startswith("conv1: 6 filters of 7 × 7 over 3 channels, one every 2 px. Input 72")
    assert "7 of 9 channels fire; 3 of them at random" in says.second_words(one)
    many = side(dead=[[f"relu{i}", 10, i] for i in range(1, 8)])
    assert says.dead_words(many).endswith(
        "relu7 7 of 10, relu6 6 of 10, relu5 5 of 10, relu4 4 of 10, and some of 3 more layers."
    )
    assert "No channel of 2 rectified layers is dead" in says.dead_words(
        side(dead=[["a", 3, 0], ["b", 4, 0]])
    )
    one.drawn[:, 3:] = [0.02, 0.001, 0.05, 0.01]
    assert says.grid_words(one) == (
        "Of the projections' variance 2 % repeats every 2 px, as the first layer (of the patches' "
        "0.1 %) and 5 % repeats every 4 px, as the second layer reads (of the patches' 1 %)."
    )
    below = " ".join(says.sentences(comparison(note="Mind.")))
    assert "40 images of photos." in below
    assert below.endswith("Mind.")
