"""What all pages of a report share: the layers in their groups, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from convscope.render.health.words import PATTERNS
from convscope.render.provenance import Provenance
from convscope.render.report.card import Card, Labels, card
from convscope.render.report.condition import kind_counts
from convscope.render.report.group import Group, groups
from convscope.render.report.scratch import Scratch
from convscope.render.report.state import State
from convscope.render.report.survey import LayerSurvey, Survey
from convscope.render.report.synthesized import ReportDrawn
from convscope.render.words import every
from convscope.results.health import Health
from convscope.results.layer import Layer


@dataclass(frozen=True)
class Neighbours:
    """The place of a layer, counted from 1, and the layers beside it."""

    place: int
    total: int
    before: Layer | None
    after: Layer | None


@dataclass(frozen=True)
class Site:
    """One report, as its templates see it."""

    survey: Survey
    state: State
    made: Provenance
    labels: Labels
    cards: Mapping[int, tuple[Card, ...]]
    """Cards of each layer, by number, in the order of channels."""
    drawn: ReportDrawn = field(default_factory=dict)
    """Synthesized pictures of the layers that have any."""
    health: Health | None = None
    """The doctor's verdict, where it was asked for."""

    @property
    def views(self) -> tuple[tuple[str, str], ...]:
        """File and name of the pages about the whole network, as every page links to them."""
        found = [("index.html", "Layers")]
        if self.health is not None:
            found.append(("health.html", "Health"))
        if self.made.options.evolution:
            found.append((self.made.options.evolution, "Evolution"))
        return tuple(found)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Layers by the module they belong to."""
        return groups([one.layer for one in self.survey.layers])

    @cached_property
    def spacing(self) -> Mapping[int, str]:
        """Number of each group's first layer at which cells move apart: ``every 8 px``."""
        said: dict[int, str] = {}
        before = every(self.groups[0].layers[0])
        for group in self.groups:
            here = every(group.layers[0])
            if here and here != before:
                said[group.layers[0].number] = f"every {here}"
            before = here or before
        return said

    def state_of(self, layer: Layer) -> str:
        """The pattern the doctor sees in the layer's weights; empty where it was not asked."""
        if self.health is None or layer.name not in self.health.layers:
            return ""
        return PATTERNS[self.health.layer_states[self.health.layers.index(layer.name)]]

    def share(self, layer: Layer) -> float:
        """How much of the input's side one cell sees, 0 to 1."""
        if layer.field.status == "GLOBAL":
            return 1.0
        height, width = self.survey.atlas.preprocessing.size
        return float(min(1.0, layer.field.y.size / height, layer.field.x.size / width))

    def dead(self, *layers: Layer) -> int:
        """Channels of these layers that never fired."""
        return sum(kind_counts(self.survey.of(layer).conditions).get("dead", 0) for layer in layers)

    def neighbours(self, layer: Layer) -> Neighbours:
        """Where this layer stands among those of the report."""
        known = [one.layer for one in self.survey.layers]
        place = known.index(layer)
        after = known[place + 1] if place + 1 < len(known) else None
        return Neighbours(place + 1, len(known), known[place - 1] if place else None, after)


def site(
    survey: Survey,
    state: State,
    made: Provenance,
    labels: Labels,
    scratch: Scratch,
    drawn: ReportDrawn,
) -> Site:
    """Put a site together."""
    cards = {one.layer.number: _cards(one, state, labels, scratch) for one in survey.layers}
    return Site(survey, state, made, labels, cards, drawn)


def _cards(one: LayerSurvey, state: State, labels: Labels, scratch: Scratch) -> tuple[Card, ...]:
    scales = scratch.scales(one.layer.number)
    return tuple(
        card(one, channel, labels, state, _of(scales, channel, state.extent.ranks))
        for channel in range(one.layer.channels)
    )


def _of(scales: Mapping[int, Mapping[int, float]], channel: int, ranks: int) -> dict[int, float]:
    """Full scale by rank of one channel's projections."""
    shown = (rank for rank in sorted(scales) if rank <= ranks and channel in scales[rank])
    return {rank: scales[rank][channel] for rank in shown}
