"""What must be said with an occlusion sweep; each sentence empty where it need not be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.readers import Column
from convscope.net.net import Net


def coarse_note(computed: NDArray[np.bool_], step: int) -> str:
    """How many positions were not computed."""
    if computed.all():
        return ""
    return (
        f"Coarse to fine: {int(computed.sum()):,} of {computed.size:,} positions were "
        f"computed; the others, where the coarse grid (one in {step} each way) changed less, take "
        "the values of the nearest of those."
    )


def fill_note(net: Net, options: OccludeOptions) -> str:
    """Zero is gray only where a mean was subtracted; a black square is a shape of its own."""
    made: Any = net.preprocessing
    if options.fill != "mean" or any(made.mean):
        return ""
    return (
        "This network's preprocessing subtracts no mean, so the squares are black, not gray. "
        "Another fill (blur, reflect, noise) covers without a black edge."
    )


def unmoved_note(name: str, cell: Column) -> str:
    """Whether no position changed the target."""
    if not (cell.values == cell.base).all():
        return ""
    return f"No square of this sweep changes {name}."


def size_note(net: Net, options: OccludeOptions) -> str:
    """A square that hides most of what is seen tells little of where."""
    sides, size = options.pair("occluder"), net.preprocessing.size
    if all(3 * side <= whole for side, whole in zip(sides, size, strict=True)):
        return ""
    return (
        f"The occluder of {sides[0]} x {sides[1]} px is more than a third of the image's "
        f"{size[0]} x {size[1]}, so the maps are coarse: a seventh of a side ({size[0] // 7} px) "
        "shows more."
    )
