from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convscope.render.comparison import says
from convscope.results.comparison import DRAWN, MEASURES
from tests.results.made_comparison import comparison, side


def test_the_table_says_what_was_measured() -> None:
    found = {(row.about, row.name): row for row in says.rows(comparison())}
    assert found[says.FIRST, "Filters"].a == "6 of 7 × 7, stride 2"
    assert found[says.FIRST, "Largest, over the median size"].a == "2.25"
    assert found[says.FIRST, "Over 3 times the median size"].b == "11 of 20"
    assert found[says.FINE, "Filters that answer it most"].a == "3 of 6"
    assert found[says.DEAD, "Second layer"].a == "2 of 9"
    assert found[says.DEAD, "All rectified layers"].a == "2 of 15"
    assert found[says.DEAD, "All rectified layers"].differs


@pytest.mark.parametrize(
    ("measured", "said"),
    [([1.5, 1.25], "1.2"), ([1.5, None], says.NOT), ([1.5, 0.0], says.NOT)],
)
def test_the_second_layers_weight_on_aliases_is_over_the_other_channels(
    measured: list[float | None], said: str
) -> None:
    found = {row.name: row for row in says.rows(comparison(side(in_next=measured)))}
    row = found["Second layer's weight on it (1: as on the rest)"]
    assert (row.a, row.b) == (said, "1.2")
    assert row.differs == (said != "1.2")


def test_the_grid_is_the_mean_of_the_projections() -> None:
    one = side()
    one.drawn[:, DRAWN.index("grid")] = [0.1, 0.2, np.nan]
    found = {row.name: row.a for row in says.rows(comparison(one))}
    assert found["First layer's step"] == "15 %"


def test_what_has_no_meaning_is_said_not_to_be_measured() -> None:
    one = side(4, 1, 1, 0, in_next=[None, None], dead=[])
    one = replace(one, measures=np.full_like(one.measures, np.nan))
    found = {(row.about, row.name): row.a for row in says.rows(comparison(one))}
    assert {name for name, said in found.items() if said == says.NOT} == {
        (says.FIRST, "Largest, over the median size"),
        (says.FIRST, "Noise of the median one (0 smooth, 1 random)"),
        (says.FIRST, "Energy at low, middle, high frequencies"),
        (says.FINE, "Second layer's weight on it (1: as on the rest)"),
        (says.STEPS, "First layer's step"),
        (says.STEPS, "Second layer's step"),
        (says.DEAD, "First layer"),
        (says.DEAD, "Second layer"),
        (says.DEAD, "All rectified layers"),
    }
    assert {name for name, said in found.items() if said == says.EVERY_PIXEL} == {
        (says.FINE, "Share of what the filters pass of photographs"),
        (says.FINE, "Filters that answer it most"),
    }
    assert says.alias_words(one) == "Stride 1: no detail is too fine for it."
    assert says.second_words(one) == "There is no second convolution with cells."
    assert "none can be called dead" in says.dead_words(one)
    assert says.grid_words(one) == ""
    assert "nothing to compare sizes with" in says.dominance_words(one)


def test_sentences_hold_their_numbers() -> None:
    one = side()
    one.measures[:, MEASURES.index("alias")] = [0.5, 0.1, 0, 0, 0, 0]
    assert says.alias_words(one) == (
        "At stride 2, waves shorter than 4 px look like longer ones. They are 10 % of what the "
        "filters pass of photographs, and 50 % of what filter 0 passes; 3 of 6 filters prefer such "
        "a wave."
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
    five = side(dead=[[f"relu{i}", 10, i] for i in range(1, 6)])
    assert says.dead_words(five).endswith(", and some of 1 more layer.")
    assert "No channel of 2 rectified layers is dead" in says.dead_words(
        side(dead=[["a", 3, 0], ["b", 4, 0]])
    )
    one.drawn[:, 3:] = [0.02, 0.001, 0.05, 0.01]
    assert says.grid_words(one) == (
        "A pattern that repeats every 2 px, the first layer's step from place to place, is 2 % of "
        "what varies in the projections and 0.1 % of what varies in the patches. A pattern that "
        "repeats every 4 px, the second layer's step from place to place, is 5 % of what varies in "
        "the projections and 1 % of what varies in the patches. What the projections have more of, "
        "the network made."
    )
    below = " ".join(says.sentences(comparison(note="Mind.")))
    assert "40 images of photos." in below
    assert below.endswith("Mind.")


def test_what_applies_to_neither_network_is_left_out_and_said_once() -> None:
    plain = side(6, 5, 1, in_next=[None, None])
    plain.drawn[:, DRAWN.index("grid")] = np.nan
    made = comparison(plain, plain)
    about = [row.about for row in says.rows(made)]
    assert (about.count(says.FINE), about.count(says.STEPS)) == (0, 1)
    below = " ".join(says.sentences(made))
    assert below.startswith("Both are bundled:one. Both were shown 40 images")
    assert below.count("Both first layers look at every pixel (stride 1)") == 1
    assert "left out: " not in below
    one = {row.name: (row.a, row.b) for row in says.rows(comparison(plain, side()))}
    assert one["Filters that answer it most"] == ("none, at stride 1", "3 of 6")
    bare = comparison(side(dead=[]), side(dead=[]))
    assert says.DEAD not in {row.about for row in says.rows(bare)}
    assert f"left out: {says.DEAD}: First layer; {says.DEAD}: Second" in " ".join(
        says.sentences(bare)
    )
