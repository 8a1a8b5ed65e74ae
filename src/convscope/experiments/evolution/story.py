"""What is gathered of all checkpoints, and the result that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.overlap import chance_overlap
from convscope.experiments.evolution.atlas import TOP
from convscope.experiments.evolution.checkpoints import Moment
from convscope.experiments.evolution.measure import Likeness, Shown, others, shown
from convscope.experiments.evolution.moment import Channels, Seen
from convscope.experiments.evolution.options import EvolveOptions
from convscope.render.words import count
from convscope.results.evolution import Evolution
from convscope.tally.known import mean_known

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net

HEALTH = ("dead", "firing", "noise", "structure")
At = tuple[str, int]
"""A layer and a checkpoint's place."""


@dataclass
class Story:
    """Filled checkpoint by checkpoint."""

    moments: tuple[Moment, ...]
    channels: Channels = field(default_factory=dict)
    to_last: dict[At, Likeness] = field(default_factory=dict)
    to_next: dict[At, Likeness] = field(default_factory=dict)
    shown: dict[int, list[Shown]] = field(default_factory=dict)
    health: dict[At, Mapping[str, float]] = field(default_factory=dict)
    others: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    fields: dict[str, int] = field(default_factory=dict)
    weights: dict[int, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    images: int = 0
    """That could be read."""

    def add(self, place: int, net: Net, atlas: Atlas, seen: Mapping[str, Seen]) -> None:
        """Keep what is drawn and counted of one checkpoint."""
        if not self.facts:  # the last checkpoint comes first
            self.facts, self.images = _facts(net, atlas), atlas.images_read
            self.others = {name: others(one, self.channels[name]) for name, one in seen.items()}
            self.fields = {name: max(one.projections.shape[2:]) for name, one in seen.items()}
        self.weights[place] = net.fingerprint()
        self.shown[place] = shown(atlas, seen, self.channels)
        for name, one in seen.items():
            self.health[name, place] = one.health


def result(
    story: Story, options: EvolveOptions, subject: Sequence[str], history: Mapping[str, Any]
) -> Evolution:
    """Everything gathered, as arrays; ``subject`` is what the checkpoints were named by."""
    places, layers = range(len(story.moments)), tuple(story.channels)
    units = [(name, i, int(c)) for name in layers for i, c in enumerate(story.channels[name])]
    columns = [[story.shown[place][i] for place in places] for i in range(len(units))]
    last, following, size = story.to_last, story.to_next, (len(units), len(places))

    def of_layers(of: Callable[[Likeness], float], told: Mapping[At, Likeness]) -> Any:
        return _table([[of(told[name, t]) for t in places if (name, t) in told] for name in layers])

    def of_units(told: Mapping[At, Likeness], what: str) -> Any:
        rows = [(n, i if what == "unit_similarity" else c) for n, i, c in units]
        wide = len({t for _, t in told})
        return _table(
            [[getattr(told[n, t], what)[at] for t in places if (n, t) in told] for n, at in rows]
        ).reshape(len(rows), wide)

    return Evolution(
        epochs=np.array([one.epoch for one in story.moments], np.int64),
        layers=layers,
        layer=np.array([layers.index(name) for name, _, _ in units], np.int64),
        channel=np.array([channel for _, _, channel in units], np.int64),
        values=_units([[one.value for one in row] for row in columns], size, np.float32),
        images=_units([[one.image for one in row] for row in columns], size, np.int64),
        cells=_units([[one.cell for one in row] for row in columns], (*size, 2), np.int64),
        labels=tuple(tuple(one.label for one in row) for row in columns),
        sides=_sides(columns, units, layers),
        fields=np.array([story.fields[name] for name in layers], np.int64),
        projections=_flat([one.projection for row in columns for one in row], np.float32),
        patches=_flat([one.patch for row in columns for one in row], np.uint8),
        unit_overlap=of_units(following, "overlap"),
        unit_overlap_last=of_units(last, "overlap"),
        unit_similarity=of_units(following, "unit_similarity"),
        unit_similarity_last=of_units(last, "unit_similarity"),
        overlap=of_layers(lambda one: mean_known(one.overlap), following),
        overlap_last=of_layers(lambda one: mean_known(one.overlap), last),
        similarity=of_layers(lambda one: mean_known(one.unit_similarity), following),
        similarity_last=of_layers(lambda one: mean_known(one.unit_similarity), last),
        correlation=of_layers(lambda one: mean_known(one.correlation), following),
        correlation_last=of_layers(lambda one: mean_known(one.correlation), last),
        kept=of_layers(lambda one: one.kept, following),
        kept_last=of_layers(lambda one: one.kept, last),
        compared=of_layers(lambda one: one.compared, following).astype(np.int64),
        chance=chance_overlap(story.images, TOP),
        **_of_others(story, layers),
        **{name: _health(story, layers, name) for name in HEALTH},
        history={key: np.asarray(column).tolist() for key, column in history.items()},
        alike=options.alike,
        note=_note(story, options),
        provenance=_provenance(story, options) | {"subject": list(subject)},
    )


def _table(rows: list[list[float]]) -> NDArray[np.float64]:
    return np.array(rows, np.float64)


def _flat(pictures: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *(one.reshape(-1) for one in pictures)]).astype(kind)


def _units(rows: list[list[Any]], shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """A row a unit; no row at all keeps its columns, where nothing fires."""
    return np.array(rows, kind).reshape(shape)


def _sides(
    columns: list[list[Shown]], units: list[tuple[str, int, int]], layers: tuple[str, ...]
) -> NDArray[np.int64]:
    """Of the kept pictures; 1 of a layer that has none."""
    found = {name: row[0].patch.shape[0] for (name, _, _), row in zip(units, columns, strict=True)}
    return np.array([found.get(name, 1) for name in layers], np.int64)


def _of_others(story: Story, layers: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    names = ("other_overlap", "other_similarity", "other_correlation")
    rows = np.array([story.others[name] for name in layers], np.float64)
    return dict(zip(names, rows.T.copy(), strict=True))


def _health(story: Story, layers: tuple[str, ...], name: str) -> NDArray[np.float64]:
    places = range(len(story.moments))
    return _table([[story.health[layer, place][name] for place in places] for layer in layers])


def _note(story: Story, options: EvolveOptions) -> str:
    """What the pictures do not say of themselves."""
    few = [f"{len(some)} of {name}" for name, some in story.channels.items()
           if len(some) < options.units]  # fmt: skip
    fewer = f"Fewer units fire at the last checkpoint than were asked for: {', '.join(few)}."
    start = story.moments[0].epoch
    no_start = (
        f"The first checkpoint is of epoch {start}, so nothing shows how the untrained network "
        "compares."
    )
    lacking = f"Of {count(story.images, 'image')} any nine are alike."
    said = [fewer] * bool(few) + [no_start] * bool(start) + [lacking] * (story.images < 2 * TOP)
    return " ".join(said)


def _facts(net: Net, atlas: Atlas) -> dict[str, Any]:
    """What is the same at all checkpoints."""
    from convscope.net.provenance import versions

    listed = atlas.manifest["images"]
    return {
        "network": net.spec,
        "images": {key: listed[key] for key in ("spec", "count", "read", "list_sha256")},
        "preprocessing": net.preprocessing.to_dict(),
        "versions": versions(),
    }


def _provenance(story: Story, options: EvolveOptions) -> dict[str, Any]:
    named = [
        {"epoch": one.epoch, "name": one.name, "weights": story.weights[place]}
        for place, one in enumerate(story.moments)
    ]
    return {
        "method": "evolve",
        "options": asdict(options),
        "changed": {
            one.name: getattr(options, one.name)
            for one in fields(options)
            if getattr(options, one.name) != one.default
        },
        "checkpoints": named,
        "image": None,
        **story.facts,
    }
