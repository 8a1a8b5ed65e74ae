"""Parquet files with image bytes: columns, labels, errors, and memory that does not grow."""

from __future__ import annotations

import gc
import hashlib
import json
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from convscope.errors import ImageError, SourceError
from convscope.images.parquet import ParquetSource
from convscope.images.source import Entry

CIFAR = Path(__file__).parents[2] / ".." / "shared" / "data" / "cifar10-train.parquet"


def encoded(value: int) -> bytes:
    file = BytesIO()
    Pillow.new("L", (4, 3), value).save(file, "PNG")
    return file.getvalue()


def write(path: Path, rows: int = 200, group: int = 70, **columns: Any) -> Path:
    table = {"image": [encoded(i) for i in range(rows)], **columns}
    pq.write_table(pa.table(table), path, row_group_size=group)
    return path


def value(entry: Entry) -> int:
    assert entry.pixels is not None
    return int(entry.pixels[0, 0, 0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "t.parquet", label=[f"class {i % 3}" for i in range(200)])


def test_rows_in_order(path: Path) -> None:
    source = ParquetSource(path)
    entries = list(source.iterate())
    assert len(source) == len(entries) == 200
    assert [value(entry) for entry in entries] == list(range(200))
    assert [entry.index for entry in entries] == list(range(200))
    record = entries[123].record
    assert (record.uri, record.label, record.source) == ("000123", "class 0", "000123")
    assert record.sha256 == hashlib.sha256(encoded(123)).hexdigest()
    assert record.bytes == len(encoded(123))


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (69, 71), (70, 140), (63, 65), (199, 200), (5, None), (200, None)]
)
def test_any_part(path: Path, start: int, stop: int | None) -> None:
    entries = list(ParquetSource(path).iterate(start, stop))
    assert [entry.index for entry in entries] == list(range(200))[start:stop]
    assert [value(entry) for entry in entries] == list(range(200))[start:stop]


def test_random_access_agrees(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = ParquetSource(path)
    for index in (150, 3, 69, 70, 199, 0):
        assert source.pixels(index)[0, 0, 0] == index
        assert source.label(index) == f"class {index % 3}"
        assert source.record(index) == next(source.iterate(index, index + 1)).record
    monkeypatch.setattr("convscope.images.parquet._KEPT_GROUP", 0)
    assert source.pixels(135)[0, 0, 0] == 135  # streamed, not kept
    with pytest.raises(IndexError):
        source.uri(200)


def test_one_row_group_is_kept(path: Path) -> None:
    source = ParquetSource(path)
    for index in (0, 100, 199):
        source.pixels(index)
    (group, column) = source._kept["image"]
    assert (group, len(column)) == (2, 60)


def test_rank_by_bytes_is_the_row_number(path: Path) -> None:
    uris = [ParquetSource(path).uri(i) for i in range(200)]
    assert uris == sorted(uris, key=str.encode)


def test_a_pass_goes_on_over_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table({"image": [encoded(1), b"", None, b"%PDF", encoded(2)]}), path)
    source = ParquetSource(path)
    entries = list(source.iterate())
    assert [entry.error.split(";")[0] for entry in entries] == [
        "",
        "0 bytes",
        "no bytes in this row",
        "begins like a PDF",
        "",
    ]
    assert source.record(2).sha256 == ""
    assert entries[0].record.label is None
    with pytest.raises(ImageError, match="row 000002: no bytes"):
        source.pixels(2)


def test_a_struct_with_bytes_and_class_names(tmp_path: Path) -> None:
    rows = [{"bytes": encoded(i), "path": None} for i in range(3)]
    features = {"info": {"features": {"y": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    table = pa.table({"picture": rows, "y": pa.array([1, 0, None], pa.int64())})
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    path = tmp_path / "hf.parquet"
    pq.write_table(table, path)
    source = ParquetSource(path, "picture", "y")
    assert [value(entry) for entry in source.iterate()] == [0, 1, 2]
    assert [entry.record.label for entry in source.iterate()] == ["dog", "cat", None]


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", 2, label=[3, 11])
    assert [entry.record.label for entry in ParquetSource(path).iterate()] == ["3", "11"]


@pytest.mark.parametrize("kind", [pa.large_binary(), pa.binary_view()])
def test_other_kinds_of_bytes(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": pa.array([encoded(5)], kind)}), path)
    assert value(next(ParquetSource(path).iterate())) == 5


def test_a_missing_column_names_those_present(path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'imag'.*--image-column") as raised:
        ParquetSource(path, "imag")
    assert "image (binary), label (string)" in str(raised.value)
    assert "Nearest: image." in str(raised.value)
    with pytest.raises(SourceError, match=r"no column 'klass'.*--label-column"):
        ParquetSource(path, "image", "klass")
    with pytest.raises(SourceError, match="'label' holds string, not encoded image bytes"):
        ParquetSource(path, "label")


def test_a_damaged_file_is_named(path: Path) -> None:
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match="not a Parquet file that can be read"):
        ParquetSource(path)


def test_damage_in_the_middle_stops_the_pass_by_name(path: Path) -> None:
    source = ParquetSource(path)
    data = bytearray(path.read_bytes())
    data[4:2000] = bytes(1996)
    path.write_bytes(data)
    with pytest.raises(SourceError, match="damaged"):
        list(source.iterate())


def test_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": pa.array([], pa.binary())}), path)
    with pytest.raises(SourceError, match="no rows"):
        ParquetSource(path)


@pytest.mark.skipif(not CIFAR.exists(), reason="../shared/data/cifar10-train.parquet is absent")
def test_fifty_thousand_rows_in_constant_memory() -> None:
    source = ParquetSource(CIFAR)
    assert len(source) == 50_000
    counts, allocated = [], []
    for count, job in enumerate(source.jobs()):
        if count % 5000 == 2500:
            gc.collect()
            counts.append(sum(type(thing) in (Entry, partial) for thing in gc.get_objects()))
            allocated.append(pa.total_allocated_bytes())
            entry = job()
            assert entry.size == (32, 32)
            assert (
                entry.record.label in "airplane automobile bird cat deer dog frog horse ship truck"
            )
    assert count == 49_999
    assert max(counts) <= min(counts) + 5  # jobs hold the bytes
    assert max(allocated) < 8 * 2**20  # one batch and the pages it came from


@pytest.mark.skipif(not CIFAR.exists(), reason="../shared/data/cifar10-train.parquet is absent")
def test_random_access_to_a_real_file() -> None:
    source = ParquetSource(CIFAR)
    (entry,) = source.iterate(31_234, 31_235)
    np.testing.assert_array_equal(source.pixels(31_234), entry.pixels)
    assert source.record(31_234) == entry.record
