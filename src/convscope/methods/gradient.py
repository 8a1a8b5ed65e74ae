"""The gradient family: what a class, a unit or a direction has to do with each input value.

With ``f`` the target's value in one cell (of a class: its score before softmax, since a
probability also rises when other scores fall), ``x`` the image and ``b`` a baseline:

| kind | array | source |
|---|---|---|
| gradient | ``df/dx`` | Simonyan et al. 2013, sec. 3 |
| input_gradient | ``x * df/dx`` | Shrikumar et al. 2016 |
| smoothgrad | mean over n of ``df/dx`` at ``x + noise`` | Smilkov et al. 2017, sec. 2 |
| integrated | ``(x - b)`` * mean of ``df/dx`` from b to x | Sundararajan et al. 2017, eq. 1 |
| guided | rectified and true derivative at rectifiers | Springenberg et al. 2015, sec. 3.4 |
| deconvnet | rectified reconstruction at rectifiers | Zeiler & Fergus 2013, sec. 2.1 |

The backward starts at 1 (at a direction's weights), so that the gradient is the derivative;
`project`, the paper's deconvnet, starts at the unit's value: its picture is this one's times that
value. The cell is the strongest on the clean image, for noisy copies, path and twin too. The sum of
integrated gradients is ``f(x) - f(b)`` but for the steps of its integral (Gauss-Legendre).

Shows: where a small change of a pixel would change the unit most.
Does not show: how much is there now.
Easily misread: noisy is not wrong: neighboring pixels may pull in opposite ways.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Look
from convscope.images.image import Image
from convscope.methods.array import as_array
from convscope.methods.beside import Beside, beside
from convscope.methods.gradient_kinds import Drawn, Question, draw
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.provenance import provenance
from convscope.net.derivative import value_at
from convscope.net.finite import check_finite
from convscope.net.net import Net
from convscope.net.target import Target, find_target
from convscope.progress import Progress, silent
from convscope.results.attribution import Attribution

_ON_OTHERS = ("smoothgrad", "integrated")
"""What looks at other images too, on which a silent unit may fire."""
_LARGE_GAP = 0.01
"""Of integrated gradients' sum: beyond this it is said."""


def gradient(
    net: Net,
    image: Image,
    target: str | Look,
    options: GradientOptions | None = None,
    *,
    progress: Progress = silent,
) -> Attribution:
    """Attribute a class, a unit or a direction in channel space to the input values.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: ``class:beagle``, ``layer:channel`` for its strongest cell, ``layer:channel@y,x``
            for a given one, ``layer:17-0.5*40`` or ``layer:random.7`` for a direction.
        options: which of the family, and how.
        progress: hears of the images run.

    Returns:
        The picture, and with ``sanity`` that of a twin with shuffled weights and how alike they
        are in the receptive field.

    Raises:
        AddressError: no such layer, channel, cell or class.
        ScoresError: a class of a network whose output is not one vector of scores.
        RuleError: the rule would give a wrong picture on this network.
        DataError: the image does not fit, or the value or the picture is not finite.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.zeros((*net.preprocessing.size, 3), np.uint8), net.preprocessing)
    >>> gradient(net, photo, "class:0").array.shape == photo.array.shape
    True
    """
    options = options or GradientOptions()
    batch = net.one(image)
    with net.hosted():
        chosen = find_target(net, target)
        cell, value = value_at(net, chosen, batch)
        hush = _silence(chosen, value)
        skip = hush and options.kind not in _ON_OTHERS
        drawn = _nothing(batch) if skip else _drawn(net, chosen, cell, batch, options, progress)
        array = as_array(drawn.array)
        other = Beside()
        if options.sanity and array.any():
            other = beside(net, options.seed, _of_twin(target, cell, batch, options, progress))
    frame = chosen.frame(cell, net.preprocessing.size)
    notes = (hush or _zero(array), _gap(drawn), other.note)
    return Attribution(
        array=array,
        shown=image.shown,
        target=chosen.name,
        layer=chosen.layer.name,
        channel=chosen.channel,
        cell=cell if chosen.layer.is_spatial else None,
        value=value,
        frame=frame,
        twin=other.array,
        similarity=other.similarity(array, frame),
        note=" ".join(filter(None, notes)),
        provenance=provenance("gradient", net, image, options) | {"twin_seed": other.seed},
        completeness_gap=drawn.gap,
    )


def _drawn(
    net: Net,
    chosen: Target,
    cell: tuple[int, int],
    batch: Tensor,
    options: GradientOptions,
    progress: Progress,
) -> Drawn:
    """The picture.

    Raises:
        DataError: it is not finite.
    """
    drawn = draw(Question(net, chosen, cell, batch[0], options, progress))
    overflow = "the network's derivative overflows on this image"
    check_finite(drawn.array, f"The picture of {chosen.name} is not finite: {overflow}")
    return drawn


def _nothing(batch: Tensor) -> Drawn:
    return Drawn(torch.zeros_like(batch[0]))


def _of_twin(
    target: str | Look,
    cell: tuple[int, int],
    batch: Tensor,
    options: GradientOptions,
    progress: Progress,
) -> Callable[[Net], NDArray[np.float32] | None]:
    """The same of another network: the same target in the same cell."""

    def drawn(other: Net) -> NDArray[np.float32] | None:
        chosen = find_target(other, target)
        _, value = value_at(other, chosen, batch, cell)
        if _silence(chosen, value):
            return None
        return as_array(_drawn(other, chosen, cell, batch, options, progress).array)

    return drawn


def _silence(chosen: Target, value: float) -> str:
    """What is said of a unit that is silent where it is looked at; empty of others."""
    if value > 0 or chosen.layer.signed or any(weight < 0 for _, weight in chosen.terms):
        return ""
    place = "in this cell" if chosen.cell else "on this image"
    return f"{chosen.name} is silent {place}: its value is {value:.3g}."


def _zero(array: NDArray[np.float32]) -> str:
    if array.any():
        return ""
    return "The picture is zero everywhere: no small change of any pixel changes the target."


def _gap(drawn: Drawn) -> str:
    if drawn.gap is None or drawn.gap <= _LARGE_GAP:
        return ""
    return (
        f"The shares add up to the target's change but for {drawn.gap:.1%} of it: more steps "
        "bring them closer."
    )
