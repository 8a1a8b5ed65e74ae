"""Results to draw, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.attribution import Attribution
from convscope.results.curves import Curves
from convscope.results.occlusion import Occlusion

SIDE = 48


def occlusion(**changed: Any) -> Occlusion:
    """A 6 x 6 sweep over a 48 px image; covering the middle makes class 1 of class 0."""
    drawn = np.random.default_rng(0)
    ny = nx = 6
    centers = np.arange(4, SIDE, 8)
    scores = np.zeros((ny, nx, 4), np.float32)
    scores[..., 0] = 2
    scores[1:5, 1:5, 1] = 3
    scores[0, 0, 2] = 3
    sums = np.full((ny, nx), 10, np.float32)
    sums[2, 2], sums[5, 5] = 4, 12
    given: dict[str, Any] = {
        "shown": drawn.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8),
        "covered": np.full((SIDE, SIDE, 3), 90, np.uint8),
        "centers_y": centers,
        "centers_x": centers,
        "size": (8, 8),
        "stride": (8, 8),
        "scores": scores,
        "base_scores": np.array([2, 0, 0, 0], np.float32),
        "target": "cat",
        "target_number": 0,
        "values": scores[..., 0].copy(),
        "base_value": 2.0,
        "unit": "relu2:3",
        "unit_sums": sums,
        "base_unit_sum": 10.0,
        "projection": drawn.normal(size=(3, SIDE, SIDE)).astype(np.float32),
        "frame": (10, -4, 30, 16),
        "patches": drawn.integers(0, 255, (9, 20, 20, 3), dtype=np.uint8),
        "classes": ((0, "cat"), (1, "dog"), (2, "moon")),
        "computed": np.ones((ny, nx), bool),
        "exact": "",
        "note": "",
        "provenance": {"method": "occlude", "options": {}},
    }
    return Occlusion(**(given | changed))


def attribution(**changed: Any) -> Attribution:
    """A gradient of a class over a 48 px image, with its twin."""
    drawn = np.random.default_rng(1)
    given: dict[str, Any] = {
        "array": drawn.normal(size=(3, SIDE, SIDE)).astype(np.float32),
        "shown": drawn.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8),
        "target": "cat",
        "layer": "fc",
        "channel": 0,
        "cell": None,
        "value": 7.25,
        "frame": (0, 0, SIDE, SIDE),
        "twin": drawn.normal(size=(3, SIDE, SIDE)).astype(np.float32),
        "similarity": 0.412,
        "note": "",
        "provenance": {"method": "gradient", "options": {"kind": "gradient"}},
    }
    return Attribution(**(given | changed))


def curves(**changed: Any) -> Curves:
    """Curves of a map that is better than chance."""
    share = np.linspace(0, 1, 5)
    given: dict[str, Any] = {
        "share": share,
        "deletion": 0.9 * (1 - share) ** 3,
        "insertion": 0.9 * share**0.5,
        "random_deletion": 0.9 * (1 - share),
        "random_insertion": 0.9 * share,
        "scores": np.zeros((4, 5)),
        "target": "cat",
        "auc": {"deletion": 0.24, "insertion": 0.6, "random_deletion": 0.45,
                "random_insertion": 0.45},
        "is_probability": True,
        "note": "",
        "provenance": {"method": "curves", "options": {}},
    }  # fmt: skip
    return Curves(**(given | changed))
