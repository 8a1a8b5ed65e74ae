from __future__ import annotations

import pytest

from convscope.render.report.group import groups, stem
from tests.render.fake import layer, squeezenet


def test_sublayers_of_one_module_stand_together_without_their_shared_words() -> None:
    found = groups([layer(n, row) for n, row in enumerate(squeezenet())])
    assert [group.name for group in found][:3] == ["features.1", "features.3", "features.4"]
    assert found[1].short == ("squeeze", "expand1x1", "expand3x3")
    assert found[-1].name == "classifier.2"
    assert sum(group.channels for group in found) == 3976


@pytest.mark.parametrize(
    ("name", "module"),
    [("layer1.0.relu@2", "layer1"), ("layer1.0/add", "layer1"), ("conv1", "conv1"),
     ("stages.2.blocks.1.act", "stages.2"), ("/relu", ""), ("head", "head")],
)  # fmt: skip
def test_the_module_is_the_name_up_to_its_first_number(name: str, module: str) -> None:
    assert stem(name) == module


def test_names_that_would_collide_stay_whole() -> None:
    rows = [("block1.relu", 1, 4, 3, 1), ("block1.0.relu", 1, 4, 3, 1)]
    (group,) = groups([layer(n, row) for n, row in enumerate(rows)])
    assert group.short == ("relu", "0.relu")
