"""The page of an evolution, as a folder that opens from disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.errors import StorageError
from convscope.render.evolution.picture import evolution_figure
from convscope.render.evolution.site import SIDE, WIDE, View, sheet, site_of
from convscope.render.jpeg import jpeg, png
from convscope.render.numbers import as_json
from convscope.render.pages import environment, write_static
from convscope.render.placeless import shareable
from convscope.storage import write_whole

if TYPE_CHECKING:
    from convscope.results.evolution import Evolution

MARK = "evolution.json"
BESIDE = frozenset({"atlases"})
"""What may lie in the folder before: the checkpoints' atlases."""
QUALITY = 88


def claim(out: Path) -> None:
    """Refuse a folder that holds something else; an earlier evolution is written over.

    Raises:
        StorageError: it does.
    """
    try:
        there = {one.name for one in out.iterdir()} if out.exists() else set()
    except NotADirectoryError:
        there = {out.name}
    if there <= BESIDE or MARK in there:
        return
    raise StorageError(
        f"{out.name!r} holds other files, and an evolution is written into a folder of its own. "
        "Name a folder that does not exist yet, or one that holds an earlier evolution. Nothing in "
        "it was changed."
    )


def evolution_report(result: Evolution, out: str | Path, *, views: Sequence[View] = ()) -> Path:
    """Write the page with a slider over the checkpoints, and the strip as PNG and SVG.

    Args:
        result: what ``evolve`` returned.
        out: a new folder, one with an earlier evolution, or that of ``evolve`` itself.
        views: other pages about this network: addresses from this folder, and names.

    Returns:
        The page's path.

    Raises:
        StorageError: the folder holds something else, or the disk refuses.

    >>> evolution_report(found, "evolution")  # doctest: +SKIP
    PosixPath('evolution/index.html')
    """
    out, result = Path(out), shareable(result)
    claim(out)
    write_whole(out / MARK, json.dumps(as_json(result), indent=1).encode())
    write_static(out)
    site = site_of(result, views)
    for layer, block in enumerate(site.blocks):
        write_whole(out / block.file, jpeg(sheet(result, layer), QUALITY))
    result.save(out / "evolution.safetensors")
    figure = evolution_figure(result)
    write_whole(out / "strip.svg", figure.svg.encode())
    write_whole(out / "strip.png", png(figure.pixels))
    template = environment().get_template("evolution.html")
    page = template.render(evolution=site, root="", side=SIDE, wide=WIDE)
    write_whole(out / "index.html", page.encode())
    return out / "index.html"
