from __future__ import annotations

import numpy as np

from convscope.render.report.options import ReportOptions
from convscope.render.report.survey import survey
from convscope.render.report.telling import varied
from tests.render.fake import FakeAtlas


def test_channels_without_pictures_come_last() -> None:
    one = survey(FakeAtlas(), ReportOptions()).layers[3]
    assert set(one.order[-2:].tolist()) == {2, 5}


def test_a_strip_shows_no_image_more_than_twice() -> None:
    places = varied([1, 1, 1, 2, 2, 2, 3], 10)
    assert places == [0, 1, 3, 4, 6]


def test_ties_are_broken_by_channel() -> None:
    from convscope.render.report.telling import order

    assert order(np.array([1.0, 2.0, 2.0])).tolist() == [1, 2, 0]


def test_seldom_is_not_telling_by_itself() -> None:
    """Over images, a channel that fires everywhere on a few counts as much as it stands out."""
    from types import SimpleNamespace

    from convscope.render.report.condition import Condition
    from convscope.render.report.telling import telling

    means = np.tile(np.linspace(0, 1, 20), (2, 1))
    units = SimpleNamespace(
        class_means=means, mean=np.array([0.5, 0.001]), std=np.array([0.3, 0.01])
    )
    top = SimpleNamespace(value=np.ones((2, 9)), image=np.zeros((2, 9), int))
    score = telling(units, top, [Condition()] * 2)
    assert score[0] == score[1]
