from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.render.display import png_of
from convscope.render.pictures.classes import class_rows, lines, measure, sure
from convscope.render.row import row
from convscope.results.class_pictures import ClassPictures
from tests.render.fits import assert_words_fit


def made(count: int = 2, **changed: Any) -> ClassPictures:
    pixels = np.random.default_rng(0).integers(0, 256, (1 + 2 * count, 30, 30, 3)).astype(np.uint8)
    names = tuple(["beagle", "sea snake", *(f"class {i}" for i in range(2, count))][:count])
    given: dict[str, Any] = {
        "start": pixels[0],
        "by_score": pixels[1 : 1 + count],
        "by_probability": pixels[1 + count :],
        "scores": np.tile([[0.53, 738.2, 37.4]], (count, 1)),
        "odds": np.tile([[-7.4, -8.0, 12.0]], (count, 1)),
        "best": np.full(count, 30.0),
        "answers": (("flatworm", "basset", "beagle"),) * count,
        "classes": names,
        "numbers": tuple(range(count)),
        "status": (("", ""),) * count,
        "link": "softmax",
        "note": "Two sentences. Of them this is one.",
        "provenance": {},
    }
    return ClassPictures(**(given | changed))


def test_a_row_of_three_for_each_class() -> None:
    rows = class_rows(made())
    assert [one.name for one in rows] == [
        *("beagle, noise", "beagle, by score", "beagle, by probability"),
        *("sea snake, noise", "sea snake, by score", "sea snake, by probability"),
    ]
    assert np.array_equal(rows[0].pixels, rows[3].pixels)
    for place, pixels in ((1, made().by_score[0]), (5, made().by_probability[1])):
        assert np.array_equal(rows[place].pixels[::5, ::5], pixels)
    assert all(one.measure and one.says for one in rows)


def test_both_numbers_stand_below_each_and_another_answer() -> None:
    assert measure(made(), 0, 0) == "score 0.53, < 0.1 %, taken for flatworm"
    assert measure(made(), 0, 1) == "score 738, < 0.1 %, taken for basset"
    assert measure(made(), 0, 2) == "score 37.4, > 99.9 %"
    assert measure(made(link="sigmoid"), 0, 1) == "score 738, < 0.1 %"


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1.0, "> 99.9 %"), (0.9994, "99.9 %"), (0.5, "50 %"), (0.0, "< 0.1 %"), (1e-30, "< 0.1 %")],
)
def test_no_probability_is_said_to_be_all_or_nothing(share: float, expected: str) -> None:
    assert sure(share) == expected


def test_one_line_for_each_class() -> None:
    assert lines(made())[0] == (
        "beagle, noise: score 0.53, < 0.1 %, taken for flatworm; by score: score 738, < 0.1 %, "
        "taken for basset; by probability: score 37.4, > 99.9 %."
    )


@pytest.mark.parametrize("count", [1, 6, 7, 24])
def test_the_words_fit(count: int) -> None:
    result = made(count, classes=("black-and-tan coonhound with a long name",) * count)
    assert_words_fit(row(class_rows(result), result.note, abreast=3 if count <= 6 else 6))
    assert png_of(result)[1:4] == b"PNG"
