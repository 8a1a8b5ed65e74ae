"""``convscope occlude``: what the network answers as a square is slid over an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import (
    Device,
    ImageFile,
    Json,
    Model,
    Picture,
    Target,
    Threads,
    with_loading,
    with_options,
)
from convscope.cli.loading import load_net
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.methods.options.occlude import OccludeOptions

if TYPE_CHECKING:
    from convscope.results.occlusion import Occlusion

NAME = "occlude"
HELP = (
    "Slide a square over one image: the five panels of Zeiler & Fergus 2013, Fig. 7, as a PNG, and "
    "the result with the scores of every class at every position."
)


@with_options(OccludeOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    target: Target,
    loading: Mapping[str, Any],
    options: OccludeOptions,
    atlas: Annotated[
        Path | None, typer.Option(help="Atlas for the map's strongest patches.")
    ] = None,
    out: Picture = Path("occlusion.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Run one sweep."""
    from convscope.atlas.read import open_atlas
    from convscope.images.read import read
    from convscope.methods.occlude import occlude

    opened = None if atlas is None else open_atlas(atlas)
    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        result = occlude(net, photo, target, options, atlas=opened, progress=progress)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _numbers(result: Occlusion) -> dict[str, Any]:
    classes = result.has_classes
    return {
        "target": result.target,
        "uncovered": result.base_value,
        "values": result.values,
        "centers_y": result.centers_y,
        "centers_x": result.centers_x,
        "probability_uncovered": result.base_probability if classes else None,
        "probabilities": result.probabilities if classes else None,
        "label_map": result.label_map if classes else None,
        "classes": dict(result.classes),
        "unit": result.unit,
        "unit_sum_uncovered": result.base_unit_sum,
        "unit_sums": result.unit_sums,
        "computed": result.computed,
        "exact": result.exact,
    }


def _lines(result: Occlusion) -> Iterator[str]:
    rows, columns = result.values.shape
    low, high = result.values.min(), result.values.max()
    yield (
        f"{result.target} is {result.base_value:.4g} uncovered, and {low:.4g} to {high:.4g} over "
        f"{rows} x {columns} positions."
    )
    if result.has_classes:
        yield f"Answers: {', '.join(_answers(result))}."
    yield result.exact


def _answers(result: Occlusion) -> Iterator[str]:
    """The commonest answers, each with how often it is given."""
    names, counts = dict(result.classes), Counter(result.label_map.ravel().tolist())
    for number, count in counts.most_common(4):
        yield f"{names[number]} at {count:,} of {result.label_map.size:,}"
    if len(counts) > 4:
        yield f"{len(counts) - 4} others"
