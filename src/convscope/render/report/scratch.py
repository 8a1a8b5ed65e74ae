"""Finished tiles on disk while a report is being made, so that nothing is drawn twice.

A block of tiles is one ``.npy`` file; the small file beside it, written last, makes it count.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.render.tile import Pixels
from convscope.storage import write_whole


@dataclass(frozen=True)
class TileBlock:
    """Rendered projections of some channels at one rank."""

    layer: int
    rank: int
    channels: NDArray[np.int64]
    tiles: Pixels
    """(n, t, t, 3)"""
    scales: NDArray[np.float64]
    """(n,) value that is drawn as full white; 0 where the projection is zero everywhere."""


@dataclass(frozen=True)
class Scratch:
    """The folder of work in progress inside a report."""

    root: Path

    @property
    def exists(self) -> bool:
        """Whether work is in progress."""
        return self.root.is_dir()

    def save(self, block: TileBlock) -> None:
        """Keep a block; it counts once this returns."""
        name = f"{block.layer:04d}-{block.rank:03d}-{int(block.channels[0]):06d}"
        write_whole(self.root / f"{name}.npy", _npy(block.tiles))
        facts = {"layer": block.layer, "rank": block.rank, "channels": block.channels.tolist(),
                 "scales": block.scales.tolist()}  # fmt: skip
        write_whole(self.root / f"{name}.json", json.dumps(facts).encode())

    def blocks(self, layer: int, rank: int | None = None) -> list[TileBlock]:
        """The blocks kept of a layer, their tiles mapped from disk."""
        wanted = f"{layer:04d}-{'*' if rank is None else f'{rank:03d}'}-*.json"
        return [_read(path) for path in sorted(self.root.glob(wanted))]

    def finish(self, layer: int, rank: int) -> None:
        """Mark a rank of a layer as wholly drawn."""
        write_whole(self.root / f"{layer:04d}-{rank:03d}.done", b"")

    def finished(self) -> frozenset[tuple[int, int]]:
        """Every (layer number, rank) that is wholly drawn."""
        names = (path.stem.split("-") for path in self.root.glob("*.done") if "-" in path.stem)
        return frozenset((int(layer), int(rank)) for layer, rank in names)

    def scales(self, layer: int) -> dict[int, dict[int, float]]:
        """Full scale of every projection drawn of a layer, by rank and channel."""
        found: dict[int, dict[int, float]] = {}
        for path in sorted(self.root.glob(f"{layer:04d}-*-*.json")):
            facts = json.loads(path.read_bytes())
            pairs = zip(facts["channels"], facts["scales"], strict=True)
            found.setdefault(facts["rank"], {}).update(pairs)
        return found

    def drawn(self, layer: int) -> dict[int, set[int]]:
        """The channels that are drawn at each rank."""
        return {rank: set(scales) for rank, scales in self.scales(layer).items()}

    @property
    def has_patches(self) -> bool:
        """Whether all patches are cut."""
        return self.patches_mark.exists()

    @property
    def patches_mark(self) -> Path:
        """Written once all patches are cut."""
        return self.root / "patches.done"

    def patches(self, layer: int) -> Path:
        """Where the patches of a layer are kept."""
        return self.root / f"patches-{layer:04d}.npy"


def _read(path: Path) -> TileBlock:
    facts: dict[str, Any] = json.loads(path.read_bytes())
    tiles = np.load(path.with_suffix(".npy"), mmap_mode="r")
    return TileBlock(facts["layer"], facts["rank"], np.array(facts["channels"], np.int64), tiles,
                     np.array(facts["scales"]))  # fmt: skip


def _npy(array: Pixels) -> bytes:
    out = BytesIO()
    np.save(out, array)
    return out.getvalue()
