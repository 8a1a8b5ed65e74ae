"""Boxes and fields."""

from __future__ import annotations

from fractions import Fraction

from convscope.geometry.box import Box
from convscope.geometry.field import AxisField, Field


def test_boxes_clip_and_contain() -> None:
    box = Box(-3, 2, 9, 40)
    assert (box.height, box.width) == (12, 38)
    assert box.clip(8, 30) == Box(0, 2, 8, 30)
    assert Box(20, 20, 30, 30).clip(10, 10) == Box(10, 10, 10, 10)
    assert box.contains(Box(0, 2, 9, 40))
    assert not box.contains(Box(0, 1, 9, 40))


def test_every_cell_has_a_box_of_one_size() -> None:
    enlarged = AxisField(5, Fraction(1, 2), Fraction(-3, 2))
    assert [enlarged.interval(i) for i in range(4)] == [(-2, 3), (-1, 4), (-1, 4), (0, 5)]
    field = Field(enlarged, AxisField(7, Fraction(4), Fraction(-3)), "EXACT")
    assert field.box((3, 2)) == Box(0, 5, 5, 12)


def test_a_frame_is_the_image_where_the_field_is_no_smaller() -> None:
    field = Field(
        AxisField(7, Fraction(4), Fraction(-3)), AxisField(8, Fraction(4), Fraction(-3)), "EXACT"
    )
    assert field.frame((1, 1), 100, 8) == Box(1, 0, 8, 8)
