from __future__ import annotations

import numpy as np
import pytest

from convscope.color.luts import labels
from convscope.render.pictures.label_map import inmost, label_map, regions
from convscope.render.pictures.placed import Placing, placing

NAMES = {number: f"name {number}" for number in range(12)}


def placed(cells: int, block: int) -> Placing:
    centers = (np.arange(cells) + 0.5) * block - 0.5
    side = cells * block
    return placing((centers, centers), (block, block), (side, side), (side, side))


def test_the_uncovered_answer_is_ground_and_the_others_follow_by_area() -> None:
    classes = np.zeros((6, 6), np.int64)
    classes[:2] = 7
    classes[2, :3] = 4
    made = label_map(classes, 0, NAMES, placed(6, 10))
    assert (made.pixels[30:] == 128).all()
    assert (made.pixels[0, 0] == labels()[0]).all()
    assert (made.pixels[20, 0] == labels()[1]).all()
    assert [(e.letter, e.name) for e in made.legend] == [
        ("", "name 0"), ("A", "name 7"), ("B", "name 4"),
    ]  # fmt: skip
    assert made.legend[0].measure == "58.3 %, as uncovered"


@pytest.mark.parametrize(("block", "lettered"), [(12, ["A"]), (11, [])])
def test_a_region_carries_its_letter_from_24_pixels_on(block: int, lettered: list[str]) -> None:
    classes = np.zeros((6, 6), np.int64)
    classes[2:4, 1:3] = 5
    assert [o.text for o in label_map(classes, 0, NAMES, placed(6, block)).letters] == lettered


def test_each_of_two_regions_carries_the_letter_of_its_class_inside_it() -> None:
    classes = np.zeros((8, 8), np.int64)
    classes[:3, :3] = classes[5:, 5:] = 5
    made = label_map(classes, 0, NAMES, placed(8, 20))
    assert [letter.text for letter in made.letters] == ["A", "A"]
    for letter in made.letters:
        assert (made.pixels[letter.y + 7, letter.x] == labels()[0]).all()


def test_beyond_eight_classes_are_hatched_as_other() -> None:
    classes = np.repeat(np.arange(12)[:, None], 12, axis=1)
    for number in range(12):
        classes[number, : 11 - number] = 0
    made = label_map(classes, 0, NAMES, placed(12, 6))
    assert made.legend[-1].name == "other, 3 classes"
    assert made.legend[-1].color == ""
    found = {tuple(color) for color in made.pixels.reshape(-1, 3).tolist()}
    assert (40, 40, 40) in found
    assert len(found) == 10


def test_regions_share_sides_and_their_inmost_cell_is_inside() -> None:
    mask = np.zeros((5, 9), bool)
    mask[:, :5] = True
    mask[0, 6:] = True
    parts = list(regions(mask))
    assert [int(part.sum()) for part in parts] == [25, 3]
    assert inmost(parts[0]) == (2, 2)
    ring = np.ones((5, 5), bool)
    ring[1:4, 1:4] = False
    y, x = inmost(ring)
    assert ring[y, x]
