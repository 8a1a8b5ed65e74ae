"""Fooling: a change of a picture, or of noise, found by the gradient, that turns the answer.

With ``x`` the picture in levels of 255, ``o(x)`` the log-odds of a class (`log_odds`: its slope has
the sign of the cross-entropy's, and does not vanish where the network is sure), and ``s`` = 1 to
raise the class, -1 to lower it:

| kind | picture | source |
|---|---|---|
| fgsm | ``x + eps * sign(s * do/dx)`` | Goodfellow et al. 2015, sec. 4 |
| pgd | ``x <- P(x + step * sign(s * do/dx))``, from a random place | Madry et al. 2018, sec. 2.1 |
| noise | ``x <- P(x + step * g / rms(g))``, ``g = d log p / dx``, from noise | Nguyen et al. 2015 |

``P`` brings every value back within eps of the picture and within 0 to 255. Without the random
start, pgd is the basic iterative method of Kurakin et al. 2017, toward a class its targeted
variant. Where the model is linear, ``o = w x + b``, one step changes ``o`` by ``eps * sum |w|``:
many small changes add up. Noise runs through the loop of `synthesis`, with the recipe ``plain``.

As a control the same picture is asked with random signs of the same size. What is saved as a
picture has 8 bits, and rounding can undo a change: every number is also given of the 8-bit one.

Shows: how far a change of every pixel that the gradient chose, each small, moves the answer.
Does not show: what the network looks for in the class, or a picture that would ever occur.
Easily misread: not the size of the change fools but its direction: compare with random signs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from convscope.address import Look
from convscope.errors import AddressError, UsageError
from convscope.images.image import Image
from convscope.methods.fool_kinds import Way, ball, fgsm, levels_of, noise, pgd
from convscope.methods.fool_note import note_of
from convscope.methods.log_odds import Aim, Levels
from convscope.methods.options.fool import LEVELS, FoolOptions
from convscope.methods.provenance import provenance
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.net.scores import class_name, link_of, scores_layer
from convscope.net.target import find_target
from convscope.progress import Progress, silent
from convscope.results.fooling import TOP, Fooling


def fool(
    net: Net,
    image: Image | None,
    target: str | Look | None = None,
    options: FoolOptions | None = None,
    *,
    progress: Progress = silent,
) -> Fooling:
    """Change a picture a little so that the network answers otherwise, or make noise it is sure of.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`); None for noise, which needs none.
        target: the class to reach (``class:toaster``), or with ``away`` the one to leave; None:
            away from what the network answers.
        options: which way, how far, and from which seed.
        progress: hears of the steps.

    Returns:
        The picture before and after, the change, and the scores of both, of the 8-bit picture and
        of the same picture with random signs of the same size.

    Raises:
        AddressError: no such class, or something else than a class.
        ScoresError: the network's output is not one vector of scores.
        UsageError: noise without a class, or with an image; another kind without an image.
        DataError: the image does not fit, or scores or slopes are not finite.
        GradientCutError: no gradient reaches the image.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.full((*net.preprocessing.size, 3), 90, np.uint8), net.preprocessing)
    >>> fool(net, photo, options=FoolOptions("fgsm", eps=2)).norms["linf"]
    2.0
    """
    options = options or FoolOptions()
    _check(image, target, options)
    with net.hosted():
        start = None if image is None else levels_of(net, image)
        aim = _aim(net, start, target, options)
        way = _way(aim, start, options, progress)
        result = _result(net, image, aim, way, options)
    return replace(result, note=note_of(result, way, options))


def _check(image: Image | None, target: str | Look | None, options: FoolOptions) -> None:
    if options.kind != "noise":
        if image is None:
            raise UsageError(f"{options.kind} changes an image: give one, or choose kind noise.")
        return
    if image is not None:
        raise UsageError(
            "Noise begins from no image: give None in its place, or choose kind pgd, which changes "
            "the image."
        )
    if target is None or options.away:
        raise UsageError("Noise is climbed toward a class: name it (class:NAME), without away.")


def _aim(net: Net, start: Levels | None, target: str | Look | None, options: FoolOptions) -> Aim:
    """The class and whether it is raised.

    Without one, the most probable; it is lowered, unless it is a sigmoid's that does not hold.
    """
    layer, link = scores_layer(net), link_of(net)
    forward = forward_to(net, [layer.number])
    if target is not None:
        found = find_target(net, target)
        if not found.is_class:
            raise AddressError(
                f"{found.name} is no class. A network is fooled about a class: class:NAME, "
                "or its key or number."
            )
        return Aim(net, forward, layer.number, found.terms[0][0], not options.away, link)
    aim = Aim(net, forward, layer.number, 0, False, link)
    scores = aim.scores(start) if start is not None else np.zeros(1)
    number = int(scores.argmax())
    return replace(aim, number=number, toward=link == "sigmoid" and scores[number] < 0)


def _way(aim: Aim, start: Levels | None, options: FoolOptions, progress: Progress) -> Way:
    if start is None:
        return noise(aim, options, progress)
    return {"fgsm": fgsm, "pgd": pgd}[options.kind](aim, start, options, progress)


def _result(net: Net, image: Image | None, aim: Aim, way: Way, options: FoolOptions) -> Fooling:
    eps = float(LEVELS if image is None else options.eps)
    shown = _pixels(way.start) if image is None else image.shown
    fooled = _pixels(way.end)
    asked = (way.start, way.end, fooled.transpose(2, 0, 1), _control(way, eps, options))
    scores = np.stack([aim.scores(levels.astype(np.float64)) for levels in asked])
    return Fooling(
        shown=shown,
        fooled=fooled,
        perturbation=(way.end - way.start).astype(np.float32),
        scores=scores,
        target=class_name(net, aim.number),
        target_number=aim.number,
        toward=aim.toward,
        eps=eps,
        steps=way.steps,
        first=way.first,
        classes=_classes(net, aim, scores),
        note="",
        provenance=provenance("fool", net, image, options),
        link=aim.link,
    )


def _pixels(levels: Levels) -> Any:
    """As 8-bit pixels (H, W, c) hold them."""
    whole = np.rint(np.clip(levels, 0, LEVELS)).astype(np.uint8)
    return np.ascontiguousarray(whole.transpose(1, 2, 0))


def _control(way: Way, eps: float, options: FoolOptions) -> Levels:
    """Random signs, of eps everywhere; of noise, of the sizes that its own change has."""
    signs = np.random.default_rng([options.seed, 1]).choice([-1.0, 1.0], way.start.shape)
    size = np.abs(way.end - way.start) if options.kind == "noise" else eps
    control: Levels = np.clip(way.start + size * signs, *ball(way.start, eps))
    return control


def _classes(net: Net, aim: Aim, scores: Levels) -> tuple[tuple[int, str], ...]:
    """Number and name of all that any row lists, and of the target."""
    listed = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    numbers = sorted({aim.number, *listed.ravel().tolist()})
    return tuple((number, class_name(net, number)) for number in numbers)
