"""Pictures into the bytes of a file: JPEG for sheets, PNG where no value may change."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

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
