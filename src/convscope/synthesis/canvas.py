"""How large a picture must be: the field of the cell that is climbed, and room to move."""

from __future__ import annotations

from math import ceil

from convscope.errors import NetworkError, UsageError
from convscope.geometry.walk import IMAGE
from convscope.net.crop import crop_tape
from convscope.net.net import Net
from convscope.net.tape import Tape
from convscope.results.layer import Layer
from convscope.synthesis.recipe import Recipe


def canvas(net: Net, layer: Layer, recipe: Recipe) -> tuple[int, int]:
    """Height and width of the picture of a unit of a layer.

    Without a size in the recipe: the receptive field and the jitter to both sides, in whole strides
    of all ops below; the network's input where that is no larger, or where the layer sees all of
    it. A size that is given is taken, unless the layer needs less.

    Raises:
        UsageError: the size given is smaller than the layer needs.
    """
    needed = needed_size(net, layer, recipe)
    own = net.preprocessing.size
    if not recipe.size:
        return needed if _is_same(net, layer, needed) else own
    given = (recipe.size, recipe.size)
    least = _least(net, layer)
    if min(g - n for g, n in zip(given, least, strict=True)) < 0:
        raise UsageError(
            f"A canvas of {recipe.size} px is smaller than {layer.name} needs: a cell of it sees "
            f"{least[0]} by {least[1]} px. Give --canvas {max(least)} or more, or none."
        )
    small = (min(given[0], needed[0]), min(given[1], needed[1]))
    return small if _is_same(net, layer, small) else given


def needed_size(net: Net, layer: Layer, recipe: Recipe) -> tuple[int, int]:
    """The field and the room to move, at most the network's input."""
    own, tape = net.preprocessing.size, net.tape()
    if layer.field.status == "GLOBAL" or not layer.is_spatial:
        return own
    room = 2 * ceil(recipe.jitter * min(own))
    fields = (layer.field.y.size, layer.field.x.size)
    found = [_whole(tape, layer.number, axis, fields[axis] + room) for axis in (0, 1)]
    return min(found[0], own[0]), min(found[1], own[1])


def _least(net: Net, layer: Layer) -> tuple[int, int]:
    """What one cell sees, at most the network's input; a vector sees all that it is given."""
    own = net.preprocessing.size
    if layer.field.status == "GLOBAL" or not layer.is_spatial:
        return own if _is_fixed(net, layer) else (1, 1)
    return min(layer.field.y.size, own[0]), min(layer.field.x.size, own[1])


def _is_fixed(net: Net, layer: Layer) -> bool:
    """Whether the network takes its own size only up to this layer, by a smaller one's failure."""
    half = tuple(max(side // 2, 1) for side in net.preprocessing.size)
    try:
        net.tape((half[0], half[1]), until=layer.number)
    except NetworkError:
        return True
    return False


def _whole(tape: Tape, number: int, axis: int, pixels: int) -> int:
    """Pixels rounded up to whole strides of the cone, in the phase of the network's input."""
    graph = tape.graph(axis)
    period, length = int(graph.period(number)), graph.lengths[IMAGE]
    return pixels + (length - pixels) % period


def _is_same(net: Net, layer: Layer, size: tuple[int, int]) -> bool:
    """Whether the network runs the same program on a canvas of this size."""
    if size == net.preprocessing.size:
        return True
    try:
        crop_tape(net, net.tape(), size, layer.number)
    except NetworkError:
        return False
    return True
