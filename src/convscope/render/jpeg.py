"""Pictures into bytes, and bytes onto the disk in one piece."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from PIL import Image

from convscope.errors import StorageError
from convscope.render.tile import Pixels


def jpeg(pixels: Pixels, quality: int) -> bytes:
    """JPEG with full colour resolution: 4:2:0 doubles the colour error of projections.

    Without ``optimize``: Pillow's buffer for it is too small for noise at full colour resolution.
    """
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def png(pixels: Pixels) -> bytes:
    """Lossless PNG."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return out.getvalue()


def write_whole(path: Path, data: bytes) -> int:
    """Write under a temporary name, then rename; returns the bytes written.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"Could not write {path.name}: {error.strerror}. Free some space or choose another "
            "folder, then run the same command: what is finished is kept."
        ) from None
    return len(data)
