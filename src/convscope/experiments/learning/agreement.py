"""Whether two trainings from different starts found the same things.

Channels are matched on one half of the probe's images and compared on the other: matched and
compared on the same images, they would agree because they were chosen to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.doctor.cosine import cosines
from convscope.doctor.overlap import overlap
from convscope.experiments.learning.layer_reading import LayerReading
from convscope.experiments.learning.match import match
from convscope.experiments.learning.strongest import Ints, has_all, strongest
from convscope.tally.known import mean_known
from convscope.tally.spread import spread

if TYPE_CHECKING:
    from convscope.images.image import Image
    from convscope.net.net import Net


def partners(first: LayerReading, second: LayerReading) -> Ints:
    """The channel of the second network for each of the first, matched on the first half."""
    half = len(first.maxima) // 2
    return match(first.maxima[:half], second.maxima[:half])


def top_overlap(first: LayerReading, second: LayerReading) -> float:
    """Mean Jaccard index of the nine strongest images of the second half, of matched channels.

    >>> drawn = np.random.default_rng(0).random((40, 3)).astype(np.float32)
    >>> one = LayerReading("relu1", drawn, drawn, drawn, 0.5, np.zeros(3, np.float32))
    >>> top_overlap(one, one)
    1.0
    """
    here, there = compared(first, second)
    half = len(first.maxima) // 2
    tops = (strongest(one.maxima[half:]) for one in (first, second))
    a, b = (top[own] for top, own in zip(tops, (here, there), strict=True))
    return mean_known(overlap(a, b))


def compared(first: LayerReading, second: LayerReading) -> tuple[Ints, Ints]:
    """Matched channels of both that have nine strongest images in the second half."""
    half = len(first.maxima) // 2
    found = partners(first, second)
    lives = [has_all(strongest(one.maxima[half:])) for one in (first, second)]
    here = np.flatnonzero((found >= 0) & lives[0])
    here = here[lives[1][found[here]]]
    return here, found[here]


def projections_alike(
    nets: tuple[Net, Net],
    layers: tuple[LayerReading, LayerReading],
    images: tuple[Sequence[Image], Sequence[Image]],
    units: int,
) -> float:
    """Mean cosine of the rank-1 projections of matched channels, each in the frame of its cell.

    Args:
        nets: the two networks; they are the same afterwards.
        layers: their readings of one layer.
        images: the probe's images, as each of the two takes them.
        units: pairs that are compared, spread evenly over the layer's.
    """
    half = len(layers[0].maxima) // 2
    pairs = np.stack(compared(*layers))  # (2, pairs)
    chosen = pairs[:, spread(pairs.shape[1], units)]
    drawn = [
        [rank_one(net, own, layer, half, int(channel)) for channel in channels]
        for net, own, layer, channels in zip(nets, images, layers, chosen, strict=True)
    ]
    return mean_known([float(cosines(a[None], b[None])[0]) for a, b in zip(*drawn, strict=True)])


def rank_one(
    net: Net, images: Sequence[Image], layer: LayerReading, half: int, channel: int
) -> NDArray[np.float32]:
    """The projection of a channel from its strongest image of the second half, in its frame."""
    from convscope.methods.options.project import ProjectOptions
    from convscope.methods.project import project

    image = images[half + int(layer.maxima[half:, channel].argmax())]
    made = project(net, image, f"{layer.name}:{channel}", ProjectOptions(sanity=False))
    return made.tile()
