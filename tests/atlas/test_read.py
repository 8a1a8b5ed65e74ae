from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from convscope.atlas import manifest
from convscope.atlas.build import build_atlas
from convscope.atlas.check import check
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import open_atlas
from convscope.errors import AddressError, AtlasError, CorruptError, UsageError
from convscope.images import open_images
from tests.atlas.fakes import FakeCapture, photographs


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read")
    images = open_images(photographs(folder / "images", 6))
    options = AtlasOptions(shard=4)
    return build_atlas(FakeCapture(), images, folder / "atlas", options).path


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "copy"))


def test_layers_come_back_as_they_were(built: Path) -> None:
    assert open_atlas(built).layers == FakeCapture().layers


def test_layers_are_found_by_name_number_and_longer_name(built: Path) -> None:
    atlas = open_atlas(built)
    assert atlas.layer("stem") == atlas.layer("1") == atlas.layer(1)
    with pytest.raises(AddressError, match=r"There are: 0, 1, 3"):
        atlas.layer("stam")


def test_places_not_taken_are_marked(built: Path) -> None:
    top = open_atlas(built).top("3")
    assert top.value.shape == (5, 9)
    assert (top.image[:, 6:] == -1).all()
    assert np.isnan(top.value[:, 6:]).all()


def test_only_signed_layers_have_a_bottom(built: Path) -> None:
    atlas = open_atlas(built)
    assert (atlas.top("0", "bottom").value[:, 0] < 0).all()
    with pytest.raises(UsageError, match="no side 'bottom'"):
        atlas.top("1", "bottom")


def test_images_and_preprocessing_come_back(built: Path) -> None:
    atlas = open_atlas(built)
    assert [atlas.image(i).uri for i in range(6)] == [atlas.source().uri(i) for i in range(6)]
    assert atlas.image(5).label == "b"
    assert (atlas.image(0).width, atlas.image(0).height) == (16, 16)
    assert atlas.preprocessing.size == (16, 16)
    assert atlas.classes == ("a", "b")
    assert atlas.histogram_edges[0] == -np.inf
    assert open_atlas(built, images=built.parent / "images").source().uri(0) == "a/0000.png"
    with pytest.raises(AddressError, match="0 to 5"):
        atlas.image(6)


def test_a_flipped_byte_is_found_before_its_table_is_shown(copy: Path) -> None:
    data = bytearray((copy / "units.parquet").read_bytes())
    data[len(data) // 2] ^= 4
    (copy / "units.parquet").write_bytes(data)
    atlas = open_atlas(copy)
    assert atlas.top("1").image.shape == (6, 9)
    with pytest.raises(CorruptError, match=r"units\.parquet"):
        atlas.units("1")


@pytest.mark.parametrize("name", ["layers", "units", "top", "images", "health", "ranks", "answers"])
def test_a_truncated_or_missing_file_is_named_on_opening(name: str, copy: Path) -> None:
    path = copy / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CorruptError, match=f"{name}.parquet has"):
        open_atlas(copy)
    path.unlink()
    with pytest.raises(CorruptError, match=f"{name}.parquet is missing"):
        open_atlas(copy)


def test_another_format_is_refused_with_what_to_do(copy: Path) -> None:
    values = manifest.read(copy)
    manifest.write(copy, {**values, "format": 99})
    with pytest.raises(AtlasError, match=r"format 99.*convscope atlas MODEL"):
        open_atlas(copy)


def test_an_edited_manifest_is_refused(copy: Path) -> None:
    path = copy / manifest.NAME
    path.write_text(path.read_text().replace('"read": 6', '"read": 7'))
    with pytest.raises(CorruptError, match=r"manifest\.json"):
        open_atlas(copy)
    path.write_text("{")
    with pytest.raises(CorruptError, match=r"manifest\.json"):
        open_atlas(copy)


def test_an_atlas_made_before_there_was_health_is_read(copy: Path) -> None:
    values = manifest.read(copy)
    for name in ("health", "ranks", "answers"):
        del values["files"][f"{name}.parquet"]
        (copy / f"{name}.parquet").unlink()
    del values["options"]["health"], values["health"]
    manifest.write(copy, values)
    atlas = open_atlas(copy)
    assert atlas.units("1").status.tolist() == ["live"] * 6
    assert (atlas.health("1"), atlas.effective_rank("1"), atlas.answers()) == (None, None, None)
    assert atlas.rank_samples("1") == 0
    assert check(copy).ok
    with pytest.raises(AddressError, match="No layer '7'"):
        atlas.health("7")
