"""Whether the words of a sheet have room."""

from __future__ import annotations

from itertools import combinations

from convscope.render.canvas import Canvas, Words
from convscope.render.lettering import length


def assert_words_fit(canvas: Canvas) -> None:
    """All words lie on the sheet, and no two over each other."""
    words = [part for part in canvas.parts if isinstance(part, Words) and part.text]
    boxes = [(*_box(one), one.text) for one in words]
    for x0, y0, x1, y1, text in boxes:
        assert x0 >= -0.5, text
        assert y0 >= 0, text
        assert x1 <= canvas.width + 0.5, text
        assert y1 <= canvas.height + 1, text
    for one, other in combinations(boxes, 2):
        apart_x = one[2] <= other[0] or other[2] <= one[0]
        apart_y = one[3] <= other[1] or other[3] <= one[1]
        assert apart_x or apart_y, (one[4], other[4])


def _box(words: Words) -> tuple[float, float, float, float]:
    wide = length(words.text, words.size, words.is_bold)
    left = words.x - wide if words.is_right else words.x
    return left, words.y, left + wide, words.y + words.size
