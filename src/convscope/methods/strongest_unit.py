"""The feature map that fires most on an image: whose sum occlusion watches.

Source: Zeiler & Fergus 2013, sec. 4.2: "the feature map with the strongest response in the
unoccluded image". Strongest is the highest single cell; the paper does not say.
"""

from __future__ import annotations

from torch import Tensor

from convscope.errors import AddressError, NoLayersError, ScoresError
from convscope.net.evidence import evidence_layer
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.parts import part_of
from convscope.net.read import read_layers
from convscope.net.scores import scores_layer
from convscope.results.layer import Layer


def scores_if_any(net: Net) -> Layer | None:
    """The layer of class scores; None where the network has none."""
    try:
        return scores_layer(net)
    except ScoresError:
        return None


def map_layer(net: Net) -> tuple[Layer, str]:
    """The last layer of feature maps before the classes, and why it is that one.

    Raises:
        NoLayersError: no layer has cells in space.
    """
    tape, scores = net.tape(), scores_if_any(net)
    if scores is not None:
        try:
            return evidence_layer(tape, scores)
        except AddressError:  # one layer, whose maps are those of the classes themselves
            pass
    spatial = [layer for layer in tape.layers if layer.is_spatial]
    if not spatial:
        raise NoLayersError(
            "This network has no layer with cells in space, so there is no map to show. "
            "All layers: convscope layers MODEL --all."
        )
    chosen = ([layer for layer in spatial if layer.default] or spatial)[-1]
    cells = f"{chosen.height} \u00d7 {chosen.width} cells"
    return chosen, f"{chosen.name}, the last layer with cells in space: {cells}"


def strongest_unit(net: Net, batch: Tensor, layer: Layer) -> tuple[Layer, int]:
    """The channel of a layer with the highest cell on an image (1, c, h, w).

    Of joined branches, the channel in the branch it comes from.

    Raises:
        DataError: an activation is not finite.
    """
    maps = read_layers(net, batch, [layer])[layer.number]
    check_finite(maps, f"{layer.name} is not finite on this image")
    strongest = int(maps.flatten(1).amax(1).argmax())
    number, channel = part_of(net.tape(), layer.number, strongest)
    return net.tape().layer(number), channel
