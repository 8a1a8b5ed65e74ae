"""Synthesized pictures in an atlas: one file a layer, which grows by channels.

A file holds its own hash (`atlas/seal.py`) and is replaced whole, so that a run that is killed
leaves all channels it had kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convscope.atlas import identity, lock, manifest, store
from convscope.atlas.schema import FORMAT, SYNTHESIS
from convscope.atlas.synthesis_file import Kept, digest, kept, to_bytes
from convscope.atlas.synthesis_rows import to_rows, to_synthesis
from convscope.errors import AtlasError, CorruptError, UsageError
from convscope.results.layer import Layer
from convscope.results.synthesis import Synthesis

_FREE = frozenset({"batch", "keep", "preset", "steps", "canvas", "lr"})
"""Options that may differ within a file: they draw no other picture, or the recipe says them."""


def path_of(folder: Path, layer: Layer) -> Path:
    """Where a layer's pictures lie."""
    return folder / SYNTHESIS.file_of(layer.slug)


def read(folder: Path, layer: Layer, weights: str) -> Synthesis | None:
    """The pictures of a layer; None where there are none.

    Raises:
        AtlasError: they are of other weights than these, or of another format.
        CorruptError: the file is not as it was written.
    """
    path = path_of(folder, layer)
    there = kept(path, layer)
    if there is None:
        return None
    _check_weights(path, there.meta["provenance"], weights)
    return to_synthesis(list(there.rows.values()), there.meta)


def keep(folder: Path, layer: Layer, weights: str, made: Synthesis, is_replacing: bool) -> None:
    """Add pictures to a layer's file: new rows take the place of old ones of their channel.

    Raises:
        AtlasError: they are of other weights than these, or those there were drawn otherwise and
            are not to be replaced.
        CorruptError: the file is not as it was written, and is not to be replaced.
        LockedError: another process is adding pictures.
        StorageError: the disk refuses; what was there is.
        UsageError: they are not one of each of some channels.
    """
    path = path_of(folder, layer)
    _check_channels(layer, made)
    _check_weights(path, made.provenance, weights)
    meta, rows = _meta(layer, made), to_rows(made)
    store.make_folder(path.parent)
    with lock.locked(path.parent):
        there = _to_go_on(path, layer, meta, is_replacing)
        merged = rows if there is None else there.rows | rows
        store.write(path, to_bytes(meta, [merged[channel] for channel in sorted(merged)]))


def done(
    folder: Path,
    layer: Layer,
    weights: str,
    provenance: Mapping[str, Any],
    shape: Sequence[int],
    is_replacing: bool,
) -> frozenset[int]:
    """Channels whose pictures, made so and of this shape, are there already.

    Raises:
        AtlasError: as of `keep`, before anything is drawn.
        CorruptError: the file is not as it was written, and is not to be replaced.
    """
    path = path_of(folder, layer)
    _check_weights(path, provenance, weights)
    meta = manifest.plain({"provenance": provenance, "shape": shape})
    there = _to_go_on(path, layer, meta, is_replacing)
    return frozenset() if there is None else frozenset(there.rows)


def hashes(folder: Path, layers: Sequence[Layer]) -> dict[str, str]:
    """SHA-256 of the file of each layer, by name, that has one.

    Raises:
        CorruptError: one is not as it was written.
    """
    found = {layer.name: digest(path_of(folder, layer), layer) for layer in layers}
    return {name: text for name, text in found.items() if text}


def _to_go_on(path: Path, layer: Layer, meta: Mapping[str, Any], is_replacing: bool) -> Kept | None:
    """What is there and can be added to; None where a new file begins."""
    try:
        there = kept(path, layer)
    except CorruptError:
        if is_replacing:
            return None
        raise
    found = [] if there is None else identity.differences(_drawn_by(there.meta), _drawn_by(meta))
    if there is None or (found and is_replacing):
        return None
    if found:
        raise AtlasError(
            f"{path} holds {len(there.rows)} pictures that were drawn otherwise: "
            f"{'; '.join(text for _, text in found[:6])}. Nothing was changed. Give the same "
            "options, or replace=True (--replace), which removes those pictures."
        )
    return there


def _drawn_by(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What pictures of one file have in common."""
    made = meta["provenance"]
    options = made.get("options", {})
    return {
        "weights": made.get("weights"),
        "shape": meta["shape"],
        "spectrum_images": made.get("spectrum_images"),
        **{name: value for name, value in sorted(options.items()) if name not in _FREE},
    }


def _check_weights(path: Path, provenance: Mapping[str, Any], weights: str) -> None:
    found = str(provenance.get("weights", ""))
    if found != weights:
        raise AtlasError(
            f"Pictures of {path.stem} were drawn with other weights ({found[:8]}) than the atlas "
            f"was made with ({weights[:8]}). Load the network with those, or make a new atlas."
        )


def _check_channels(layer: Layer, made: Synthesis) -> None:
    foreign = [channel for channel in made.channels if not 0 <= channel < layer.channels]
    twice = [channel for channel, amount in Counter(made.channels).items() if amount > 1]
    if not made.channels or foreign or twice:
        raise UsageError(
            f"An atlas keeps one picture of each of some channels of {layer.name}, numbered 0 to "
            f"{layer.channels - 1}; given are the channels {made.channels} (-1: a direction). Save "
            "others with result.save(path)."
        )


def _meta(layer: Layer, made: Synthesis) -> dict[str, Any]:
    return manifest.plain(
        {
            "format": FORMAT,
            "layer": layer.name,
            "slug": layer.slug,
            "shape": made.pictures.shape[1:],
            "provenance": made.provenance,
        }
    )
