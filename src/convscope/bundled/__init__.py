"""The small network shipped with convscope, at three moments of its training; see README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Which = Literal["start", "early", "end"]


def bundled_weights(which: Which = "end") -> Path:
    """The half-precision safetensors of the bundled network at one moment of its training.

    >>> bundled_weights("early").name
    'photos-early.safetensors'
    """
    return Path(__file__).with_name(f"photos-{which}.safetensors")
