"""Pictures of classes: the score climbed, and the probability climbed, from one noise.

| picture | objective | source |
|---|---|---|
| by score | ``z_c``, before softmax | Simonyan et al. 2013, sec. 2, eq. 1 |
| by probability | ``log p_c`` | Chollet 2016 ("How convolutional neural networks see the world") |

``log p_c / (1 - p_c) = z_c - log sum_{j != c} exp z_j`` under a softmax: the probability rises with
the class's own score, and as well where other scores fall (Simonyan et al., sec. 2). Both parts are
given. And a probability is as good as one long before a picture shows anything: Chollet's network
was 99.9 % sure of a sea snake where nobody sees one. A score has no such end, but its picture may
be taken for another class, whose score is higher still. The noise stands beside both as a control.

The logarithm has the slope of ``p_c`` divided by ``p_c``: the same way up, without vanishing where
the class is unlikely, as it is at the start.

Source: Simonyan et al. 2013; Chollet 2016. The recipes: `synthesis.presets`.

Shows: inputs that drive a class far up, by its score and by its probability.
Does not show: what the class looks like, to anyone or in your data.
Easily misread: a probability near one says that other classes score lower, not that the class is
there to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.address import Class
from convscope.errors import UsageError
from convscope.methods.best import best_of, check_atlas
from convscope.methods.class_climb import (
    Row,
    Stage,
    asked,
    joined,
    noise_row,
    prepare,
    probability_row,
    score_row,
)
from convscope.methods.class_note import note_of
from convscope.methods.naturally import natural_of_atlas
from convscope.methods.options.class_pictures import ClassPicturesOptions
from convscope.methods.provenance import provenance
from convscope.net.net import Net
from convscope.net.scores import class_name, scores_layer
from convscope.net.target import Target, find_target
from convscope.progress import Progress, silent
from convscope.results.class_pictures import ClassPictures
from convscope.synthesis.climb import steps_of
from convscope.synthesis.natural import Natural


def class_pictures(
    net: Net,
    classes: Sequence[str | int | Class],
    options: ClassPicturesOptions | None = None,
    *,
    natural: Natural | None = None,
    atlas: object = None,
    progress: Progress = silent,
) -> ClassPictures:
    """Draw two pictures of each class, by its score and by its probability.

    Args:
        net: the network; it is the same afterwards.
        classes: names, keys or numbers.
        options: the recipe, and the seed of the noise.
        natural: statistics of images, for recipes that take them; default the atlas's.
        atlas: of this network: gives the largest scores in the data, and its images' statistics.
        progress: hears of steps of single pictures.

    Returns:
        The pictures, as large as the network's input, and the class's score and log-odds on them
        and on the noise, all of 8-bit pixels.

    Raises:
        UsageError: no class is given, or one twice.
        AddressError: no such class.
        ScoresError: the network's output is not one vector of scores.
        DataError: the scores are not finite.
        GradientCutError: no gradient reaches the image.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> made = class_pictures(net, [0, 3], ClassPicturesOptions("plain", steps=1))
    >>> made.scores.shape, bool((made.scores[:, 1] > made.scores[:, 0]).all())
    ((2, 3), True)
    """
    options = options or ClassPicturesOptions()
    if atlas is not None:
        check_atlas(net, atlas)
    with net.hosted():
        targets = _targets(net, classes)
        if natural is None:
            usual = Natural.usual(net.preprocessing.channels)
            natural = usual if atlas is None else natural_of_atlas(atlas)
        stage = prepare(net, options, natural)
        best = best_of(net, atlas, targets, progress)
        rows = _rows(stage, tuple(t.terms[0][0] for t in targets), options, progress)
    return _result(stage, targets, rows, best, options)


def _targets(net: Net, classes: Sequence[str | int | Class]) -> tuple[Target, ...]:
    """The classes, each once.

    Raises:
        UsageError: there are none, or one is named twice.
    """
    if isinstance(classes, str) or not classes:
        count = scores_layer(net).channels
        raise UsageError(
            f"Name the classes to draw, by name, key or number (0 to {count - 1}): "
            f'class_pictures(net, ["{class_name(net, 0)}", {count - 1}]), or convscope '
            "class-pictures MODEL NAME NUMBER."
        )
    targets = tuple(find_target(net, _class(one)) for one in classes)
    names = [target.name for target in targets]
    if len({target.terms for target in targets}) < len(targets):
        raise UsageError(f"A class is named twice: {', '.join(names)}. Name each once.")
    return targets


def _class(given: str | int | Class) -> Class:
    return given if isinstance(given, Class) else Class(str(given).strip().removeprefix("class:"))


def _rows(
    stage: Stage, numbers: tuple[int, ...], options: ClassPicturesOptions, progress: Progress
) -> tuple[Row, ...]:
    """The noise, the pictures by score, and those by probability."""
    steps, batches = stage.recipe.steps, range(0, len(numbers), options.batch)
    found: list[tuple[Row, ...]] = []
    for at in batches:
        some = numbers[at : at + options.batch]

        def tick(half: int, at: int = at, rows: int = len(some)) -> Callable[[int], None] | None:
            before, total = (2 * at + half * rows) * steps, 2 * len(numbers) * steps
            return steps_of(progress, before, total, "drawing classes", rows)

        climbed = score_row(stage, some, tick(0)), probability_row(stage, some, tick(1))
        found.append((noise_row(stage, some), *climbed))
    return tuple(joined(rows) for rows in zip(*found, strict=True))


def _result(
    stage: Stage,
    targets: Sequence[Target],
    rows: Sequence[Row],
    best: NDArray[np.float64],
    options: ClassPicturesOptions,
) -> ClassPictures:
    answers = zip(*(row.answers for row in rows), strict=True)
    made = ClassPictures(
        start=rows[0].pictures[0],
        by_score=rows[1].pictures,
        by_probability=rows[2].pictures,
        scores=np.stack([row.scores for row in rows], 1),
        odds=np.stack([row.odds for row in rows], 1),
        best=best,
        answers=tuple(tuple(class_name(stage.net, c) for c in three) for three in answers),
        classes=tuple(target.name for target in targets),
        numbers=tuple(target.terms[0][0] for target in targets),
        status=tuple(zip(*(row.status for row in rows[1:]), strict=True)),
        link=stage.link,
        note="",
        provenance=_provenance(stage, options),
    )
    return replace(made, note=note_of(made))


def _provenance(stage: Stage, options: ClassPicturesOptions) -> dict[str, Any]:
    return provenance("class_pictures", stage.net, None, options) | {
        "options": asked(options),
        "spectrum_images": stage.natural.images,
        "threads": torch.get_num_threads(),
    }
