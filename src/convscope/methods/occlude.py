"""Occlusion: what a network answers as a square is slid over an image.

Source: Zeiler & Fergus 2013, sec. 4.2 and Fig. 7: slide a gray square over the image; for each
position record (b) the total activation of the feature map that is strongest uncovered, (d) the
probability of the true class, (e) the most probable class; beside them (a) the image with the
square and (c) the map's projection. The square's size and stride are not given there. Position
``(y, x)`` of a map is the occluder's center; squares are cut off at the border. One sweep gives all
panels, and the scores of every class. It is computed by incremental inference where that agrees
with whole forwards (Nakandala et al. 2019), and by whole forwards where it does not.

Shows: what the score does when this square is covered.
Does not show: effects that need two places covered.
Easily misread: it depends on the square's size and fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Look
from convscope.errors import AddressError, RuleError
from convscope.geometry.box import Box
from convscope.images.image import Image
from convscope.methods.columns import Asked, Columns
from convscope.methods.fill import Fill, fill_of
from convscope.methods.grid import Grid, grid
from convscope.methods.occlude_note import coarse_note, fill_note, size_note, unmoved_note
from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.options.project import ProjectOptions
from convscope.methods.project import project
from convscope.methods.provenance import provenance
from convscope.methods.strongest_patches import strongest_patches
from convscope.methods.strongest_unit import map_layer, scores_if_any, strongest_unit
from convscope.net.net import Net
from convscope.net.scores import class_name, link_of
from convscope.net.sweep import Occluders, Sweep, start_sweep
from convscope.net.target import Target, find_target
from convscope.progress import Progress, silent
from convscope.results.occlusion import Occlusion


def occlude(
    net: Net,
    image: Image,
    target: str | Look,
    options: OccludeOptions | None = None,
    *,
    atlas: Any = None,
    progress: Progress | None = None,
) -> Occlusion:
    """Slide an occluder over an image.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: the class (``class:beagle``), unit or direction asked about.
        options: the occluder, its positions, its fill.
        atlas: where the strongest map's strongest patches come from.
        progress: called with positions done, all positions, and what is being done.

    Raises:
        AddressError: no such class, layer, channel or cell.
        ScoresError: a class of a network whose output is not one vector of scores.
        UsageError: an occluder larger than the image, a stride of zero.
        DataError: the image does not fit, or an answer is not finite.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> occlude(net, photo, "class:0", OccludeOptions(occluder=24, stride=24)).probabilities.shape
    (3, 3)
    """
    options, batch = options or OccludeOptions(), net.one(image)
    with net.hosted():
        asked = _ask(net, batch, find_target(net, target), options)
        swept = _swept(net, image, asked, options, progress or silent)
        projected = _projected(net, image, asked)
    swept.found.check(image)
    patches = strongest_patches(atlas, asked.layer, asked.channel, options.patches, image.shown)
    return _result(net, image, options, asked, swept, projected, patches)


@dataclass(frozen=True)
class _Swept:
    """A sweep that has run."""

    places: Grid
    fill: Fill
    found: Columns
    computed: NDArray[np.bool_]
    """(n,) whether a position was run, not given its nearest's values."""
    exact: str


def _swept(
    net: Net, image: Image, asked: Asked, options: OccludeOptions, progress: Progress
) -> _Swept:
    places, fill = grid(options, *net.preprocessing.size), fill_of(image.array, options)
    found = Columns.empty(len(places.boxes), asked)
    occluders = Occluders(places.boxes, lambda n: fill(Box(*places.boxes[n])))
    sweep = start_sweep(net, net.one(image), occluders, found.readers(asked, places))
    return _Swept(places, fill, found, *_run(sweep, places, found, options, progress))


def _result(
    net: Net,
    image: Image,
    options: OccludeOptions,
    asked: Asked,
    swept: _Swept,
    projected: _Projected,
    patches: NDArray[np.uint8],
) -> Occlusion:
    places, found = swept.places, swept.found
    kind = np.float64 if net.dtype == torch.float64 else np.float32
    return Occlusion(
        shown=image.shown,
        covered=_covered(net, image, swept),
        centers_y=places.ys,
        centers_x=places.xs,
        size=options.pair("occluder"),
        stride=options.pair("stride"),
        scores=found.scores.values.reshape(*places.shape, -1).astype(kind),
        base_scores=found.scores.base.astype(kind),
        target=asked.target.name,
        target_number=asked.target.terms[0][0] if asked.target.is_class else -1,
        values=found.cell.values.reshape(places.shape).astype(kind),
        base_value=float(found.cell.base),
        unit=asked.unit,
        unit_sums=found.sums.values.reshape(places.shape).astype(kind),
        base_unit_sum=float(found.sums.base),
        projection=projected.array,
        frame=projected.frame,
        patches=patches,
        classes=_classes(net, found),
        computed=swept.computed.reshape(places.shape),
        exact=swept.exact,
        note=_note(net, options, asked, swept, projected.note),
        provenance=provenance("occlude", net, image, options),
        link=link_of(net) if asked.scores else "softmax",
    )


def _note(net: Net, options: OccludeOptions, asked: Asked, swept: _Swept, unprojected: str) -> str:
    found = swept.found
    notes = (
        coarse_note(swept.computed, options.coarse),
        fill_note(net, options),
        size_note(net, options),
        f"No map of {asked.layer.name} fires on this image." if found.sums.base == 0 else "",
        unmoved_note(asked.target.name, found.cell),
        unprojected,
    )
    return " ".join(filter(None, notes))


@dataclass(frozen=True)
class _Projected:
    """The strongest map's projection, or why there is none."""

    array: NDArray[np.float32]
    frame: tuple[int, int, int, int]
    note: str = ""


def _projected(net: Net, image: Image, asked: Asked) -> _Projected:
    """Covering needs no gradient: what cannot be projected is said, and the sweep stands."""
    try:
        found = project(net, image, asked.unit, ProjectOptions(sanity=False))
    except RuleError as error:
        said, nothing = f"{asked.unit} is not projected: {error}", np.zeros_like(image.array)
        return _Projected(nothing, (0, 0, *nothing.shape[1:]), said)
    return _Projected(found.array, found.frame)


def _ask(net: Net, batch: Tensor, target: Target, options: OccludeOptions) -> Asked:
    layer = net.tape().layer(options.layer) if options.layer else map_layer(net)[0]
    if not layer.is_spatial:
        raise AddressError(
            f"{layer.name} has no cells in space (one vector an image), so it has no map to sum. "
            f"Leave the layer out, and {map_layer(net)[0].name} is taken; or choose one before it."
        )
    return Asked(target, scores_if_any(net), *strongest_unit(net, batch, layer))


def _run(
    sweep: Sweep, places: Grid, found: Columns, options: OccludeOptions, progress: Progress
) -> tuple[NDArray[np.bool_], str]:
    """Run all positions, or the coarse ones and those around the largest changes."""
    everywhere = np.arange(len(places.boxes))
    if not options.occluder:
        found.stand()
        return np.ones(len(everywhere), bool), "A square of no pixels covers nothing."
    first = places.coarse(options.coarse) if options.coarse > 1 else everywhere
    exact = sweep.run(first, options.method, options.batch, progress, found.values)
    if options.coarse > 1:
        near = places.nearest(first)
        change = np.abs(found.cell.values[first] - found.cell.base)
        matter = first[np.argsort(-change, kind="stable")[: round(options.share * len(first))]]
        rest = np.setdiff1d(everywhere[np.isin(near, matter)], first)
        sweep.run(rest, options.method, options.batch, progress, found.values)
        done = np.union1d(first, rest)
        found.spread(np.where(np.isin(everywhere, done), everywhere, near))
        return np.isin(everywhere, done), exact
    return np.ones(len(everywhere), bool), exact


def _covered(net: Net, image: Image, swept: _Swept) -> NDArray[np.uint8]:
    """The image with the occluder where it lowers the target most."""
    box = Box(*swept.places.boxes[int(swept.found.cell.values.argmin())])
    covered = image.shown.copy()
    covered[box.y0 : box.y1, box.x0 : box.x1] = net.preprocessing.invert(swept.fill(box))
    return covered


def _classes(net: Net, found: Columns) -> tuple[tuple[int, str], ...]:
    if not found.scores.base.size:
        return ()
    numbers = {int(found.scores.base.argmax()), *found.scores.values.argmax(1).tolist()}
    return tuple((number, class_name(net, number)) for number in sorted(numbers))
