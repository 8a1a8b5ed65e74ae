"""``convscope compare``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import (
    LOADING,
    Device,
    Json,
    Model,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.output import emit, plain, progress_bar
from convscope.cli.result import keep_inputs
from convscope.errors import UsageError, nearest
from convscope.experiments.comparison.options import CompareOptions
from convscope.progress import silent
from convscope.render.look.figure import check_name

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.results.comparison import Comparison

NAME = "compare"
HELP = (
    "Two networks on the same images, side by side: first filters on one scale and on their own, "
    "their sizes and frequencies, detail too fine for the stride, second-layer projections, dead "
    "channels (PNG or SVG), the numbers beside it (JSON). B may be the word twin: A, its weights "
    "shuffled."
)
TWIN = "twin"


@with_options(CompareOptions)
@with_loading
def run(
    a: Model,
    b: Annotated[str, typer.Argument(help="As A, or twin: A with its weights shuffled.")],
    images: Annotated[str, typer.Argument(help="A folder, a Parquet file, or bundled:photos.")],
    loading: Mapping[str, Any],
    options: CompareOptions,
    only_b: Annotated[
        list[str] | None,
        typer.Option(
            "--b", help="What holds for B alone: weights=FILE, size=64, mean=...; repeatable."
        ),
    ] = None,
    atlas_a: Annotated[
        Path | None, typer.Option(help="Of A over these images; B then sees the same.")
    ] = None,
    atlas_b: Annotated[Path | None, typer.Option(help="As --atlas-a, of B.")] = None,
    out: Annotated[Path, typer.Option(help="The PNG or SVG.")] = Path("comparison.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Compare two networks."""
    from convscope.experiments.comparison.compare import compare
    from convscope.render.comparison.picture import comparison_figure

    check_name(out)
    alone = _parsed(only_b or ())
    other = {**loading, "weights": None, **alone}
    for beside in (".json", ".safetensors"):
        keep_inputs("--out", out, beside, a, b, images, *loading.values(), *other.values())
    first = load_net(a, loading, device, threads, quiet=json)
    second = _twin(first, alone) if b == TWIN else load_net(b, other, device, threads, quiet=json)
    with progress_bar(quiet=json) as progress:
        found = compare(
            first, second, images, _named(options, b), atlases=_opened(atlas_a, atlas_b),
            progress=progress or silent,
        )  # fmt: skip
    drawn = comparison_figure(found)
    picture, saved = drawn.save(out), found.save(out.with_suffix(".safetensors"))
    body = {"picture": picture, "result": saved, **drawn.numbers}
    emit(NAME, plain(body), as_json=json, lines=lambda: _lines(found, picture, saved))


def _parsed(words: Sequence[str]) -> dict[str, str]:
    """``name=value`` of what ``load`` takes."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in LOADING:
            raise UsageError(
                f"--b {word} says nothing of the second network. {nearest(name, LOADING)} Give "
                f"NAME=VALUE with one of: {', '.join(LOADING)}.".replace("  ", " ")
            )
        found[name] = value
    return found


def _twin(net: Net, alone: Mapping[str, str]) -> Net:
    from convscope.net.twin import twin

    if alone:
        raise UsageError("The twin is A with its weights shuffled: --b has nothing to say of it.")
    return twin(net)


def _named(options: CompareOptions, b: str) -> CompareOptions:
    return replace(options, name_b=options.name_b or ("its twin" if b == TWIN else ""))


def _opened(*folders: Path | None) -> list[Any]:
    from convscope.atlas.read import open_atlas

    return [None if folder is None else open_atlas(folder) for folder in folders]


def _lines(found: Comparison, picture: Path, saved: Path) -> Iterator[str]:
    from convscope.render.comparison.says import rows, sentences
    from convscope.results.caption import caption_lines

    cells = [("", found.a.name, found.b.name)]
    for about, table in groupby(rows(found), lambda row: row.about):
        cells += [(about, "", ""), *((f"  {row.name}", row.a, row.b) for row in table)]
    wide = [max(len(line[column]) for line in cells) for column in (0, 1)]
    for line in cells:
        yield f"{line[0]:{wide[0]}}  {line[1]:{wide[1]}}  {line[2]}".rstrip()
    yield from sentences(found)
    yield from caption_lines(found.caption)
    yield f"{picture}, its numbers in {picture.with_suffix('.json')}, and {saved}"
