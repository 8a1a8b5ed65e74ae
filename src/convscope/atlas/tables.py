"""From a finished tally to the Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas import schema, store
from convscope.atlas.schema import Table
from convscope.images.source import Entry
from convscope.results.layer import Layer
from convscope.tally import topk
from convscope.tally.finish import Summary
from convscope.tally.health import LayerHealth
from convscope.tally.plan import Plan
from convscope.tally.state import State

if TYPE_CHECKING:
    import pyarrow as pa

_SUMMARY = ("status", "seen", "nonfinite", "maximum", "minimum", "mean", "std", "fired_images")


def write(path: Path, table: Table, groups: Iterable[pa.Table]) -> None:
    """Write a Parquet file, each table given as a row group of its own."""
    import pyarrow.parquet as pq

    with store.replacing(path) as file:
        writer = pq.ParquetWriter(file, table.schema(), compression="zstd")
        try:
            for group in groups:
                writer.write_table(group, row_group_size=max(1, len(group)))
        finally:
            writer.close()


def from_rows(table: Table, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as a table with the schema's types."""
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=table.schema())


def image_row(entry: Entry) -> dict[str, Any]:
    """One image's row; a pass that fails on it later changes status and error."""
    record, size = entry.record, entry.size or (None, None)
    box = record.source_box
    return {
        "image": entry.index,
        "uri": record.uri,
        "label": record.label,
        "source": record.source,
        "source_box": None if box is None else [box.y0, box.x0, box.y1, box.x1],
        "height": size[0],
        "width": size[1],
        "bytes": record.bytes,
        "mtime": record.mtime,
        "sha256": record.sha256,
        "status": "failed" if entry.error else "ok",
        "error": entry.error,
    }


def layer_row(layer: Layer) -> dict[str, Any]:
    """One layer's row."""
    axes = {"y": layer.field.y, "x": layer.field.x}
    return {
        "number": layer.number,
        "address": layer.name,
        "op": layer.op,
        "channels": layer.channels,
        "height": layer.height,
        "width": layer.width,
        **{f"field_size_{name}": axis.size for name, axis in axes.items()},
        **{f"field_stride_{name}": float(axis.stride) for name, axis in axes.items()},
        **{f"field_offset_{name}": float(axis.offset) for name, axis in axes.items()},
        "field_status": layer.field.status,
        "field_cause": layer.field.cause,
        "signed": layer.signed,
        "default": layer.default,
        "aliases": list(layer.aliases),
    }


def units(layer: Layer, summary: Summary, span: slice) -> pa.Table:
    """One layer's units."""
    columns: dict[str, Any] = {name: getattr(summary, name)[span] for name in _SUMMARY}
    columns["fired_cells"] = summary.fired_cells[span]
    for name in ("histogram", "class_means"):
        columns[name] = _lists(getattr(summary, name)[span], layer.channels)
    return _by_channel(schema.UNITS, layer, columns)


def health(layer: Layer, found: LayerHealth) -> pa.Table:
    """One layer's channels as they are like each other, local and saturated."""
    names = ("twin", "twin_correlation", "locality", "saturated")
    columns = {name: getattr(found, name) for name in names}
    return _by_channel(schema.HEALTH, layer, columns)


def rank_row(layer: Layer, found: LayerHealth) -> dict[str, Any]:
    """One layer's row of ``ranks``."""
    return {
        "layer": layer.number,
        "samples": found.samples,
        "effective_rank": found.effective_rank,
        "channels": layer.channels,
    }


def _by_channel(table: Table, layer: Layer, columns: dict[str, Any]) -> pa.Table:
    import pyarrow as pa

    columns["layer"] = np.full(layer.channels, layer.number, np.int32)
    columns["channel"] = np.arange(layer.channels, dtype=np.int32)
    arrow = table.schema()
    return pa.table({name: pa.array(columns[name], arrow.field(name).type) for name in arrow.names})


def _lists(rows: NDArray[Any], count: int) -> pa.Array:
    import pyarrow as pa

    width = rows.size // max(1, count)
    offsets = np.arange(count + 1, dtype=np.int32) * width
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.ravel(rows)))


def top(layer: Layer, state: State, plan: Plan, index: int) -> pa.Table:
    """One layer's kept cells, of both sides."""
    import pyarrow as pa

    span = plan.span(index)
    sides = [_side(layer, "top", state.top, span)]
    if layer.signed:
        first = int(plan.signed[: span.start].sum())
        sides.append(_side(layer, "bottom", state.bottom, slice(first, first + layer.channels)))
    return pa.concat_tables(sides)


def _side(layer: Layer, side: str, kept: topk.TopK, span: slice) -> pa.Table:
    import pyarrow as pa

    channel, place = np.nonzero(kept.image[span] != topk.EMPTY)
    cells = {name: getattr(kept, name)[span][channel, place] for name in ("image", "y", "x")}
    value = topk.values(kept, 1 if side == "top" else -1)[span][channel, place]
    columns = {
        "layer": np.full(len(channel), layer.number),
        "channel": channel,
        "side": [side] * len(channel),
        "rank": place + 1,
        "value": value,
        **cells,
    }
    arrow = schema.TOP.schema()
    return pa.table({name: pa.array(columns[name], arrow.field(name).type) for name in arrow.names})
