"""Read one image: a file, an array, or one of a source's."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from convscope.errors import ImageError
from convscope.images.decode import decode
from convscope.images.file import read_file
from convscope.images.image import Image
from convscope.images.source import Pixels, Source
from convscope.preprocess import Preprocessing


def read(
    given: str | Path | Pixels,
    preprocessing: Preprocessing,
    label: str | None = None,
    id: str | None = None,
) -> Image:
    """Read and prepare one image file, or an array of ``(h, w)`` or ``(h, w, c)`` pixels.

    ``id`` is the file's name unless given.

    Raises:
        ImageError: it cannot be read, or does not fit the network; the message names it.

    >>> read(np.zeros((300, 400, 3), np.uint8), Preprocessing((227, 227), 256)).array.shape
    (3, 227, 227)
    """
    if isinstance(given, np.ndarray):
        return Image.from_array(given, preprocessing, id=id or "array", label=label)
    path = os.fspath(given)
    try:
        pixels = decode(read_file(path)[0]).pixels
        return Image.from_array(pixels, preprocessing, id=id or os.path.basename(path), label=label)
    except ImageError as error:
        raise ImageError(f"{path}: {str(error).rstrip('.')}.") from None


def read_from(source: Source, index: int, preprocessing: Preprocessing) -> Image:
    """Read and prepare one image of a source, a tile with its box in the original.

    Raises:
        ImageError: it cannot be read, or does not fit the network; the message names it.
    """
    record, pixels = source.record(index), source.pixels(index)
    return Image.from_prepared(
        preprocessing.apply(pixels),
        id=record.uri,
        label=record.label,
        source=record.source,
        source_size=record.source_size or (pixels.shape[0], pixels.shape[1]),
        source_box=record.source_box,
    )
