"""What the page of an evolution shows, laid out for its template."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from convscope.color.luts import GROUND
from convscope.render.evolution.chart import (
    Column,
    at_epochs,
    columns_of,
    history_plots,
    tick_labels,
)
from convscope.render.evolution.picture import cell
from convscope.render.evolution.says import (
    decimal,
    lead,
    midway,
    sentences,
    settled_layer,
    settled_words,
)
from convscope.render.placeless import shareable
from convscope.render.plot import Plot
from convscope.render.strip import small
from convscope.render.tile import Pixels
from convscope.render.words import TIMES, count, number

if TYPE_CHECKING:
    from convscope.results.evolution import Evolution

SIDE, GAP = 104, 4
"""Of pictures on the sheets; pages show them at half of that, or whole."""
WIDE = 2 * SIDE + GAP
"""Of a pair: projection and patch."""
View = tuple[str, str]
"""Address and name of a page about the whole network."""


@dataclass(frozen=True)
class Cell:
    """One unit at one checkpoint."""

    x: int
    y: int
    """Where its two pictures begin on the sheet."""
    value: str
    like: str
    """How like the last checkpoint's projection; empty where nothing is known."""
    label: str
    is_same: bool
    """Whether its image is that of the checkpoint before."""
    says: str


@dataclass(frozen=True)
class Row:
    """One unit."""

    channel: int
    cells: tuple[Cell, ...]
    says: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """One layer."""

    name: str
    sees: str
    file: str
    width: int
    height: int
    """Of its sheet."""
    says: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class EvolutionSite:
    """Everything the template sees."""

    title: str
    lead: str
    says: tuple[str, ...]
    epochs: tuple[int, ...]
    at: tuple[float, ...]
    """Where they lie on the slider, 0 to 1."""
    ticks: tuple[tuple[float, str], ...]
    start: int
    """The checkpoint that is shown first."""
    blocks: tuple[Block, ...]
    columns: tuple[Column, ...]
    plots: tuple[Plot, ...]
    facts: tuple[tuple[str, str], ...]
    views: tuple[View, ...]
    weights: str
    images: str
    command: str
    python: str
    date: str


def site_of(result: Evolution, views: Sequence[View] = ()) -> EvolutionSite:
    """Lay out the page."""
    result = shareable(result)
    made = result.provenance
    return EvolutionSite(
        title=made["network"],
        lead=lead(result),
        says=tuple(sentences(result)),
        epochs=tuple(result.epochs.tolist()),
        at=at_epochs(result.epochs),
        ticks=tick_labels(result.epochs),
        start=midway(result),
        blocks=tuple(_block(result, layer) for layer in range(len(result.layers))),
        columns=columns_of(result),
        plots=history_plots(result),
        facts=tuple(_facts(result)),
        views=tuple(views),
        weights=made["checkpoints"][-1]["weights"][:8],
        images=count(int(made["images"]["read"]), "image"),
        command=_command(result),
        python=_python(result),
        date=datetime.now(UTC).strftime("%d %b %Y %H:%M UTC").lstrip("0"),
    )


def sheet(result: Evolution, layer: int) -> Pixels:
    """Every unit of a layer at every checkpoint: units down, checkpoints across, on the ground."""
    high, wide = _size(result, layer)
    found = np.full((high, wide, 3), GROUND, np.uint8)
    for row, unit in enumerate(result.units_of(layer).tolist()):
        for column in range(len(result.epochs)):
            x, y = _corner(row, column)
            for place, tile in enumerate(cell(result, unit, column)):
                left = x + place * (SIDE + GAP)
                found[y : y + SIDE, left : left + SIDE] = small(tile, SIDE)
    return found


def _size(result: Evolution, layer: int) -> tuple[int, int]:
    x, y = _corner(len(result.units_of(layer)), len(result.epochs))
    return max(y - GAP, 1), x - GAP


def _corner(row: int, column: int) -> tuple[int, int]:
    return column * (WIDE + GAP), row * (SIDE + GAP)


def _block(result: Evolution, layer: int) -> Block:
    high, wide = _size(result, layer)
    side = int(result.fields[layer])
    by = {by: settled_layer(result, by, layer) for by in _BY}
    return Block(
        name=result.layers[layer],
        sees=f"each cell sees {side} {TIMES} {side} px",
        file=f"img/evolution-{layer:03d}.jpg",
        width=wide,
        height=high,
        says=f"Settled by projections {by['similarity']}, by nine images {by['overlap']}.",
        rows=tuple(_row(result, row, unit) for row, unit in enumerate(result.units_of(layer))),
    )


_BY = {"similarity": "projection", "overlap": "nine images"}


def _row(result: Evolution, row: int, unit: int) -> Row:
    said = [
        f"{what} {settled_words(result, int(result.unit_settled(by)[unit]))}"
        for by, what in _BY.items()
    ]
    jumps = count(int(result.jumps[unit].sum()), "jump")
    cells = tuple(_cell(result, row, unit, column) for column in range(len(result.epochs)))
    return Row(int(result.channel[unit]), cells, (*said, jumps))


def _cell(result: Evolution, row: int, unit: int, column: int) -> Cell:
    x, y = _corner(row, column)
    value = float(result.values[unit, column])
    like = float(result.unit_similarity_last[unit, column])
    label = result.labels[unit][column]
    name = f"{result.layers[int(result.layer[unit])]}:{result.channel[unit]}"
    epoch = f"{int(result.epochs[column]):,}"
    if result.images[unit, column] < 0:
        said = f"{name} at epoch {epoch}: no image fires it"
        return Cell(x, y, "silent", "", "", False, said)
    known = f"; projection {decimal(like)} like the last" if np.isfinite(like) else ""
    on = f" on {label}" if label else ""
    same = bool(column) and not result.jumps[unit, column - 1]
    said = f"{name} at epoch {epoch}: {number(value)}{on}{known}"
    return Cell(x, y, number(value), decimal(like) if np.isfinite(like) else "", label, same, said)


def _facts(result: Evolution) -> Iterator[tuple[str, str]]:
    made = result.provenance
    for name, value in made["changed"].items():
        yield name.replace("_", " "), ", ".join(value) if isinstance(value, tuple) else str(value)
    yield "network", made["network"]
    for one in made["checkpoints"]:
        yield f"epoch {one['epoch']:,}", f"{one['name']}, weights {one['weights'][:8]}"
    images = made["images"]
    yield (
        "images",
        f"{int(images['read']):,} of {images['spec']}, {images['list_sha256'][:8]}",
    )
    height, width = made["preprocessing"]["size"]
    yield "network input", f"{height} {TIMES} {width} px"
    units, rows = made["options"]["units"], made["options"]["rows"]
    yield "units", f"{units} of each layer, drawn at random of those that fire; {rows} in the strip"
    yield from made["versions"].items()


def _command(result: Evolution) -> str:
    flags = [f"--{name.replace('_', '-')} {shlex.quote(word)}" for name, word in _changed(result)]
    return " ".join(["convscope evolve", *map(shlex.quote, _named(result)), *flags])


def _changed(result: Evolution) -> Iterator[tuple[str, str]]:
    for name, value in result.provenance["changed"].items():
        for one in value if isinstance(value, tuple | list) else [value]:
            yield name, str(one)


def _python(result: Evolution) -> str:
    *subject, images = map(json.dumps, _named(result))
    some = f"[{', '.join(subject)}]" if len(subject) > 1 else subject[0]
    changed = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in result.provenance["changed"].items()
    }
    given = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    options = f", convscope.EvolveOptions({given})" if given else ""
    return (
        "import convscope\n\n"
        f'found = convscope.evolve({some}, {images}{options}, out="evolution")\n'
        'convscope.evolution_report(found, "evolution")'
    )


def _named(result: Evolution) -> list[str]:
    """Checkpoints and images as one names them."""
    made = result.provenance
    return [*made["subject"], made["images"]["spec"]]
