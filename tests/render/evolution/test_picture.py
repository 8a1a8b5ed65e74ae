from __future__ import annotations

import numpy as np

from convscope.render.canvas import Line, Shot, Words
from convscope.render.evolution.picture import (
    BETWEEN,
    PAD,
    TILE,
    cell,
    evolution_canvas,
    evolution_figure,
)
from convscope.render.gain import equal_contrast, paint
from convscope.render.strip import small
from tests.render.fits import assert_words_fit
from tests.results.made_evolution import evolution


def shots() -> list[Shot]:
    return [part for part in evolution_canvas(evolution()).parts if isinstance(part, Shot)]


def test_a_cell_holds_the_projection_at_left_and_the_patch_at_right() -> None:
    made, found = evolution(), shots()
    assert len(found) == 9  # three units at three checkpoints
    for place, shot in enumerate(found):
        unit, column = divmod(place, 3)
        drawn = made.projection(unit, column)
        for x, tile in (
            (PAD, paint(drawn, equal_contrast(drawn))),
            (PAD + TILE + BETWEEN, made.patch(unit, column)),
        ):
            here = shot.pixels[PAD : PAD + TILE, x : x + TILE]
            assert (here == small(tile, TILE)).all()


def test_rows_are_units_and_columns_checkpoints() -> None:
    x = [shot.x for shot in shots()]
    assert x[:3] == x[3:6]
    assert x[0] < x[1] < x[2]
    y = [shot.y for shot in shots()]
    assert len(set(y[:3])) == 1
    assert y[0] < y[3]


def test_words_name_epochs_units_values_and_when_each_settled() -> None:
    words = [part.text for part in evolution_canvas(evolution()).parts if isinstance(part, Words)]
    for said in ("0", "4", "9", "5", "2.5", "12,345", "0.90", "−0.10", "silent",
                 "projection from 4", "nine images not before 9", "1 jump", "2 jumps"):  # fmt: skip
        assert said in words
    assert words.count("projection from 4") == 2


def test_a_line_joins_cells_of_one_image_only() -> None:
    lines = [part for part in evolution_canvas(evolution()).parts if isinstance(part, Line)]
    assert len(lines) == int((~evolution().jumps).sum())


def test_words_have_room() -> None:
    assert_words_fit(evolution_canvas(evolution()))
    many = evolution(alike=2.0, values=np.full((3, 3), -123456.0, np.float32))
    assert_words_fit(evolution_canvas(many))


def test_the_strip_shows_as_many_rows_as_were_asked_for() -> None:
    made = evolution()
    one = evolution(provenance=made.provenance | {"options": {"units": 12, "rows": 1}})
    found = [part for part in evolution_canvas(one).parts if isinstance(part, Shot)]
    assert len(found) == 6  # a row of each layer


def test_a_layer_without_units_says_so() -> None:
    made = evolution()
    keep = made.layer == 0
    size = 3 * int((np.square(made.sides)[made.layer[keep]] * 3).sum())
    parts = {
        name: getattr(made, name)[keep]
        for name in ("layer", "channel", "values", "images", "cells", "unit_overlap",
                     "unit_overlap_last", "unit_similarity", "unit_similarity_last")
    }  # fmt: skip
    bare = evolution(
        **parts,
        labels=made.labels[:2],
        projections=made.projections[:size],
        patches=made.patches[:size],
    )
    words = [part.text for part in evolution_canvas(bare).parts if isinstance(part, Words)]
    assert "No unit fires at the last checkpoint." in words


def test_the_figure_has_its_numbers_but_not_its_pictures() -> None:
    figure = evolution_figure(evolution())
    assert figure.numbers["overlap_last"] == evolution().overlap_last.tolist()
    assert figure.numbers["firing"][1] == [None] * 3
    assert not {"projections", "patches"} & set(figure.numbers)
    assert figure.svg.count("<image") == 9


def test_a_cell_is_what_the_result_keeps() -> None:
    made = evolution()
    assert (cell(made, 1, 2)[1] == made.patch(1, 2)).all()


def test_checkpoints_without_any_image_are_not_joined() -> None:
    silent = evolution(images=np.array([[8, 3, 5], [-1, -1, 2], [-1, 6, 7]]))
    assert not [part for part in evolution_canvas(silent).parts if isinstance(part, Line)]
