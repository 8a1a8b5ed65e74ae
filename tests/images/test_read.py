"""One image from a file, an array or a source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from convscope.errors import ImageError
from convscope.geometry.box import Box
from convscope.images import open_images, read, read_from
from convscope.preprocess import Preprocessing

SIXTEEN = Preprocessing((16, 16), 20)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    Pillow.new("RGB", (80, 40), (9, 8, 7)).save(path)
    image = read(path, SIXTEEN, label="cat")
    assert (image.id, image.label, image.source) == ("cat.png", "cat", "cat.png")
    assert image.source_size == (40, 80)
    assert image.box == Box(4, 24, 36, 56)
    assert image.array.shape == (3, 16, 16)
    assert image.shown[0, 0].tolist() == [9, 8, 7]
    assert read(str(path), SIXTEEN, id="animals/cat.png").id == "animals/cat.png"


def test_an_array() -> None:
    image = read(np.full((40, 80), 5, np.uint8), SIXTEEN)
    assert (image.id, image.label, image.source_size) == ("array", None, (40, 80))
    assert image.shown.shape == (16, 16, 3)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"%PDF")
    np.save(tmp_path / "b.npy", np.zeros((9, 9, 5), np.uint8))
    for name, reason in {"a.jpg": "a PDF", "b.npy": "5 channels", "c.png": "no such file"}.items():
        with pytest.raises(ImageError, match=rf"{name}: .*{reason}"):
            read(tmp_path / name, SIXTEEN)
    with pytest.raises(ImageError, match="is a folder"):
        read(tmp_path, SIXTEEN)


def test_one_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    Pillow.new("RGB", (80, 40), (9, 8, 7)).save(tmp_path / "cats" / "1.png")
    image = read_from(open_images(tmp_path), 0, SIXTEEN)
    assert (image.id, image.label, image.source) == ("cats/1.png", "cats", "cats/1.png")
    assert image.box == Box(4, 24, 36, 56)


def test_a_tile_keeps_its_place_in_the_photograph() -> None:
    source = open_images("bundled:photos")
    record = source.record(0)
    image = read_from(source, 0, Preprocessing((72, 72), None))
    assert record.source_box is not None
    assert record.source_box.contains(image.box)
    assert image.id == record.uri
    assert image.source == record.source
