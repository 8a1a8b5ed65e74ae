"""No caption runs out of its panel, however long the names of layers and classes are."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.render.canvas import Canvas, Words, with_margin
from convscope.render.lettering import length
from convscope.render.pictures.attribution import attribution_pictures, sanity
from convscope.render.pictures.curves import curves_canvas
from convscope.render.pictures.occlusion import SIGNS, occlusion_pictures
from convscope.render.pictures.photograph import photograph
from convscope.render.pictures.projection import projection_pictures
from convscope.render.pictures.ranks import ranks_canvas
from convscope.render.pictures.sanity import READ, sanity_pictures
from convscope.render.row import row
from convscope.render.typeset import wrapped
from tests.render.fits import assert_words_fit
from tests.render.looks import attribution, curves, occlusion
from tests.render.pictures.test_sanity import LAYERS
from tests.render.pictures.test_sanity import sanity as cascade
from tests.results.made_ranks import made_ranks
from tests.results.projections import projection

UNIT = "features.12.expand3x3_activation:147"
CLASS = "black-and-tan coonhound with an uncommonly long name"


def sheets() -> dict[str, Canvas]:
    swept = occlusion(unit=UNIT, target=CLASS, classes=((0, CLASS), (1, CLASS), (2, CLASS)))
    unit = occlusion(unit=UNIT, target=UNIT, target_number=-1)
    layers = tuple(f"features.12.expand3x3_activation.{name}" for name in LAYERS)
    drawn = attribution(target=UNIT, frame=(0, 0, 24, 24))
    whole = projection(target=UNIT, frame=(0, 0, 8, 9), twin=projection().array, similarity=-0.5)
    return {
        "occlusion": row(occlusion_pictures(swept), f"{CLASS}. {SIGNS}"),
        "occlusion of a unit": row(occlusion_pictures(unit), f"{UNIT}. {SIGNS}"),
        "on the page": row(occlusion_pictures(swept), gap=6),
        "cascade": row(sanity_pictures(cascade(layers=layers)), READ, abreast=4),
        "attribution": row(
            (photograph(drawn.shown, drawn.box), *attribution_pictures(drawn)), sanity(-0.5)
        ),
        "in the figure": row(attribution_pictures(drawn), gap=3),
        "projection": row(projection_pictures(whole), sanity(-0.5)),
        "curves": curves_canvas(curves(target=UNIT)),
        "ranks": ranks_canvas(made_ranks(target=UNIT)),
        "few ranks": ranks_canvas(made_ranks(1)),
    }


@pytest.mark.parametrize("name", sheets())
def test_words_fit_their_sheet_and_their_panel(name: str) -> None:
    assert_words_fit(sheets()[name])


def test_a_long_name_is_broken_behind_its_marks_and_nothing_is_lost() -> None:
    lines = wrapped(f"strongest {UNIT} here", 90, 12)
    assert "".join(lines).replace(" ", "") == f"strongest{UNIT}here"
    assert all(length(line, 12) <= 90 for line in lines)
    assert lines[1] == "features.12."
    assert wrapped("iiiiiiiiii", 1, 12) == list("iiiiiiiiii")


def test_a_margin_moves_everything_in_from_the_edges() -> None:
    sheet = with_margin(Canvas(10, 10, (Words(0, 0, "a"),)), 7)
    assert (sheet.width, sheet.height) == (24, 24)
    (word,) = sheet.parts
    assert isinstance(word, Words)
    assert (word.x, word.y) == (7, 7)


def test_lines_of_pictures_are_abreast_as_asked() -> None:
    pictures = sanity_pictures(cascade())
    one, two = row(pictures), row(pictures, abreast=4)
    assert two.width < one.width
    assert two.height > one.height
    plates = {part.y for part in two.parts if hasattr(part, "pixels")}
    assert len(plates) == 2


def test_the_measure_leaves_room_before_a_near_neighbor() -> None:
    drawn = attribution(array=np.ones((3, 48, 48), np.float32))
    words = [
        part for part in row(attribution_pictures(drawn), gap=3).parts if isinstance(part, Words)
    ]
    measures = [one for one in words if one.is_right]
    assert measures[0].x <= 192 - 3
