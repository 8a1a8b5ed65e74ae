"""Results on disk: one safetensors file, its arrays as tensors and the rest as JSON beside them.

No pickle, so loading runs no code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import StorageError, UsageError
from convscope.registry import Registry
from convscope.storage import write_whole

RESULTS: Registry[str] = Registry("kind of result")
"""Where each frozen result that can be saved is defined, by the name written into its file."""

RESULTS.register("Projection", "convscope.results.projection")
RESULTS.register("Ablation", "convscope.results.ablation")
RESULTS.register("Activations", "convscope.results.activations")
RESULTS.register("Weights", "convscope.results.weights")
RESULTS.register("Attribution", "convscope.results.attribution")
RESULTS.register("Caricature", "convscope.results.caricature")
RESULTS.register("ClassPictures", "convscope.results.class_pictures")
RESULTS.register("Comparison", "convscope.results.comparison")
RESULTS.register("Curves", "convscope.results.curves")
RESULTS.register("Dream", "convscope.results.dream")
RESULTS.register("Evolution", "convscope.results.evolution")
RESULTS.register("Fooling", "convscope.results.fooling")
RESULTS.register("Health", "convscope.results.health")
RESULTS.register("Heatmap", "convscope.results.heatmap")
RESULTS.register("Inversion", "convscope.results.inversion")
RESULTS.register("Learning", "convscope.results.learning")
RESULTS.register("Occlusion", "convscope.results.occlusion")
RESULTS.register("Ranks", "convscope.results.ranks")
RESULTS.register("Sanity", "convscope.results.sanity")
RESULTS.register("Synthesis", "convscope.results.synthesis")


_PICTURES = frozenset(".jpg .jpeg .gif .webp .svg .pdf .tif .tiff".split())


def save(result: Any, path: str | Path) -> Path:
    """Write a result; the file appears whole or not at all.

    Raises:
        StorageError: it could not be written.
        UsageError: the name is a picture's.
    """
    from safetensors.numpy import save as to_bytes

    target = Path(path)
    if target.suffix in _PICTURES:
        raise UsageError(
            f"{target} is a picture's name. Results are saved as .safetensors, pictures as .png."
        )
    parts = {field.name: getattr(result, field.name) for field in fields(result)}
    arrays = {k: np.ascontiguousarray(v) for k, v in parts.items() if isinstance(v, np.ndarray)}
    plain = {k: v for k, v in parts.items() if k not in arrays}
    header = {"convscope": json.dumps({"kind": type(result).__name__, "values": plain})}
    write_whole(target, to_bytes(arrays, header))
    return target


def load_result(path: str | Path) -> Any:
    """Read back what ``result.save(path)`` wrote.

    Raises:
        StorageError: the file is no saved result.
        UsageError: it is a result of another version's method.

    >>> import tempfile
    >>> from convscope.results.projection import Projection
    >>> array, shown = np.ones((3, 4, 4), np.float32), np.zeros((4, 4, 3), np.uint8)
    >>> one = Projection(array, shown, "relu1", 7, (0, 1), 2.5, (0, 0, 4, 4), "", {})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_result(one.save(f"{folder}/one.safetensors")).cell
    (0, 1)
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            header: Mapping[str, str] = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _restored(json.loads(header["convscope"]), arrays)
    except (OSError, SafetensorError, LookupError, TypeError, ValueError) as error:
        raise StorageError(_no_result(path, error)) from None


def _restored(saved: Mapping[str, Any], arrays: Mapping[str, Any]) -> Any:
    kind = saved["kind"]
    return getattr(import_module(RESULTS[kind]), kind)(**_tuples(saved["values"]), **arrays)


def _no_result(path: str | Path, error: Exception) -> str:
    reason = "no such file" if isinstance(error, FileNotFoundError) else type(error).__name__
    return (
        f"{path} is no result convscope saved ({reason}). Give a file that result.save(path) or "
        "convscope project --out wrote."
    )


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no tuples: lists of a frozen result are tuples again, and so are lists in them."""
    return {name: _tuple(value) for name, value in values.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
