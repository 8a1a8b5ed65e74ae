from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from convscope.atlas import manifest
from convscope.atlas.build import build_atlas
from convscope.atlas.check import check
from convscope.atlas.options import AtlasOptions
from convscope.errors import AtlasError
from convscope.images import open_images
from tests.atlas.fakes import FakeCapture, photographs

FILES = ("layers", "units", "top", "images", "health", "ranks", "answers")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    images = open_images(photographs(folder / "images", 4))
    return build_atlas(FakeCapture(), images, folder / "atlas", AtlasOptions(top=1)).path


@pytest.fixture
def copy(atlas: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(atlas, tmp_path / "copy"))


def test_a_sound_atlas_is_sound(atlas: Path) -> None:
    report = check(atlas)
    assert report.ok
    assert report.files == 1 + len(FILES)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def test_every_flipped_byte_of_the_manifest_is_found(atlas: Path) -> None:
    data = (atlas / manifest.NAME).read_bytes()
    assert manifest.is_whole(data)
    assert not any(manifest.is_whole(flipped(data, place)) for place in range(len(data)))
    assert not manifest.is_whole(data + b" ")


@pytest.mark.parametrize("name", ["manifest", *FILES])
def test_a_flipped_byte_anywhere_names_the_file(name: str, copy: Path) -> None:
    (path,) = copy.glob(f"{name}.*")
    data = path.read_bytes()
    for place in {*range(0, len(data), 61), *range(len(data) - 12, len(data))}:
        path.write_bytes(flipped(data, place))
        assert check(copy).changed == (path.name,), place


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
