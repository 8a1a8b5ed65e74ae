"""The two tables of a run: a row an epoch, a row a step, each rewritten whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas import store
from convscope.errors import CorruptError

EPOCHS: Mapping[str, str] = MappingProxyType(
    {
        "epoch": "int64",
        "step": "int64",
        "rate": "float64",
        "train_loss": "float64",
        "train_accuracy": "float64",
        "validation_loss": "float64",
        "validation_accuracy": "float64",
        "seconds": "float64",
    }
)
"""Columns of ``history.parquet``: ``step`` and ``rate`` are the epoch's last. Loss and accuracy of
training are means over the epoch's batches as they were trained on, augmented and with dropout."""
STEPS: Mapping[str, str] = MappingProxyType({"step": "int64", "loss": "float64", "rate": "float64"})
"""Columns of ``steps.parquet``; the first step is 1."""
HEALTH: Mapping[str, str] = MappingProxyType(
    {
        "epoch": "int64",
        "layer": "str",
        "rms_max": "float64",
        "rms_median": "float64",
        "norm": "float64",
        "update": "float64",
        "dead": "float64",
        "sparsity": "float64",
    }
)
"""Columns of ``health.parquet``: a row for each layer at the end of an epoch; NaN where unknown."""

Row = Mapping[str, Any]


def write_rows(path: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Write a table whole.

    Raises:
        StorageError: the disk is full or refuses.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    kinds = {"str": pa.string(), "int64": pa.int64(), "float64": pa.float64()}
    arrays = [
        pa.array([row[name] for row in rows], kinds[kind], from_pandas=False)
        for name, kind in columns.items()
    ]
    with store.replacing(path) as file:
        parquet.write_table(pa.table(arrays, names=list(columns)), file)


def read_columns(path: Path, columns: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The columns of a table; empty ones where there is no such file.

    Raises:
        CorruptError: it is no table with these columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    if not path.is_file():
        return {name: np.zeros(0, _kind(kind)) for name, kind in columns.items()}
    try:
        table = parquet.read_table(path, columns=list(columns))
        return {
            name: table.column(name).to_numpy().astype(_kind(kind), copy=True)
            for name, kind in columns.items()
        }
    except (pa.ArrowInvalid, KeyError, OSError, ValueError) as error:
        raise CorruptError(
            f"{path} is not as it was written ({error}). Train again into a new folder."
        ) from None


def read_rows(path: Path, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of a table, as ``write_rows`` takes them."""
    found = read_columns(path, columns)
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*(found[name].tolist() for name in columns), strict=True)
    ]


def _kind(kind: str) -> Any:
    return object if kind == "str" else kind
