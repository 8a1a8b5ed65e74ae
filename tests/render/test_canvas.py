from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from convscope.render.canvas import Canvas, Line, Shot, Words, dashed, pixels_of, svg_of

RED = np.full((4, 5, 3), (200, 0, 0), np.uint8)
SHEET = Canvas(40, 30, (Shot(3, 2, RED), Words(2, 12, "grey & <zero>"), Line(((0, 29), (39, 29)))))


def test_a_sheet_is_drawn_pixel_for_pixel_and_enlarged_by_repeating() -> None:
    for factor in (1, 2):
        drawn = pixels_of(SHEET, factor)
        assert drawn.shape == (30 * factor, 40 * factor, 3)
        y, x = 2 * factor, 3 * factor
        assert (drawn[y : y + 4 * factor, x : x + 5 * factor] == RED[0, 0]).all()
        assert (drawn[:y] == 255).all()
        assert drawn[29 * factor].min() < 255


def test_the_svg_has_real_words_and_the_same_pixels() -> None:
    root = ElementTree.fromstring(svg_of(SHEET, "a & b"))
    space = "{http://www.w3.org/2000/svg}"
    assert [node.text for node in root.iter(f"{space}text")] == ["grey & <zero>"]
    (image,) = root.iter(f"{space}image")
    assert (image.get("width"), image.get("height")) == ("5", "4")
    assert root.findtext(f"{space}title") == "a & b"


def test_parts_move_together() -> None:
    shot, words, line = SHEET.moved(10, 20)
    assert isinstance(shot, Shot)
    assert isinstance(words, Words)
    assert isinstance(line, Line)
    assert (shot.x, words.y, line.points[0]) == (13, 32, (10, 49))


def test_a_dash_follows_the_corners_of_a_path() -> None:
    pieces = list(dashed([(0, 0), (3, 0), (3, 3)], (4, 1)))
    assert pieces == [[(0, 0), (3, 0), (3, 1)], [(3, 2), (3, 3)]]
    assert list(dashed([(0, 0), (3, 0)], ())) == [[(0, 0), (3, 0)]]
