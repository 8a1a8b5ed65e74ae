"""``convscope weights``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Layers, Model, Threads, with_loading, with_options
from convscope.cli.loading import load_net
from convscope.cli.output import emit, progress_bar
from convscope.methods.options.weights import WeightsOptions
from convscope.progress import silent
from convscope.render.pictures.sheet_options import FilterSheetOptions
from convscope.results.caption import caption_lines

if TYPE_CHECKING:
    from convscope.results.weights import Weights

NAME = "weights"
HELP = (
    "Draw the filters of chosen layers: a PNG a layer, and the results with their arrays, norms "
    "and spectra. Without --layers, of every convolution and linear layer."
)


@with_options(FilterSheetOptions, name="drawing")
@with_options(WeightsOptions)
@with_loading
def run(
    model: Model,
    loading: Mapping[str, Any],
    options: WeightsOptions,
    drawing: FilterSheetOptions,
    out: Annotated[Path, typer.Option(help="Folder of the PNGs and results.")] = Path("weights"),
    layers: Layers = None,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Draw the filters of some layers."""
    from convscope.methods.weights import weights_of
    from convscope.net.filters import choose_weighted

    net = load_net(model, loading, device, threads, quiet=json)
    chosen = choose_weighted(net.tape(), layers or ())
    rows: list[dict[str, Any]] = []
    with progress_bar(quiet=json) as progress:
        for layer, result in zip(chosen, weights_of(net, chosen, options), strict=True):
            rows.append(_written(result, out / layer.slug, drawing))
            (progress or silent)(len(rows), len(chosen), "drawing filters")
    summary = {
        "layers": rows,
        "caption": result.caption,
        "provenance": result.provenance,
    }
    emit(NAME, summary, as_json=json, lines=lambda: _lines(rows, result.caption))


def _written(result: Weights, path: Path, drawing: FilterSheetOptions) -> dict[str, Any]:
    """Write one layer's picture and result; returns what is said of it."""
    from convscope.render.pictures.weights import weights_png
    from convscope.storage import write_whole

    picture = path.with_name(f"{path.name}.png")
    write_whole(picture, weights_png(result, drawing))
    saved = result.save(path.with_name(f"{path.name}.safetensors"))
    return {
        "layer": result.layer,
        "op": result.op,
        "shape": result.filters.shape,
        "source": result.source,
        "groups": result.groups,
        "normalization": result.normalization,
        "picture": picture,
        "result": saved,
        "norm": result.norm,
        "rms": result.rms,
        "spectrum": result.spectrum,
        "noise": result.noise,
        "note": result.note,
    }


def _lines(rows: Sequence[Mapping[str, Any]], caption: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        count, channels, height, width = row["shape"]
        size = f"{count:,} filters of {channels:,}×{height}×{width}"
        norms = f"norm {row['norm'].min():.3g} to {row['norm'].max():.3g}"
        yield f"{row['layer']}: {size}, {norms}. {row['picture']}"
        if row["note"]:
            yield f"  {row['note']}"
    yield from caption_lines(caption)
