"""The strongest that units of a layer reach in an atlas's images: from its tables, or looked up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import AddressError, AtlasError
from convscope.methods.walk import walk
from convscope.net.capture import Capture
from convscope.net.net import Net
from convscope.net.rebuild import check_weights
from convscope.net.target import Target
from convscope.progress import Progress, silent


def best_of(
    net: Net, atlas: Any, targets: Sequence[Target], progress: Progress = silent
) -> NDArray[np.float64]:
    """The strongest cell of each target (n,) over the atlas's images; nan without an atlas.

    A layer that is not in the atlas, and a direction, are looked up in one walk over the images.

    Raises:
        SourceError: they have to be looked up, and the images are not where they were.
    """
    if atlas is None:
        return np.full(len(targets), np.nan)
    layer, channels = targets[0].layer, [target.channel for target in targets]
    if None not in channels and _has(atlas, layer.name):
        strongest = np.asarray(atlas.top(layer.name).value, np.float64)[:, 0]
        return np.asarray(strongest[np.array(channels)], np.float64)
    return _walked(net, atlas, targets, progress)


def check_atlas(net: Net, atlas: Any) -> None:
    """Hold a network to the one an atlas was made with: else a score compares two networks.

    Raises:
        AtlasError: its weights, or what it takes images as, are others.
    """
    check_weights(atlas.manifest, net)
    for name in ("size", "mean", "std"):
        wanted, found = (getattr(one.preprocessing, name) for one in (atlas, net))
        if tuple(wanted) != tuple(found):
            raise AtlasError(
                f"This atlas was made of images with {name} {tuple(wanted)}, and the network takes "
                f"{tuple(found)}, so their values cannot be compared. Load the network with the "
                "same, or make a new atlas."
            )


def _has(atlas: Any, name: str) -> bool:
    try:
        atlas.layer(name)
    except AddressError:
        return False
    return True


def _walked(
    net: Net, atlas: Any, targets: Sequence[Target], progress: Progress
) -> NDArray[np.float64]:
    tape, best = net.tape(), np.full(len(targets), -np.inf)

    def read(activation: Tensor) -> NDArray[np.float64]:
        found = [target.values(activation, tape).max() for target in targets]
        return torch.stack(found).double().cpu().numpy()

    with net.hosted(), closing(_seen(net, atlas, targets, read, progress)) as images:
        for seen in images:
            if seen.reading is not None:
                best = np.fmax(best, seen.reading)
    return np.where(np.isfinite(best), best, np.nan)


def _seen(net: Net, atlas: Any, targets: Sequence[Target], read: Any, progress: Progress) -> Any:
    capture = Capture(net, [targets[0].layer])
    return walk(capture, atlas.source(), read, 8, progress)
