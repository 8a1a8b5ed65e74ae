"""What must be said with insertion and deletion curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

_UNSURE = 0.05


def note_of(name: str, drawn: NDArray[Any], auc: Mapping[str, float], *, is_share: bool) -> str:
    """Where the curves say little, or the map does no better than chance; empty if neither."""
    own, filled = float(drawn[0, 0]), float(drawn[0, -1])
    said = []
    if is_share and own < _UNSURE:
        said.append(
            f"{name} has only {100 * own:.2g} % to begin with, so little can be taken away."
        )
    if filled >= own:
        said.append(f"{name} is no lower without the image than with it: the fill speaks for it.")
    if auc["deletion"] >= auc["random_deletion"] and auc["insertion"] <= auc["random_insertion"]:
        said.append("The map orders pixels no better than a random one of the same grain.")
    return " ".join(said)
