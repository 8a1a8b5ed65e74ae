"""What stands behind the last maps: where heat maps are read, and heads that are averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convscope.errors import AddressError, HeadError
from convscope.geometry.walk import IMAGE
from convscope.net.between import way
from convscope.net.kinds import BOUNDED, LAYOUT
from convscope.net.local import pair
from convscope.net.tape import Op, Ref, Tape
from convscope.results.layer import Layer

_MEANS = frozenset("adaptive_avg_pool avg_pool mean".split())
_MAXIMA = frozenset("adaptive_max_pool max_pool amax max".split())
_CONSTANT = frozenset("add sub rsub mul".split())
_FILTERS = frozenset("conv conv_transpose linear".split())


@dataclass(frozen=True)
class Head:
    """Maps, their mean over space, and at most linear ops up to the scores."""

    layer: Layer
    """The maps that are averaged."""
    is_direct: bool
    """Whether the means are the scores: one map a class."""


def averaged_head(tape: Tape, scores: Layer) -> Head:
    """The head of a network in which CAM is defined: maps -> mean -> linear -> scores.

    Source: Zhou et al. 2016, sec. 2. Several linear ops in a row, 1x1 convolutions, constants and
    BatchNorm are linear too, or nothing at all where each class has a map.

    Raises:
        HeadError: another op stands in the way; it is named.
    """
    here, is_direct = tape.ops[scores.number], True
    while not _is_mean_over_space(tape, here):
        if not (here.kind in LAYOUT or _is_affine(tape, here)) or IMAGE in here.inputs:
            raise HeadError(_no_head(scores, here))
        is_direct = is_direct and here.kind in LAYOUT
        here = tape.ops[here.inputs[0]]
    return Head(tape.layer(here.inputs[0]), is_direct)


def evidence_layer(tape: Tape, target: Layer) -> tuple[Layer, str]:
    """The layer a heat map is read at unless told otherwise, and why.

    The last default layer with cells in space that the target comes from; where other branches
    pass it by (DenseNet, Inception), the last maps that all of them have gone into. Where each
    class has a map of its own (SqueezeNet), the layer before those: at them every formula gives
    the one map that ``cam`` shows.

    Raises:
        AddressError: no layer with cells in space comes before the target.
    """
    end = _class_maps(tape, target)
    last = target.number if end is None else end
    passed = way(tape, IMAGE, last)[:-1]
    spatial = [layer for layer in tape.layers if layer.is_spatial and layer.number in passed]
    chosen = next((layer for layer in reversed(spatial) if layer.default), None)
    if chosen is None or not _is_narrow(tape, chosen.number, passed, last):
        after = [s for s in reversed(spatial) if chosen is None or s.number > chosen.number]
        joined = (s for s in after if s.op not in LAYOUT)
        chosen = next((s for s in joined if _is_narrow(tape, s.number, passed, last)), chosen)
    chosen = chosen and _activated(tape, chosen)
    if chosen is None:
        raise AddressError(
            f"No layer with cells in space comes before {target.name}, so there is no map to "
            "weigh. Look at its gradient instead, or choose a deeper target."
        )
    before = "the maps of the classes themselves" if end else _what_follows(tape, chosen, target)
    return chosen, (
        f"{chosen.name}, the last layer with cells in space before {before}: "
        f"{chosen.height} \u00d7 {chosen.width} cells"
    )


def _class_maps(tape: Tape, target: Layer) -> int | None:
    """The op that makes one map a class, if their means are the scores."""
    try:
        head = averaged_head(tape, target)
    except HeadError:
        return None
    op = tape.ops[head.layer.number]
    while op.kind not in _FILTERS and len(op.inputs) == 1 and op.inputs[0] != IMAGE:
        op = tape.ops[op.inputs[0]]
    return op.number if head.is_direct and op.kind in _FILTERS else None


def _is_narrow(tape: Tape, number: int, passed: Sequence[int], end: int) -> bool:
    """Whether everything from the image to the end goes through an op.

    Tape numbers are in order of execution, so it does if no op behind it reads one before it.
    """
    behind = (tape.ops[n] for n in (*passed, end) if n > number)
    return all(source >= number for op in behind for source in op.inputs)


def _activated(tape: Tape, layer: Layer) -> Layer:
    """What a bounded activation (ReLU6) makes of a layer that only it reads.

    Default layers stop before it, since cells tie at the bound; what is weighed lies behind it.
    """
    users = tape.consumers[layer.number]
    bounded = len(users) == 1 and tape.ops[users[0]].kind in BOUNDED
    return tape.layer(users[0]) if bounded else layer


def _what_follows(tape: Tape, layer: Layer, target: Layer) -> str:
    """What takes the cells away: the first op behind a layer that has none."""
    behind = (tape.ops[n] for n in way(tape, layer.number, target.number) if n > layer.number)
    op = next((op for op in behind if op.length("h") * op.length("w") == 1), None)
    if op is None:
        return target.name
    if op.kind in _MEANS:
        return "global average pooling"
    if op.kind in _MAXIMA:
        return "global max pooling"
    return "its cells are laid in a row" if op.kind in LAYOUT else f"{op.name} ({op.kind})"


def _is_mean_over_space(tape: Tape, op: Op) -> bool:
    """Whether each channel of a result is the mean of all cells of a map."""
    if op.kind not in _MEANS or op.inputs[0] == IMAGE or "c" not in op.axes:
        return False
    given = tape.ops[op.inputs[0]]
    cells = (given.length("h"), given.length("w"))
    if op.length("h") * op.length("w") > 1 or cells == (1, 1) or op.channels != given.channels:
        return False
    if op.kind != "avg_pool":
        return True
    plain = not op.bound.get("padding") and op.bound.get("divisor_override") is None
    return plain and pair(op.bound["kernel_size"]) == cells


def _is_affine(tape: Tape, op: Op) -> bool:
    """Whether a vector's op is linear but for a constant."""
    if len(op.inputs) != 1:
        return False
    if op.kind == "div":
        return isinstance(op.args[0], Ref) and op.kwargs.get("rounding_mode") is None
    is_vector = op.inputs[0] != IMAGE and _is_vector(tape.ops[op.inputs[0]])
    return is_vector and (op.kind in ("linear", "conv", "batch_norm") or op.kind in _CONSTANT)


def _is_vector(op: Op) -> bool:
    return op.length("h") * op.length("w") == 1


def _no_head(scores: Layer, op: Op) -> str:
    return (
        f"CAM needs maps whose mean over space goes to {scores.name} through linear ops alone; "
        f"here {op.name} ({op.kind}) stands in the way. Use gradcam, which is CAM divided by the "
        "number of cells wherever CAM is defined."
    )
