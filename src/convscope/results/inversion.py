"""Pictures that layers answer as they answer an image: its code, inverted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.result import Result


@dataclass(frozen=True)
class Inversion(Result):
    """An image from its code at some layers, each from one or several starts.

    A layer that is zero everywhere on the image has no code: its pictures are gray, its numbers
    nan.
    """

    captioned = "inversion"

    original: NDArray[np.uint8]
    """(H, W, c) the image as the network gets it."""
    pictures: NDArray[np.uint8]
    """(L, starts, H, W, c), as shown; all numbers but ``curve`` are of these 8-bit pixels."""
    layers: tuple[str, ...]
    """``input`` is the image itself, its colors less the network's mean."""
    error: NDArray[np.float64]
    """(L, starts): ``|Phi(x) - Phi0| / |Phi0|``."""
    curve: NDArray[np.float64]
    """(L, starts, steps): the same as each step saw it; nan after a climb stopped."""
    psnr: NDArray[np.float64]
    """(L, starts), dB, of a picture and the original; inf where they are the same."""
    pixel_error: NDArray[np.float64]
    """(L, starts): root mean square difference from the original, of 255."""
    spread: NDArray[np.float64]
    """(L,): root mean square difference of the starts from their mean, of 255; nan for one start.

    What the code leaves open differs between starts.
    """
    lr: NDArray[np.float64]
    """(L, starts): the learning rate; lowered where a climb diverged."""
    stopped: NDArray[np.int64]
    """(L, starts): the step at which it diverged at every rate tried, the best kept; or -1."""
    note: str
    """What must be said with the pictures; empty if nothing."""
    provenance: dict[str, Any]
    """Method, options, weights hash, image, versions."""

    @property
    def best(self) -> NDArray[np.int64]:
        """(L,): the start of least error; 0 where there is no code.

        >>> pixels = np.zeros((1, 2, 4, 4, 3), np.uint8)
        >>> two, curve = np.array([[0.3, 0.2]]), np.zeros((1, 2, 5))
        >>> Inversion(pixels[0, 0], pixels, ("relu1",), two, curve, two, two, two[:, 0], two,
        ...           np.full((1, 2), -1), "", {}).best.tolist()
        [1]
        """
        found: NDArray[np.int64] = np.nan_to_num(self.error, nan=np.inf).argmin(axis=1)
        return found
