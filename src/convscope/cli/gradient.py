"""``convscope gradient``."""

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
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.methods.options.gradient import GradientOptions

if TYPE_CHECKING:
    from convscope.results.attribution import Attribution

NAME = "gradient"
HELP = (
    "Attribute a class, a unit or a direction to the pixels of one image: gradient, input times "
    "gradient, SmoothGrad, integrated gradients, guided or deconvnet, beside a random twin's."
)


@with_options(GradientOptions)
@with_loading
def run(
    model: Model,
    image: ImageFile,
    target: Target,
    loading: Mapping[str, Any],
    options: GradientOptions,
    out: Picture = Path("gradient.png"),
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Attribute one target."""
    from convscope.images.read import read
    from convscope.methods.gradient import gradient
    from convscope.progress import silent

    picture = placed(out, image, model, *loading.values())
    net = load_net(model, loading, device, threads, quiet=json)
    photo = read(image, net.preprocessing)
    with progress_bar(quiet=json) as progress:
        result = gradient(net, photo, target, options, progress=progress or silent)
    emit_result(NAME, result, picture, _numbers(result), _lines(result), as_json=json)


def _numbers(result: Attribution) -> dict[str, Any]:
    return {
        "target": result.target,
        "layer": result.layer,
        "channel": result.channel,
        "cell": result.cell,
        "value": result.value,
        "frame": result.frame,
        "largest": float(abs(result.array).max()),
        "similarity": result.similarity,
        "completeness_gap": result.completeness_gap,
    }


def _lines(result: Attribution) -> Iterator[str]:
    cell = "" if result.cell is None else f"{result.cell[0]},{result.cell[1]}"
    at = "" if result.target.endswith(f"@{cell}") or not cell else f" in cell {cell}"
    yield f"{result.target} is {result.value:.6g}{at} on this image."
