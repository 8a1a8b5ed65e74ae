"""An atlas of one checkpoint: one that is there already, or a new one over the same images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.atlas.make import build_atlas
from convscope.atlas.options import AtlasOptions
from convscope.atlas.read import Atlas, open_atlas
from convscope.errors import AtlasError, CorruptError, DataError
from convscope.experiments.evolution.options import EvolveOptions
from convscope.progress import Progress

if TYPE_CHECKING:
    from convscope.images.source import Source
    from convscope.net.net import Net

TOP = 9
"""Images of a channel that are compared, as the paper shows nine."""


@dataclass(frozen=True)
class Shelf:
    """Where the atlases of a training's checkpoints stand, and what they are of."""

    images: str | Path
    options: EvolveOptions
    folder: Path
    finished: tuple[Atlas, ...] = ()
    """From elsewhere, used where they serve."""


def atlas_of(net: Net, name: str, shelf: Shelf, progress: Progress) -> Atlas:
    """The atlas of a checkpoint: a finished one, the shelf's by its name, or one made there.

    Raises:
        AtlasError: the folder holds an atlas of other weights or images.
        DataError: no image could be read.
    """
    options, folder = shelf.options, shelf.folder / name
    source, names = _source(shelf.images, options), followed(net, options)
    for atlas in (*shelf.finished, *_there(folder)):
        if _serves(atlas, net, source, set(names)):
            return atlas
    return build_atlas(
        net,
        shelf.images,
        folder,
        layers=options.layers,
        options=AtlasOptions(batch=options.batch),
        image_column=options.image_column,
        label_column=options.label_column,
        progress=progress,
    )


def followed(net: Net, options: EvolveOptions) -> tuple[str, ...]:
    """The layers to follow: those that are named, else the default layers with cells.

    Raises:
        AddressError: a name that the network does not have.
    """
    from convscope.net.capture import choose

    found = choose(net, options.layers)
    return tuple(layer.name for layer in found if options.layers or layer.is_spatial)


def check_images(images: str | Path, options: EvolveOptions) -> None:
    """Refuse images that are not there, before anything is computed.

    Raises:
        SourceError: there is no such place, or nothing in it is an image.
        DataError: it is empty.
    """
    if not len(_source(images, options)):
        raise DataError(f"{images} holds no image, and an evolution needs some. Give others.")


def _source(images: str | Path, options: EvolveOptions) -> Source:
    from convscope.images.open import open_images

    return open_images(images, image_column=options.image_column, label_column=options.label_column)


def _there(folder: Path) -> Iterator[Atlas]:
    try:
        yield open_atlas(folder)
    except (AtlasError, CorruptError):
        return


def _serves(atlas: Atlas, net: Net, source: Source, names: set[str]) -> bool:
    """Whether it is of these weights, these images, prepared so, and has these layers."""
    from convscope.atlas.identity import listing

    kept, listed = atlas.manifest, listing(source)
    return (
        kept["network"]["sha256"] == net.fingerprint()
        and {key: kept["images"][key] for key in listed} == listed
        and atlas.preprocessing == net.preprocessing
        and kept["options"]["top"] >= TOP
        and names <= {layer.name for layer in atlas.layers}
    )
