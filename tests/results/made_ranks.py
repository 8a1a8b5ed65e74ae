"""Ranks at hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.ranks import Ranks


def made_ranks(each: int = 9, negative: bool = False, **changed: Any) -> Ranks:
    drawn = np.random.default_rng(0)
    names = ("strongest", "median", "weakest", "most negative")[: 3 + negative]
    count = each * len(names)
    spectrum = np.sort(drawn.normal(5, 2, 60).astype(np.float32))[::-1].copy()
    starts = (0, (60 - each) // 2, 60 - each, 0)[: len(names)]
    ranks = np.concatenate([np.arange(start, start + each) + 1 for start in starts])
    given: dict[str, Any] = {
        "target": "features.8:281",
        "layer": "features.8",
        "groups": tuple(name for name in names for _ in range(each)),
        "values": spectrum[ranks - 1],
        "ranks": ranks,
        "images": drawn.permutation(60)[:count] if count <= 60 else np.arange(count),
        "cells": drawn.integers(0, 9, (count, 2)),
        "uris": tuple(f"{i}.jpg" for i in range(count)),
        "labels": tuple(["beagle", "three-toed sloth", None][i % 3] for i in range(count)),
        "patches": drawn.integers(0, 255, (count, 21, 17, 3), dtype=np.uint8),
        "spectrum": spectrum,
        "left_out": 0,
        "share": 3 / 9,
        "telling": 2.5,
        "control_share": np.array([1 / 9, 2 / 9]),
        "control_telling": np.array([2.0, 3.0]),
        "note": "",
        "provenance": {"method": "ranks"},
    }
    return Ranks(**(given | changed))
