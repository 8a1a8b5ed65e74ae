"""The mean image that a network's inputs are taken from, in a file beside its weights.

Source: Zeiler & Fergus 2013, sec. 3: "subtracting the per-pixel mean (across all images)".
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.errors import PreprocessingError
from convscope.preprocess.resample import center_box

NAME = "mean-image.npy"
_FILE, _HASH = "mean_image", "mean_image_sha256"


@dataclass(frozen=True)
class MeanImage:
    """Where a mean image lies, and the hash by which it is known; two of one hash are equal."""

    sha256: str
    file: str = field(compare=False)

    def center(self, size: tuple[int, int], channels: int) -> NDArray[np.float32]:
        """Its centre as (c, h, w), on the 0..1 scale.

        Raises:
            PreprocessingError: it is not there any more, is another, or smaller than the input.
        """
        whole = _read(self.file, self.sha256)
        if whole.shape[2] != channels or min(np.subtract(whole.shape[:2], size)) < 0:
            raise PreprocessingError(
                f"The mean image {self.file} has the shape {whole.shape} (h, w, c), which does not "
                f"cover inputs of {size[0]} x {size[1]} px and {channels} channels."
            )
        box = center_box((whole.shape[0], whole.shape[1]), size)
        return whole[box.y0 : box.y1, box.x0 : box.x1].transpose(2, 0, 1)

    def metadata(self) -> dict[str, str]:
        """What weights that lie beside it say of it in their header."""
        return {_FILE: Path(self.file).name, _HASH: self.sha256}


def mean_image_bytes(image: NDArray[np.float32]) -> tuple[bytes, str]:
    """A mean image (h, w, c) as a file's bytes, and their SHA-256."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(image, np.float32), allow_pickle=False)
    data = buffer.getvalue()
    return data, hashlib.sha256(data).hexdigest()


def mean_image_of(metadata: Mapping[str, str], folder: Path) -> MeanImage | None:
    """The mean image that a safetensors header names; None where it names none.

    >>> mean_image_of({"mean": "0.5"}, Path())
    """
    if not metadata.get(_FILE):
        return None
    # The last part alone: a header may not point anywhere else on this machine.
    file = folder.absolute() / Path(metadata[_FILE]).name
    return MeanImage(metadata.get(_HASH, ""), str(file))


@lru_cache(maxsize=8)
def _read(file: str, sha256: str) -> NDArray[np.float32]:
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise PreprocessingError(
            f"The network's inputs are taken from the mean image {file}, which cannot be read "
            f"({error.strerror or error}). Put it back beside the weights, or give a mean a "
            "channel: --mean."
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PreprocessingError(
            f"{file} is not the mean image these weights were trained with (its hash is another). "
            "Put the right one beside them, or give a mean a channel: --mean."
        )
    image: NDArray[np.float32] = np.load(io.BytesIO(data), allow_pickle=False)
    image.setflags(write=False)
    return image
