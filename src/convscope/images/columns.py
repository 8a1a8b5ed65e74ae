"""Which columns of a table hold images and labels, and what to say where they do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convscope.errors import SourceError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

LABEL_COLUMN = "label"


def check_image(name: str, schema: pa.Schema, column: str) -> None:
    """Refuse an image column that is absent or holds no bytes, naming those there are."""
    if column not in schema.names:
        raise SourceError(_no_column(name, schema, column, "--image-column"))
    if not _holds_bytes(schema.field(column).type):
        raise SourceError(
            f"{name}: the column {column!r} holds {schema.field(column).type}, not encoded image "
            f"bytes. Name another with --image-column. There are: {_columns(schema)}."
        )


def _holds_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _holds_bytes(kind.field(index).type)
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests) or pa.types.is_binary_view(kind)


def has_label(name: str, schema: pa.Schema, column: str) -> bool:
    """Whether there is a label column; one that was asked for by name must be there."""
    if column in schema.names:
        return True
    if column == LABEL_COLUMN:  # the default: images without labels are fine
        return False
    raise SourceError(_no_column(name, schema, column, "--label-column"))


def _no_column(name: str, schema: pa.Schema, column: str, flag: str) -> str:
    return (
        f"{name}: no column {column!r}; name one with {flag}. There are: {_columns(schema)}. "
        f"{nearest(column, schema.names)}"
    ).rstrip()


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in schema) or "none"


def label_names(schema: pa.Schema, column: str) -> list[str] | None:
    """The words behind integer labels, where the file says them as Hugging Face datasets do."""
    try:
        said = json.loads((schema.metadata or {})[b"huggingface"])
        names = said["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return [str(word) for word in names]
