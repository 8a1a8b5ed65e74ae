"""Arrays saved by ``numpy.save``: the way in for images of many channels."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ImageError

MAGIC = b"\x93NUMPY"


# The format's own parser warns on old files, runs a tokenizer on hostile ones and knows pickles.
_TYPES = frozenset(["u1", "|u1", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
_LENGTH = {1: 2, 2: 4, 3: 4}
_LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    type: str
    is_fortran: bool
    end: int


def decode_npy(data: bytes, max_pixels: int) -> NDArray[Any]:
    """Read ``(h, w)`` or ``(h, w, c)``, uint8 or float, never a pickle.

    Returns:
        ``(h, w, c)``, uint8 or float32.

    Raises:
        ImageError: not such an array, more pixels than allowed, not finite, or it ends early.

    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> np.save(file, np.zeros((2, 3, 7), np.float64))
    >>> decode_npy(file.getvalue(), max_pixels=6).shape
    (2, 3, 7)
    """
    header = _header(data)
    if len(header.shape) not in (2, 3) or min(header.shape) < 1:
        raise ImageError(
            f"has the shape {header.shape}; an image is (height, width) or "
            "(height, width, channels), none of them 0"
        )
    if header.type not in _TYPES:
        raise ImageError(
            f"holds values of type {header.type}; uint8, or float on the 0..1 scale, is read"
        )
    if header.shape[0] * header.shape[1] > max_pixels:
        raise ImageError(too_large(header.shape[0], header.shape[1], max_pixels))
    return _finite(_values(data, header))


def too_large(height: int, width: int, max_pixels: int) -> str:
    """The reason for refusing an image by its header."""
    return (
        f"its header says {height} x {width} pixels (height x width); "
        f"the limit is {max_pixels / 1e6:.4g} million"
    )


def _header(data: bytes) -> _Header:
    size = _LENGTH.get(data[6] if len(data) > 6 else 0, 0)
    start = 8 + size
    end = start + int.from_bytes(data[8:start], "little")
    if not size or not start < end <= min(len(data), _LONGEST_HEADER):
        raise ImageError("is a damaged .npy: its header ends early or is of an unknown version")
    try:
        said = ast.literal_eval(data[start:end].decode("latin-1").strip())
        shape = tuple(int(side) for side in said["shape"])
        return _Header(shape, str(said["descr"]), bool(said["fortran_order"]), end)
    except (ValueError, SyntaxError, TypeError, LookupError, MemoryError, RecursionError):
        raise ImageError("is a damaged .npy: its header cannot be read") from None


def _values(data: bytes, header: _Header) -> NDArray[Any]:
    count, dtype = math.prod(header.shape), np.dtype(header.type)
    there = (len(data) - header.end) // dtype.itemsize
    if there < count:
        raise ImageError(f"ends early: {there} of {count} values are there")
    flat = np.frombuffer(data, dtype, count, header.end)
    values = flat.reshape(header.shape, order="F" if header.is_fortran else "C")
    return values.reshape(*header.shape[:2], -1)


def _finite(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.uint8:
        return array
    with np.errstate(all="ignore"):  # doubles beyond float32 become infinite, and are refused
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise ImageError("holds NaN, infinite or huge values")
    return values
