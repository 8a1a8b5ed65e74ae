"""Comparisons at hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.doctor.spectrum import white_bands
from convscope.results.comparison import DRAWN, MEASURES, Comparison, Side


def side(count: int = 6, kernel: int = 7, stride: int = 2, shown: int = 3, **facts: Any) -> Side:
    """A network with so many first filters and projections."""
    drawn = np.random.default_rng(count)
    numbers = drawn.random((count, len(MEASURES)))
    numbers[:, MEASURES.index("folded")] = np.arange(count) % 2
    numbers[:, MEASURES.index("dominance")] = 1 + np.arange(count) / 4
    next_ = {
        "layer": "conv2", "shape": [9, count, 5, 5], "stride": 1, "lattice": 4, "groups": 1,
        "shown": "relu2", "channels": 9, "fires": 7,
    }  # fmt: skip
    first = {
        "layer": "conv1", "shape": [count, 3, kernel, kernel], "stride": stride, "lattice": 1,
        "groups": 1, "shown": "relu1", "normalization": "",
    }  # fmt: skip
    given = {
        "name": "one", "network": "bundled:one", "weights": "0123456789abcdef",
        "input": [3, 72, 80], "images": 40, "first": first, "next": next_ if shown else None,
        "white": white_bands(kernel, kernel).tolist(),
        "dead": [["relu1", count, 0], ["relu2", 9, 2]], "in_next": [1.5, 1.25],
    }  # fmt: skip
    columns = drawn.random((shown, len(DRAWN)))
    columns[:, 0] = np.arange(shown)
    return Side(
        filters=drawn.normal(size=(count, 3, kernel, kernel)).astype(np.float32),
        measures=numbers,
        projections=drawn.normal(size=(shown, 3, 13, 13)).astype(np.float32),
        patches=drawn.integers(0, 255, (shown, 13, 13, 3), dtype=np.uint8),
        drawn=columns,
        facts=given | facts,
    )


def comparison(a: Side | None = None, b: Side | None = None, **changed: Any) -> Comparison:
    """Two of them; by default of other sizes."""
    made = {"images": "somewhere/photos", "network": "a and b", "weights": ["0", "1"]}
    given = {"note": "", "provenance": made} | changed
    return Comparison.of(a or side(), b or side(20, 11, 4, name="other"), **given)
