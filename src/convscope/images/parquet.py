"""Images as bytes in a column of a Parquet file."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.errors import ImageError, SourceError
from convscope.images.columns import LABEL_COLUMN, check_image, has_label, label_names
from convscope.images.entry import decoded, describe, failed
from convscope.images.source import Entry, Job, Pixels, Record, Source

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH = 64
_BUFFER = 1 << 20
# Larger row groups are streamed up to the row asked for instead of being kept.
_KEPT_GROUP = 256 * 2**20


class ParquetSource(Source):
    """The rows of a Parquet file, named by their number: ``000123``.

    The image column holds encoded bytes, or a struct with a field ``bytes``; the label column,
    where there is one, anything that can be written as text. Rows are read in order a batch at a
    time; out of order, a row group at a time, of which the last one is kept.
    """

    def __init__(
        self, path: str | Path, image_column: str = "image", label_column: str = LABEL_COLUMN
    ) -> None:
        self.name = str(path)
        self._path = str(path)
        self._file = _open(self._path)
        schema = self._file.schema_arrow
        check_image(self.name, schema, image_column)
        self._columns = [image_column]
        self._names: list[str] | None = None
        if has_label(self.name, schema, label_column):
            self._columns.append(label_column)
            self._names = label_names(schema, label_column)
        self._ends = _ends(self._file.metadata)
        if not len(self):
            raise SourceError(f"{self.name}: no rows in this Parquet file. Give one with images.")
        self._digits = max(6, len(str(len(self) - 1)))
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, Any]] = {}

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def uri(self, index: int) -> str:
        """The row's number, padded with zeros so that ranks are row numbers."""
        return f"{range(len(self))[index]:0{self._digits}d}"

    def label(self, index: int) -> str | None:
        """The row's label as text; None where the column or the value is missing."""
        if len(self._columns) == 1:
            return None
        return self._label(self._value(self._columns[1], index))

    def record(self, index: int) -> Record:
        """The row's record; without count and hash where the row has no bytes."""
        bare = Record(self.uri(index), self.label(index), source=self.uri(index))
        data = _bytes(self._value(self._columns[0], index))
        return bare if data is None else describe(bare, data)

    def pixels(self, index: int) -> Pixels:
        """Decode one row.

        Raises:
            ImageError: it cannot be read; the message names the row and says why.
        """
        entry = _entry(index, self.uri(index), None, self._value(self._columns[0], index))
        if entry.pixels is None:
            raise ImageError(f"{self.name}, row {entry.record.uri}: {entry.error}.")
        return entry.pixels

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        """One job a row, which decodes it; rows are read here, a batch at a time."""
        wanted = range(len(self))[start:stop]
        if not wanted:
            return
        first = self._group_of(wanted[0])
        groups = list(range(first, self._group_of(wanted[-1]) + 1))
        index = self._start_of(first)
        for batch in self._batches(groups, self._columns):
            rows = range(max(wanted.start - index, 0), min(wanted.stop - index, batch.num_rows))
            for row in rows:
                image, *rest = (column[row].as_py() for column in batch.columns)
                label = self._label(rest[0]) if rest else None
                yield partial(_entry, index + row, self.uri(index + row), label, image)
            index += batch.num_rows

    def _batches(self, groups: list[int], columns: list[str]) -> Iterator[pa.RecordBatch]:
        # A handle of its own, so that several passes and random access do not meet.
        with _open(self._path) as file:
            batches = file.iter_batches(_BATCH, groups, columns, use_threads=False)
            while True:
                try:
                    batch = next(batches, None)
                except _arrow_errors() as error:
                    raise _damaged(self.name, error) from None
                if batch is None:
                    return
                yield batch.select(columns)
                _release()

    def _value(self, column: str, index: int) -> Any:
        index = range(len(self))[index]
        group = self._group_of(index)
        row = index - self._start_of(group)
        if self._file.metadata.row_group(group).total_byte_size > _KEPT_GROUP:
            return self._streamed(column, group, row)
        with self._lock:
            number, values = self._kept.get(column, (-1, None))
            if number != group:
                values = self._whole(column, group)
                self._kept[column] = (group, values)
        return values[row].as_py()

    def _whole(self, column: str, group: int) -> pa.ChunkedArray:
        try:
            table = self._file.read_row_group(group, [column], use_threads=False)
        except _arrow_errors() as error:
            raise _damaged(self.name, error) from None
        return table.column(column)

    def _streamed(self, column: str, group: int, row: int) -> Any:
        for batch in self._batches([group], [column]):
            if row < batch.num_rows:
                return batch.column(0)[row].as_py()
            row -= batch.num_rows
        raise SourceError(f"{self.name}: row group {group} ends early. Fetch the file again.")

    def _label(self, value: Any) -> str | None:
        if value is None:
            return None
        if self._names is not None and isinstance(value, int) and 0 <= value < len(self._names):
            return self._names[value]
        return str(value)

    def _group_of(self, index: int) -> int:
        return bisect_right(self._ends, index)

    def _start_of(self, group: int) -> int:
        return self._ends[group - 1] if group else 0


def _release() -> None:
    """Give back what Arrow's allocator keeps, so that memory does not grow along a row group."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _entry(index: int, uri: str, label: str | None, value: Any) -> Entry:
    record = Record(uri, label, source=uri)
    data = _bytes(value)
    if data is None:
        return failed(index, record, "no bytes in this row")
    return decoded(index, describe(record, data), data)


def _bytes(value: Any) -> bytes | None:
    return value.get("bytes") if isinstance(value, dict) else value


def _open(path: str) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    try:
        # Without a pre-buffer: it keeps whole column chunks of several row groups.
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except _arrow_errors() as error:
        raise SourceError(
            f"{path}: not a Parquet file that can be read ({_line(error)}). Give a folder of "
            "images, a Parquet file with a column of image bytes, or bundled:photos."
        ) from None


def _arrow_errors() -> tuple[type[Exception], ...]:
    import pyarrow as pa

    return OSError, ValueError, pa.ArrowException


def _ends(metadata: pq.FileMetaData) -> list[int]:
    total, ends = 0, []
    for group in range(metadata.num_row_groups):
        total += metadata.row_group(group).num_rows
        ends.append(total)
    return ends


def _damaged(name: str, error: Exception) -> SourceError:
    return SourceError(f"{name}: the Parquet file is damaged ({_line(error)}). Fetch it again.")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
