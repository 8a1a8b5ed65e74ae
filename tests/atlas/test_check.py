from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from convscope.atlas.build import build_atlas
from convscope.atlas.check import check
from convscope.atlas.options import AtlasOptions
from convscope.errors import AtlasError
from convscope.images import open_images
from tests.atlas.fakes import FakeCapture, photographs


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    images = open_images(photographs(folder / "images", 4))
    options = AtlasOptions(top=1, sampled=False)
    return build_atlas(FakeCapture(), images, folder / "atlas", options).path


@pytest.fixture
def copy(atlas: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(atlas, tmp_path / "copy"))


def test_a_sound_atlas_is_sound(atlas: Path) -> None:
    report = check(atlas)
    assert report.ok
    assert report.files == 5


@pytest.mark.parametrize(
    "name", ["manifest.json", "layers.parquet", "units.parquet", "top.parquet"]
)
def test_every_flipped_byte_is_found(name: str, copy: Path) -> None:
    data = (copy / name).read_bytes()
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        (copy / name).write_bytes(flipped)
        assert check(copy).changed == (name,), place


def test_truncated_missing_and_extra_files_are_found(copy: Path) -> None:
    (copy / "top.parquet").write_bytes((copy / "top.parquet").read_bytes()[:-1])
    (copy / "units.parquet").unlink()
    (copy / "notes.txt").write_text("mine")
    report = check(copy)
    assert (report.missing, report.extra) == (("units.parquet",), ("notes.txt",))
    assert report.changed == ("top.parquet",)
    assert not report.ok


def test_a_folder_without_an_atlas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"holds no atlas.*convscope atlas"):
        check(tmp_path)
