"""``convscope synthesize``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
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
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.progress import Progress, silent

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.results.synthesis import Synthesis

NAME = "synthesize"
HELP = (
    "Draw, by gradient ascent, a picture for each channel of a layer that drives it far up, and "
    "score it against photographs: a sheet as PNG, and the result with its numbers. With --atlas "
    "the pictures are kept there, and a stopped run goes on."
)


@with_options(SynthesizeOptions, skip=("recipe",))
@with_loading
def run(
    model: Model,
    target: Annotated[
        str,
        typer.Argument(
            help="A layer, layer:0..47, layer:1,5,9, layer:channel, a direction "
            "(layer:17-0.5*40, layer:random.7), class:NAME or class:NAME,NAME."
        ),
    ],
    loading: Mapping[str, Any],
    options: SynthesizeOptions,
    atlas: Annotated[
        Path | None, typer.Option(help="Of this network: for scores, and to keep pictures in.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Pictures of another recipe give way in the atlas.")
    ] = False,
    out: Picture = Path("synthesis.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw what units would like best."""
    picture = placed(out, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        made = _made(net, target, options, atlas, replace, progress or silent)
    emit_result(NAME, made, picture, _numbers(made), _lines(made), as_json=json)


def _made(
    net: Net,
    target: str,
    options: SynthesizeOptions,
    atlas: Path | None,
    replace: bool,
    progress: Progress,
) -> Synthesis:
    """The pictures, kept in the atlas where one is given."""
    if atlas is None:
        from convscope.methods.synthesize import synthesize

        return synthesize(net, target, options, progress=progress)
    from convscope.atlas.read import open_atlas
    from convscope.methods.synthesize_atlas import synthesize_atlas

    opened = open_atlas(atlas)
    return synthesize_atlas(net, opened, target, options, replace=replace, progress=progress)


def _numbers(made: Synthesis) -> dict[str, Any]:
    columns = zip(made.names, made.status, made.values.tolist(), made.best.tolist(),
                  made.score.tolist(), made.remaining.tolist(), made.starts,
                  made.scores.T.tolist(), strict=True)  # fmt: skip
    names = ("name", "status", "value", "best", "score", "remaining", "start", "scores")
    return {
        "layer": made.layer,
        "canvas": made.pictures.shape[1:3],
        "pictures": [dict(zip(names, column, strict=True)) for column in columns],
    }


def _lines(made: Synthesis) -> Iterator[str]:
    from convscope.render.pictures.says_synthesis import recipe_words
    from convscope.render.words import count

    size, drawn = made.pictures.shape[1:3], [status != "silent" for status in made.status]
    yield (
        f"{count(sum(drawn), 'picture')} of {made.layer}, {size[0]} by {size[1]} px, recipe "
        f"{recipe_words(made.provenance)}."
    )
    score, left = made.score[drawn], made.remaining[drawn]
    known, left = score[np.isfinite(score)], left[np.isfinite(left)]
    if len(known):
        yield (
            f"{int((known >= 1).sum())} of {len(known)} reach the strongest photograph or more; "
            f"median {np.median(known):.2f} times."
        )
    if len(left):
        yield f"After a small shift and blur {min(np.median(left), 1):.0%} is left (median)."
