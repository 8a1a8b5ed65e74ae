"""Images copied for an experiment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from convscope.errors import DataError
from convscope.experiments.learning.pool import pool
from convscope.experiments.learning.probe_images import POOL, PROBE, keep_images, small
from convscope.images.open import open_images
from convscope.images.source import Source
from convscope.progress import silent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    drawn = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for i in range(20):
            shape = (9, 11, 3) if i % 3 else (9, 11)
            pixels = drawn.integers(0, 255, shape, dtype=np.uint8)
            Pillow.fromarray(pixels).save(tmp_path / "in" / name / f"{i}.png")
    return tmp_path / "in"


def labels_of(source: Source) -> list[str | None]:
    return [source.label(i) for i in range(len(source))]


def test_pixels_and_labels_are_copied_as_they_are(folder: Path, tmp_path: Path) -> None:
    source = open_images(folder)
    split = pool(labels_of(source), 16, 12)
    kept = keep_images(source, split, tmp_path / "out", silent)
    assert kept.classes == ("a", "b")
    assert kept.unread == 0
    for name, numbers in ((PROBE, split.probe), (POOL, split.train)):
        copied = open_images(tmp_path / "out" / name)
        assert len(copied) == len(numbers)
        for place, number in enumerate(numbers.tolist()):
            assert copied.label(place) == source.label(number)
            own = source.pixels(number)
            assert np.array_equal(copied.pixels(place).reshape(own.shape), own)
    assert kept.labels.tolist() == split.labels[split.probe].tolist()


def test_images_that_cannot_be_read_are_left_out_and_counted(folder: Path, tmp_path: Path) -> None:
    for name in ("a/3.png", "b/7.png"):
        (folder / name).write_bytes(b"%PDF-1.7")
    source = open_images(folder)
    split = pool(labels_of(source), 16, 12)
    kept = keep_images(source, split, tmp_path / "out", silent)
    assert kept.unread == 2
    total = len(open_images(tmp_path / "out" / PROBE)) + len(open_images(tmp_path / "out" / POOL))
    assert total == 38
    again = keep_images(source, split, tmp_path / "out", silent)
    assert again.labels.tolist() == kept.labels.tolist()


def test_a_class_that_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "b").iterdir():
        path.write_bytes(b"torn")
    source = open_images(folder)
    with pytest.raises(DataError, match=r"8 can be read, and not both halves hold b"):
        keep_images(source, pool(labels_of(source), 16, 12), tmp_path / "out", silent)


def test_large_images_become_small_ones() -> None:
    drawn = np.random.default_rng(1).integers(0, 255, (512, 768, 3), dtype=np.uint8)
    made = small(drawn)
    assert made.shape == (256, 384, 3)
    means = drawn.reshape(256, 2, 384, 2, 3).mean((1, 3))
    assert np.abs(made - means).max() <= 1
    assert small(drawn[:200, :300]) is not None
    assert (small(drawn[:200, :300]) == drawn[:200, :300]).all()
