"""From a finished tally to a folder that is an atlas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.atlas import journal, manifest, schema, tables
from convscope.atlas.journal import Checkpoint
from convscope.atlas.shard import Run
from convscope.tally.finish import finish
from convscope.tally.histogram import edges
from convscope.tally.state import State

if TYPE_CHECKING:
    import pyarrow as pa


def publish(
    run: Run, folder: Path, wanted: dict[str, Any], checkpoint: Checkpoint, state: State
) -> None:
    """Write the tables, and the manifest last: with it the folder is an atlas."""
    layers, plan = run.capture.layers, run.plan
    summary = finish(plan, state)
    groups = {
        schema.LAYERS: [tables.from_rows(schema.LAYERS, [tables.layer_row(one) for one in layers])],
        schema.UNITS: (tables.units(one, summary, plan.span(i)) for i, one in enumerate(layers)),
        schema.TOP: (tables.top(one, state, plan, i) for i, one in enumerate(layers)),
        schema.IMAGES: (_part(folder, number) for number in range(checkpoint.shards)),
    }
    for table, parts in groups.items():
        tables.write(folder / table.file, table, parts)
    manifest.write(folder, _manifest(run, folder, wanted, checkpoint, state))


def _part(folder: Path, number: int) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(journal.part(folder, number), schema=schema.IMAGES.schema())


def _manifest(
    run: Run, folder: Path, wanted: dict[str, Any], checkpoint: Checkpoint, state: State
) -> dict[str, Any]:
    layers = run.capture.layers
    counts = {"read": checkpoint.read, "failed": checkpoint.failed}
    noted = [
        {"image": image, "uri": run.source.uri(image), "layer": layers[layer].name, "cells": cells}
        for image, layer, cells in state.noted.tolist()
    ]
    return {
        **wanted,
        "images": {**wanted["images"], **counts},
        "labels": list(run.labels),
        # JSON has no infinity: null stands for the open ends
        "histogram_edges": [None, *edges()[1:-1].tolist(), None] if run.plan.sampled else [],
        "nonfinite": noted,
        "mixed": checkpoint.mixed,
        "files": {table.file: manifest.entry(folder / table.file) for table in schema.TABLES},
    }
