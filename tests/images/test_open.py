"""The one door to every source."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from convscope.errors import SourceError
from convscope.images import open_images
from convscope.images.folder import FolderSource


def test_a_folder(tmp_path: Path) -> None:
    Pillow.new("L", (4, 3)).save(tmp_path / "1.png")
    assert isinstance(open_images(tmp_path), FolderSource)
    assert isinstance(open_images(str(tmp_path)), FolderSource)


def test_the_bundled_photographs() -> None:
    source = open_images("bundled:photos")
    entry = next(source.iterate())
    assert entry.pixels is not None
    assert entry.record.uri == source.uri(0)


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    image = tmp_path / "1.png"
    Pillow.new("L", (4, 3)).save(image)
    table = tmp_path / "t.csv"
    table.write_text("a,b")
    (tmp_path / "empty").touch()
    cases = {
        str(tmp_path / "gone"): "no such file or folder",
        str(image): r"1\.png is one image by its first bytes, a PNG; many are wanted: a folder",
        str(table): "neither a folder nor Parquet",
        str(tmp_path / "empty"): "0 bytes",
        "bundled:cats": "nothing bundled has that name",
        "/dev/null": "no regular file",
    }
    for spec, reason in cases.items():
        with pytest.raises(SourceError, match=reason) as raised:
            open_images(spec)
        assert "bundled:photos" in str(raised.value)
        assert "atlas" not in str(raised.value)  # which one command takes in place of images
