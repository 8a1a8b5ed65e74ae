"""Networks and atlases as commands ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net


def load_net(
    model: str, loading: Mapping[str, Any], device: str, threads: int, *, quiet: bool
) -> Net:
    """Load the network a command names; unless ``quiet``, say where its weights are random."""
    from convscope.net.intake import load

    set_threads(threads)
    net = load(model, device=device, **loading)
    if net.weights is None and not quiet:
        typer.echo(
            f"No weights were given, so {model} is as its code makes it: random, unless that "
            "loads its own. --weights FILE gives them.",
            err=True,
        )
    return net


def rebuild_net(atlas: Atlas, **given: Any) -> Net:
    """Load the network of an atlas."""
    from convscope.net.rebuild import rebuild

    set_threads(given.pop("threads"))
    return rebuild(atlas.manifest, **given)


def set_threads(threads: int) -> None:
    """Keep torch to this many threads; 0 leaves its own choice."""
    if threads:
        import torch

        torch.set_num_threads(threads)
