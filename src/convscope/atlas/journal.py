"""The state of a pass under way, on disk: after a kill at any moment the pass goes on from here.

``.convscope-pass/state`` is replaced as a whole after each shard: its SHA-256, a line of JSON, and
the tally's arrays. The shard's images, and what the network said of them, are files of their own,
written before; so memory and the state do not grow with the number of images.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from convscope.atlas import store
from convscope.atlas.schema import Table
from convscope.errors import AtlasError, CorruptError
from convscope.tally.state import State, from_arrays, to_arrays

FOLDER = ".convscope-pass"
REASONS = 5
"""Most reasons of failed images kept for messages."""


@dataclass
class Checkpoint:
    """How far a pass is, besides the tally."""

    identity: dict[str, Any]
    shards: int = 0
    """Shards done."""
    read: int = 0
    """Images that are in the statistics."""
    failed: int = 0
    reasons: list[str] = field(default_factory=list)
    """Of the first failures, with their names."""
    mixed: list[str] = field(default_factory=list)
    """What changed between two runs of this pass."""


def exists(folder: Path) -> bool:
    """Whether a pass was begun here and saved once."""
    return (folder / FOLDER / "state").is_file()


def save(folder: Path, checkpoint: Checkpoint, state: State) -> None:
    """Replace the saved state."""
    from safetensors.numpy import save as pack

    line, arrays = json.dumps(asdict(checkpoint)).encode() + b"\n", pack(to_arrays(state))
    digest = hashlib.sha256(line)
    digest.update(arrays)
    store.make_folder(folder / FOLDER)
    with store.replacing(folder / FOLDER / "state") as file:
        for part in (digest.hexdigest().encode() + b"\n", line, arrays):
            file.write(part)


def load(folder: Path) -> tuple[Checkpoint, State]:
    """Read the saved state back.

    Raises:
        AtlasError: it is another version's.
        CorruptError: it is not as it was written.
    """
    from safetensors.numpy import load as unpack

    digest, _, body = (folder / FOLDER / "state").read_bytes().partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise CorruptError(
            f"{folder / FOLDER / 'state'} is not as it was written, so this pass cannot go on. "
            "Remove the folder and start again."
        )
    line, _, arrays = body.partition(b"\n")
    try:
        return Checkpoint(**json.loads(line)), from_arrays(unpack(arrays))
    except (TypeError, KeyError):
        raise AtlasError(
            f"{folder} holds a pass that another version of convscope began, which counts other "
            "things; it cannot go on here. Remove the folder and start again, or give another one."
        ) from None


def part(folder: Path, table: Table, shard: int) -> Path:
    """The file of one shard's rows of a table that has one an image."""
    return folder / FOLDER / f"{table.name}-{shard:06d}.parquet"
