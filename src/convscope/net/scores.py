"""The class scores of a network, before any softmax or sigmoid, and the names of its classes."""

from __future__ import annotations

from convscope.errors import AddressError, ScoresError, nearest
from convscope.geometry.walk import IMAGE
from convscope.net.kinds import LAYOUT
from convscope.net.labels import Classes
from convscope.net.net import Net
from convscope.net.tape import Tape
from convscope.results.layer import Layer
from convscope.results.shares import Link

_ENDS = frozenset("softmax log_softmax sigmoid".split())


def scores_layer(net: Net) -> Layer:
    """The layer whose channels are the scores of the classes: logits, where the net ends so.

    Source: Simonyan et al. 2013, sec. 3: the class score, not the probability that softmax makes
    of it, which can also rise because other scores fall. Nor what a sigmoid makes of it, whose
    slope vanishes where the network is sure.

    Raises:
        ScoresError: the output is not one vector, and ``Net.scores`` names no layer that is.
    """
    tape = net.tape()
    layer = tape.layer(net.scores) if net.scores else _returned(tape)
    if layer is None or layer.is_spatial:
        raise ScoresError(_no_scores(tape, net.scores))
    return layer


def link_of(net: Net) -> Link:
    """What makes probabilities of the scores: a softmax over all, or a sigmoid of each.

    A sigmoid where the network returns one of them, since then several classes may hold at once;
    and where there is one score alone, of which softmax makes 1 whatever it is.

    Raises:
        ScoresError: the network has no vector of scores.
    """
    tape, scores = net.tape(), scores_layer(net)
    ends = (_before_layout(tape, number) for number in tape.outputs)
    sigmoids = (tape.ops[n] for n in ends if n != IMAGE and tape.ops[n].kind == "sigmoid")
    start = _before_layout(tape, scores.number)
    is_sigmoid = any(_before_layout(tape, op.inputs[0]) == start for op in sigmoids)
    return "sigmoid" if is_sigmoid or scores.channels == 1 else "softmax"


def _before_layout(tape: Tape, number: int) -> int:
    while number != IMAGE and tape.ops[number].kind in LAYOUT:
        number = tape.ops[number].inputs[0]
    return number


def _returned(tape: Tape) -> Layer | None:
    """The layer of the one tensor that the forward returns, or of what its softmax takes."""
    if len(tape.outputs) != 1:
        return None
    number = tape.outputs[0]
    here = _before_layout(tape, number)
    if here != IMAGE and tape.ops[here].kind in _ENDS:
        number = tape.ops[here].inputs[0]
    return next((layer for layer in tape.layers if layer.number == number), None)


def missing_classes(net: Net) -> str:
    """Why no class of a network is known, and what names them; empty where it has scores."""
    try:
        scores_layer(net)
    except ScoresError:
        tape = net.tape()
        vectors = ", ".join(_vectors(tape))
        said = f"Classes are missing: {_returns(tape, net.scores)}"
        return f"{said}; --scores names the layer that holds them ({vectors})." if vectors else (
            f"{said}, and no layer of it is one vector an image."
        )  # fmt: skip
    return ""


def _no_scores(tape: Tape, named: str | None) -> str:
    given = _returns(tape, named)
    if not named:
        given = f"T{given[1:]}"
    vectors = _vectors(tape)
    if not vectors:
        return (
            f"{given}. It has no layer that is one vector an image either, which load(..., "
            f"scores=LAYER), --scores could name, so it has no classes to look at.{_unit(tape)}"
        )
    return (
        f"{given}. Name the layer that holds the scores: load(..., scores=LAYER), --scores. "
        f"Layers that are one vector: {', '.join(vectors)}."
    )


def _returns(tape: Tape, named: str | None) -> str:
    if named:
        return f"{named} is a map, not one vector of scores"
    shapes = ["x".join(map(str, _shape(tape, number))) for number in tape.outputs]
    return f"this network returns {', '.join(shapes) or 'no tensor'}, not one vector of scores"


def _shape(tape: Tape, number: int) -> tuple[int, ...]:
    return tape.ops[number].shape if number != IMAGE else tape.input_shape


def _vectors(tape: Tape) -> list[str]:
    return [layer.name for layer in tape.layers if not layer.is_spatial][-3:]


def _unit(tape: Tape) -> str:
    """A unit to look at instead: of the last layer with cells, and in the middle of its map."""
    layer = next((layer for layer in reversed(tape.layers) if layer.is_spatial), None)
    if layer is None:
        return ""
    unit = f"{layer.name}:{min(2, layer.channels - 1)}"
    return f" Look at a unit: {unit}, or in one cell {unit}@{layer.height // 2},{layer.width // 2}."


def class_number(net: Net, given: str | int) -> int:
    """Which score belongs to a class, by number, key or name.

    Raises:
        AddressError: there is no such class, or several share the name.
        ScoresError: the network has no vector of scores.
    """
    count = scores_layer(net).channels
    text = str(given).strip()
    classes = Classes(net.keys or (), net.labels or ())
    found = classes.number(text)
    if found is None:
        found = _by_case(classes, text)
    if found is None and text.lstrip("-").isdigit():
        found = int(text)
    if found is None or not 0 <= found < count:
        raise AddressError(_no_class(classes, text, count))
    return found


def is_class(net: Net, text: str) -> bool:
    """Whether a text names a class of the network."""
    try:
        class_number(net, text)
    except (AddressError, ScoresError):
        return False
    return True


def class_name(net: Net, number: int) -> str:
    """What people call a class; ``class 7`` where the network has no names, or too few."""
    known = net.labels or ()
    return known[number] if number < len(known) else f"class {number}"


def _by_case(classes: Classes, text: str) -> int | None:
    folded = [name.casefold() for name in classes.names]
    return folded.index(text.casefold()) if folded.count(text.casefold()) == 1 else None


def _no_class(classes: Classes, text: str, count: int) -> str:
    several = [key for key, name in zip(classes.keys, classes.names, strict=True) if name == text]
    if several:
        return (
            f"{text!r} is the name of {len(several)} classes. Write the key: {', '.join(several)}."
        )
    if text.lstrip("-").isdigit():
        return f"No class {text!r}. They are numbered 0 to {count - 1}."
    if not classes.names:
        return (
            f"No class {text!r}: this network's classes have no names, only numbers 0 to "
            f"{count - 1}. Give the names as a file: --classes."
        )
    hint = nearest(text, [*classes.names, *classes.keys])
    return f"No class {text!r}. {hint} They are numbered 0 to {count - 1}.".replace("  ", " ")
