"""Dreams: a photograph climbed towards more of what a layer, unit or class finds in it already.

``x <- x + lr * g / rms(g)`` with ``g = df/dx`` and ``f``:

| target | ``f`` |
|---|---|
| a whole layer | ``mean(a^2) / 2`` over its channels and cells: whatever is there, more of it |
| a unit, a direction | its mean over the cells; with ``@y,x`` its value there |
| a class | its score before softmax |

Every step sees the picture shifted at random (jitter). The climb begins on the photograph made
small; what it added, the detail, is enlarged and laid over the photograph one octave larger, and so
on up to the photograph's own size. In zero steps the photograph is unchanged. A unit that is silent
has no slope, so there what its rectifier takes is climbed.

Source: Mordvintsev, Olah & Tyka 2015 ("Inceptionism", and its notebook, whose octaves, step and
jitter are the defaults here; it divides by the mean of ``|g|``, and shifts around the border).

Shows: this photograph, with whatever the target finds in it drawn out.
Does not show: how much of that was there, or what the network answers.
Easily misread: the network does not see this. Many small steps made it of faint traces.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.address import Look
from convscope.images.image import Image
from convscope.methods.dream_note import note_of
from convscope.methods.dream_octaves import (
    Climbed,
    Octaves,
    climb_octave,
    octaves_of,
    recipe_of,
    resized,
)
from convscope.methods.dream_target import Wanted, find_wanted
from convscope.methods.options.dream import DreamOptions
from convscope.methods.provenance import provenance
from convscope.net.net import Net
from convscope.net.reach import forward_to
from convscope.progress import Progress, silent
from convscope.results.dream import Dream
from convscope.synthesis.climb import steps_of
from convscope.synthesis.shown import colors_of, pictures


def dream(
    net: Net,
    image: Image,
    target: str | Look,
    options: DreamOptions | None = None,
    *,
    progress: Progress = silent,
) -> Dream:
    """Let a network draw into a photograph what it finds there.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: a whole layer (``features.8``), ``layer:channel``, ``layer:channel@y,x``, a
            direction (``layer:17-0.5*40``) or a class (``class:beagle``).
        options: how many octaves and steps, how long, how far shifted.
        progress: hears of the steps.

    Returns:
        The photograph before and after, and what was climbed on both, as 8-bit pixels hold them.

    Raises:
        AddressError: no such layer, channel, cell or class.
        ScoresError: a class of a network whose output is not one vector of scores.
        DataError: the image does not fit, or what is climbed is not finite.
        GradientCutError: no gradient reaches the image.

    >>> from convscope.images.read import read
    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> photo = read(np.full((*net.preprocessing.size, 3), 90, np.uint8), net.preprocessing)
    >>> still = dream(net, photo, "relu3", DreamOptions(steps=0))
    >>> bool((still.picture == photo.shown).all())
    True
    """
    options = options or DreamOptions()
    like = net.one(image)
    with net.hosted():
        wanted = find_wanted(net, target)
        octaves = octaves_of(net, wanted.layer, options)
        photo = colors_of(image.shown[None], like)
        colors, ends = _dreamt(net, wanted, photo, octaves, options, progress)
        picture = pictures(colors, recipe_of(options))[0]
        before, after = (_value(net, wanted, shown, like) for shown in (image.shown, picture))
    return Dream(
        shown=image.shown,
        picture=picture,
        target=wanted.name,
        layer=wanted.layer.name,
        channel=None if wanted.target is None else wanted.target.channel,
        measure=wanted.measure,
        before=before,
        after=after,
        steps=options.steps,
        octaves=octaves.sizes,
        note=note_of(wanted, octaves, ends) if options.steps else "",
        provenance=provenance("dream", net, image, options) | {"threads": torch.get_num_threads()},
    )


def _dreamt(
    net: Net,
    wanted: Wanted,
    photo: Tensor,
    octaves: Octaves,
    options: DreamOptions,
    progress: Progress,
) -> tuple[Tensor, list[Climbed]]:
    """The photograph (1, c, h, w) after all octaves, and how each ended."""
    detail, ends = torch.zeros_like(photo), list[Climbed]()
    for size in octaves.sizes:
        base = resized(photo, size)
        done, total = options.steps * len(ends), options.steps * len(octaves.sizes)
        tick = steps_of(progress, done, total, f"dreaming of {wanted.name}")
        found = climb_octave(net, wanted, base + resized(detail, size), options, tick)
        detail = found.colors - base
        ends.append(found)
    return ends[-1].colors, ends


def _value(net: Net, wanted: Wanted, shown: NDArray[np.uint8], like: Tensor) -> float:
    """What is climbed, on 8-bit pixels (h, w, c)."""
    prep, colors = net.preprocessing, colors_of(shown[None], like)
    mean, std = (colors.new_tensor(v)[:, None, None] for v in (prep.mean, prep.std))
    forward = forward_to(net, [wanted.layer.number])
    with torch.no_grad():
        reached = forward((colors - mean) / std)
    return float(wanted.objective(wanted.layer.number, forward.tape).values(reached)[0])
