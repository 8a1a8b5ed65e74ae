"""Arrays saved by ``numpy.save``: the way in for images of many channels."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ImageError

MAGIC = b"\x93NUMPY"


def decode_npy(data: bytes, max_pixels: int) -> NDArray[Any]:
    """Read ``(h, w)`` or ``(h, w, c)``, uint8 or float, never a pickle.

    Returns:
        ``(h, w, c)``, uint8 or float32.

    Raises:
        ImageError: not such an array, more pixels than allowed, not finite, or it ends early.
    """
    shape, dtype = _header(data)
    if len(shape) not in (2, 3) or 0 in shape:
        raise ImageError(f"has the shape {shape}; an image is (height, width) or (h, w, channels)")
    if dtype != np.uint8 and not np.issubdtype(dtype, np.floating):
        raise ImageError(f"holds {dtype}; uint8, or float on the 0..1 scale, is read")
    if shape[0] * shape[1] > max_pixels:
        raise ImageError(too_large(shape[0], shape[1], max_pixels))
    return _finite(_read(data).reshape(*shape[:2], -1))


def too_large(height: int, width: int, max_pixels: int) -> str:
    """The reason for refusing an image by its header."""
    return (
        f"its header says {height} x {width} pixels (height x width); "
        f"the limit is {max_pixels / 1e6:.4g} million"
    )


def _header(data: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    file = BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
    except (ValueError, SyntaxError, TypeError, EOFError) as error:
        raise ImageError(f"is a damaged .npy: {' '.join(str(error).split())[:160]}") from None
    if min(shape, default=1) < 0 or not all(isinstance(side, int) for side in shape):
        raise ImageError(f"is a damaged .npy: its shape is {shape}")
    return shape, dtype


def _read(data: bytes) -> NDArray[Any]:
    try:
        array = np.lib.format.read_array(BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as error:
        raise ImageError(f"ends early: {' '.join(str(error).split())[:160]}") from None
    return np.asarray(array)


def _finite(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.uint8:
        return array
    if not np.isfinite(array).all():
        raise ImageError("holds NaN or infinite values")
    return array.astype(np.float32)
