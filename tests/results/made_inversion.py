"""Inversions at hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.inversion import Inversion

SIDE = 24


def made_inversion(count: int = 3, starts: int = 2, **changed: Any) -> Inversion:
    """The input, whose pixels are the same, then layers of growing error."""
    drawn = np.random.default_rng(0)
    original = drawn.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    pictures = drawn.integers(0, 255, (count, starts, SIDE, SIDE, 3), dtype=np.uint8)
    pictures[0] = original
    error = 0.1 * np.arange(count)[:, None] + 0.01 * np.arange(starts)[::-1]
    error[0] = 0
    distance = np.sqrt(np.square(pictures.astype(float) - original).mean((2, 3, 4)))
    spread = np.where(np.arange(count) > 0, 12.0, 0.0) if starts > 1 else np.full(count, np.nan)
    with np.errstate(divide="ignore"):
        psnr = 20 * np.log10(255 / distance)
    given: dict[str, Any] = {
        "original": original,
        "pictures": pictures,
        "layers": ("input", *(f"features.{i}" for i in range(1, count))),
        "error": error,
        "curve": np.linspace(1, 0, 5) + np.zeros((count, starts, 1)),
        "psnr": psnr,
        "pixel_error": distance,
        "spread": spread,
        "lr": np.full((count, starts), 0.004),
        "stopped": np.full((count, starts), -1),
        "note": "",
        "provenance": {"method": "invert"},
    }  # fmt: skip
    return Inversion(**(given | changed))
