"""A fooled network made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.fooling import Fooling

SIDE = 48


def made_fooling(**changed: Any) -> Fooling:
    """Away from class 0 to class 3 by 8 levels; random signs leave the answer."""
    drawn = np.random.default_rng(0)
    shown = drawn.integers(20, 230, (SIDE, SIDE, 3), dtype=np.uint8)
    change = 8 * drawn.choice([-1, 1], (3, SIDE, SIDE)).astype(np.float32)
    before = np.array([4.0, 1.0, 0.5, 2.0, -1.0, 0.0, 1.5])
    after = np.array([0.0, 1.0, 0.5, 6.0, -1.0, 3.0, 1.5])
    given: dict[str, Any] = {
        "shown": shown,
        "fooled": (shown + change.transpose(1, 2, 0)).astype(np.uint8),
        "perturbation": change,
        "scores": np.stack([before, after, after - 0.01, before + 0.02]),
        "target": "class 0",
        "target_number": 0,
        "toward": False,
        "eps": 8.0,
        "steps": 40,
        "first": 3,
        "classes": tuple((i, f"class {i}") for i in range(7)),
        "note": "",
        "provenance": {"method": "fool", "options": {"kind": "pgd"}},
    }
    return Fooling(**(given | changed))
