from __future__ import annotations

import pytest

from convscope.render.look.page import Section
from convscope.render.look.panel import Panel


def section(keys: str) -> Section:
    panels = tuple(Panel(key, key, (), {}, "", (), (), (), {}) for key in keys.split())
    return Section("class", "The class", "", panels)


@pytest.mark.parametrize(
    ("keys", "alone"),
    [
        ("activations ranks deconvnet", {"deconvnet"}),
        ("activations deconvnet", set()),
        ("gradient", {"gradient"}),
        ("gradient guided heatmaps occlusion curves", {"curves"}),
        ("gradient guided gradcam heatmaps curves", {"gradcam", "curves"}),
        ("occlusion", set()),
    ],
)
def test_a_panel_without_a_neighbor_is_known(keys: str, alone: set[str]) -> None:
    assert section(keys).alone == alone
