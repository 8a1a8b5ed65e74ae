"""Encoded bytes to pixels, as a viewer would show them: the one place that decides how.

Pillow's own ``convert("RGB")`` clips 16-bit images to white, flattens floats and makes
transparent pixels opaque; so every mode has its conversion here, in ``CONVERSIONS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convscope.errors import ImageError
from convscope.images.npy import MAGIC, decode_npy, too_large
from convscope.images.profile import to_srgb
from convscope.images.quiet import quiet_pillow
from convscope.images.reasons import explain

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
MAX_PIXELS = 64_000_000
BACKGROUND = 255
"""White: what shows through transparent pixels, in every channel."""

_ORIENTATION = 0x0112
_WHITE_IS_ZERO = (262, 0)

Uint8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Decoded:
    """Pixels, and what was decided in reading them."""

    pixels: NDArray[Any]
    """``(h, w, c)``: uint8 of 1 or 3 channels; from ``.npy`` any count, uint8 or float32."""
    note: str = ""


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decode one image; safe to call from several threads.

    EXIF orientation is undone, an embedded RGB or CMYK color profile is brought to sRGB (a
    profile that is itself broken is ignored, as viewers do), transparency is laid over white,
    16-bit values are divided by 257, and of an animation the first frame is taken and noted.
    Grayscale keeps its single channel.

    Raises:
        ImageError: why not, in plain words; the pixel count is checked before any is decoded.

    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> Pillow.new("L", (3, 2), 7).save(file, "PNG")
    >>> decode(file.getvalue()).pixels.shape
    (2, 3, 1)
    """
    if not data:
        raise ImageError("0 bytes")
    if data.startswith(MAGIC):
        return Decoded(decode_npy(data, max_pixels))
    try:
        with quiet_pillow(), Pillow.open(BytesIO(data), formats=FORMATS) as image:
            return _decode(image, max_pixels)
    except ImageError:
        raise
    except Exception as error:  # foreign decoders on foreign bytes raise a dozen kinds
        raise ImageError(explain(error, data)) from None


def _decode(image: Pillow.Image, max_pixels: int) -> Decoded:
    if image.width * image.height > max_pixels:
        raise ImageError(too_large(image.height, image.width, max_pixels))
    if image.mode not in CONVERSIONS:
        raise ImageError(f"has the color mode {image.mode}; {', '.join(CONVERSIONS)} are read")
    image.load()
    pixels = _upright(CONVERSIONS[image.mode](image), _orientation(image))
    note = "first of several frames" if _is_animated(image) else ""
    return Decoded(np.ascontiguousarray(pixels), note)


def _orientation(image: Pillow.Image) -> int:
    # After load(): Pillow turns TIFFs itself and then drops the tag.
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # broken EXIF raises anything; a viewer shows such an image as it lies
        return 1


def _is_animated(image: Pillow.Image) -> bool:
    # Not n_frames, which walks through all of a GIF's frames.
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # a second frame that is broken; the first was read
        return True


def _upright(pixels: Uint8, orientation: int) -> Uint8:
    turn = _TURNS.get(orientation)
    return turn(pixels) if turn else pixels


_TURNS: dict[int, Callable[[Uint8], Uint8]] = {
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: p[::-1].swapaxes(0, 1),
    7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
    8: lambda p: p[:, ::-1].swapaxes(0, 1),
}


def _gray(image: Pillow.Image) -> Uint8:
    if "transparency" in image.info:
        return _over(np.asarray(image.convert("LA")))
    return np.asarray(image.convert("L"))[:, :, None]


def _gray_alpha(image: Pillow.Image) -> Uint8:
    # Premultiplied gray (La) converts to LA and to nothing else.
    return _over(np.asarray(image.convert("LA")))


def _color(image: Pillow.Image) -> Uint8:
    if image.has_transparency_data:
        return _color_alpha(image)
    return np.asarray(to_srgb(image.convert("RGB"), image.info.get("icc_profile")))


def _color_alpha(image: Pillow.Image) -> Uint8:
    return _over(np.asarray(to_srgb(image.convert("RGBA"), image.info.get("icc_profile"))))


def _ink(image: Pillow.Image) -> Uint8:
    # Pillow has already undone Adobe's inversion, and YCCK comes as CMYK.
    return np.asarray(to_srgb(image, image.info.get("icc_profile")).convert("RGB"))


def _deep(image: Pillow.Image) -> Uint8:
    values = np.asarray(image).astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise ImageError(f"holds integers from {low} to {high}; a look is known for 0 to 65535")
    clear = values == image.info.get("transparency", -1)
    tag, value = _WHITE_IS_ZERO
    if getattr(image, "tag_v2", {}).get(tag) == value:
        values = 65535 - values
    scaled = np.where(clear, BACKGROUND, (values + 128) // 257)
    return scaled.astype(np.uint8)[:, :, None]


def _real(image: Pillow.Image) -> Uint8:
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise ImageError("holds NaN or infinite values")
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise ImageError(f"holds floats from {low:.4g} to {high:.4g}; a look is known for 0 to 1")
    return np.asarray(np.rint(values * 255), np.uint8)[:, :, None]


def _over(pixels: Uint8) -> Uint8:
    values, alpha = pixels[:, :, :-1].astype(np.uint32), pixels[:, :, -1:].astype(np.uint32)
    return ((values * alpha + BACKGROUND * (255 - alpha) + 127) // 255).astype(np.uint8)


CONVERSIONS: dict[str, Callable[[Pillow.Image], Uint8]] = {
    "1": _gray,
    "L": _gray,
    "LA": _gray_alpha,
    "La": _gray_alpha,
    "P": _color,
    "PA": _color_alpha,
    "RGB": _color,
    "RGBX": _color,
    "RGBA": _color_alpha,
    "RGBa": _color_alpha,
    "YCbCr": _color,
    "HSV": _color,
    "LAB": _color,
    "CMYK": _ink,
    "I;16": _deep,
    "I;16L": _deep,
    "I;16B": _deep,
    "I;16N": _deep,
    "I": _deep,
    "F": _real,
}
"""Every Pillow mode we read and what becomes of it: ``(h, w, 1)`` or ``(h, w, 3)``."""
