"""Activations at hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.activations import Activations
from convscope.tally.histogram import BINS, edges


def made(maps: Any, **changed: Any) -> Activations:
    """A result with these maps (C, h, w) and nothing else to say."""
    maps = np.asarray(maps, np.float32)
    count = len(maps)
    given: dict[str, Any] = {
        "maps": maps,
        "shown": np.full((40, 50, 3), 90, np.uint8),
        "layer": "features.3",
        "signed": False,
        "names": (),
        "before": np.full(count, np.nan, np.float32),
        "before_cell": np.full((count, 2), -1),
        "fired": (maps > 0).mean(axis=(1, 2)),
        "histogram": np.ones((count, BINS), np.int64),
        "edges": edges(),
        "atlas_images": 0,
        "atlas_fired_images": None,
        "atlas_fired": None,
        "atlas_histogram": None,
        "blank": (),
        "kinds": (),
        "field": ((7, 2.0, -3.0), (7, 2.0, -3.0)),
        "field_status": "EXACT",
        "note": "",
        "provenance": {"method": "activations", "image": "a.png", "weights": "0123456789"},
    }
    return Activations(**(given | changed))
