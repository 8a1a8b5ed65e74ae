"""Results on disk: one safetensors file, its arrays as tensors and the rest as JSON beside them.

No pickle, so loading runs no code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import StorageError
from convscope.registry import Registry

RESULTS: Registry[type[Any]] = Registry("kind of result")
"""Every frozen result that can be saved, by the name written into its file."""


def save(result: Any, path: str | Path) -> Path:
    """Write a result; the file appears whole or not at all.

    Raises:
        StorageError: it could not be written.
    """
    from safetensors.numpy import save as to_bytes

    target = Path(path)
    parts = {field.name: getattr(result, field.name) for field in fields(result)}
    arrays = {k: np.ascontiguousarray(v) for k, v in parts.items() if isinstance(v, np.ndarray)}
    plain = {k: v for k, v in parts.items() if k not in arrays}
    header = {"convscope": json.dumps({"kind": type(result).__name__, "values": plain})}
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_bytes(to_bytes(arrays, header))
        os.replace(fresh, target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StorageError(f"{target} could not be written: {error.strerror or error}.") from error
    return target


def load_result(path: str | Path) -> Any:
    """Read back what ``result.save(path)`` wrote.

    Raises:
        StorageError: the file is no saved result.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            header: Mapping[str, str] = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        saved = json.loads(header["convscope"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise StorageError(
            f"{path} is no result convscope saved ({type(error).__name__}). Give a file that "
            "result.save(path) or convscope project --out wrote."
        ) from None
    return RESULTS[saved["kind"]](**_tuples(saved["values"]), **arrays)


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no tuples: lists of a frozen result are tuples again."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
