"""The lists that one pass over a source's images leaves: a target's values, and its control's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.images.source import Source
from convscope.methods.control import Control
from convscope.methods.options.ranks import RanksOptions
from convscope.methods.ranking import Place, Ranking, place
from convscope.methods.walk import Seen, walk
from convscope.net.capture import Capture
from convscope.net.net import Net
from convscope.net.target import Target
from convscope.progress import Progress

Reading = tuple[Place, Place | None, NDArray[np.float64]]
"""One image's strongest cell, that of the opposite, and its values in random directions."""


class Lists(NamedTuple):
    """What one pass leaves: a few numbers an image."""

    up: Ranking
    down: Ranking
    """By the opposite of the target; empty where that is the same list reversed."""
    control: Control | None
    left_out: list[str]
    """Why, of each image that is in no list."""
    has_classes: bool
    """Whether two images share a class, so that shares of classes tell something."""


def rank_all(
    net: Net,
    source: Source,
    target: Target,
    options: RanksOptions,
    progress: Progress | None,
) -> Lists:
    """Look at every image once; of each a few numbers are kept.

    Raises:
        ForwardError: the network raised on every image so far.
        SourceError: the images cannot be read on.
    """
    seeds = range(options.seed, options.seed + options.random_controls)
    control = Control(net, target, options.count, seeds) if options.control else None
    capture = Capture(net, [target.layer])
    lists, known, twice = Lists(Ranking(), Ranking(), control, [], False), set[str](), False
    read = _reader(capture, target, control)
    with closing(walk(capture, source, read, options.batch, progress)) as seen:
        for one in seen:
            _add(lists, target, one)
            twice = twice or one.label in known
            if not twice and one.label is not None:
                known.add(one.label)
    return lists._replace(has_classes=twice)


def _reader(
    capture: Capture, target: Target, control: Control | None
) -> Callable[[Tensor], Reading | None]:
    def read(result: Tensor) -> Reading | None:
        values = target.values(result, capture.tape)[0]  # (h, w)
        if not bool(torch.isfinite(values).all()):
            return None
        others = np.empty(0) if control is None else control.read(result, capture.tape)
        opposite = place(target, -values) if has_negative_side(target) else None
        return place(target, values), opposite, others

    return read


def _add(lists: Lists, target: Target, one: Seen[Reading | None]) -> None:
    if one.reading is None:
        why = one.error or f"{target.name} is not finite on it"
        lists.left_out.append(f"{one.uri}: {why}")
        return
    strongest, opposite, others = one.reading
    lists.up.add(one.index, strongest)
    if opposite is not None:
        lists.down.add(one.index, opposite)
    if lists.control is not None:
        lists.control.add(one.index, others)


def has_negative_side(target: Target) -> bool:
    """Whether its weakest cells are a list of their own: one vector an image has it reversed."""
    negative = target.layer.signed or any(weight < 0 for _, weight in target.terms)
    return negative and target.layer.is_spatial and target.cell is None
