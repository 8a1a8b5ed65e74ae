"""Insertion and deletion: is what a map calls strong what the score rests on?

The map's pixels are ordered, strongest first. Deletion replaces the first ``share`` of them by a
fill; insertion starts from the fill and puts them back. ``p`` is the target's probability after
each step, and a good map makes it fall, or rise, early: with ``n`` steps the area is
``sum_i (p_i + p_{i+1}) / 2n``.

Source: Petsiuk et al. 2018, *RISE* (arXiv 1806.07421), sec. 4.2.

Shows: how fast the score falls, or rises, as the map's strongest pixels are taken away or put back.
Does not show: whether a person would call the map right.
Easily misread: half-covered images are unlike any the network has seen; compare with the random
order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.address import Look
from convscope.errors import DataError, UsageError
from convscope.images.image import Image
from convscope.methods.curves_note import note_of
from convscope.methods.options.curves import CurvesOptions
from convscope.methods.order import Order, blurred, grain_of, order_of, pixels_of, random_order
from convscope.methods.provenance import provenance
from convscope.net.apart import is_apart
from convscope.net.between import reached
from convscope.net.net import Net
from convscope.net.scores import link_of
from convscope.net.target import Target, find_target
from convscope.progress import Progress, silent
from convscope.results.curves import ORDERS, Curves
from convscope.results.shares import shares

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]


def curves(
    net: Net,
    image: Image,
    target: str | Look,
    result: Any,
    options: CurvesOptions | None = None,
    *,
    progress: Progress = silent,
) -> Curves:
    """Take a map's strongest pixels away, and put them back, and watch a target.

    Args:
        net: the network; it is the same afterwards.
        image: the image the map is of.
        target: the class, unit or direction to watch.
        result: a heat map or an attribution: what has ``large`` or ``saliency``, (H, W).
        options: steps, fill, batch and seed.
        progress: hears of the images run.

    Raises:
        AddressError: no such layer, channel, cell or class.
        ScoresError: a class of a network whose output is not one vector of scores.
        UsageError: the result orders no pixels, or those of another size.
        DataError: the map or the score is not finite.

    >>> from convscope.images.read import read
    >>> from convscope.methods.heatmap import heatmap
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> drawn = heatmap(net, photo, "class:0")
    >>> found = curves(net, photo, "class:0", drawn, CurvesOptions(steps=2))
    >>> bool(found.deletion[0] == found.insertion[-1])
    True
    """
    options = options or CurvesOptions()
    net.one(image)
    values, size = pixels_of(result), net.preprocessing.size
    if values.shape != size:
        raise UsageError(
            f"The map is of {values.shape[0]} by {values.shape[1]} pixels, the image of "
            f"{size[0]} by {size[1]}. Give a map of this image."
        )
    drawn = np.random.default_rng(options.seed)
    orders = order_of(values, drawn), random_order(size, grain_of(result, size), drawn)
    fill = blurred(image.array) if options.fill == "blur" else np.zeros_like(image.array)
    with net.hosted():
        found = find_target(net, target)
        images = covered(image.array, fill, orders, options.steps)
        scores, probable = _watched(net, found, images, options, progress)
    return _result(net, image, found, result, options, scores, probable)


def covered(
    array: Pixels, fill: Pixels, orders: tuple[Order, Order], steps: int
) -> Iterator[Pixels]:
    """Each image (c, H, W) to look at once: both ends, then what lies between, curve by curve."""
    counts = [round(step * orders[0].size / steps) for step in range(1, steps)]
    yield array
    yield fill
    for order, (start, end) in product(orders, ((array, fill), (fill, array))):
        for count in counts:
            changed = start.reshape(len(start), -1).copy()
            places = order[:count]
            changed[:, places] = end.reshape(len(end), -1)[:, places]
            yield changed.reshape(start.shape)


def _watched(
    net: Net, target: Target, images: Iterator[Pixels], options: CurvesOptions, progress: Progress
) -> tuple[Array, Array | None]:
    """The target's score and probability in each of the four orders, (4, steps + 1)."""
    total, scores, probable = 2 + 4 * (options.steps - 1), [], []
    size = 4 * ceil(options.batch / 4) if is_apart(net, target.layer.number) else 1
    for arrays in _batches(images, size):
        lacking = -len(arrays) % min(size, 4)  # activations differ for other batches
        target, found, share = _seen(net, target, arrays, lacking)
        scores += found
        probable += share
        progress(len(scores), total, "taking pixels away")
    return _curves(scores, options.steps), _curves(probable, options.steps) if probable else None


def _seen(
    net: Net, target: Target, arrays: list[Pixels], lacking: int
) -> tuple[Target, list[float], list[float]]:
    """The target with its cell fixed by the first image, its scores, and of a class its shares."""
    tape = net.tape()
    batch = net.batch(arrays + arrays[-1:] * lacking)
    result = reached(net, tape, batch, target.layer.number)
    values = target.values(result, tape)
    target = replace(target, cell=target.strongest(values[0]))
    y, x = target.cell or (0, 0)
    scores = values[: len(arrays), y, x].double().tolist()
    if not target.is_class:
        return target, scores, []
    channels = tape.ops[target.layer.number].axes.index("c")
    rows = result.movedim(channels, 1).flatten(1).cpu().double().numpy()
    made = shares(rows, link_of(net))[:, target.channel]
    return target, scores, made[: len(arrays)].tolist()


def _batches(images: Iterator[Pixels], size: int) -> Iterator[list[Pixels]]:
    while arrays := list(islice(images, size)):
        yield arrays


def _curves(numbers: Sequence[float], steps: int) -> Array:
    """What was seen once, in its places: (deletion, insertion, the same at random)."""
    own, filled = numbers[:2]
    inner = np.reshape(numbers[2:], (4, steps - 1))
    first, last = (np.reshape(ends * 2, (4, 1)) for ends in ([own, filled], [filled, own]))
    found: Array = np.hstack([first, inner, last])
    return found


def _result(
    net: Net,
    image: Image,
    target: Target,
    result: Any,
    options: CurvesOptions,
    scores: Array,
    probable: Array | None,
) -> Curves:
    drawn = scores if probable is None else probable
    if not np.isfinite(scores).all():
        raise DataError(
            f"{target.name} is not finite on a covered image. Look at the weights, or use the "
            "other fill: blur, mean."
        )
    area = dict(zip(ORDERS, (float(np.mean(row[1:] + row[:-1]) / 2) for row in drawn), strict=True))
    made_by = getattr(result, "provenance", {})
    return Curves(
        share=np.arange(options.steps + 1) / options.steps,
        **dict(zip(ORDERS, drawn, strict=True)),
        scores=scores,
        target=target.name,
        auc=area,
        is_probability=probable is not None,
        note=note_of(target.name, drawn, area, is_share=probable is not None),
        provenance=provenance("curves", net, image, options)
        | {"of": {key: made_by.get(key) for key in ("method", "options")}},
    )
