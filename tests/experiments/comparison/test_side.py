from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.experiments.comparison.compared import Compared
from convscope.experiments.comparison.layers import first_layers
from convscope.experiments.comparison.options import CompareOptions
from convscope.experiments.comparison.side import measures, side_of
from convscope.net.net import Net
from convscope.progress import silent
from convscope.render.comparison.picture import comparison_png
from convscope.render.comparison.says import second_words
from convscope.results.comparison import MEASURES, Side
from tests.cli.setting import photographs
from tests.net.zoo import conv, fill, glass
from tests.results.made_comparison import comparison


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    photographs(tmp_path / "photos", 5)
    return tmp_path / "photos"


def measured(module: nn.Module, photos: Path, **asked: Any) -> Side:
    net: Net = glass(fill(module))
    atlas = build_atlas(net, photos, photos.parent / "atlas")
    options = CompareOptions(**asked)
    one = Compared(net, "one", first_layers(net))
    return side_of(one, atlas, options, silent)


def test_sizes_are_those_behind_the_batch_norm_and_shapes_do_not_depend_on_it() -> None:
    parts = [conv(3, 4, 5), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 6)]
    bare, normalized = (glass(fill(nn.Sequential(*some))) for some in ([parts[0]], parts))
    own, through = (measures(first_layers(net).first) for net in (bare, normalized))
    norm: Any = parts[1]
    gain = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).abs().detach().numpy()
    sizes = own[:, 0] * gain
    assert through[:, 0].tolist() == pytest.approx((sizes / np.median(sizes)).tolist())
    same = [MEASURES.index(name) for name in ("noise", "low", "middle", "high", "alias")]
    assert np.allclose(own[:, same], through[:, same], atol=1e-12)


def test_channels_that_never_fire_are_counted_and_not_drawn(photos: Path) -> None:
    module = nn.Sequential(conv(3, 4, 5, stride=2), nn.ReLU(), conv(4, 8), nn.ReLU())
    torch.manual_seed(0)
    made = fill(module)
    with torch.no_grad():
        made[2].bias[[1, 4, 6]] = -1e6  # type: ignore[index,union-attr,operator]
    net = glass(made)
    atlas = build_atlas(net, photos, photos.parent / "atlas")
    one = Compared(net, "one", first_layers(net))
    found = side_of(one, atlas, CompareOptions(channels=3), silent)
    dead = {name: (dead, of) for name, of, dead in found.facts["dead"]}
    assert dead["3"][0] >= 3
    assert found.facts["next"]["fires"] == 8 - dead["3"][0]
    assert not {1, 4, 6} & set(found.of_drawn("channel").tolist())


def test_a_second_layer_that_is_dead_altogether_is_said_to_be(photos: Path) -> None:
    made = fill(nn.Sequential(conv(3, 4, 5, stride=2), nn.ReLU(), conv(4, 8), nn.ReLU()))
    with torch.no_grad():
        made[2].bias[:] = -1e6  # type: ignore[index,union-attr,operator]
    net = glass(made)
    atlas = build_atlas(net, photos, photos.parent / "atlas")
    one = Compared(net, "one", first_layers(net))
    found = side_of(one, atlas, CompareOptions(), silent)
    assert found.dead("3") == (8, 8)
    assert found.drawn.shape == (0, 7)
    assert second_words(found) == "3 (3 × 3 filters): 0 of 8 channels fire; nothing is projected."
    assert comparison_png(comparison(found))[1:4] == b"PNG"


def test_aliases_are_sought_only_where_the_next_filters_read_the_first_channels(
    photos: Path,
) -> None:
    chain = [conv(3, 12, 5, stride=2, padding=2), nn.ReLU(), conv(12, 8, 3, padding=1), nn.ReLU()]
    here, there = measured(nn.Sequential(*chain), photos).facts["in_next"]
    assert 0.5 < here < 2
    assert 0.5 < there < 2
    grouped = [chain[0], nn.ReLU(), conv(12, 8, 3, padding=1, groups=2), nn.ReLU()]
    (photos.parent / "atlas").rename(photos.parent / "other")
    assert measured(nn.Sequential(*grouped), photos).facts["in_next"] == [None, None]
