"""Open a finished atlas: no torch, and Parquet only where a table is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas import manifest, schema, store, synthesis
from convscope.atlas.schema import Table
from convscope.atlas.unpack import (
    Answers,
    ChannelHealth,
    ImageRow,
    Top,
    Units,
    to_answers,
    to_health,
    to_image,
    to_layer,
    to_top,
    to_units,
)
from convscope.errors import AddressError, CorruptError, UsageError, nearest
from convscope.images.open import open_images
from convscope.images.source import Source
from convscope.preprocess import Preprocessing
from convscope.results.layer import Layer
from convscope.results.synthesis import Synthesis

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["Answers", "Atlas", "ChannelHealth", "ImageRow", "Top", "Units", "open_atlas"]


def open_atlas(folder: str | Path, *, images: str | Path | Source | None = None) -> Atlas:
    """Open an atlas; ``images`` says where its images are now, if they have moved.

    Sizes are compared here, hashes when a file is first used.

    Raises:
        AtlasError: there is no atlas, or one of another format.
        CorruptError: a file is missing, or is not as it was written.

    >>> open_atlas("photos.atlas").top("relu3").value.shape  # doctest: +SKIP
    (128, 9)
    """
    path = Path(folder)
    values = manifest.read(path)
    for name, entry in values["files"].items():
        _check_size(path / name, entry["bytes"])
    return Atlas(path, values, images)


@dataclass(frozen=True)
class Atlas:
    """A finished atlas. What is read once is kept, except images."""

    path: Path
    manifest: dict[str, Any]
    _images: str | Path | Source | None = None

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that were looked at, in execution order."""
        return tuple(map(to_layer, self._file(schema.LAYERS).read().to_pylist()))

    def layer(self, which: str | int) -> Layer:
        """The layer of an address (or a longer name of it) or of a number on the tape.

        Raises:
            AddressError: there is none; the message names the nearest.
        """
        found = self._by_name.get(which)
        if found is None:
            names = [layer.name for layer in self.layers]
            hint = nearest(which, names) if isinstance(which, str) else ""
            shown = (
                "" if hint else f" There are: {', '.join(names[:8])}{' ...' * (len(names) > 8)}."
            )
            said = f"No layer {which!r} in {self.path}. {hint}{shown}".replace("  ", " ")
            raise AddressError(
                f"{said.rstrip()} An atlas holds the layers it was made for: "
                "convscope atlas --layers NAME."
            )
        return found

    def units(self, layer: Layer | str | int) -> Units:
        """The statistics of a layer's channels."""
        index = self._index(layer)
        return to_units(self._file(schema.UNITS).read_row_group(index))

    def top(self, layer: Layer | str | int, side: str = "top") -> Top:
        """A layer's strongest cells, or with ``side="bottom"`` the weakest of a signed layer.

        Raises:
            UsageError: another side, or the bottom of a layer that cannot be negative.
        """
        index = self._index(layer)
        found = self.layers[index]
        if side not in ("top", "bottom") or (side == "bottom" and not found.signed):
            raise UsageError(
                f"{found.name} has no side {side!r}: there is 'top', and for layers that can be "
                "negative 'bottom'."
            )
        group = self._file(schema.TOP).read_row_group(index)
        return to_top(group, side, found.channels, self.manifest["options"]["top"])

    def health(self, layer: Layer | str | int) -> ChannelHealth | None:
        """How like, local and saturated a layer's channels are; None where it was not counted."""
        index = self._index(layer)
        if not self._has(schema.HEALTH):
            return None
        return to_health(self._file(schema.HEALTH).read_row_group(index))

    def effective_rank(self, layer: Layer | str | int) -> float | None:
        """In how many directions a layer varies, were they all as strong.

        None where it was not counted, or the layer has too many channels; NaN where none varied.
        """
        found = self._ranks.get(self._found(layer).number)
        return float(found["effective_rank"]) if found and found["samples"] else None

    def rank_samples(self, layer: Layer | str | int) -> int:
        """Cells by which a layer's channels were compared; 0 where they were not."""
        found = self._ranks.get(self._found(layer).number)
        return int(found["samples"]) if found else 0

    def answers(self) -> Answers | None:
        """What the network said of each image.

        None where it has no vector of class scores, or where answers were not kept.
        """
        if not self._has(schema.ANSWERS):
            return None
        return to_answers(self._file(schema.ANSWERS).read())

    def synthesis(self, layer: Layer | str | int) -> Synthesis | None:
        """A layer's synthesized pictures, read anew each time; None where none were kept.

        Raises:
            AtlasError: they are of other weights, or of another format.
            CorruptError: the file is not as it was written.
        """
        return synthesis.read(self.path, self._found(layer), self._weights)

    def kept(
        self,
        layer: Layer | str | int,
        provenance: Mapping[str, Any],
        shape: Sequence[int],
        *,
        replace: bool = False,
    ) -> frozenset[int]:
        """Channels whose pictures, made so and of shape (h, w, c), need not be drawn again.

        Raises:
            AtlasError: `keep` would refuse pictures made so.
            CorruptError: the file there is not as it was written.
        """
        found = self._found(layer)
        return synthesis.done(self.path, found, self._weights, provenance, shape, replace)

    def keep(self, made: Synthesis, *, replace: bool = False) -> None:
        """Keep synthesized pictures of a layer's channels beside their patches.

        A channel's new picture takes the place of its old one. With ``replace``, pictures that were
        drawn by another recipe or from other starts, or a damaged file, give way.

        Raises:
            AddressError: the atlas has no such layer.
            AtlasError: they are of other weights, or those there were drawn otherwise.
            CorruptError: the file there is not as it was written.
            LockedError: another process is keeping pictures.
            StorageError: the disk refuses; what was kept before is there.
            UsageError: they are not one of each of some channels.
        """
        synthesis.keep(self.path, self.layer(made.layer), self._weights, made, replace)

    @property
    def synthesized(self) -> dict[str, str]:
        """The layers, by name, that have synthesized pictures, and the SHA-256 of their files.

        Raises:
            CorruptError: a file is not as it was written.
        """
        return synthesis.hashes(self.path, self.layers)

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels: the columns of the class means."""
        return tuple(self.manifest["labels"])

    @cached_property
    def histogram_edges(self) -> NDArray[np.float64]:
        """``(bins + 1,)``; the first and last are infinite; empty where none were counted."""
        found = np.array(self.manifest["histogram_edges"], np.float64)
        if len(found):
            found[[0, -1]] = -np.inf, np.inf
        return found

    @property
    def image_count(self) -> int:
        """All images, readable or not."""
        return int(self.manifest["images"]["count"])

    @property
    def images_read(self) -> int:
        """Images that are in the statistics."""
        return int(self.manifest["images"]["read"])

    def image(self, number: int) -> ImageRow:
        """One image's row.

        Raises:
            AddressError: there is no image of that number.
        """
        if not 0 <= number < self.image_count:
            raise AddressError(f"No image {number}: they are numbered 0 to {self.image_count - 1}.")
        group, row = divmod(number, int(self.manifest["options"]["shard"]))
        return self._rows(group)[row]

    def failed(self) -> list[ImageRow]:
        """The images that are in no statistic, with the reasons."""
        return [row for row in self._all_rows() if row.status == "failed"]

    def source(self) -> Source:
        """The images, opened again where the manifest says, or where this atlas was told.

        Raises:
            SourceError: they are not there.
        """
        given = self._images
        if given is not None and not isinstance(given, (str, Path)):
            return given
        listed = self.manifest["images"]
        columns = {k: listed[k] for k in ("image_column", "label_column") if k in listed}
        return open_images(given if given is not None else listed["spec"], **columns)

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """How the images became the network's input."""
        return Preprocessing.from_dict(self.manifest["preprocessing"])

    def _has(self, table: Table) -> bool:
        return table.file in self.manifest["files"]

    @cached_property
    def _ranks(self) -> dict[int, dict[str, Any]]:
        """Rows of ``ranks`` by the layers' numbers."""
        if not self._has(schema.RANKS):
            return {}
        return {row["layer"]: row for row in self._file(schema.RANKS).read().to_pylist()}

    @cached_property
    def _by_name(self) -> dict[str | int, Layer]:
        found: dict[str | int, Layer] = {}
        for layer in self.layers:
            found |= {name: layer for name in layer.aliases}
        for layer in self.layers:
            found |= {layer.number: layer, layer.name: layer}
        return found

    def _index(self, which: Layer | str | int) -> int:
        return self.layers.index(self._found(which))

    def _found(self, which: Layer | str | int) -> Layer:
        return self.layer(which.name if isinstance(which, Layer) else which)

    @property
    def _weights(self) -> str:
        return str(self.manifest.get("network", {}).get("sha256", ""))

    @cached_property
    def _files(self) -> dict[str, pq.ParquetFile]:
        return {}

    @cached_property
    def _groups(self) -> dict[int, list[ImageRow]]:
        return {}

    def _file(self, table: Table) -> pq.ParquetFile:
        """A table's file, its hash checked the first time."""
        import pyarrow.parquet as pq

        if table.file not in self._files:
            path = self.path / table.file
            if store.sha256(path) != self.manifest["files"][table.file]["sha256"]:
                raise CorruptError(_corrupt(path))
            self._files[table.file] = pq.ParquetFile(path)
        return self._files[table.file]

    def _rows(self, group: int) -> list[ImageRow]:
        if group not in self._groups:
            if len(self._groups) > 64:
                self._groups.clear()
            rows = self._file(schema.IMAGES).read_row_group(group).to_pylist()
            self._groups[group] = [to_image(row) for row in rows]
        return self._groups[group]

    def _all_rows(self) -> Iterator[ImageRow]:
        for group in range(self._file(schema.IMAGES).num_row_groups):
            yield from self._rows(group)


def _check_size(path: Path, size: int) -> None:
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        raise CorruptError(f"{path} is missing. {_REMEDY}") from None
    if found != size:
        raise CorruptError(f"{path} has {found:,} bytes where {size:,} were written. {_REMEDY}")


_REMEDY = "Restore the file, or make the atlas again; `convscope check` lists all that differs."


def _corrupt(path: Path) -> str:
    return f"{path} is not as it was written (its SHA-256 differs). {_REMEDY}"
