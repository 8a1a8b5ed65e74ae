from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.atlas.read import Atlas, open_atlas
from convscope.errors import AtlasError, ConvscopeError
from convscope.methods import synthesize as home
from convscope.methods.best import best_of
from convscope.methods.naturally import natural_from, natural_of_atlas
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesize import synthesize
from convscope.methods.synthesize_atlas import synthesize_atlas
from convscope.net.net import Net
from convscope.net.targets import find_targets
from convscope.preprocess import Preprocessing
from convscope.synthesis.presets import preset
from tests.net.zoo import conv, fill

QUICK = SynthesizeOptions("natural", starts=1, retries=0, steps=4, batch=2)


@pytest.fixture
def net() -> Net:
    layers = (
        *(conv(3, 10, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(10, 8), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)),
    )
    module = fill(nn.Sequential(*layers)).float()
    return Net(module, Preprocessing((16, 16), None, mean=(0.5,) * 3, std=(0.25,) * 3))


@pytest.fixture
def photos() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)


@pytest.fixture
def atlas(net: Net, photos: NDArray[np.uint8], tmp_path: Path) -> Atlas:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, pixels in enumerate(photos):
        Pillow.fromarray(pixels).save(folder / f"{i}.png")
    return build_atlas(net, folder, tmp_path / "atlas")


def by_hand(net: Net, photos: NDArray[np.uint8], end: int) -> NDArray[np.float64]:
    """The strongest cell of every channel over all photographs, by the plain module."""
    x = (torch.from_numpy(photos).permute(0, 3, 1, 2) / 255 - 0.5) / 0.25
    with torch.no_grad():
        found = net.module[:end](x)  # type: ignore[index]
    return found.reshape(len(x), found.shape[1], -1).amax((0, 2)).double().numpy()


@pytest.mark.parametrize("target", ["4", "class:0,1,2"])
def test_the_best_is_that_of_the_photographs(
    net: Net, atlas: Atlas, photos: NDArray[np.uint8], target: str
) -> None:
    """From the tables, and for scores, which the atlas lacks or holds, by a walk."""
    targets = find_targets(net, target)
    end = 5 if target == "4" else 8
    assert best_of(net, atlas, targets) == pytest.approx(by_hand(net, photos, end), rel=1e-5)


def test_a_directions_best_is_looked_up(net: Net, atlas: Atlas, photos: NDArray[np.uint8]) -> None:
    found = best_of(net, atlas, find_targets(net, "4:1-0.5*2"))
    x = (torch.from_numpy(photos).permute(0, 3, 1, 2) / 255 - 0.5) / 0.25
    with torch.no_grad():
        maps = net.module[:5](x)  # type: ignore[index]
    assert found == pytest.approx([float((maps[:, 1] - 0.5 * maps[:, 2]).max())], rel=1e-5)


def test_without_an_atlas_there_is_no_best(net: Net) -> None:
    assert np.isnan(best_of(net, None, find_targets(net, "4"))).all()


def test_pictures_are_kept_and_read_back(net: Net, atlas: Atlas) -> None:
    made = synthesize_atlas(net, atlas, "4", QUICK)
    again = open_atlas(atlas.path).synthesis("4")
    assert again is not None
    assert again.channels == made.channels == tuple(range(8))
    assert again.pictures.tobytes() == made.pictures.tobytes()
    assert made.score == pytest.approx(made.values / by_best(atlas))


def by_best(atlas: Atlas) -> NDArray[np.float64]:
    best = np.asarray(atlas.top("4").value[:, 0], np.float64)
    return np.where(best > 0, best, np.nan)


def test_kept_pictures_equal_those_drawn_without_keeping(net: Net, atlas: Atlas) -> None:
    kept = synthesize_atlas(net, atlas, "4:3,5", QUICK)
    drawn = synthesize(net, "4:3,5", QUICK, atlas=atlas)
    assert kept.pictures.tobytes() == drawn.pictures.tobytes()
    assert kept.tries == pytest.approx(drawn.tries, nan_ok=True)


def test_a_stopped_run_goes_on_and_ends_the_same(
    net: Net, atlas: Atlas, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = synthesize_atlas(net, atlas, "1", QUICK).pictures.tobytes()
    (folder,) = [path for path in atlas.path.iterdir() if path.is_dir()]
    files = {p.name: p.read_bytes() for p in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    drawn: list[int] = []
    stop_after(monkeypatch, drawn, 5)
    with pytest.raises(KeyboardInterrupt):
        synthesize_atlas(net, open_atlas(atlas.path), "1", QUICK)
    kept = open_atlas(atlas.path).synthesis("1")
    assert kept is not None
    assert kept.channels == tuple(range(8))  # four batches of two; the fifth was lost
    monkeypatch.undo()
    drawn.clear()
    stop_after(monkeypatch, drawn, 99)
    again = synthesize_atlas(net, open_atlas(atlas.path), "1", QUICK)
    assert drawn == [2]
    assert again.pictures.tobytes() == whole
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == files


def stop_after(monkeypatch: pytest.MonkeyPatch, drawn: list[int], batches: int) -> None:
    real = home.draw

    def draw(job: Any, targets: Sequence[Any], *rest: Any, **named: Any) -> Any:
        if len(drawn) >= batches - 1:
            raise KeyboardInterrupt
        drawn.append(len(targets))
        return real(job, targets, *rest, **named)

    monkeypatch.setattr(home, "draw", draw)


def test_what_is_there_is_not_drawn_again(
    net: Net, atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesize_atlas(net, atlas, "4", QUICK)
    stop_after(monkeypatch, [], 1)
    assert synthesize_atlas(net, open_atlas(atlas.path), "4:2,6", QUICK).channels == (2, 6)


def test_another_recipe_is_refused_before_it_is_drawn_unless_it_may_replace(
    net: Net, atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesize_atlas(net, atlas, "4:0,1", QUICK)
    other = replace(QUICK, steps=5)
    stop_after(monkeypatch, [], 1)
    with pytest.raises(ConvscopeError, match="replace"):
        synthesize_atlas(net, open_atlas(atlas.path), "4:0,1", other)
    monkeypatch.undo()
    made = synthesize_atlas(net, open_atlas(atlas.path), "4:0,1", other, replace=True)
    assert made.provenance["options"]["recipe"]["steps"] == 5


@pytest.mark.parametrize("target", ["4:1-2", "4:1@2,2"])
def test_what_atlases_do_not_hold_is_drawn_and_not_kept(
    net: Net, atlas: Atlas, target: str
) -> None:
    made = synthesize_atlas(net, atlas, target, QUICK)
    assert len(made.pictures) == 1
    assert all(atlas.synthesis(layer.name) is None for layer in atlas.layers)


def test_another_networks_atlas_is_refused(net: Net, atlas: Atlas) -> None:
    with torch.no_grad():
        net.module[0].bias += 1  # type: ignore[index,union-attr]
    with pytest.raises(ConvscopeError, match="other weights"):
        synthesize_atlas(net, atlas, "4", QUICK)


def others(**changed: Any) -> Net:
    """The network of the atlas, with other images or other weights."""
    layers = (
        *(conv(3, 10, padding=1), nn.ReLU(), nn.MaxPool2d(2), conv(10, 8), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)),
    )
    given = {"size": (16, 16), "mean": (0.5,) * 3, "std": (0.25,) * 3} | changed
    return Net(fill(nn.Sequential(*layers)).float(), Preprocessing(resize=None, **given))


@pytest.mark.parametrize("draw", ["kept", "free"])
@pytest.mark.parametrize(
    ("name", "found"), [("size", (20, 20)), ("mean", (0.4, 0.5, 0.5)), ("std", (0.1, 0.1, 0.1))]
)
def test_values_of_other_images_are_not_compared(
    atlas: Atlas, draw: str, name: str, found: tuple[float, ...]
) -> None:
    net = others(**{name: found})
    with pytest.raises(AtlasError, match=f"made of images with {name} .* the network takes"):
        drawn_by(draw, net, atlas)


@pytest.mark.parametrize("draw", ["kept", "free"])
def test_values_of_other_weights_are_not_compared(atlas: Atlas, draw: str) -> None:
    net = others()
    with torch.no_grad():
        net.module[0].weight[0, 0, 0, 0] += 1  # type: ignore[index,union-attr,operator]
    with pytest.raises(AtlasError, match="belongs to other weights"):
        drawn_by(draw, net, atlas)


def drawn_by(draw: str, net: Net, atlas: Atlas) -> None:
    if draw == "kept":
        synthesize_atlas(net, atlas, "4:1", QUICK)
    else:
        synthesize(net, "4:1-2*3", QUICK, atlas=atlas)


def test_a_canvas_asked_for_in_either_way_is_the_same(net: Net, atlas: Atlas) -> None:
    """As an option, or in a recipe of one's own: the pictures are, so a run goes on."""
    plain = replace(QUICK, preset="plain")
    synthesize_atlas(net, atlas, "1:0,1", replace(plain, canvas=3))
    recipe = preset("plain", size=3, steps=4)
    synthesize_atlas(net, atlas, "1:2,3", replace(plain, recipe=recipe))
    kept = atlas.synthesis("1")
    assert kept is not None
    assert kept.channels == (0, 1, 2, 3)


def test_the_spectrum_is_of_images_spread_over_all(atlas: Atlas, photos: NDArray[np.uint8]) -> None:
    """A folder's first images may be of one class."""
    found = natural_from(atlas.source(), atlas.preprocessing, count=3)
    some = photos[[0, 2, 5]].transpose(0, 3, 1, 2) / 255
    assert found.images == 3
    assert found.mean == pytest.approx(some.mean((0, 2, 3)))
    assert natural_of_atlas(atlas).images == len(photos)
