"""Every column of every table of an atlas: the one place that says what the bytes mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
"""Version of the format. Readers refuse another one."""


@dataclass(frozen=True)
class Column:
    """One column: its name, its Arrow type, its unit and what it means."""

    name: str
    type: str
    """``int32``, ``float64``, ``string``, ``binary``, ``bool``, or ``list<...>`` of one of them."""
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """One Parquet file of an atlas."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    folder: str = ""
    """Of tables that have one file a layer."""

    @property
    def file(self) -> str:
        """Its name in the atlas."""
        return f"{self.folder}/{self.name}.parquet".lstrip("/")

    def file_of(self, name: str) -> str:
        """The file of one layer, by its slug."""
        return f"{self.folder}/{name}.parquet"

    def schema(self) -> pa.Schema:
        """The Arrow schema that is written."""
        import pyarrow as pa

        return pa.schema([(column.name, _arrow(column.type)) for column in self.columns])


def _arrow(name: str) -> pa.DataType:
    import pyarrow as pa

    if name.startswith("list<"):
        return pa.list_(_arrow(name[5:-1]))
    return pa.bool_() if name == "bool" else pa.type_for_alias(name)


def _axis(axis: str, cells: str) -> tuple[Column, ...]:
    return (
        Column(f"field_size_{axis}", "int32", "px", f"{cells} that one cell sees, unclipped"),
        Column(f"field_stride_{axis}", "float64", "px", "from one cell's field to the next one's"),
        Column(f"field_offset_{axis}", "float64", "px", "start of cell 0's field; often negative"),
    )


LAYERS = Table(
    "layers",
    "One row a layer that was looked at, in execution order.",
    (
        Column("number", "int32", "", "place on the tape; names the layer in files and URLs"),
        Column("address", "string", "", "canonical address, such as features.12"),
        Column("op", "string", "", "kind of op: conv, linear, relu, add, ..."),
        Column("channels", "int32", "", "feature maps"),
        Column("height", "int32", "cells", "rows of a map; 1 for a vector"),
        Column("width", "int32", "cells", "columns of a map; 1 for a vector"),
        *_axis("y", "rows"),
        *_axis("x", "columns"),
        Column(
            "field_status",
            "string",
            "",
            "EXACT: the smallest box; BOUND: a box that holds it; GLOBAL: the whole input",
        ),
        Column("field_cause", "string", "", "the op that made the field GLOBAL; empty otherwise"),
        Column("signed", "bool", "", "can be negative, so its weakest cells are kept too"),
        Column("default", "bool", "", "one of the default layers"),
        Column("aliases", "list<string>", "", "longer addresses of the same tensor"),
    ),
)

UNITS = Table(
    "units",
    "One row a channel of a layer; one row group a layer.",
    (
        Column("layer", "int32", "", "number of the layer"),
        Column("channel", "int32", "", "channel, from 0"),
        Column(
            "status",
            "string",
            "",
            "nonfinite: some cells were NaN or infinite; dead: rectified, or read by ReLU6, and "
            "never above 0; constant: one value everywhere; else live",
        ),
        Column("seen", "int64", "images", "images with at least one finite cell"),
        Column("nonfinite", "int64", "cells", "cells that were NaN or infinite; in no statistic"),
        Column("maximum", "float32", "activation", "over every cell; NaN where none was finite"),
        Column("minimum", "float32", "activation", "over every cell; NaN unless signed"),
        Column("mean", "float64", "activation", "over every cell"),
        Column("std", "float64", "activation", "over the lattice of cells looked at; population"),
        Column("fired_images", "float64", "share", "images whose maximum exceeds 0"),
        Column("fired_cells", "float64", "share", "cells of the lattice that exceed 0"),
        Column(
            "histogram",
            "list<int64>",
            "cells",
            "cells of the lattice in each bin; edges are histogram_edges in manifest.json",
        ),
        Column(
            "class_means",
            "list<float64>",
            "activation",
            "mean over a label's images of the map's maximum; labels are in manifest.json",
        ),
    ),
)

TOP = Table(
    "top",
    "One row a kept cell, by layer, side, channel and rank; one row group a layer.",
    (
        Column("layer", "int32", "", "number of the layer"),
        Column("channel", "int32", "", "channel, from 0"),
        Column("side", "string", "", "top: the strongest cells; bottom: the weakest, if signed"),
        Column("rank", "int32", "", "from 1; ties by image, y, x"),
        Column("value", "float32", "activation", "the cell's activation"),
        Column("image", "int64", "", "number of the image"),
        Column("y", "int32", "cells", "row of the cell"),
        Column("x", "int32", "cells", "column of the cell"),
    ),
)

IMAGES = Table(
    "images",
    "One row an image, by number; one row group a shard.",
    (
        Column("image", "int64", "", "number: rank by the bytes of the relative path"),
        Column("uri", "string", "", "path relative to the source"),
        Column("label", "string", "", "class by name; null where the source knows none"),
        Column("source", "string", "", "file the pixels were cut from; the uri for whole files"),
        Column("source_box", "list<int32>", "px", "y0, x0, y1, x1 in that file; null: all of it"),
        Column("width", "int32", "px", "as decoded; null where it was not"),
        Column("height", "int32", "px", "as decoded; null where it was not"),
        Column("bytes", "int64", "bytes", "encoded size"),
        Column("mtime", "float64", "s", "time of the file's last change since 1970; null: no file"),
        Column("sha256", "string", "", "of the encoded bytes"),
        Column("status", "string", "", "ok, or failed: then it is in no statistic"),
        Column("error", "string", "", "why it failed; empty otherwise"),
    ),
)

HEALTH = Table(
    "health",
    "One row a channel of a layer; one row group a layer. Absent from atlases made without.",
    (
        Column("layer", "int32", "", "number of the layer"),
        Column("channel", "int32", "", "channel, from 0"),
        Column(
            "twin",
            "int32",
            "",
            "the other channel of the layer with the strongest correlation, of either sign, over "
            "some cells of every image; -1: it did not vary, was active in effectively fewer than "
            "10 of them, or the layer has too many channels (health in manifest.json)",
        ),
        Column(
            "twin_correlation", "float32", "", "Pearson's, of those two; NaN where there is none"
        ),
        Column(
            "locality",
            "float64",
            "share",
            "cells that are effectively active: mean, over images where it fires, of "
            "(sum a)^2 / (n sum a^2) over the lattice's n cells, a being the positive part; NaN "
            "where it never fires there",
        ),
        Column(
            "saturated",
            "float64",
            "share",
            "cells of the lattice at or beyond a bound of the activation that follows (ReLU6 "
            "above, hardtanh, clamp; sigmoid and tanh where their slope is at most 5 % of its "
            "steepest); 0 where none follows",
        ),
    ),
)

RANKS = Table(
    "ranks",
    "One row a layer. Absent from atlases made without.",
    (
        Column("layer", "int32", "", "number of the layer"),
        Column("samples", "int64", "cells", "some of every image, by which channels are compared"),
        Column(
            "effective_rank",
            "float64",
            "channels",
            "exponential of the entropy of the normalized eigenvalues of those cells' covariance "
            "(Roy & Vetterli 2007); NaN where no channel varied, or there are too many",
        ),
        Column("channels", "int32", "", "feature maps; the most that the rank could be"),
    ),
)

ANSWERS = Table(
    "answers",
    "One row an image that is in the statistics; one row group a shard. Absent where the network "
    "has no vector of class scores, and from atlases made without.",
    (
        Column("image", "int64", "", "number of the image"),
        Column("guess", "int32", "", "class with the highest score; -1: the scores are not finite"),
        Column("probability", "float64", "", "of that class, by the network's softmax or sigmoid"),
        Column("label_class", "int32", "", "class of the image's label; -1: no class of that name"),
        Column("label_probability", "float64", "", "of that class; NaN where there is none"),
    ),
)

SYNTHESIS = Table(
    "<layer>",
    "One row a channel that a picture was synthesized for; a file a layer, named by number and "
    "name, once there are any. Its metadata holds JSON under `convscope`: the format, the layer, "
    "the pictures' shape (height, width, channels) and how they were made; and under `seal` the "
    "SHA-256 of the file with these 64 digits as zeros.",
    (
        Column("channel", "int32", "", "channel, from 0; rows are in their order"),
        Column("name", "string", "", "the unit as people write it"),
        Column(
            "status",
            "string",
            "",
            "drawn; silent: no start woke the unit, and nothing is drawn; diverged: the step was "
            "too large, and the best before is kept",
        ),
        Column("start", "int64", "", "seed of the noise that the picture came from"),
        Column("value", "float64", "activation", "strongest cell on the picture, as shown"),
        Column("best", "float64", "activation", "strongest cell in the data; NaN: there is none"),
        Column("robust", "float64", "activation", "strongest cell after a small shift and blur"),
        Column("tries", "list<float64>", "activation", "value that each start's picture reached"),
        Column(
            "picture",
            "binary",
            "",
            "PNG; of inputs that have not 3 channels the planes in gray, one below the other",
        ),
    ),
    folder="synthesis",
)

TABLES = (LAYERS, UNITS, TOP, IMAGES, HEALTH, RANKS, ANSWERS)
"""One file each, written by the pass; the last three only if they were asked for."""
EVERY = (*TABLES, SYNTHESIS)


def markdown() -> str:
    """The tables as the documentation shows them.

    >>> markdown().splitlines()[0]
    '## layers.parquet'
    """
    return "\n\n".join(_section(table) for table in EVERY) + "\n"


def _section(table: Table) -> str:
    rows = [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} |" for c in table.columns]
    head = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {table.file}", "", table.meaning, "", *head, *rows])
