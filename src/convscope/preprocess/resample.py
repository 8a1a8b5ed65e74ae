"""Resizing and cropping pixels, as Pillow and torchvision do it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convscope.errors import ImageError
from convscope.geometry.box import Box

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]

FILTERS: dict[str, Pillow.Resampling] = {
    "nearest": Pillow.Resampling.NEAREST,
    "bilinear": Pillow.Resampling.BILINEAR,
    "bicubic": Pillow.Resampling.BICUBIC,
    "lanczos": Pillow.Resampling.LANCZOS,
}
# ITU-R 601-2, the weights of Pillow's own convert("L").
_LUMA = (0.299, 0.587, 0.114)


def match_channels(pixels: NDArray[Any], channels: int) -> NDArray[Any]:
    """Repeat a grayscale image for three channels, or take a color image's luma for one.

    Raises:
        ImageError: no such conversion leads from the image's channels to the network's.

    >>> match_channels(np.full((2, 2, 1), 7, np.uint8), 3).shape
    (2, 2, 3)
    """
    has = pixels.shape[2]
    if has == channels:
        return pixels
    if has == 1 and channels == 3:
        return np.repeat(pixels, 3, axis=2)
    if has == 3 and channels == 1:
        return _luma(pixels)
    raise ImageError(
        f"The image has {has} channels and the network takes {channels}. Give an image of "
        f"{channels} channels; only grayscale to color (1 to 3) and back are converted."
    )


def scaled_size(height: int, width: int, resize: int, crop: tuple[int, int]) -> tuple[int, int]:
    """The size after scaling the short side to ``resize``, or to more where the crop needs it.

    The long side is cut to whole pixels, as torchvision does.

    >>> scaled_size(300, 400, 256, (227, 227))
    (256, 341)
    >>> scaled_size(100, 100, 73, (64, 96))
    (96, 96)
    """
    short = min(height, width)
    scaled = (resize * height // short, resize * width // short)
    if scaled[0] >= crop[0] and scaled[1] >= crop[1]:
        return scaled
    if crop[0] * width >= crop[1] * height:  # the rows are the tighter fit
        return crop[0], max(crop[1], crop[0] * width // height)
    return max(crop[0], crop[1] * height // width), crop[1]


def resample(
    pixels: NDArray[Any], size: tuple[int, int], interpolation: Interpolation
) -> NDArray[Any]:
    """Resize ``(h, w, c)`` pixels with Pillow's antialiasing filters, each channel by itself."""
    if pixels.shape[:2] == size:
        return pixels
    if pixels.dtype == np.uint8 and pixels.shape[2] == 3:
        return _resize(pixels, size, interpolation)
    planes = [_resize(pixels[:, :, c], size, interpolation) for c in range(pixels.shape[2])]
    return np.stack(planes, axis=2)


def center_box(size: tuple[int, int], crop: tuple[int, int]) -> Box:
    """The centre crop's box; a half pixel is rounded to even, as torchvision does.

    >>> center_box((256, 341), (227, 227))
    Box(y0=14, x0=57, y1=241, x1=284)
    """
    y0, x0 = round((size[0] - crop[0]) / 2), round((size[1] - crop[1]) / 2)
    return Box(y0, x0, y0 + crop[0], x0 + crop[1])


def back(box: Box, size: tuple[int, int], original: tuple[int, int]) -> Box:
    """A box of the scaled image as the smallest box of original pixels that holds it.

    >>> back(Box(0, 64, 128, 192), (128, 256), (64, 128))
    Box(y0=0, x0=32, y1=64, x1=96)
    """
    (height, width), (h, w) = size, original
    return Box(
        box.y0 * h // height,
        box.x0 * w // width,
        -(-box.y1 * h // height),
        -(-box.x1 * w // width),
    )


def _luma(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype == np.uint8:
        return np.asarray(Pillow.fromarray(pixels).convert("L"))[:, :, None]
    return np.asarray(pixels @ np.asarray(_LUMA, pixels.dtype))[:, :, None]


def _resize(
    plane: NDArray[Any], size: tuple[int, int], interpolation: Interpolation
) -> NDArray[Any]:
    image = Pillow.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((size[1], size[0]), FILTERS[interpolation]))
