"""``convscope layers``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Layers, Model, Threads, with_loading
from convscope.cli.loading import load_net
from convscope.cli.output import emit

if TYPE_CHECKING:
    from convscope.results.layer import Layer

NAME = "layers"
HELP = "Print a network's layers: shapes, op kinds and receptive fields."


@with_loading
def run(
    model: Model,
    loading: Mapping[str, Any],
    layers: Layers = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every layer, not the default ones only.")
    ] = False,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """List layers in execution order."""
    from convscope.net.capture import choose

    net = load_net(model, loading, device, threads, quiet=json)
    chosen = net.tape().layers if every else choose(net, layers or ())
    result = [_row(layer) for layer in chosen]
    emit(NAME, {"network": net.spec, "layers": result}, as_json=json, lines=lambda: _table(chosen))


def _row(layer: Layer) -> dict[str, Any]:
    field = layer.field
    return {
        "number": layer.number,
        "name": layer.name,
        "aliases": layer.aliases,
        "op": layer.op,
        "channels": layer.channels,
        "height": layer.height,
        "width": layer.width,
        "field": {
            "status": field.status,
            "cause": field.cause,
            "size": (field.y.size, field.x.size),
            "stride": (float(field.y.stride), float(field.x.stride)),
            "offset": (float(field.y.offset), float(field.x.offset)),
        },
        "signed": layer.signed,
        "default": layer.default,
    }


def _table(layers: tuple[Layer, ...]) -> Iterator[str]:
    width = max([5, *(len(layer.name) for layer in layers)])
    yield (
        f"{'no.':>4}  {'layer':<{width}}  {'op':<10}  {'maps':>5}  {'cells':>9}  {'sees px':>9}  "
        f"{'every':>7}  field"
    )
    for layer in layers:
        field = layer.field
        sees, every = f"{field.y.size}×{field.x.size}", f"{field.y.stride}×{field.x.stride}"
        is_global = field.status == "GLOBAL"
        status = f"GLOBAL from {field.cause}" if is_global else field.status
        yield (
            f"{layer.number:>4}  {layer.name:<{width}}  {layer.op:<10}  {layer.channels:>5}  "
            f"{f'{layer.height}×{layer.width}':>9}  {sees:>9}  "
            f"{'-' if is_global else every:>7}  {status}"
        )
    channels = sum(layer.channels for layer in layers)
    yield f"{len(layers)} layers, {channels:,} channels"
