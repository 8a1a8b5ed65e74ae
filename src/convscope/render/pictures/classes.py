"""Pictures of classes: the noise, the picture by score and that by probability, in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.render.picture import SMALL, Picture, fitted
from convscope.render.row import row_png
from convscope.render.words import number, percent
from convscope.results.class_pictures import COLUMNS

if TYPE_CHECKING:
    from convscope.results.class_pictures import ClassPictures

NAMES = ("noise", "by score", "by probability")
"""In the order of `COLUMNS`."""
_FEW = 6
"""Classes that stand one below the other; more stand in two columns."""
_SURE = 0.9995


def classes_png(result: ClassPictures) -> bytes:
    """A row for each class, score and probability below each picture, and what must be said.

    >>> classes_png.__name__
    'classes_png'
    """
    columns = 1 if len(result.classes) <= _FEW else 2
    return row_png(class_rows(result), result.note, abreast=len(NAMES) * columns)


def class_rows(result: ClassPictures, side: int = SMALL) -> tuple[Picture, ...]:
    """Three pictures of each class: the noise, by score, by probability."""
    return tuple(_one(result, i, j, side) for i in range(len(result.classes)) for j in range(3))


def _one(result: ClassPictures, row: int, column: int, side: int) -> Picture:
    pixels = (result.start, result.by_score[row], result.by_probability[row])[column]
    name = result.classes[row]
    told = measure(result, row, column)
    says = f"{COLUMNS[column].capitalize()} of {name}: {told}"
    return Picture(f"{name}, {NAMES[column]}", fitted(pixels, side), told, says)


def measure(result: ClassPictures, row: int, column: int) -> str:
    """Score and probability of the class, and what the picture is taken for if for another.

    >>> measure.__name__
    'measure'
    """
    score, share = result.scores[row, column], float(result.probabilities[row, column])
    answer = result.answers[row][column]
    is_own = answer == result.classes[row] or result.link == "sigmoid"
    other = "" if is_own else f", taken for {answer}"
    return f"score {number(float(score))}, {sure(share)}{other}"


def sure(share: float) -> str:
    """A probability; one that only rounds to 100 % is said not to be.

    >>> sure(0.9999), sure(0.991), sure(0.0)
    ('> 99.9 %', '99.1 %', '< 0.1 %')
    """
    if share >= _SURE:
        return f"> {percent(0.999)}"
    return percent(max(share, 1e-9))


def lines(result: ClassPictures) -> tuple[str, ...]:
    """One line a class, with all three numbers."""
    told = []
    for row, name in enumerate(result.classes):
        parts = [f"{NAMES[column]}: {measure(result, row, column)}" for column in range(3)]
        told.append(f"{name}, {'; '.join(parts)}.")
    return tuple(told)
