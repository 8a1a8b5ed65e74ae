from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import AtlasError, UsageError
from convscope.methods import project_atlas, routes
from convscope.methods.project_atlas import project_all
from convscope.methods.routes import Unit
from convscope.net.net import Net
from tests.methods.ranked import Ranked
from tests.net.zoo import UNet, conv, fill, glass


class Squeezed(nn.Module):
    """A gate from a global average: everything after it sees the whole image."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.gate, self.two = conv(3, 4, padding=1), conv(4, 4, 1), conv(4, 5, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(x))
        x = x * torch.sigmoid(self.gate(F.adaptive_avg_pool2d(x, 1)))
        return F.relu(self.two(x))


def pooled() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 5, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)),
        *(conv(5, 6, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(6, 4), nn.ReLU()),
    )


def headed() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 4, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(4, 3),
    )


NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int], set[str]]] = {
    "pooled": (pooled, (24, 29), {"cone"}),
    "unet": (lambda: UNet("nearest"), (48, 48), {"cone", "crop"}),
    "small unet": (lambda: UNet("nearest"), (24, 24), {"cone", "full"}),
    "squeezed": (Squeezed, (16, 18), {"cone", "full"}),
    "headed": (headed, (16, 16), {"cone", "full"}),
}


@pytest.fixture(autouse=True)
def double(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the network's own precision in the blocks, to hold them to float64."""
    monkeypatch.setattr(project_atlas, "as_array", lambda tiles: tiles.cpu().numpy())


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, routes.Route]:
    """The route of every layer, by name, as it is chosen."""
    chosen: dict[str, routes.Route] = {}
    choose = routes.choose_route

    def noted(net: Net, rule: Any, layer: Any, first: Tensor) -> routes.Route:
        chosen[layer.name] = choose(net, rule, layer, first)
        return chosen[layer.name]

    monkeypatch.setattr(project_atlas, "choose_route", noted)
    return chosen


def ranked(name: str, count: int = 3) -> Ranked:
    build, size, _ = NETS[name]
    return Ranked(glass(fill(build()), size), count=count)


def tiles(atlas: Ranked, **asked: Any) -> dict[tuple[str, int, int], np.ndarray]:  # type: ignore[type-arg]
    return {
        (block.layer.name, block.rank, int(channel)): tile
        for block in project_all(atlas.net, atlas, **asked)
        for channel, tile in zip(block.channels, block.tiles, strict=True)
    }


def apart(one: dict[Any, Any], other: dict[Any, Any]) -> float:
    assert one.keys() == other.keys()
    scale = max(float(np.abs(tile).max()) for tile in other.values())
    return max(float(np.abs(one[key] - other[key]).max()) for key in other) / scale


@pytest.mark.parametrize("name", NETS)
def test_every_unit_is_projected_as_through_the_whole_image(
    name: str, taken: dict[str, routes.Route]
) -> None:
    atlas = ranked(name)
    seen = set()
    for block in project_all(atlas.net, atlas):
        assert block.tiles.shape[2:] == (
            block.layer.field.frame((0, 0), *atlas.images.size).height,
            block.layer.field.frame((0, 0), *atlas.images.size).width,
        )
        for place, channel in enumerate(block.channels.tolist()):
            value, whole = atlas.reference(block.layer, block.rank, channel)
            scale = max(float(np.abs(whole).max()), 1e-12)
            assert float(np.abs(block.tiles[place] - whole).max()) <= 1e-10 * scale
            assert block.values[place] == pytest.approx(value, rel=1e-6)
            assert block.zero[place] == (not whole.any())
            seen.add((block.layer.number, block.rank, channel))
    assert {route.kind for route in taken.values()} == NETS[name][2]
    assert seen == {
        (layer.number, rank, int(channel))
        for layer in atlas.layers
        for rank in (1, 2, 3)
        for channel in np.flatnonzero(layer.signed | (atlas.top(layer).value[:, rank - 1] > 0))
    }


def test_what_never_fires_is_left_out() -> None:
    module = fill(pooled())
    with torch.no_grad():
        module[3].bias[2], module[3].weight[2] = -5.0, 0.0  # type: ignore[index]
    atlas = Ranked(glass(module, (16, 17)))
    assert not [key for key in tiles(atlas) if key[0] == "4" and key[2] == 2]


def test_it_goes_breadth_first() -> None:
    atlas = ranked("unet")
    order = [block.rank for block in project_all(atlas.net, atlas)]
    assert order == sorted(order)
    assert set(order) == {1, 2, 3}


def test_some_ranks_of_some_layers() -> None:
    atlas = ranked("unet")
    every = tiles(atlas)
    some = tiles(atlas, layers=atlas.layers[1:3], ranks=[3, 2])
    names = {layer.name for layer in atlas.layers[1:3]}
    assert apart(some, {k: v for k, v in every.items() if k[0] in names and k[1] > 1}) < 1e-12
    few = tiles(atlas, channels={0, 2}, ranks=[1])
    assert apart(few, {k: v for k, v in every.items() if k[1] == 1 and k[2] in (0, 2)}) < 1e-12
    with pytest.raises(UsageError, match="Ranks are counted from 1"):
        next(project_all(atlas.net, atlas, ranks=[0]))


@pytest.mark.parametrize("name", ["pooled", "unet"])
def test_what_is_done_is_skipped(name: str) -> None:
    """Whatever is skipped: an image looked at for one layer is asked for another's units later."""
    atlas = ranked(name)
    every, first, last = tiles(atlas), atlas.layers[0], atlas.layers[-1]
    for skip in ({(first.number, 1)}, {(last.number, 1), (first.number, 2)}):
        wanted = {
            key: tile
            for key, tile in every.items()
            if (atlas.net.tape().layer(key[0]).number, key[1]) not in skip
        }
        assert apart(tiles(atlas, skip=skip), wanted) < 1e-12


def test_few_switches_at_once_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = ranked("pooled", count=20)
    every = tiles(atlas, ranks=[1, 2])
    monkeypatch.setattr(project_atlas, "SWITCH_BYTES", 1)
    monkeypatch.setattr(routes, "BATCH_BYTES", 1)
    assert apart(tiles(atlas, ranks=[1, 2]), every) < 1e-12


def test_an_atlas_of_other_weights_is_refused() -> None:
    atlas = ranked("pooled")
    atlas.top(atlas.layers[0])
    other = glass(fill(pooled(), seed=7), atlas.images.size)
    with pytest.raises(AtlasError, match=r"in the atlas: other weights, images or preprocessing"):
        list(project_all(other, atlas))


def test_an_atlas_of_another_network_is_refused() -> None:
    atlas, other = ranked("pooled"), ranked("headed")
    with pytest.raises(AtlasError, match="is no layer of this network"):
        list(project_all(other.net, atlas))


def test_a_route_that_disagrees_falls_back_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
    taken: dict[str, routes.Route],
    caplog: pytest.LogCaptureFixture,
) -> None:
    atlas = ranked("pooled")
    every = tiles(atlas)
    right = routes.project_cones
    monkeypatch.setattr(routes, "project_cones", lambda *args: right(*args) * 1.01)
    assert apart(tiles(atlas), every) < 1e-10
    assert {route.kind for route in taken.values()} == {"full"}
    assert all("its cone differs from it by" in route.reason for route in taken.values())
    assert "projected through the full image: its cone differs" in caplog.text


def test_crops_that_raise_or_give_another_value_fall_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from convscope.errors import TraceError

    atlas = ranked("unet")
    every = tiles(atlas)
    right, calls = routes.project_crops, [0]

    def wrong(*args: Any) -> Any:
        calls[0] += 1
        values, grads = right(*args)
        if calls[0] > 9 and calls[0] % 3 == 0:
            raise TraceError("another program")
        return (values * 1.01, grads * 2) if calls[0] > 9 else (values, grads)

    monkeypatch.setattr(routes, "project_crops", wrong)
    assert apart(tiles(atlas), every) < 1e-10
    assert "another program" in caplog.text
    assert "its crop gives another value" in caplog.text


def test_progress_is_told() -> None:
    atlas, heard = ranked("headed"), []
    total = len(tiles(atlas, progress=lambda *said: heard.append(said)))
    assert heard[0] == (0, len(atlas.layers), "checking the layers")
    assert heard[-1] == (total, total, "projecting rank 3")


def test_a_weak_channel_is_held_to_its_layers_maximum() -> None:
    """It may be a sum of large terms that cancel, and rounds as they do, not as itself."""
    atlas = ranked("pooled")
    layer = atlas.layers[0]
    most = float(np.nanmax(np.abs(atlas.top(layer).value)))
    weak = [Unit(0, 0, (0, 0), 1e-5 * most)]
    project_atlas._check(atlas, layer, weak, torch.tensor([2e-5 * most]))
    with pytest.raises(AtlasError, match="in the atlas: other weights"):
        project_atlas._check(atlas, layer, weak, torch.tensor([2e-3 * most]))
