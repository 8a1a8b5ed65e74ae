"""From rows of the tables back to values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.geometry.box import Box
from convscope.geometry.field import AxisField, Field
from convscope.results.layer import Layer
from convscope.tally.topk import EMPTY

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Units:
    """The statistics of one layer's channels, one row a channel."""

    status: NDArray[np.str_]
    """``live``, ``dead``, ``constant`` or ``nonfinite``."""
    seen: NDArray[np.int64]
    nonfinite: NDArray[np.int64]
    maximum: NDArray[np.float32]
    minimum: NDArray[np.float32]
    """NaN unless the layer is signed."""
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    fired_images: NDArray[np.float64]
    fired_cells: NDArray[np.float64]
    histogram: NDArray[np.int64]
    """``(channels, bins)``."""
    class_means: NDArray[np.float64]
    """``(channels, labels)``."""


@dataclass(frozen=True)
class Top:
    """Kept cells of one layer and side, ``(channels, k)``, rank 1 first."""

    value: NDArray[np.float32]
    """NaN where fewer were kept."""
    image: NDArray[np.int64]
    """-1 where fewer were kept."""
    y: NDArray[np.int32]
    x: NDArray[np.int32]


@dataclass(frozen=True)
class ChannelHealth:
    """What the channels of one layer are like, one row a channel."""

    twin: NDArray[np.int32]
    """The other channel most like it or most unlike; -1: it hardly varied, or was not compared."""
    twin_correlation: NDArray[np.float32]
    """NaN there."""
    locality: NDArray[np.float64]
    """Share of a map that is effectively active where it fires; NaN where it never did."""
    saturated: NDArray[np.float64]
    """Share of cells at a bound of the activation that follows; 0 where none follows."""


@dataclass(frozen=True)
class Answers:
    """What the network said, one row an image that was read."""

    image: NDArray[np.int64]
    guess: NDArray[np.int32]
    """Class with the highest score; -1: the scores were not finite."""
    probability: NDArray[np.float64]
    label_class: NDArray[np.int32]
    """-1: the image has no label, or one that no class is called by."""
    label_probability: NDArray[np.float64]
    """NaN there."""


@dataclass(frozen=True)
class ImageRow:
    """One image, as the pass found it."""

    number: int
    uri: str
    label: str | None
    source: str
    source_box: Box | None
    width: int | None
    height: int | None
    bytes: int
    mtime: float | None
    sha256: str
    status: str
    """``ok`` or ``failed``."""
    error: str


def to_layer(row: dict[str, Any]) -> Layer:
    """A row of ``layers``."""
    axes = [_axis(row, axis) for axis in "yx"]
    field = Field(axes[0], axes[1], row["field_status"], row["field_cause"])
    same = {name: row[name] for name in ("number", "op", "channels", "height", "width")}
    return Layer(
        name=row["address"],
        field=field,
        signed=row["signed"],
        default=row["default"],
        aliases=tuple(row["aliases"]),
        **same,
    )


def _axis(row: dict[str, Any], axis: str) -> AxisField:
    # strides are small fractions: 1/3 is stored as the nearest float64 and found again
    stride, offset = (
        Fraction(row[f"field_{name}_{axis}"]).limit_denominator(1 << 16)
        for name in ("stride", "offset")
    )
    return AxisField(row[f"field_size_{axis}"], stride, offset)


def to_units(group: pa.Table) -> Units:
    """A row group of ``units``."""
    names = [
        name for name in Units.__dataclass_fields__ if name not in ("histogram", "class_means")
    ]
    columns: dict[str, Any] = {name: group.column(name).to_numpy() for name in names}
    columns["status"] = columns["status"].astype(np.str_)
    for name in ("histogram", "class_means"):
        flat = group.column(name).combine_chunks().flatten().to_numpy()
        columns[name] = flat.reshape(len(group), -1) if len(flat) else flat.reshape(len(group), 0)
    return Units(**columns)


def to_top(group: pa.Table, side: str, channels: int, k: int) -> Top:
    """One side of a row group of ``top``."""
    of_side = group.column("side").to_numpy() == side
    columns = {name: group.column(name).to_numpy()[of_side] for name in group.column_names}
    place = columns["channel"], columns["rank"] - 1
    found = Top(
        np.full((channels, k), np.nan, np.float32),
        np.full((channels, k), EMPTY, np.int64),
        np.zeros((channels, k), np.int32),
        np.zeros((channels, k), np.int32),
    )
    for name in ("value", "image", "y", "x"):
        getattr(found, name)[place] = columns[name]
    return found


def to_health(group: pa.Table) -> ChannelHealth:
    """A row group of ``health``."""
    return ChannelHealth(**_columns(group, ChannelHealth))


def to_answers(table: pa.Table) -> Answers:
    """All of ``answers``."""
    return Answers(**_columns(table, Answers))


def _columns(table: pa.Table, into: Any) -> dict[str, Any]:
    return {column.name: table.column(column.name).to_numpy() for column in fields(into)}


def to_image(row: dict[str, Any]) -> ImageRow:
    """A row of ``images``."""
    box = row["source_box"]
    same = {name: row[name] for name in ImageRow.__dataclass_fields__ if name in row}
    same["source_box"] = None if box is None else Box(*box)
    return ImageRow(number=row["image"], **same)
