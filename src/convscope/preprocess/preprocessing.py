"""How pixels become the network's input: short side, centre crop, mean and std; and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ImageError, PreprocessingError
from convscope.geometry.box import Box
from convscope.preprocess.mean_image import MeanImage
from convscope.preprocess.resample import (
    FILTERS,
    Interpolation,
    back,
    center_box,
    match_channels,
    resample,
    scaled_size,
)

__all__ = ["Interpolation", "Prepared", "Preprocessing"]


@dataclass(frozen=True)
class Prepared:
    """One image ready for the network, and what a person would see of it."""

    array: NDArray[np.float32]
    """``(c, H, W)``, in network-input units."""
    shown: NDArray[np.uint8]
    """``(H, W, c)``, the same pixels before normalization."""
    box: Box
    """The part of the original image that ``shown`` covers."""


@dataclass(frozen=True)
class Preprocessing:
    """Short side to ``resize``, centre crop to ``size``, then ``(pixel/255 - mean) / std``.

    An image whose crop would not fit is enlarged until it does.

    >>> squeezenet = Preprocessing((227, 227), resize=256, mean=(0.48, 0.46, 0.41))
    >>> prepared = squeezenet.apply(np.zeros((300, 400, 3), np.uint8))
    >>> prepared.array.shape, prepared.box
    ((3, 227, 227), Box(y0=16, x0=66, y1=283, x1=334))
    """

    size: tuple[int, int]
    """``(height, width)`` of the network's input, in pixels."""
    resize: int | None
    """Short side before the crop, in pixels; None: the pixels as they are, then the crop."""
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, ...] = (0.0,) * 3
    """One a channel, on the 0..1 scale."""
    std: tuple[float, ...] = (1.0,) * 3
    """One a channel, on the 0..1 scale."""
    mean_image: MeanImage | None = field(default=None, repr=False)
    """Subtracted in place of ``mean``, which then is its mean a channel; None: there is none."""

    def __post_init__(self) -> None:
        """Refuse what cannot be computed with."""
        _check(self)

    @property
    def channels(self) -> int:
        """Channels of the network's input."""
        return len(self.mean)

    def apply(self, pixels: NDArray[Any]) -> Prepared:
        """Prepare ``(h, w, c)`` or ``(h, w)`` pixels: uint8, or float on the 0..1 scale.

        Grayscale is repeated for a network of three channels, color becomes luma for one of one.
        Floats stay floats for the network; ``shown`` is their 0..1 part.

        Raises:
            ImageError: channels that do not fit, or too few pixels where ``resize`` is None.
        """
        cut, box = self._crop(match_channels(_three_axes(pixels), self.channels))
        array = np.array(cut.transpose(2, 0, 1), np.float32, order="C")  # (c, H, W), a copy
        if cut.dtype == np.uint8:
            array /= 255
        array -= self._subtracted()
        array /= self._plane(self.std)
        return Prepared(array, _to_uint8(cut), box)

    def invert(self, array: NDArray[Any]) -> NDArray[np.uint8]:
        """Bring a ``(c, h, w)`` network input of any size back to ``(h, w, c)`` pixels, clipped.

        A mean image is added to inputs of the network's own size; to others ``mean``, its mean.
        """
        whole = array.shape[1:] == self.size
        added = self._subtracted() if whole else self._plane(self.mean)
        pixels = array * self._plane(self.std) + added
        return np.ascontiguousarray(_to_uint8(pixels).transpose(1, 2, 0))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        >>> given = Preprocessing((32, 32), None)
        >>> Preprocessing.from_dict(given.to_dict()) == given
        True
        """
        values = asdict(self)
        if self.mean_image is None:
            del values["mean_image"]
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Read ``to_dict`` back."""
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        if plain.get("mean_image") is not None:
            plain["mean_image"] = MeanImage(**plain["mean_image"])
        return cls(**plain)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Preprocessing:
        """Read the text fields of a safetensors header.

        Raises:
            PreprocessingError: size, mean or std is not in it, or is malformed.

        >>> Preprocessing.from_metadata({"size": "64,96", "mean": "0.5", "std": "0.5"}).resize
        73
        """
        from convscope.preprocess.settings import resolve

        return resolve(metadata=metadata)

    def fingerprint(self) -> str:
        """Twelve hex digits that differ where the inputs would."""
        values = self.to_dict()
        if self.mean_image is not None:
            values["mean_image"] = self.mean_image.sha256  # wherever it lies
        text = json.dumps(values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _subtracted(self) -> NDArray[np.float32]:
        if self.mean_image is None:
            return self._plane(self.mean)
        return self.mean_image.center(self.size, self.channels)

    def _plane(self, values: tuple[float, ...]) -> NDArray[np.float32]:
        return np.asarray(values, np.float32)[:, None, None]

    def _crop(self, pixels: NDArray[Any]) -> tuple[NDArray[Any], Box]:
        original = (pixels.shape[0], pixels.shape[1])
        size = self._scaled(*original)
        box = center_box(size, self.size)
        cut = resample(pixels, size, self.interpolation)[box.y0 : box.y1, box.x0 : box.x1]
        return cut, back(box, size, original)

    def _scaled(self, height: int, width: int) -> tuple[int, int]:
        if self.resize is not None:
            return scaled_size(height, width, self.resize, self.size)
        if height >= self.size[0] and width >= self.size[1]:
            return height, width
        raise ImageError(
            f"The image is {height} x {width} pixels (height x width) and the network takes "
            f"{self.size[0]} x {self.size[1]} without resizing. Give a larger image, or --resize."
        )


def _three_axes(pixels: NDArray[Any]) -> NDArray[Any]:
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise ImageError(
            f"Pixels have the shape (height, width, channels), none of them 0; not {pixels.shape}."
        )
    if pixels.dtype == np.uint8:
        return pixels
    if np.issubdtype(pixels.dtype, np.floating):
        return pixels.astype(np.float32, copy=False)
    raise ImageError(f"Pixels are uint8, or float on the 0..1 scale; not {pixels.dtype}.")


def _to_uint8(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    return np.asarray(np.rint(np.clip(pixels, 0, 1) * 255), np.uint8)


def _check(given: Preprocessing) -> None:
    sides = (*given.size, *(() if given.resize is None else (given.resize,)))
    if len(given.size) != 2 or min(sides) < 1:
        raise PreprocessingError(
            f"size {given.size} and resize {given.resize} are pixels and at least 1; size is "
            "(height, width)."
        )
    if given.interpolation not in FILTERS:
        raise PreprocessingError(
            f"No interpolation {given.interpolation!r}. There are: {', '.join(FILTERS)}."
        )
    if not given.mean or len(given.mean) != len(given.std):
        raise PreprocessingError(
            f"mean has {len(given.mean)} values and std {len(given.std)}; give one a channel."
        )
    if not all(np.isfinite([*given.mean, *given.std])) or min(given.std) <= 0:
        raise PreprocessingError(
            f"mean {given.mean} and std {given.std} must be finite numbers, std above 0."
        )
