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
from convscope.synthesis.transform import jitter_pixels


def canvas(net: Net, layer: Layer, recipe: Recipe) -> tuple[int, int]:
    """Height and width of the picture of a unit of a layer.

    Without a size in the recipe: the receptive field and the jitter to both sides, in whole strides
    of all ops below; the network's input where that is no larger, or where the layer sees all of
    it. A size that is given is taken, unless the layer needs less and the recipe wants no more.

    Raises:
        UsageError: the size given is smaller than the layer needs, or the network is another
            program on it.
    """
    needed, own = needed_size(net, layer, recipe), net.preprocessing.size
    if not recipe.size:
        return needed if refusal(net, layer, needed) is None else own
    given = (recipe.size, recipe.size)
    small = (min(given[0], needed[0]), min(given[1], needed[1]))
    if not recipe.is_whole and refusal(net, layer, small) is None:
        return _checked(net, layer, small, given)
    reason = refusal(net, layer, given)
    if reason is not None:
        raise UsageError(
            f"{layer.name} cannot be drawn on a canvas of {recipe.size} px: "
            f"{reason.rstrip('.')}. Give "
            f"--canvas {max(own)}, the network's input, or none."
        )
    return _checked(net, layer, given, given)


def field_size(net: Net, layer: Layer) -> tuple[int, int]:
    """What one cell sees, (h, w), at most the network's input."""
    own = net.preprocessing.size
    if layer.field.status == "GLOBAL" or not layer.is_spatial:
        return own
    return min(layer.field.y.size, own[0]), min(layer.field.x.size, own[1])


def _checked(
    net: Net, layer: Layer, size: tuple[int, int], given: tuple[int, int]
) -> tuple[int, int]:
    """The size, unless most of what a cell sees would lie beyond it."""
    sees = field_size(net, layer)
    is_local = layer.is_spatial and layer.field.status != "GLOBAL"
    if is_local and (2 * given[0] < sees[0] or 2 * given[1] < sees[1]):
        raise UsageError(
            f"A canvas of {given[0]} px is smaller than {layer.name} needs: a cell of it sees "
            f"{sees[0]} by {sees[1]} px, and less than half of that would be drawn. Give --canvas "
            f"{max(sees)} or more, or none."
        )
    return size


def needed_size(net: Net, layer: Layer, recipe: Recipe) -> tuple[int, int]:
    """The field and the room to move, at most the network's input."""
    own, fields = net.preprocessing.size, field_size(net, layer)
    if fields == own:
        return own
    room = 2 * ceil(jitter_pixels(recipe, min(own)))
    found = [_whole(net.tape(), layer.number, axis, fields[axis] + room) for axis in (0, 1)]
    size = (min(found[0], own[0]), min(found[1], own[1]))
    while size != own and refusal(net, layer, size) is None:
        tape = net.tape(size, until=layer.number)
        if all(_is_whole(tape, layer.number, axis) for axis in (0, 1)):
            break
        more = [_whole(net.tape(), layer.number, axis, size[axis] + 1) for axis in (0, 1)]
        size = (min(more[0], own[0]), min(more[1], own[1]))
    return size


def _is_whole(tape: Tape, number: int, axis: int) -> bool:
    """Whether the middle cell sees nothing beyond the input: its field may lie to one side."""
    graph = tape.graph(axis)
    cell = graph.lengths[number] // 2
    low, high = graph.walk(number, (cell, cell + 1), clip=False)[IMAGE]
    return low >= 0 and high <= graph.lengths[IMAGE]


def _whole(tape: Tape, number: int, axis: int, pixels: int) -> int:
    """Pixels rounded up to whole strides of the cone, in the phase of the network's input."""
    graph = tape.graph(axis)
    period, length = int(graph.period(number)), graph.lengths[IMAGE]
    return pixels + (length - pixels) % period


def refusal(net: Net, layer: Layer, size: tuple[int, int]) -> str | None:
    """Why the network is no longer the same program on a canvas of this size; None: it is."""
    if size == net.preprocessing.size:
        return None
    try:
        crop_tape(net, net.tape(), size, layer.number)
    except NetworkError as error:
        return str(error).splitlines()[0]
    return None
