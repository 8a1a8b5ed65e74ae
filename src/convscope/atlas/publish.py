"""From a finished tally to a folder that is an atlas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.atlas import journal, manifest, schema, tables
from convscope.atlas.journal import Checkpoint
from convscope.atlas.schema import Table
from convscope.atlas.shard import Run
from convscope.tally.finish import finish
from convscope.tally.health import LayerHealth
from convscope.tally.histogram import edges
from convscope.tally.lattice import PICKED
from convscope.tally.plan import MOST
from convscope.tally.state import State

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Found:
    """What a pass has found."""

    state: State
    health: tuple[LayerHealth, ...]
    """Of each layer; none where it was not counted."""


def publish(
    run: Run, folder: Path, wanted: dict[str, Any], checkpoint: Checkpoint, found: Found
) -> None:
    """Write the tables, and the manifest last: with it the folder is an atlas."""
    layers, plan, state = run.capture.layers, run.plan, found.state
    summary = finish(plan, state)
    groups = {
        schema.LAYERS: [tables.from_rows(schema.LAYERS, [tables.layer_row(one) for one in layers])],
        schema.UNITS: (tables.units(one, summary, plan.span(i)) for i, one in enumerate(layers)),
        schema.TOP: (tables.top(one, state, plan, i) for i, one in enumerate(layers)),
        schema.IMAGES: _parts(folder, schema.IMAGES, checkpoint),
        **(_health(run, found.health) if plan.health else {}),
        **({schema.ANSWERS: _parts(folder, schema.ANSWERS, checkpoint)} if run.link else {}),
    }
    for table, parts in groups.items():
        tables.write(folder / table.file, table, parts)
    files = {table.file: manifest.entry(folder / table.file) for table in groups}
    made = _manifest(run, wanted, checkpoint, state)
    manifest.write(folder, {**made, "files": files})


def _parts(folder: Path, table: Table, checkpoint: Checkpoint) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    for number in range(checkpoint.shards):
        yield pq.read_table(journal.part(folder, table, number), schema=table.schema())


def _health(run: Run, found: Sequence[LayerHealth]) -> dict[Table, list[pa.Table]]:
    pairs = list(zip(run.capture.layers, found, strict=True))
    ranks = [tables.rank_row(layer, health) for layer, health in pairs]
    return {
        schema.HEALTH: [tables.health(layer, health) for layer, health in pairs],
        schema.RANKS: [tables.from_rows(schema.RANKS, ranks)],
    }


def _manifest(
    run: Run, wanted: dict[str, Any], checkpoint: Checkpoint, state: State
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
        "health": _compared(run) if run.plan.health else None,
    }


def _compared(run: Run) -> dict[str, Any]:
    """By what channels were compared, and in which layers they are too many to be."""
    pairs = zip(run.capture.layers, run.plan.crossed, strict=True)
    left_out = [layer.name for layer, crossed in pairs if not crossed]
    return {"cells_per_image": PICKED, "most_channels": MOST, "not_compared": left_out}
