"""From pixels to the network's input and back: pure arithmetic on arrays, no torch."""

from convscope.preprocess.preprocessing import Interpolation, Prepared, Preprocessing
from convscope.preprocess.settings import (
    Settings,
    from_flags,
    from_metadata,
    from_pretrained,
    resolve,
)

__all__ = [
    "Interpolation",
    "Prepared",
    "Preprocessing",
    "Settings",
    "from_flags",
    "from_metadata",
    "from_pretrained",
    "resolve",
]
