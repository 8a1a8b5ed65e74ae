"""What one layer did on the probe's images, and how it is kept on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import StorageError
from convscope.storage import write_whole

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LayerReading:
    """One layer on n images; a vector has one cell."""

    name: str
    maxima: Floats
    """(n, C) the largest value of each channel on each image."""
    means: Floats
    """(n, C) the mean over cells: what a linear probe reads."""
    blocks: Floats
    """(n, C b) means over at most 4 x 4 blocks of cells: what CKA compares."""
    firing: float
    """Share of all values that are above zero."""
    noise: Floats
    """(C,) of each filter, 0 smooth to about 1 white (`doctor.spectrum`); NaN below 3 x 3."""


@dataclass(frozen=True)
class Reading:
    """One network on the probe's images."""

    layers: tuple[LayerReading, ...]
    answers: NDArray[np.int64]
    """(n,) the class of its highest score."""
    facts: Mapping[str, Any]
    """Plain values: the hash of its weights and of those it began with, steps, training accuracy,
    seconds."""

    def save(self, path: Path) -> Path:
        """Write it as one file that `load_reading` reads."""
        from safetensors.numpy import save

        arrays = {"answers": self.answers}
        for place, one in enumerate(self.layers):
            for name in ("maxima", "means", "blocks", "noise"):
                arrays[f"{place}.{name}"] = np.ascontiguousarray(getattr(one, name))
        said = {
            "names": [one.name for one in self.layers],
            "firing": [one.firing for one in self.layers],
            "facts": dict(self.facts),
        }
        write_whole(path, save(arrays, {"reading": json.dumps(said)}))
        return path


def load_reading(path: Path) -> Reading:
    """Read back what `Reading.save` wrote.

    Raises:
        StorageError: the file is none.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            said = json.loads((file.metadata() or {})["reading"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        layers = tuple(
            _layer(arrays, place, name, firing)
            for place, (name, firing) in enumerate(zip(said["names"], said["firing"], strict=True))
        )
        return Reading(layers, arrays["answers"], said["facts"])
    except (OSError, SafetensorError, LookupError, ValueError) as error:
        raise StorageError(
            f"{path.name} is no reading of a network ({type(error).__name__}). Remove it, and run "
            "the same command again: it is made anew."
        ) from None


def _layer(arrays: Mapping[str, Any], place: int, name: str, firing: float) -> LayerReading:
    parts = {key: arrays[f"{place}.{key}"] for key in ("maxima", "means", "blocks", "noise")}
    return LayerReading(name=name, firing=firing, **parts)
