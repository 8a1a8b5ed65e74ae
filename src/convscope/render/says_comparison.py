"""What is said with two networks beside each other: only what was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from convscope.doctor.thresholds import THRESHOLDS
from convscope.render.words import TIMES, count, number, percent
from convscope.results.comparison import Comparison, Side
from convscope.tally.known import mean_known

DOMINANT, TWIN = THRESHOLDS["dominant"].value, THRESHOLDS["duplicate"].value
NOT = "not measured"
WORST = 4
"""Layers with dead channels that are named."""


@dataclass(frozen=True)
class Row:
    """One measure of both networks, in words."""

    name: str
    a: str
    b: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same as they are written."""
        return self.a != self.b


def rows(result: Comparison) -> list[Row]:
    """The table of numbers."""
    return [Row(name, say(result.a), say(result.b)) for name, say in _ROWS]


def first_words(side: Side) -> str:
    """What the first filters are."""
    first = side.facts["first"]
    filters, channels, height, width = first["shape"]
    norm = f", as they act through {first['normalization']}" if first["normalization"] else ""
    every = "at every pixel" if side.stride == 1 else f"one every {side.stride} px"
    tall, wide = side.facts["input"][1:]
    return (
        f"{first['layer']}: {count(filters, 'filter')} of {height} {TIMES} {width} over "
        f"{count(channels, 'channel')}, {every}{norm}. Input {tall} {TIMES} {wide} px, weights "
        f"{side.facts['weights'][:8]}."
    )


def dominance_words(side: Side) -> str:
    """How even the sizes of the filters are."""
    values = side.measure("dominance")
    if not np.isfinite(values).any():
        return "The median filter is zero: there is nothing to compare sizes with."
    most = int(np.nanargmax(values))
    zero = int((values == 0).sum())
    none = f"; {count(zero, 'filter')} of zeros" if zero else ""
    return f"Largest: filter {most}, {number(float(values[most]))} times the median{none}."


def alias_words(side: Side) -> str:
    """What the stride folds."""
    if side.stride == 1:
        return "Stride 1: no wave is folded."
    values = side.measure("alias")
    said = f"Stride {side.stride} folds waves shorter than {2 * side.stride} px: "
    if not np.isfinite(values).any():
        return f"{said}no filter answers anything."
    most = int(np.nanargmax(values))
    folded = int(side.measure("folded").sum())
    return (
        f"{said}{percent(float(np.nanmean(values)))} of the filters' response to photographs on "
        f"average, {percent(float(values[most]))} of filter {most}'s. "
        f"{folded} of {len(values)} prefer a wave that is folded."
    )


def second_words(side: Side) -> str:
    """What is projected."""
    after = side.facts["next"]
    if after is None:
        return "There is no second convolution with cells."
    height, width = after["shape"][2:]
    fires = f"{after['fires']:,} of {after['channels']:,} channels fire"
    shown = len(side.drawn)
    if not shown:
        return (
            f"{after['shown']} ({height} {TIMES} {width} filters): {fires}; nothing is projected."
        )
    some = "all of them" if shown == after["fires"] else f"{shown} of them at random"
    field = f"{side.patches.shape[1]} {TIMES} {side.patches.shape[2]} px"
    return (
        f"{after['shown']} ({height} {TIMES} {width} filters): {fires}; {some}, each in its "
        f"strongest cell, which sees {field}. Left what in the patch excited it (equal contrast, "
        "grey is zero), right the patch."
    )


def grid_words(side: Side) -> str:
    """Whether the lattices of the first layer, and of what the second reads, are seen."""
    after = side.facts["next"]
    if after is None:
        return ""
    every = f"every {side.stride} px, as the first layer"
    read = f"every {after['lattice']} px, as the second layer reads"
    said = [(every, "grid"), *([(read, "next_grid")] * (after["lattice"] > side.stride))]
    found = [
        f"{_percent(mean_known(side.of_drawn(name)))} repeats {where} (of the patches' "
        f"{_percent(mean_known(side.of_drawn(f'patch_{name}')))})"
        for where, name in said
        if _is_grid(side, name)
    ]
    return f"Of the projections' variance {' and '.join(found)}." if found else ""


def _is_grid(side: Side, name: str) -> bool:
    """Whether there is a lattice of more than single pixels, and pictures large enough for it."""
    period = side.stride if name == "grid" else side.facts["next"]["lattice"]
    return bool(period > 1 and np.isfinite(side.of_drawn(name)).any())


def dead_words(side: Side) -> str:
    """Which layers have dead channels."""
    found = [row for row in side.facts["dead"] if row[2]]
    if not side.facts["dead"]:
        return "No layer that is rectified was looked at, so none can be called dead."
    images = count(side.facts["images"], "image")
    if not found:
        return f"No channel of {len(side.facts['dead'])} rectified layers is dead on {images}."
    worst = sorted(found, key=lambda row: -row[2] / row[1])[:WORST]
    named = ", ".join(f"{name} {dead:,} of {of:,}" for name, of, dead in worst)
    rest = f", and some of {len(found) - WORST} more layers" if len(found) > WORST else ""
    return f"Dead on {images}: {named}{rest}."


def _shape(side: Side) -> str:
    filters, _, height, width = side.facts["first"]["shape"]
    return f"{filters} of {height} {TIMES} {width}, stride {side.stride}"


def _most(side: Side) -> str:
    values = side.measure("dominance")
    return number(float(np.nanmax(values))) if np.isfinite(values).any() else NOT


def _median(name: str) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        values = side.measure(name)
        return number(float(np.nanmedian(values))) if np.isfinite(values).any() else NOT

    return say


def _bands(side: Side) -> str:
    shares = [mean_known(side.measure(name)) for name in ("low", "middle", "high")]
    return ", ".join(map(percent, shares)) if np.isfinite(shares).all() else NOT


def _beyond(name: str, least: float) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        return f"{int((side.measure(name) > least).sum()):,} of {len(side.filters):,}"

    return say


def _alias(side: Side) -> str:
    return _percent(mean_known(side.measure("alias")))


def _in_next(side: Side) -> str:
    here, there = side.facts["in_next"]
    if here is None:
        return NOT
    return f"{number(here)} ({'none' if there is None else number(there)})"


def _grid(name: str) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        if side.facts["next"] is None or not _is_grid(side, name):
            return NOT
        own, patch = (mean_known(side.of_drawn(column)) for column in (name, f"patch_{name}"))
        return f"{_percent(own)} ({_percent(patch)})"

    return say


def _dead(which: str) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        part = side.facts[which] if which else {"shown": None}
        found = None if part is None else side.dead(part["shown"])
        return NOT if found is None else f"{found[0]:,} of {found[1]:,}"

    return say


def _percent(share: float) -> str:
    return percent(share) if np.isfinite(share) else NOT


_ROWS: tuple[tuple[str, Callable[[Side], str]], ...] = (
    ("First filters", _shape),
    ("Largest filter, over the median", _most),
    (f"Filters over {number(DOMINANT)} times the median", _beyond("dominance", DOMINANT)),
    (f"Filters with a twin (cosine over {number(TWIN)})", _beyond("likeness", TWIN)),
    ("Noise: 0 smooth, 1 as random weights; median", _median("noise")),
    ("Energy at low, middle, high frequencies", _bands),
    ("Response to photographs that the stride folds", _alias),
    ("Filters that prefer a folded wave", _beyond("folded", 0)),
    ("Next filters' energy at aliases (at others)", _in_next),
    ("Projections on the first layer's lattice (patches)", _grid("grid")),
    ("Projections on the second's lattice (patches)", _grid("next_grid")),
    ("Dead in the first layer", _dead("first")),
    ("Dead in the second", _dead("next")),
    ("Dead in all rectified layers", _dead("")),
)


def sentences(result: Comparison) -> Iterator[str]:
    """What stands below everything."""
    source = PurePath(result.provenance["images"]).name
    yield (
        f"Both were shown {count(result.images, 'image')} of {source}. Sizes and pictures "
        "of first filters are as they act, through a normalization where one follows; those of the "
        "next are as the network has them."
    )
    if result.note:
        yield result.note
