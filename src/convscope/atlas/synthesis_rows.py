"""Synthesized pictures as rows of their table, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.atlas.schema import SYNTHESIS
from convscope.results.synthesis import Synthesis
from convscope.results.synthesis_note import note

Row = dict[str, Any]


def to_rows(made: Synthesis) -> dict[int, Row]:
    """A row for each picture, by channel."""
    values = zip(made.channels, made.names, made.status, made.starts, made.values.tolist(),
                 made.best.tolist(), made.robust.tolist(), made.tries.T,
                 made.pictures, strict=True)  # fmt: skip
    names = [column.name for column in SYNTHESIS.columns]
    rows = [dict(zip(names, row, strict=True)) for row in values]
    packed = [
        row | {"tries": _tried(row["tries"]), "picture": _png(row["picture"])} for row in rows
    ]
    return {row["channel"]: row for row in packed}


def _tried(values: NDArray[np.float64]) -> list[float]:
    """The values of the starts that were tried: not those after the last."""
    last = np.flatnonzero(np.isfinite(values))
    return values[: last[-1] + 1].tolist() if len(last) else []


def to_synthesis(rows: Sequence[Row], meta: Mapping[str, Any]) -> Synthesis:
    """The result that rows hold, with its note counted again over all of them."""
    column = {name: [row[name] for row in rows] for name in rows[0]}
    tries = list(zip_longest(*column["tries"], fillvalue=np.nan))
    made = Synthesis(
        pictures=np.stack([_pixels(data, meta["shape"]) for data in column["picture"]]),
        values=np.array(column["value"], np.float64),
        best=np.array(column["best"], np.float64),
        robust=np.array(column["robust"], np.float64),
        tries=np.array(tries, np.float64).reshape(-1, len(rows)),
        layer=meta["layer"],
        channels=tuple(column["channel"]),
        names=tuple(column["name"]),
        status=tuple(column["status"]),
        starts=tuple(column["start"]),
        note="",
        provenance=meta["provenance"],
    )
    return replace(made, note=note(made))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, c) as PNG; other than three channels are planes of gray below each other."""
    _, width, channels = pixels.shape
    flat = pixels if channels == 3 else pixels.transpose(2, 0, 1).reshape(-1, width)
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(flat)).save(out, "PNG")
    return out.getvalue()


def _pixels(data: bytes, shape: Sequence[int]) -> NDArray[np.uint8]:
    height, width, channels = shape
    with Image.open(BytesIO(data)) as image:
        flat = np.asarray(image)
    if channels == 3:
        return flat
    return np.ascontiguousarray(flat.reshape(channels, height, width).transpose(1, 2, 0))
