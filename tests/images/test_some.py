from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from convscope.images.open import open_images
from convscope.images.some import Some


def folder(path: Path, count: int = 7) -> Path:
    for i in range(count):
        Image.new("RGB", (4, 3), (10 * i, 0, 0)).save(path / f"{i}.png")
    return path


def test_they_are_the_sources_own_images_numbered_anew(tmp_path: Path) -> None:
    source = open_images(folder(tmp_path))
    some = Some(source, [1, 4, 5])
    entries = list(some.iterate())
    assert [entry.index for entry in entries] == [0, 1, 2]
    assert [entry.record.uri for entry in entries] == ["1.png", "4.png", "5.png"]
    assert [entry.record.sha256 for entry in entries] == [
        source.record(place).sha256 for place in (1, 4, 5)
    ]
    for place, entry in zip((1, 4, 5), entries, strict=True):
        assert entry.pixels is not None
        assert entry.size == (3, 4)
        assert np.array_equal(entry.pixels, source.pixels(place))


def test_they_are_spread_from_the_first_to_the_last(tmp_path: Path) -> None:
    source = open_images(folder(tmp_path))
    assert [Some.spread(source, 3).uri(i) for i in range(3)] == ["0.png", "3.png", "6.png"]
    assert len(Some.spread(source, 100)) == 7


def test_a_part_of_them_can_be_walked(tmp_path: Path) -> None:
    some = Some(open_images(folder(tmp_path)), [0, 2, 4, 6])
    assert [entry.record.uri for entry in some.iterate(1, 3)] == ["2.png", "4.png"]


def test_one_that_cannot_be_read_is_an_entry_with_the_reason(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (entry,) = Some(open_images(tmp_path), [3]).iterate()
    assert entry.pixels is None
    assert "3.png" in entry.error
