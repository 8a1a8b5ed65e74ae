"""From a network and its atlas to the evidence of a verdict."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.checkpoints import start_beside
from convscope.doctor.activity import ACTIVITY, activity
from convscope.doctor.answers import answers_of
from convscope.doctor.channels import Channels
from convscope.doctor.evidence import Evidence, First
from convscope.doctor.filters import LayerFilters
from convscope.doctor.floors import initialized, shuffled
from convscope.doctor.options import HealthOptions
from convscope.doctor.patterns import PATTERNS, filters_by_layer, patterns
from convscope.doctor.sampled import sampled_atlas
from convscope.errors import ConvscopeError
from convscope.progress import Progress
from convscope.results.health import FLOORS

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net

Numbers = NDArray[np.float64]


def gather(
    net: Net, atlas: Atlas, found: Channels, options: HealthOptions, progress: Progress
) -> Evidence:
    """Measure everything once: the atlas's activations, the weights, and both floors.

    Raises:
        AtlasError: the atlas belongs to other weights.
    """
    from convscope.net.rebuild import check_weights

    check_weights(atlas.manifest, net)
    filters = filters_by_layer(net, atlas.layers)
    progress(0, 3, "reading weights")
    values = activity(atlas) | patterns(atlas.layers, filters, options.shuffles)
    floors, silent, missing = _floors(net, atlas, options, progress)
    return Evidence(
        layers=tuple(layer.name for layer in atlas.layers),
        values=values,
        floors={name: np.stack([floor[name] for floor in floors]) for name in values},
        weights=np.array([_count(filters, layer.number) for layer in atlas.layers]),
        channels=np.array([layer.channels for layer in atlas.layers]),
        kinds=found.kinds,
        images=atlas.images_read,
        answered=answers_of(atlas),
        first=_first(atlas, filters),
        broken=_broken(net),
        missing=missing,
        dead_at_start=None if start_beside(net.weights) is None else silent,
    )


def _count(filters: Mapping[int, LayerFilters], number: int) -> int:
    return filters[number].weights.size if number in filters else 0


def _first(atlas: Atlas, filters: Mapping[int, LayerFilters]) -> First | None:
    for layer in atlas.layers:
        one = filters.get(layer.number)
        if one is not None and one.is_first:
            return First(layer.name, max(one.weights.shape[2:]), one.stride)
    return None


def _broken(net: Net) -> tuple[str, ...]:
    tensors = net.module.state_dict().items()
    return tuple(
        name
        for name, value in tensors
        if isinstance(value, torch.Tensor)
        and value.is_floating_point()
        and not bool(torch.isfinite(value).all())
    )


def _floors(
    net: Net, atlas: Atlas, options: HealthOptions, progress: Progress
) -> tuple[list[dict[str, Numbers]], Numbers, tuple[str, ...]]:
    """The measures of the network at its start and shuffled; NaN where one cannot be had.

    Also the dead shares at its start, whatever images they were counted on, and what is missing.
    """
    nowhere = np.full(len(atlas.layers), np.nan)
    nothing = dict.fromkeys((*ACTIVITY, *PATTERNS), nowhere)
    if not options.floors:
        return [nothing] * len(FLOORS), nowhere, ()
    found, missing = [], list[str]()
    for place, name in enumerate(FLOORS):
        progress(place + 1, 3, f"measuring it {name}")
        try:
            copy, kept = _knowing_nothing(net, name, options.seed)
            found.append(_floor(copy, atlas, options))
            missing += [_kept(kept)] if kept else []
        except ConvscopeError as error:
            missing.append(
                f"What it would be {name} could not be measured ({type(error).__name__})."
            )
            found.append(nothing)
    silent = found[0]["dead"]
    return [_alike(one, atlas, options) for one in found], silent, tuple(missing)


def _alike(floor: dict[str, Numbers], atlas: Atlas, options: HealthOptions) -> dict[str, Numbers]:
    """A floor without what depends on how many images there are, if these were fewer.

    On fewer images more channels are silent, and ranks smaller.
    """
    if atlas.images_read <= options.floor_images:
        return floor
    return floor | dict.fromkeys(("dead", "rank"), np.full(len(atlas.layers), np.nan))


def _knowing_nothing(net: Net, floor: str, seed: int) -> tuple[Net, tuple[str, ...]]:
    return initialized(net, seed) if floor == "initialized" else (shuffled(net, seed), ())


def _kept(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (
        f"At its start it keeps the trained {', '.join(names[:3])}{more}, which no module knows "
        "how to begin."
    )


def _floor(net: Net, atlas: Atlas, options: HealthOptions) -> dict[str, Numbers]:
    names = [layer.name for layer in atlas.layers]
    with tempfile.TemporaryDirectory() as folder:
        source, count = atlas.source(), options.floor_images
        acting = activity(sampled_atlas(net, source, count, Path(folder), layers=names))
    return acting | patterns(atlas.layers, filters_by_layer(net, atlas.layers), options.shuffles)
