"""``convscope fool``: a change of a picture, or noise, that turns the network's answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import (
    Device,
    Json,
    Model,
    Picture,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.errors import UsageError
from convscope.methods.options.fool import FoolOptions
from convscope.results.fooling import ROWS

if TYPE_CHECKING:
    from convscope.results.fooling import Fooling

NAME = "fool"
HELP = (
    "Change every pixel of one image a little so that the network answers otherwise (FGSM, PGD), "
    "or make noise that it is sure of: the change, its norms, and the probabilities before, after, "
    "after rounding to 8 bits, and with random signs of the same size."
)

First = Annotated[str, typer.Argument(help="An image file; with --kind noise the class instead.")]
Second = Annotated[
    str | None,
    typer.Argument(
        help="class:NAME (or key, or number) to reach, or with --away to leave; without one, away "
        "from what the network answers.",
        show_default=False,
    ),
]


@with_options(FoolOptions)
@with_loading
def run(
    model: Model,
    image: First,
    loading: Mapping[str, Any],
    options: FoolOptions,
    target: Second = None,
    out: Picture = Path("fooled.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Fool a network about one image."""
    from convscope.images.read import read
    from convscope.methods.fool import fool
    from convscope.progress import silent

    file, wanted = _asked(options, image, target)
    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    photo = None if file is None else read(file, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        result = fool(net, photo, wanted, options, progress=progress or silent)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _asked(options: FoolOptions, image: str, target: str | None) -> tuple[Path | None, str | None]:
    """The image file and the class; noise begins from no image."""
    if options.kind != "noise":
        return Path(image), target
    if target is not None:
        raise UsageError(
            f"Noise begins from no image, so {image} has no place here: convscope fool MODEL "
            f"{target} --kind noise."
        )
    return None, image


def _numbers(result: Fooling) -> dict[str, Any]:
    return {
        "kind": result.kind,
        "target": result.target,
        "toward": result.toward,
        "eps": result.eps,
        "steps": result.steps,
        "first": result.first,
        "norms": result.norms,
        "norms_rounded": result.norms_rounded,
        "is_fooled": {row: result.is_fooled(row) for row in ROWS[1:]},
        "probability": {row: result.probability(row) for row in ROWS},
        "top": {row: result.top(row) for row in ROWS},
    }


def _lines(result: Fooling) -> Iterator[str]:
    from convscope.render.pictures.fooling import answer, came, size

    yield came(result)
    yield f"With random signs of the same size instead: {answer(result, 'random')}."
    yield size(result)
