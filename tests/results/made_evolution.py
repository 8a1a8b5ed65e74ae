"""An evolution made by hand: two layers, three checkpoints, three units."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.evolution import Evolution

SIDES = (6, 8)


def evolution(**changed: Any) -> Evolution:
    """conv1 is settled from epoch 4 on, conv2 not before the last, 9."""
    drawn = np.random.default_rng(0)
    layer = np.array([0, 0, 1])
    area = int((np.square(SIDES)[layer] * 3).sum())
    given: dict[str, Any] = {
        "epochs": np.array([0, 4, 9]),
        "layers": ("conv1", "conv2"),
        "layer": layer,
        "channel": np.array([5, 2, 7]),
        "values": np.array([[0.1, 2.5, 3.0], [0.2, 1.5, 1.0], [np.nan, 4.0, 12345.0]], np.float32),
        "images": np.array([[8, 3, 3], [1, 1, 2], [-1, 6, 7]]),
        "cells": np.ones((3, 3, 2), np.int64),
        "labels": (("cat", "dog", "dog"), ("", "", ""), ("", "cat", "cat")),
        "sides": np.array(SIDES),
        "fields": np.array(SIDES),
        "projections": drawn.normal(size=3 * area).astype(np.float32),
        "patches": drawn.integers(0, 255, 3 * area, dtype=np.uint8),
        "unit_overlap": np.array([[0.1, 0.8], [0.0, 0.5], [0.0, 0.2]]),
        "unit_overlap_last": np.array([[0.1, 0.8, 1.0], [0.0, 0.5, 1.0], [0.0, 0.2, 1.0]]),
        "unit_similarity": np.array([[0.0, 0.9], [-0.1, 0.7], [0.0, 0.1]]),
        "unit_similarity_last": np.array([[0.0, 0.9, 1.0], [-0.1, 0.7, 1.0], [0.0, 0.1, 1.0]]),
        "overlap": np.array([[0.05, 0.65], [0.0, 0.2]]),
        "overlap_last": np.array([[0.05, 0.65, 1.0], [0.0, 0.2, 1.0]]),
        "similarity": np.array([[-0.05, 0.8], [0.0, 0.1]]),
        "similarity_last": np.array([[-0.05, 0.8, 1.0], [0.0, 0.1, 1.0]]),
        "correlation": np.array([[0.1, 0.9], [0.0, 0.5]]),
        "correlation_last": np.array([[0.1, 0.9, 1.0], [0.0, 0.5, 1.0]]),
        "kept": np.array([[0.25, 1.0], [0.1, 0.75]]),
        "kept_last": np.array([[0.25, 1.0, 1.0], [0.1, 0.75, 1.0]]),
        "compared": np.array([[8, 8], [7, 8]]),
        "chance": 0.004,
        "other_overlap": np.array([0.06, 0.02]),
        "other_similarity": np.array([0.01, 0.03]),
        "other_correlation": np.array([0.05, 0.01]),
        "dead": np.array([[0.0, 0.0, 0.0], [0.25, 0.1, 0.1]]),
        "firing": np.array([[0.5, 0.4, 0.3], [np.nan, np.nan, np.nan]]),
        "noise": np.array([[1.0, 0.4, 0.3], [1.0, 0.95, 0.9]]),
        "structure": np.array([[0.0, 0.5, 0.6], [0.0, 0.1, 0.2]]),
        "history": {},
        "alike": 0.5,
        "note": "",
        "provenance": {
            "method": "evolve",
            "network": "bundled:photos",
            "options": {"units": 12, "rows": 6},
            "changed": {"layers": ["conv*"], "seed": 3},
            "checkpoints": [
                {"epoch": e, "name": f"/home/me/run, epoch {e}", "weights": "0123456789ab"}
                for e in (0, 4, 9)
            ],
            "subject": ["/home/me/run"],
            "images": {"spec": "/home/me/photos", "count": 40, "read": 39, "list_sha256": "abcdef"},
            "preprocessing": {"size": [24, 24]},
            "versions": {"torch": "2"},
        },
    }
    return Evolution(**(given | changed))
