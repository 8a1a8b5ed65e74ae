"""What a comparison is about: the class or unit asked for, and the unit that stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from convscope.address import Class, Look, parse_look
from convscope.errors import nearest
from convscope.images.image import Image
from convscope.methods.strongest_unit import map_layer, scores_if_any, strongest_unit
from convscope.net.derivative import value_at
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.read import read_layers
from convscope.net.scores import class_name, link_of, missing_classes
from convscope.net.target import Target, find_target
from convscope.results.layer import Layer
from convscope.results.shares import shares

TOP = 5
"""Classes that are listed."""


@dataclass(frozen=True)
class Answer:
    """One of the network's most probable classes."""

    number: int
    name: str
    probability: float
    is_label: bool
    """Whether the image is labeled so."""


@dataclass(frozen=True)
class Subject:
    """What all looks of one comparison are pointed at."""

    target: str
    """As one writes it: ``class:beagle``, ``features.8:281``."""
    name: str
    """As people read it."""
    is_class: bool
    value: float
    """The class's score, or the unit's activation in its cell."""
    unit: str
    """``layer:channel`` of the unit that is shown beside the class; or the target itself."""
    layer: Layer
    """Of the unit."""
    terms: tuple[tuple[int, float], ...]
    """Of the unit: its channel, or a direction's channels and weights."""
    cell: tuple[int, int]
    """(y, x) where the unit is strongest."""
    unit_value: float
    answers: tuple[Answer, ...]
    """The most probable classes; empty where the network has no scores."""
    reason: str
    """Why this unit; empty where it was asked for."""
    notes: tuple[str, ...] = ()
    """What has to be said of the classes: that they are missing, that none has the label."""


def subject(net: Net, image: Image, target: str | Look | None = None) -> Subject:
    """Find what a comparison is about.

    Without a target: the image's label where the network has such a class, else its answer, else
    the strongest unit. Beside a class stands the strongest unit of the last layer of feature
    maps.

    Raises:
        AddressError: no such layer, channel, cell or class.
        NoLayersError: no layer has cells in space.
        DataError: the image does not fit, or the activations are not finite.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> subject(net, photo, "class:cat").name
    'cat'
    """
    with net.hosted():
        found = _found(net, image, target)
        return replace(found, notes=tuple(_notes(net, image.label)))


def _found(net: Net, image: Image, target: str | Look | None) -> Subject:
    batch = net.one(image)
    answers = _answers(net, batch, image.label)
    look = parse_look(target) if isinstance(target, str) else target
    if look is None and answers:
        look = Class(str(next((a for a in answers if a.is_label), answers[0]).number))
    if look is None:
        found, reason = _strongest(net, batch)
        return _of_unit(net, batch, found, answers, reason)
    found = find_target(net, look)
    if not found.is_class:
        return _of_unit(net, batch, found, answers, "")
    unit, reason = _strongest(net, batch)
    beside = _of_unit(net, batch, unit, answers, reason)
    number, value = found.terms[0][0], value_at(net, found, batch)[1]
    text = str(Class(_word(net, number)))
    return Subject(text, found.name, True, value, beside.unit, beside.layer, beside.terms,
                   beside.cell, beside.unit_value, answers, reason)  # fmt: skip


def _answers(net: Net, batch: Tensor, label: str | None) -> tuple[Answer, ...]:
    """The most probable classes, and the label's wherever it stands."""
    layer = scores_if_any(net)
    if layer is None:
        return ()
    scores = read_layers(net, batch, [layer])[layer.number].reshape(-1).double().numpy()
    check_finite(scores, f"The scores ({layer.name}) are not finite on this image")
    found = shares(scores, link_of(net))
    true = _labelled(net, label, len(scores))
    order = np.argsort(-scores, kind="stable")[:TOP].tolist()
    if true is not None and true not in order:
        order.append(true)
    return tuple(Answer(n, class_name(net, n), float(found[n]), n == true) for n in order)


def _notes(net: Net, label: str | None) -> Iterator[str]:
    layer = scores_if_any(net)
    if layer is None:
        yield missing_classes(net)
    elif label is not None and net.labels and _labelled(net, label, layer.channels) is None:
        hint = nearest(label, dict.fromkeys([*net.labels, *(net.keys or ())]))
        yield f"No class has the label {label!r}. {hint}".rstrip()


def _word(net: Net, number: int) -> str:
    """What names a class and no other: its name, else its number."""
    name = class_name(net, number)
    is_only = (net.labels or ()).count(name) == 1 and not name.strip().isdigit()
    return name if is_only else str(number)


def _labelled(net: Net, label: str | None, count: int) -> int | None:
    for names in (list(net.keys or ()), list(net.labels or ())):
        if label in names[:count]:
            return names.index(label)
    return None


def _strongest(net: Net, batch: Tensor) -> tuple[Target, str]:
    """The strongest channel of the last layer of feature maps, which occlusion takes too."""
    layer, why = map_layer(net)
    own, channel = strongest_unit(net, batch, layer)
    unit = find_target(net, f"{own.name}:{channel}")
    return unit, f"the strongest of {layer.channels:,} channels of {why}"


def _of_unit(
    net: Net, batch: Tensor, found: Target, answers: tuple[Answer, ...], reason: str
) -> Subject:
    cell, value = value_at(net, found, batch)
    name = found.name
    return Subject(name, name, False, value, name, found.layer, found.terms, cell, value, answers,
                   reason)  # fmt: skip
