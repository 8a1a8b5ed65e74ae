"""What is said with two networks beside each other: only what was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from convscope.doctor.thresholds import THRESHOLDS
from convscope.render.placeless import short_name
from convscope.render.words import TIMES, count, number, percent
from convscope.results.comparison import Comparison, Side
from convscope.tally.known import mean_known

DOMINANT, TWIN = THRESHOLDS["dominant"].value, THRESHOLDS["duplicate"].value
NOT = "not measured"
EVERY_PIXEL = "none, at stride 1"
WORST = 4
"""Layers with dead channels that are named."""


@dataclass(frozen=True)
class Row:
    """One measure of both networks, in words."""

    about: str
    """What it is of; rows of one come together."""
    name: str
    a: str
    b: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same as they are written."""
        return self.a != self.b

    @property
    def applies(self) -> bool:
        """Whether there is anything to say of either."""
        return not {self.a, self.b} <= {NOT, EVERY_PIXEL}


def rows(result: Comparison) -> list[Row]:
    """The table of numbers, without what applies to neither network."""
    return [row for row in _all_rows(result) if row.applies]


def _all_rows(result: Comparison) -> list[Row]:
    return [Row(about, name, say(result.a), say(result.b)) for about, name, say in _ROWS]


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
        return "Stride 1: no detail is too fine for it."
    values = side.measure("alias")
    said = f"At stride {side.stride}, waves shorter than {2 * side.stride} px look like longer ones"
    if not np.isfinite(values).any():
        return f"{said}; no filter passes anything."
    most = int(np.nanargmax(values))
    folded = int(side.measure("folded").sum())
    return (
        f"{said}. They are {percent(mean_known(values))} of what the filters pass of photographs, "
        f"and {percent(float(values[most]))} of what filter {most} passes; {folded} of "
        f"{len(values)} filters prefer such a wave."
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
    """Whether a pattern repeats at the step of the first layer, or of what the second reads."""
    after = side.facts["next"]
    if after is None:
        return ""
    first, second = side.stride, after["lattice"]
    said = [(first, "first", "grid"), *([(second, "second", "next_grid")] * (second > first))]
    found = [
        f"A pattern that repeats every {every} px, the {which} layer's step from place to place, "
        f"is {_percent(mean_known(side.of_drawn(name)))} of what varies in the projections and "
        f"{_percent(mean_known(side.of_drawn(f'patch_{name}')))} of what varies in the patches."
        for every, which, name in said
        if _is_grid(side, name)
    ]
    made = ["What the projections have more of, the network made."] if found else []
    return " ".join([*found, *made])


def _is_grid(side: Side, name: str) -> bool:
    """Whether the step is of more than single pixels, and pictures are large enough for it."""
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
    more = len(found) - WORST
    rest = f", and some of {count(more, 'more layer')}" if more > 0 else ""
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


def _of_stride(say: Callable[[Side], str]) -> Callable[[Side], str]:
    """Of what only a stride makes."""
    return lambda side: EVERY_PIXEL if side.stride == 1 else say(side)


def _beyond(name: str, least: float) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        return f"{int((side.measure(name) > least).sum()):,} of {len(side.filters):,}"

    return say


def _alias(side: Side) -> str:
    return _percent(mean_known(side.measure("alias")))


def _in_next(side: Side) -> str:
    """At the folded channels' aliases, over what the other channels have there."""
    here, there = side.facts["in_next"]
    return number(here / there) if here is not None and there else NOT


def _grid(name: str) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        if side.facts["next"] is None or not _is_grid(side, name):
            return NOT
        return _percent(mean_known(side.of_drawn(name)))

    return say


def _dead(which: str) -> Callable[[Side], str]:
    def say(side: Side) -> str:
        part = side.facts[which] if which else {"shown": None}
        found = None if part is None else side.dead(part["shown"])
        return NOT if found is None else f"{found[0]:,} of {found[1]:,}"

    return say


def _percent(share: float) -> str:
    return percent(share) if np.isfinite(share) else NOT


FIRST, FINE, STEPS, DEAD = (
    "First layer",
    "Detail too fine for the first stride (aliasing)",
    "Share of the projections that repeats as a layer steps",
    "Channels that never fire (dead)",
)
_ROWS: tuple[tuple[str, str, Callable[[Side], str]], ...] = (
    (FIRST, "Filters", _shape),
    (FIRST, "Largest, over the median size", _most),
    (FIRST, f"Over {number(DOMINANT)} times the median size", _beyond("dominance", DOMINANT)),
    (FIRST, "Nearly the same as another", _beyond("likeness", TWIN)),
    (FIRST, "Noise of the median one (0 smooth, 1 random)", _median("noise")),
    (FIRST, "Energy at low, middle, high frequencies", _bands),
    (FINE, "Share of what the filters pass of photographs", _of_stride(_alias)),
    (FINE, "Filters that answer it most", _of_stride(_beyond("folded", 0))),
    (FINE, "Second layer's weight on it (1: as on the rest)", _in_next),
    (STEPS, "First layer's step", _grid("grid")),
    (STEPS, "Second layer's step", _grid("next_grid")),
    (DEAD, "First layer", _dead("first")),
    (DEAD, "Second layer", _dead("next")),
    (DEAD, "All rectified layers", _dead("")),
)


def sentences(result: Comparison) -> Iterator[str]:
    """What stands below everything."""
    source = PurePath(result.provenance["images"]).name
    specs = {side.facts["network"] for side in result.sides}
    yield (
        f"{f'Both are {short_name(specs.pop())}. ' if len(specs) == 1 else ''}"
        f"Both were shown {count(result.images, 'image')} of {source}. Sizes and pictures "
        "of first filters are as they act, through a normalization where one follows; those of the "
        "next are as the network has them."
    )
    yield from _left_out(result)
    if result.note:
        yield result.note


def _left_out(result: Comparison) -> Iterator[str]:
    """What applies to neither network."""
    is_plain = all(side.stride == 1 for side in result.sides)
    if is_plain:
        yield (
            "Both first layers look at every pixel (stride 1): no detail is too fine for that, and "
            "what there would be to say of it is left out."
        )
    named = [
        f"{row.about}: {row.name}"
        for row in _all_rows(result)
        if (row.a, row.b) == (NOT, NOT) and not (row.about in (FINE, STEPS) and is_plain)
    ]
    if named:
        yield f"Measured on neither, so left out: {'; '.join(named)}."
