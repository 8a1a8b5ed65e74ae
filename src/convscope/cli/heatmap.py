"""``convscope heatmap``: where the evidence for a class lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from convscope.cli.result import emit_result, placed
from convscope.methods.options.heatmap import HeatmapOptions

if TYPE_CHECKING:
    from convscope.results.heatmap import Heatmap

NAME = "heatmap"
HELP = (
    "Draw where in one image the evidence for a class lies, and against it: a PNG, and the result "
    "with its map. The same map with random weights stands beside it."
)


@with_options(HeatmapOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    target: Target,
    loading: Mapping[str, Any],
    options: HeatmapOptions,
    out: Picture = Path("heatmap.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw one heat map."""
    from convscope.images.read import read
    from convscope.methods.heatmap import heatmap

    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    result = heatmap(net, read(image, net.preprocessing), target, options)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _numbers(result: Heatmap) -> dict[str, Any]:
    return {
        "target": result.target,
        "against": result.against,
        "layer": result.layer,
        "reason": result.reason,
        "value": result.value,
        "against_value": result.against_value,
        "probability": result.probability,
        "map": result.map,
        "similarity": result.similarity,
    }


def _lines(result: Heatmap) -> Iterator[str]:
    from convscope.render.pictures.heatmap import said

    yield said(result)
    yield f"From {result.map.min():.4g} to {result.map.max():.4g}; zero is the photograph."
