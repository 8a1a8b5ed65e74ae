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
from convscope.errors import RuleError
from convscope.geometry.box import Box
from convscope.images.image import Image
from convscope.methods.fill import fill_of
from convscope.methods.grid import Grid, grid
from convscope.methods.occlude_note import coarse_note, fill_note, unmoved_note
from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.options.project import ProjectOptions
from convscope.methods.project import project
from convscope.methods.provenance import provenance
from convscope.methods.readers import Column, Reader, read_cell, read_scores, read_sum
from convscope.methods.strongest_patches import strongest_patches
from convscope.methods.strongest_unit import map_layer, scores_if_any, strongest_unit
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.scores import class_name, link_of
from convscope.net.sweep import Occluders, Sweep, start_sweep
from convscope.net.target import Target, find_target
from convscope.progress import Progress, silent
from convscope.results.layer import Layer
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
        places = grid(options, *net.preprocessing.size)
        fill = fill_of(image.array, options)
        found = _Columns.empty(len(places.boxes), asked)
        occluders = Occluders(places.boxes, lambda n: fill(Box(*places.boxes[n])))
        sweep = start_sweep(net, batch, occluders, found.readers(asked, places))
        computed, exact = _run(sweep, places, found, options, progress or silent)
        projected = _projected(net, image, asked)
    found.check(image)
    covered = _covered(net, image, places, found, fill)
    kind = np.float64 if net.dtype == torch.float64 else np.float32
    notes = (
        coarse_note(computed, options.coarse),
        fill_note(net, options),
        f"No map of {asked.layer.name} fires on this image." if found.sums.base == 0 else "",
        unmoved_note(asked.target.name, found.cell),
        projected.note,
    )
    patches = strongest_patches(atlas, asked.layer, asked.channel, options.patches, image.shown)
    return Occlusion(
        shown=image.shown,
        covered=covered,
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
        unit=f"{asked.layer.name}:{asked.channel}",
        unit_sums=found.sums.values.reshape(places.shape).astype(kind),
        base_unit_sum=float(found.sums.base),
        projection=projected.array,
        frame=projected.frame,
        patches=patches,
        classes=_classes(net, found),
        computed=computed.reshape(places.shape),
        exact=exact,
        note=" ".join(filter(None, notes)),
        provenance=provenance("occlude", net, image, options),
        link=link_of(net) if asked.scores else "softmax",
    )


@dataclass(frozen=True)
class _Asked:
    """What is read at every position."""

    target: Target
    scores: Layer | None
    layer: Layer
    """Whose strongest map is summed."""
    channel: int


@dataclass(frozen=True)
class _Projected:
    """The strongest map's projection, or why there is none."""

    array: NDArray[np.float32]
    frame: tuple[int, int, int, int]
    note: str = ""


def _projected(net: Net, image: Image, asked: _Asked) -> _Projected:
    """Covering needs no gradient: what cannot be projected is said, and the sweep stands."""
    unit = f"{asked.layer.name}:{asked.channel}"
    try:
        found = project(net, image, unit, ProjectOptions(sanity=False))
    except RuleError as error:
        nothing = np.zeros_like(image.array)
        return _Projected(nothing, (0, 0, *nothing.shape[1:]), f"{unit} is not projected: {error}")
    return _Projected(found.array, found.frame)


def _ask(net: Net, batch: Tensor, target: Target, options: OccludeOptions) -> _Asked:
    layer = net.tape().layer(options.layer) if options.layer else map_layer(net)[0]
    return _Asked(target, scores_if_any(net), *strongest_unit(net, batch, layer))


@dataclass(frozen=True)
class _Columns:
    """Everything read, position by position."""

    scores: Column
    sums: Column
    cell: Column

    @classmethod
    def empty(cls, count: int, asked: _Asked) -> _Columns:
        """Room for it."""
        classes = asked.scores.channels if asked.scores else 0
        one = [Column(np.zeros(count), np.zeros(())) for _ in range(2)]
        return cls(Column(np.zeros((count, classes)), np.zeros(classes)), *one)

    def readers(self, asked: _Asked, places: Grid) -> list[tuple[int, Reader]]:
        """Who reads which op."""
        readers = [
            (asked.layer.number, read_sum(asked.layer, asked.channel, self.sums)),
            (asked.target.layer.number, read_cell(asked.target, places.boxes, self.cell)),
        ]
        if asked.scores is not None:
            readers.append((asked.scores.number, read_scores(asked.scores, self.scores)))
        return readers

    def check(self, image: Image) -> None:
        """Refuse answers that are not finite.

        Raises:
            DataError: one is not.
        """
        what = f"With {image.id} covered in places, the network's answers are not finite"
        for column in (self.scores, self.sums, self.cell):
            check_finite(column.base, what)
            check_finite(column.values, what)

    @property
    def values(self) -> list[NDArray[np.float64]]:
        """Everything, by position."""
        return [column.values for column in (self.scores, self.sums, self.cell)]

    def stand(self) -> None:
        """Give every position the uncovered image's values."""
        for column in (self.scores, self.sums, self.cell):
            column.values[...] = column.base

    def spread(self, nearest: NDArray[np.int64]) -> None:
        """Give every position the values of its nearest computed one."""
        for values in self.values:
            values[...] = values[nearest]


def _run(
    sweep: Sweep, places: Grid, found: _Columns, options: OccludeOptions, progress: Progress
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


def _covered(net: Net, image: Image, places: Grid, found: _Columns, fill: Any) -> NDArray[np.uint8]:
    """The image with the occluder where it lowers the target most."""
    box = Box(*places.boxes[int(found.cell.values.argmin())])
    covered = image.shown.copy()
    covered[box.y0 : box.y1, box.x0 : box.x1] = net.preprocessing.invert(fill(box))
    return covered


def _classes(net: Net, found: _Columns) -> tuple[tuple[int, str], ...]:
    if not found.scores.base.size:
        return ()
    numbers = {int(found.scores.base.argmax()), *found.scores.values.argmax(1).tolist()}
    return tuple((number, class_name(net, number)) for number in sorted(numbers))
