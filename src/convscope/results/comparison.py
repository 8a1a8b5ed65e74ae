"""Two networks on the same images: first filters, second-layer projections, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError, nearest
from convscope.results.result import Result

MEASURES = ("dominance", "noise", "low", "middle", "high", "alias", "folded", "likeness")
"""Columns of a side's ``measures``. Of each first filter: its size over the layer's median; its
mean frequency over white noise's; the share of its energy at low, middle and high frequencies; the
share of its response to photographs that the stride folds; 1 where the wave that it prefers is
folded; the cosine of the filter most like it. NaN where one has no meaning."""
DRAWN = ("channel", "value", "image", "grid", "patch_grid", "next_grid", "patch_next_grid")
"""Columns of a side's ``drawn``. Of each projected channel: its number, its strongest activation,
the image that is in; the share of its projection's variance, and of its patch's, that repeats with
the first layer's stride; and with the lattice that the second layer reads, pools included."""


@dataclass(frozen=True)
class Side:
    """One of the two networks."""

    filters: NDArray[np.float32]
    """(C, c, kh, kw) of the first layer, as they act on the image."""
    measures: NDArray[np.float64]
    """(C, 8) in the order of `MEASURES`."""
    projections: NDArray[np.float32]
    """(n, k, fh, fw) strongest cells of channels of the second layer, in network-input units."""
    patches: NDArray[np.uint8]
    """(n, fh, fw, k) the pixels there."""
    drawn: NDArray[np.float64]
    """(n, 7) in the order of `DRAWN`."""
    facts: dict[str, Any]
    """Plain values. ``name``, ``network``, ``weights`` (hash), ``input`` (c, h, w), ``images``;
    ``first`` and ``next`` (None where there is no second convolution): layer, shape, stride,
    lattice, groups, shown (the layer it ends in) and more; ``white``: what noise has of the three
    bands; ``dead``: layer, channels and dead ones; ``in_next``: energy of the next filters at the
    aliases over white noise's, and of those of other channels (None: not measured)."""

    def measure(self, name: str) -> NDArray[np.float64]:
        """One of `MEASURES` for every first filter, (C,).

        Raises:
            UsageError: there is no such measure.
        """
        return _column(self.measures, MEASURES, name)

    def of_drawn(self, name: str) -> NDArray[np.float64]:
        """One of `DRAWN` for every projected channel, (n,).

        Raises:
            UsageError: there is no such column.
        """
        return _column(self.drawn, DRAWN, name)

    @property
    def name(self) -> str:
        """What the network is called."""
        return str(self.facts["name"])

    @property
    def stride(self) -> int:
        """Of the first layer, in pixels."""
        return int(self.facts["first"]["stride"])

    def dead(self, layer: str | None = None) -> tuple[int, int] | None:
        """Dead channels and all, of one layer, or together; None: it was not looked at."""
        rows = [row for row in self.facts["dead"] if layer in (None, row[0])]
        return (sum(row[2] for row in rows), sum(row[1] for row in rows)) if rows else None


def _column(table: NDArray[np.float64], names: tuple[str, ...], name: str) -> NDArray[np.float64]:
    if name not in names:
        near = nearest(name, names)
        raise UsageError(f"No measure {name!r}. {near} There are: {', '.join(names)}.")
    return table[:, names.index(name)]


@dataclass(frozen=True)
class Comparison(Result):
    """Two networks beside each other; ``a`` and ``b`` are their sides."""

    captioned = "comparison"

    filters_a: NDArray[np.float32]
    """These and all below: as of `Side`."""
    measures_a: NDArray[np.float64]
    projections_a: NDArray[np.float32]
    patches_a: NDArray[np.uint8]
    drawn_a: NDArray[np.float64]
    facts_a: dict[str, Any]
    filters_b: NDArray[np.float32]
    measures_b: NDArray[np.float64]
    projections_b: NDArray[np.float32]
    patches_b: NDArray[np.uint8]
    drawn_b: NDArray[np.float64]
    facts_b: dict[str, Any]
    images: int
    """That both were shown."""
    note: str
    """What must be said with it; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, both networks, images, versions."""

    @classmethod
    def of(cls, a: Side, b: Side, note: str, provenance: dict[str, Any]) -> Comparison:
        """Two sides as one result."""
        parts = {
            f"{field.name}_{letter}": getattr(side, field.name)
            for letter, side in (("a", a), ("b", b))
            for field in fields(Side)
        }
        read = min(side.facts["images"] for side in (a, b))
        return cls(**parts, images=read, note=note, provenance=provenance)

    @property
    def a(self) -> Side:
        """The first network."""
        return self._side("a")

    @property
    def b(self) -> Side:
        """The second network."""
        return self._side("b")

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.a, self.b

    def _side(self, letter: Literal["a", "b"]) -> Side:
        return Side(**{f.name: getattr(self, f"{f.name}_{letter}") for f in fields(Side)})
