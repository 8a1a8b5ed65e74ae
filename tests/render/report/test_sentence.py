from __future__ import annotations

from dataclasses import replace

import numpy as np

from convscope.render.report.options import ReportOptions
from convscope.render.report.sentence import reading
from convscope.render.report.survey import survey
from tests.render.fake import LABELS, FakeAtlas

LABELLED = dict(enumerate(LABELS * 2))


def test_only_what_was_computed_is_said() -> None:
    one = survey(FakeAtlas(), ReportOptions()).layers[0]
    said = reading(one, 0, LABELLED)
    assert said.startswith("Fires on ")
    assert "On average a cell holds" in said
    assert "the nine strongest come from five classes." in said


def test_the_median_image_is_said_where_every_image_has_its_own_label() -> None:
    one = survey(FakeAtlas(), ReportOptions()).layers[0]
    units = replace(one.units, class_means=np.arange(12 * 5.0).reshape(12, 5), seen=np.full(12, 5))
    said = reading(replace(one, units=units), 1, LABELLED)
    assert "In half of all images it stays below 7; the highest is" in said


def test_dead_and_constant_channels_say_why() -> None:
    known = survey(FakeAtlas(), ReportOptions())
    assert reading(known.layers[3], 2, {}) == (
        "No image of 10 fires it, so there is nothing to show. "
        "Often a learning rate that was too high."
    )
    assert reading(known.layers[1], 3, {}) == (
        "Constant: the same value everywhere, so there is nothing to show. "
        "Driven by its bias, not by the image."
    )


def test_only_images_that_fire_a_rare_channel_are_counted() -> None:
    one = survey(FakeAtlas(), ReportOptions()).layers[2]
    assert "the four strongest come from four classes." in reading(one, 1, LABELLED)


def test_a_border_channel_is_explained() -> None:
    one = survey(FakeAtlas(), ReportOptions()).layers[0]
    assert reading(one, 6, {}).endswith("lie on the edge of the map: it fires on the padding.")
