"""Everything the pages say about a layer, read from the atlas once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.unpack import Top
from convscope.geometry.box import Box
from convscope.render.health.diagnosis import diagnosed
from convscope.render.report.condition import Condition, conditions
from convscope.render.report.options import ReportOptions
from convscope.render.report.sheet import SheetShape
from convscope.render.report.telling import order, telling
from convscope.render.tile import tile_size
from convscope.results.health import Health
from convscope.results.layer import Layer


@dataclass(frozen=True)
class LayerSurvey:
    """One layer as the pages know it."""

    layer: Layer
    units: Any
    top: Top
    """At most as many ranks as the report shows, and only cells that tell something."""
    conditions: tuple[Condition, ...]
    score: NDArray[np.float64]
    """How telling each channel is."""
    input: tuple[int, int]
    """Height and width of the network's input."""

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Channels, the most telling first."""
        return order(self.score)

    @property
    def frame(self) -> tuple[int, int]:
        """Height and width of the frame every patch and projection of this layer has."""
        box = self.layer.field.frame((0, 0), *self.input)
        return box.height, box.width

    def box(self, channel: int, rank: int) -> Box:
        """The frame of a channel's strongest cell at a 1-based rank, unclipped."""
        y, x = int(self.top.y[channel, rank - 1]), int(self.top.x[channel, rank - 1])
        return self.layer.field.frame((y, x), *self.input)

    @property
    def shape(self) -> SheetShape:
        """Where tiles lie on this layer's sheets."""
        return SheetShape.of(tile_size(*self.frame), self.top.image.shape[1])

    def expected(self, rank: int) -> NDArray[np.bool_]:
        """Channels (C,) that have a projection to draw at this rank."""
        return np.asarray(self.top.image[:, rank - 1] >= 0)


@dataclass(frozen=True)
class Survey:
    """All layers of a report."""

    atlas: Any
    layers: tuple[LayerSurvey, ...]
    ranks: int

    @property
    def channels(self) -> int:
        """Channels of all layers."""
        return sum(one.layer.channels for one in self.layers)

    @property
    def conditions(self) -> list[Condition]:
        """The condition of every channel of every layer."""
        return [found for one in self.layers for found in one.conditions]

    def of(self, layer: Layer) -> LayerSurvey:
        """The survey of one layer."""
        return next(one for one in self.layers if one.layer.number == layer.number)

    def pairs(self) -> Iterator[tuple[LayerSurvey, int]]:
        """Every layer and rank with something to draw, breadth first."""
        for rank in range(1, self.ranks + 1):
            for one in self.layers:
                if one.top.image.shape[1] >= rank and one.expected(rank).any():
                    yield one, rank


def survey(atlas: Any, options: ReportOptions, health: Health | None = None) -> Survey:
    """Read what the report needs of an atlas; channels are badged as the doctor found them.

    Raises:
        AddressError: a layer in the options that the atlas does not have.
    """
    chosen = [atlas.layer(name) for name in options.layers] or list(atlas.layers)
    layers = tuple(_layer(atlas, one, options.ranks, health) for one in sorted(chosen, key=_number))
    return Survey(atlas, layers, options.ranks)


def excited(top: Top, layer: Layer, units: Any) -> Top:
    """The strongest cells without those that tell nothing, which become image -1.

    An atlas ranks whatever images it saw: where a rectified channel rests on all the others, or one
    never fires or never changes, the next ranks are the first images of the list.
    """
    tells = np.full(top.image.shape, layer.signed) | (top.value > 0)
    tells &= ~np.isin(np.asarray(units.status, str), ["dead", "constant"])[:, None]
    return replace(top, image=np.where(tells, top.image, -1))


def _number(layer: Layer) -> int:
    return layer.number


def _layer(atlas: Any, layer: Layer, ranks: int, health: Health | None) -> LayerSurvey:
    units, whole = atlas.units(layer), atlas.top(layer)
    kept = (np.asarray(part)[:, :ranks] for part in (whole.value, whole.image, whole.y, whole.x))
    top = excited(Top(*kept), layer, units)
    found = conditions(layer, units, top, atlas.images_read)
    told = diagnosed(found, layer, health)
    return LayerSurvey(
        layer, units, top, told, telling(units, top, found), atlas.preprocessing.size
    )
