"""Three routes from many units of one layer to their projections: cones, crops, full images.

All give the same pictures; which one is taken is decided by the geometry, and checked on the
first image at an interior, an edge and a corner cell against the full image.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from convscope.errors import NetworkError
from convscope.geometry.box import Box
from convscope.net.cone import Cone, plan
from convscope.net.crop import Crop, crop_for, project_crops
from convscope.net.full import Seed, activations, project_full, prove
from convscope.net.net import Net, run
from convscope.net.rules import Rule
from convscope.net.switches import Switches, SwitchWatch
from convscope.net.walkback import project_cones
from convscope.results.layer import Layer
from convscope.results.projection import framed

CLOSE = 1e-3
"""Of the projection's maximum: a check in float32 may meet a switch that flips at a near-tie."""
SAME = 1e-4
"""Of the largest value: how far a crop's activation may be from that in the full image."""
BATCH_BYTES = 16 << 20
"""What the largest window of one batch may take: 12 to 96 MB measured about alike, 6 slower."""


@dataclass(frozen=True)
class Unit:
    """One thing to project: a cell of a channel in one image of the atlas."""

    channel: int
    image: int
    cell: tuple[int, int]
    value: float


@dataclass(frozen=True)
class Route:
    """How the units of one layer are projected."""

    layer: Layer
    kind: Literal["cone", "crop", "full"]
    cone: Cone | None = None
    reason: str = ""
    """Why not a faster one."""


Images = Callable[[int], Tensor]
"""The prepared image of a number, (1, c, h, w) on the network's device."""
Projected = tuple[list[Unit], Tensor, Tensor]
"""Units with their activations (n,) and their projections (n, c, fh, fw) in the frame."""


def choose_route(net: Net, rule: Rule, layer: Layer, first: Tensor) -> Route:
    """The fastest route that agrees with the full image at three cells.

    Raises:
        RuleError: the rule would give a wrong picture here on any route.
    """
    route = _geometric(net, rule, layer)
    with net.hosted():
        prove(net, net.tape(), rule, first, layer.number)
    if route.kind == "full":
        return route
    try:
        with net.hosted():
            worst = _disagreement(net, rule, route, first)
    except NetworkError as error:
        return _fallen(route, str(error))
    if worst > CLOSE:
        return _fallen(route, f"its {route.kind} differs from it by {worst:.1e} of the maximum")
    return route


def _fallen(route: Route, reason: str) -> Route:
    _say(route.layer, reason)
    return Route(route.layer, "full", reason=reason)


def _say(layer: Layer, reason: str) -> None:
    logging.getLogger("convscope").warning(
        "%s is projected through the full image: %s", layer.name, reason
    )


def _geometric(net: Net, rule: Rule, layer: Layer) -> Route:
    if layer.field.status == "GLOBAL":
        return Route(layer, "full", reason=f"the field is the whole image ({layer.field.cause})")
    cone = plan(net.tape(), layer.number) if rule == Rule() else None
    if cone is not None:
        return Route(layer, "cone", cone)
    height, width = net.preprocessing.size
    if 2 * layer.field.y.size * layer.field.x.size > height * width:
        return Route(layer, "full", reason="the field covers most of the image")
    return Route(layer, "crop")


def _disagreement(net: Net, rule: Rule, route: Route, first: Tensor) -> float:
    """Largest difference to the full image over three cells, in shares of the maximum."""
    layer, tape = route.layer, net.tape()
    result = activations(net, tape, first, [layer.number])[layer.number]
    worst = 0.0
    for cell in dict.fromkeys(
        [(layer.height // 2, layer.width // 2), (0, layer.width // 2), (0, 0)]
    ):
        values = torch.stack(
            [result[tape.ops[layer.number].index(0, c, cell)] for c in range(layer.channels)]
        )
        channel = int(values.argmax())
        unit = Unit(channel, 0, cell, float(values[channel]))
        ((_, whole),) = project_full(net, tape, rule, first, layer.number, [Seed(channel, cell)])
        height, width = first.shape[2:]
        frame = layer.field.frame(cell, height, width)
        reference = framed(whole.cpu().numpy(), frame)
        for _, _, found in _alone(net, rule, route, unit, first):
            difference = float(np.abs(found[0].cpu().numpy() - reference).max())
            worst = max(worst, difference / max(float(np.abs(reference).max()), 1e-30))
    return worst


def _alone(net: Net, rule: Rule, route: Route, unit: Unit, image: Tensor) -> Iterator[Projected]:
    """One unit, and no other route where this one fails."""
    crop = crop_for(net.tape(), route.layer.number, unit.cell) if route.kind == "crop" else None
    if crop is not None:
        yield _crops(net, rule, route.layer, [(unit, crop)], lambda _: image)
    else:
        yield from project_units(net, rule, route, [unit], lambda _: image)


def project_units(
    net: Net, rule: Rule, route: Route, units: Sequence[Unit], images: Images
) -> Iterator[Projected]:
    """Project units of one layer, a batch at a time; crops and full images only, or few cones."""
    if route.cone is not None:
        yield from _by_cones_of(net, route, units, images)
    elif route.kind == "crop":
        yield from _by_crops(net, rule, route.layer, units, images)
    else:
        yield from _by_full(net, rule, route.layer, units, images)


def _by_cones_of(
    net: Net, route: Route, units: Sequence[Unit], images: Images
) -> Iterator[Projected]:
    for number, group in groupby(sorted(units, key=lambda u: u.image), key=lambda u: u.image):
        members = list(group)
        pairs = [(route, unit) for unit in members]
        switches, values = read_switches(net, [route], pairs, images(number))
        yield from by_cones(route, members, values, [switches] * len(members))


def read_switches(
    net: Net, routes: Sequence[Route], units: Sequence[tuple[Route, Unit]], image: Tensor
) -> tuple[Switches, Tensor]:
    """One forward: the pooling switches of an image and the activations of some units in it."""
    tape = net.tape()
    pools = sorted({pool for route in routes if route.cone for pool in route.cone.pools})
    cells = [
        (r.layer.number, tape.ops[r.layer.number].index(0, u.channel, u.cell)) for r, u in units
    ]
    last = max([*(r.layer.number for r in routes), *pools])
    watch = SwitchWatch(tape, pools, cells, until=last)
    with net.hosted(), torch.no_grad():
        run(net, image, watch)
    switches = {number: taps[0] for number, taps in watch.switches.items()}
    return switches, torch.stack([watch.values[place] for place in range(len(cells))])


def by_cones(
    route: Route, units: Sequence[Unit], values: Tensor, switches: Sequence[Switches]
) -> Iterator[Projected]:
    """Project units whose switches and activations are known."""
    cone = route.cone
    if cone is None:
        raise ValueError(f"{route.layer.name} has no cone")
    step = _batch_size(cone)
    for start in range(0, len(units), step):
        part = slice(start, start + step)
        members = list(units[part])
        projections = project_cones(
            cone,
            [unit.channel for unit in members],
            [unit.cell for unit in members],
            values[part],
            switches[part],
        )
        yield members, values[part], projections


def _batch_size(cone: Cone) -> int:
    channels = {op.number: op.channels for op in cone.tape.ops}
    largest = max(
        channels.get(number, cone.tape.input_shape[1]) * span.size[0] * span.size[1]
        for number, span in cone.spans.items()
    )
    return max(1, min(32, BATCH_BYTES // (4 * largest)))


def _by_crops(
    net: Net, rule: Rule, layer: Layer, units: Sequence[Unit], images: Images
) -> Iterator[Projected]:
    tape = net.tape()
    planned = [(unit, crop_for(tape, layer.number, unit.cell)) for unit in units]
    pixelless = [unit for unit, crop in planned if crop is None]
    yield from _by_full(net, rule, layer, pixelless, images)
    local = [(unit, crop) for unit, crop in planned if crop is not None]
    local.sort(key=lambda pair: _size(pair[1].box))
    for size, group in groupby(local, key=lambda pair: _size(pair[1].box)):
        members = list(group)
        step = max(1, min(32, (4 << 20) // (size[0] * size[1])))
        for start in range(0, len(members), step):
            yield from _cut(net, rule, layer, members[start : start + step], images)


def _cut(
    net: Net, rule: Rule, layer: Layer, members: Sequence[tuple[Unit, Crop]], images: Images
) -> Iterator[Projected]:
    """Crops of one size; those that raise or give another value, through the full image."""
    units = [unit for unit, _ in members]
    try:
        units, values, tiles = _crops(net, rule, layer, members, images)
    except NetworkError as error:
        _say(layer, str(error))
        yield from _by_full(net, rule, layer, units, images)
        return
    recorded = torch.tensor([unit.value for unit in units], dtype=torch.float64)
    near = abs(values.cpu().double() - recorded) <= SAME * abs(recorded).max()
    if bool(near.any()):
        yield [unit for unit, ok in zip(units, near, strict=True) if ok], values[near], tiles[near]
    if not bool(near.all()):
        _say(layer, "its crop gives another value")
        wrong = [unit for unit, ok in zip(units, near, strict=True) if not ok]
        yield from _by_full(net, rule, layer, wrong, images)


def _size(box: Box) -> tuple[int, int]:
    return box.height, box.width


def _crops(
    net: Net, rule: Rule, layer: Layer, members: Sequence[tuple[Unit, Crop]], images: Images
) -> Projected:
    cut = torch.cat(
        [images(u.image)[:, :, c.box.y0 : c.box.y1, c.box.x0 : c.box.x1] for u, c in members]
    )
    places = [(unit.channel, crop.cell) for unit, crop in members]
    with net.hosted():
        values, grads = project_crops(net, net.tape(), rule, cut, layer.number, places)
    height, width = net.preprocessing.size
    tiles = []
    for (unit, crop), grad in zip(members, grads.cpu().numpy(), strict=True):
        frame = layer.field.frame(unit.cell, height, width)
        y, x = crop.box.y0, crop.box.x0
        tiles.append(framed(grad, Box(frame.y0 - y, frame.x0 - x, frame.y1 - y, frame.x1 - x)))
    return [unit for unit, _ in members], values, torch.from_numpy(np.stack(tiles))


def _by_full(
    net: Net, rule: Rule, layer: Layer, units: Sequence[Unit], images: Images
) -> Iterator[Projected]:
    for number, group in groupby(sorted(units, key=lambda u: u.image), key=lambda u: u.image):
        members, image = list(group), images(number)
        seeds = [Seed(unit.channel, unit.cell) for unit in members]
        values, tiles = [], []
        with net.hosted():
            found = list(project_full(net, net.tape(), rule, image, layer.number, seeds))
        for unit, (value, array) in zip(members, found, strict=True):
            frame = layer.field.frame(unit.cell, *image.shape[2:])
            values.append(value)
            tiles.append(framed(array.cpu().numpy(), frame))
        yield members, torch.tensor(values), torch.from_numpy(np.stack(tiles))
