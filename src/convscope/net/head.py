"""Where a network turns from feature maps to classes."""

from __future__ import annotations

from convscope.errors import NoLayersError
from convscope.geometry.walk import IMAGE
from convscope.net.tape import Tape
from convscope.results.layer import Layer


def last_maps(tape: Tape, scores: Layer | None) -> tuple[Layer, str]:
    """The last layer of feature maps before the classes, and why it is that one.

    Maps from which no further convolution or linear layer leads to the scores are maps of classes
    already (SqueezeNet's ``classifier.2``), not of features.

    Raises:
        NoLayersError: no layer has cells in space.
    """
    spatial = [layer for layer in tape.default_layers if layer.is_spatial]
    if not spatial:
        raise NoLayersError(
            "This network has no layer with cells in space, so there is no map to show. "
            "All layers: convscope layers MODEL --all."
        )
    head = None if scores is None else _head(tape, scores.number)
    before = [layer for layer in spatial if head is None or layer.number < head]
    chosen = (before or spatial)[-1]
    cells = f"{chosen.height} x {chosen.width} cells"
    if head is None or not before:
        return chosen, f"{chosen.name}, the last layer with cells in space: {cells}"
    return chosen, (
        f"{chosen.name}, the last layer of feature maps before {tape.ops[head].name} makes class "
        f"scores of them: {cells}"
    )


def _head(tape: Tape, number: int) -> int | None:
    """The convolution or linear layer that makes the scores."""
    while number != IMAGE and tape.ops[number].kind not in ("conv", "linear"):
        number = tape.ops[number].inputs[0]
    return None if number == IMAGE else number
