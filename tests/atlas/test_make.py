from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image as Pillow
from torch import nn

from convscope.atlas.make import build_atlas
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import open_atlas
from convscope.errors import AddressError, AtlasError, NoLayersError, SourceError
from convscope.images import open_images
from convscope.net.net import Net
from tests.net.zoo import conv, fill, glass


def network() -> Net:
    return glass(fill(nn.Sequential(conv(3, 4), nn.ReLU(), conv(4, 5), nn.ReLU())), (12, 14))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    drawn = np.random.default_rng(0)
    for i in range(6):
        path = tmp_path / "photos" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(drawn.integers(0, 255, (13, 14, 3), dtype=np.uint8)).save(path)
    return tmp_path / "photos"


def table(photos: Path, path: Path) -> Path:
    files = sorted(photos.rglob("*.png"))
    columns = {"picture": [f.read_bytes() for f in files], "kind": [f.parent.name for f in files]}
    pq.write_table(pa.table(columns), path)
    return path


def test_an_atlas_of_a_folder(photos: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    atlas = build_atlas(
        network(), photos, tmp_path / "atlas", progress=lambda *said: heard.append(said)
    )
    assert [layer.name for layer in atlas.layers] == ["1", "3"]
    assert (atlas.image_count, atlas.images_read, atlas.classes) == (6, 6, ("a", "b"))
    assert heard[-1] == (6, 6, "writing the atlas")
    assert atlas.manifest["images"]["spec"] == str(photos)


@pytest.mark.parametrize("name", ["photos.parquet", "photos"])
def test_a_table_is_opened_again_by_its_columns_whatever_its_name(
    name: str, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    path = table(photos, tmp_path / "tables" / name)
    build_atlas(network(), path, tmp_path / "atlas", image_column="picture", label_column="kind")
    source = open_atlas(tmp_path / "atlas").source()
    assert len(source) == 6
    assert source.label(0) == "a"
    folder = build_atlas(network(), photos, tmp_path / "other")
    assert np.array_equal(
        open_atlas(tmp_path / "atlas").top("3").value, folder.top("3").value, equal_nan=True
    )


def test_layers_by_name_pattern_or_a_single_word(photos: Path, tmp_path: Path) -> None:
    for number, layers in enumerate((["0", "3"], "0", ["?"])):
        atlas = build_atlas(network(), photos, tmp_path / str(number), layers=layers)
        expected = {0: ["0", "3"], 1: ["0"], 2: ["1", "3"]}[number]
        assert [layer.name for layer in atlas.layers] == expected


def test_nothing_is_made_of_what_cannot_be_looked_at(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "atlas"
    with pytest.raises(SourceError, match="no such file or folder"):
        build_atlas(network(), tmp_path / "gone", out)
    with pytest.raises(AddressError, match="No layer '9'"):
        build_atlas(network(), photos, out, layers=["9"])
    flat = glass(fill(nn.Sequential(nn.Flatten(), nn.Linear(504, 2), nn.ReLU())), (12, 14))
    with pytest.raises(NoLayersError):
        build_atlas(flat, photos, out)
    assert not out.exists()


def test_the_same_pass_again_opens_it_and_another_is_refused(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "atlas"
    build_atlas(network(), photos, out)
    before = (out / "manifest.json").read_bytes()
    build_atlas(network(), photos, out)
    with pytest.raises(AtlasError, match=r"options\.top \(9 there, 3 now\)"):
        build_atlas(network(), photos, out, options=AtlasOptions(top=3))
    assert (out / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("activation", [nn.ReLU, nn.ReLU6])
def test_exactly_the_channels_that_were_silenced_are_dead(
    activation: type[nn.Module], photos: Path, tmp_path: Path
) -> None:
    module = fill(nn.Sequential(conv(3, 8), activation(), conv(8, 12), activation()))
    with torch.no_grad():
        for place, bias in ((0, 2.0), (2, 4.0)):  # all others fire
            module[place].bias.abs_().add_(bias)  # type: ignore[index, operator, union-attr]
        module[0].bias[[1, 6]] = -1e6  # type: ignore[index, operator]
        module[2].bias[[0, 3, 11]] = -1e6  # type: ignore[index, operator]
    atlas = build_atlas(glass(module, (12, 14)), photos, tmp_path / "atlas")
    dead = [np.flatnonzero(atlas.units(layer).status == "dead").tolist() for layer in atlas.layers]
    assert dead == [[1, 6], [0, 3, 11]]


def test_health_and_answers_of_a_network_with_a_bounded_activation(
    photos: Path, tmp_path: Path
) -> None:
    module = nn.Sequential(conv(3, 4), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                           nn.Linear(4, 3))  # fmt: skip
    net = glass(fill(module), (12, 14))
    net.labels, net.keys = ("cat", "b", "eel"), ("n1", "n2", "n3")
    source = open_images(photos)
    arrays = [net.preprocessing.apply(source.pixels(i)).array for i in range(6)]
    batch = torch.from_numpy(np.stack(arrays)).double()
    with torch.no_grad():
        module[0].bias[0] += 6 - module[0](batch)[:, 0].median()  # type: ignore[index, operator]
    atlas = build_atlas(net, photos, tmp_path / "atlas")
    with torch.no_grad():
        maps = module[0](batch)  # type: ignore[index]
        scores = module[1:](maps)  # type: ignore[index]
    health, answers = atlas.health("0"), atlas.answers()
    assert health is not None
    assert answers is not None
    assert [layer.name for layer in atlas.layers] == ["0", "4"]
    assert health.saturated.tolist() == (maps.float() >= 6).double().mean((0, 2, 3)).tolist()
    assert 0.4 < health.saturated[0] < 0.6
    np.testing.assert_allclose(answers.probability, scores.softmax(1).amax(1), rtol=1e-5)
    assert answers.guess.tolist() == scores.argmax(1).tolist()
    assert answers.label_class.tolist() == [-1, -1, -1, 1, 1, 1]
    assert atlas.manifest["scores"] == "4"


def test_scores_may_be_maps_of_one_cell(photos: Path, tmp_path: Path) -> None:
    net = glass(fill(nn.Sequential(conv(3, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1))), (12, 14))
    answers = build_atlas(net, photos, tmp_path / "atlas").answers()
    assert answers is not None
    assert answers.guess.shape == (6,)
    assert (answers.probability >= 1 / 5).all()
    assert answers.label_class.tolist() == [-1] * 6
