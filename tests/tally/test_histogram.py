from __future__ import annotations

import numpy as np

from convscope.tally.histogram import BINS, ZERO, codes, edges
from tests.twins import tallies


def test_edges_rise_and_mirror() -> None:
    found = edges()
    assert len(found) == BINS + 1
    assert (np.diff(found) >= 0).all()
    assert (found == -found[::-1]).all()
    assert found[ZERO] == found[ZERO + 1] == 0


def test_shifted_bits_equal_a_search_of_the_edges() -> None:
    inner = edges()[1:-1].astype(np.float32)
    near = np.concatenate([np.nextafter(inner, np.float32(np.inf)), np.nextafter(inner, -inner)])
    tiny = np.array([1e-45, -1e-45, 1e-38, 3e38, -3e38, 0.0, -0.0], np.float32)
    random = np.random.default_rng(0).normal(size=500).astype(np.float32)
    values = np.concatenate([inner, near, tiny, random])
    values = values[np.isfinite(values)]
    counted = np.bincount(codes(values), minlength=BINS)
    assert counted.tolist() == tallies.histogram(values).tolist()
