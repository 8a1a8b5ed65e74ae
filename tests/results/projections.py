"""A projection at hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.projection import Projection


def projection(**changed: Any) -> Projection:
    drawn = np.random.default_rng(0)
    given: dict[str, Any] = {
        "array": drawn.normal(size=(3, 8, 9)).astype(np.float32),
        "shown": drawn.integers(0, 255, (8, 9, 3), dtype=np.uint8),
        "layer": "features.3",
        "channel": 4,
        "cell": (2, 1),
        "value": 1.5,
        "frame": (2, -1, 7, 4),
        "note": "",
        "target": "features.3:4",
        "provenance": {"method": "project", "preprocessing": {"size": [8, 9]}},
    }
    return Projection(**(given | changed))
