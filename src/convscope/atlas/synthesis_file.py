"""One layer's synthesized pictures as the bytes of a Parquet file that is sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from convscope.atlas import seal, store
from convscope.atlas.schema import FORMAT, SYNTHESIS
from convscope.atlas.synthesis_rows import Row
from convscope.errors import AtlasError, CorruptError
from convscope.results.layer import Layer

_META = "convscope"


@dataclass(frozen=True)
class Kept:
    """What a file holds."""

    meta: dict[str, Any]
    rows: dict[int, Row]
    """By channel."""


def to_bytes(meta: Mapping[str, Any], rows: Sequence[Row]) -> bytes:
    """The file of some rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = BytesIO()
    # a PNG is compressed, and statistics would hold the smallest and the largest of them once more
    with pq.ParquetWriter(
        out, SYNTHESIS.schema(), compression="none", write_statistics=False, use_dictionary=False
    ) as writer:
        writer.write_table(pa.Table.from_pylist(list(rows), schema=SYNTHESIS.schema()))
        text = json.dumps(meta, sort_keys=True, allow_nan=False)
        writer.add_key_value_metadata({_META: text, seal.KEY: seal.UNSEALED})
    return seal.sealed(out.getvalue())


def kept(path: Path, layer: Layer) -> Kept | None:
    """What a layer's file holds; None where there is none.

    Raises:
        AtlasError: it is of another format.
        CorruptError: it is not as it was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    data = _whole(path, layer)
    meta = _meta_of(data)
    if meta["format"] != FORMAT:
        raise AtlasError(
            f"{path} is of format {meta['format']}; this convscope reads {FORMAT}. Remove it and "
            f"draw the pictures of {layer.name} again."
        )
    rows = pq.read_table(pa.BufferReader(data)).to_pylist()
    return Kept(meta, {row["channel"]: row for row in rows})


def digest(path: Path, layer: Layer) -> str:
    """SHA-256 of a layer's file; empty where there is none.

    Raises:
        CorruptError: it is not as it was written.
    """
    return hashlib.sha256(_whole(path, layer)).hexdigest() if path.is_file() else ""


def _whole(path: Path, layer: Layer) -> bytes:
    data = _bytes(path)
    if not seal.is_whole(data) or _meta_of(data).get("layer") != layer.name:
        raise CorruptError(
            f"{path} is not as it was written. Restore it, or remove it and draw the pictures of "
            f"{layer.name} again: convscope synthesize MODEL {layer.name} --atlas {path.parents[1]}"
        )
    return data


def is_whole(path: Path) -> bool:
    """Whether a file is as it was written, and has the name it was written under."""
    data = _bytes(path)
    return seal.is_whole(data) and _meta_of(data).get("slug") == path.stem


def _meta_of(data: bytes) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pq.read_metadata(pa.BufferReader(data)).metadata[_META.encode()]
    found: dict[str, Any] = json.loads(text)
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise store.unread(path, error) from error
