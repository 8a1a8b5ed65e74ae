from __future__ import annotations

import numpy as np
import pytest

from convscope.errors import SourceError
from convscope.geometry.box import Box
from convscope.images import photos
from convscope.images.photos import PhotoTiles, photographs


def overlap(a: Box, b: Box) -> bool:
    return a.y0 < b.y1 and b.y0 < a.y1 and a.x0 < b.x1 and b.x0 < a.x1


def whole(name: str) -> Box:
    return Box(0, 0, *photographs()[name].shape[:2])


def test_there_are_about_twenty_photographs_in_color_channels() -> None:
    assert len(photographs()) == 18
    assert list(photographs()) == sorted(photographs())
    assert all(p.dtype == np.uint8 and p.shape[2] == 3 for p in photographs().values())


def test_a_gray_photograph_has_three_equal_channels() -> None:
    page = photographs()["page"]
    assert (page[..., :1] == page).all()


def test_photographs_are_shared_and_read_only() -> None:
    assert photographs() is photographs()
    with pytest.raises(ValueError, match="read-only"):
        photographs()["cat"][0, 0, 0] = 0


def test_a_photograph_missing_from_its_wheel_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "FILES", {"owl": "skimage/data/owl.png"})
    photographs.cache_clear()
    with pytest.raises(SourceError, match=r"'owl' should lie in skimage/data/owl\.png.*Install"):
        photographs()
    photographs.cache_clear()


@pytest.mark.parametrize("name", photos.FILES)
def test_training_and_held_out_regions_partition_a_photograph(name: str) -> None:
    size = photographs()[name].shape[:2]
    seen, unseen = photos.train_region(*size), photos.held_out_region(*size)
    assert not overlap(seen, unseen)
    assert whole(name).contains(seen)
    assert whole(name).contains(unseen)
    area = seen.height * seen.width + unseen.height * unseen.width
    assert area == size[0] * size[1]


def test_the_longer_side_is_divided() -> None:
    assert photos.held_out_region(600, 400) == Box(0, 0, 200, 400)
    assert photos.held_out_region(400, 600) == Box(0, 0, 400, 200)


@pytest.mark.parametrize("name", photos.FILES)
def test_tiles_of_one_scale_do_not_overlap_and_lie_inside(name: str) -> None:
    for side in photos.sides(*photographs()[name].shape[:2]):
        boxes = photos.grid(whole(name), side)
        assert boxes
        assert all(whole(name).contains(box) for box in boxes)
        assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_crop_is_the_mean_over_areas() -> None:
    checker = np.indices((144, 144)).sum(0)[..., None].repeat(3, 2) % 2 * 200
    shrunk = photos.crop(checker.astype(np.uint8), Box(0, 0, 144, 144))
    assert shrunk.shape == (72, 72, 3)
    assert (shrunk == 100).all()


def test_a_tile_at_native_scale_is_the_photograph_itself() -> None:
    box = Box(5, 7, 77, 79)
    assert (photos.crop(photographs()["cat"], box) == photographs()["cat"][5:77, 7:79]).all()


def test_the_source_has_about_1500_tiles_in_the_order_of_their_bytes() -> None:
    source = PhotoTiles()
    uris = [source.uri(i) for i in range(len(source))]
    assert 1200 <= len(source) <= 1800
    assert uris == sorted(set(uris), key=str.encode)
    assert {source.label(i) for i in range(len(source))} == set(photographs())


def test_a_record_names_the_photograph_the_box_and_the_pixels() -> None:
    source = PhotoTiles()
    last = len(source) - 1
    record, pixels = source.record(last), source.pixels(last)
    assert (record.uri, record.label, record.source) == (source.uri(last), "text", "text")
    assert record.source_box is not None
    assert (photos.crop(photographs()["text"], record.source_box) == pixels).all()
    assert record.bytes == pixels.nbytes == 72 * 72 * 3
    assert len(record.sha256) == 64


def test_two_sources_give_the_same_bytes() -> None:
    one, two = PhotoTiles(), PhotoTiles()
    assert [one.record(i) for i in (0, 700)] == [two.record(i) for i in (0, 700)]


def test_iterating_gives_entries_in_order() -> None:
    source = PhotoTiles()
    entries = list(source.iterate(10, 13))
    assert [e.index for e in entries] == [10, 11, 12]
    assert [e.record for e in entries] == [source.record(i) for i in (10, 11, 12)]
    assert all(e.error == "" and e.size == (72, 72) and e.pixels is not None for e in entries)
    assert sum(1 for _ in source.jobs()) == len(source)


def test_training_crops_come_from_the_training_region_alone() -> None:
    photograph = np.zeros((200, 300, 3), np.uint8)
    photograph[:, :100] = 255  # held out
    rng = np.random.default_rng(0)
    crops = [photos.random_crop(photograph, rng, turn=22) for _ in range(50)]
    assert all(crop.shape == (72, 72, 3) and not crop.any() for crop in crops)


def test_turning_a_training_crop_leaves_no_blank_corner() -> None:
    white = np.full((300, 400, 3), 255, np.uint8)
    rng = np.random.default_rng(1)
    assert all((photos.random_crop(white, rng, turn=22) == 255).all() for _ in range(50))


def test_held_out_tiles_lie_in_the_held_out_regions() -> None:
    for tile in photos.held_out_tiles():
        size = photographs()[tile.photograph].shape[:2]
        assert photos.held_out_region(*size).contains(tile.box)
