from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.tally import state as tally
from tests.tally.cases import count, plan_of

WHOLE = (
    "maximum", "minimum", "least_peak", "varied", "cells", "images", "fired", "nonfinite",
    "sampled", "sampled_positive", "sampled_negative", "magnitudes",
    "class_images", "class_missing", "noted",
    "top.image", "top.y", "top.x", "top.key", "bottom.image", "bottom.key",
)  # fmt: skip


def layers(seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    found = [
        np.round(random.normal(size=(24, 3, 14, 5)), 1).astype(np.float32),
        np.maximum(random.normal(size=(24, 4, 3, 25)), 0).astype(np.float32),
    ]
    found[0][5, 1], found[1][8, 2, 1, 1] = np.nan, np.inf
    return found


@settings(max_examples=15)
@given(st.sets(st.integers(1, 23), max_size=6), st.integers(0, 3))
def test_any_cut_into_shards_gives_the_same(cuts: set[int], seed: int) -> None:
    maps = layers(seed)
    plan = plan_of(maps, (True, False), classes=2)
    labels = [i % 2 for i in range(24)]
    whole = tally.to_arrays(count(plan, maps, labels=labels))
    parts = tally.to_arrays(count(plan, maps, labels=labels, shards=sorted(cuts)))
    for name in WHOLE:
        assert parts[name].tobytes() == whole[name].tobytes(), name
    for name in set(whole) - set(WHOLE):
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-12, atol=1e-9)


def test_an_empty_state_changes_nothing_on_either_side() -> None:
    maps = layers(0)
    plan = plan_of(maps, (True, False))
    state = count(plan, maps)
    given = tally.to_arrays(state)
    for other in (tally.merge(tally.empty(plan), state), tally.merge(state, tally.empty(plan))):
        assert {k: v.tobytes() for k, v in tally.to_arrays(other).items()} == {
            k: v.tobytes() for k, v in given.items()
        }


def test_arrays_bring_the_state_back() -> None:
    maps = layers(1)
    plan = plan_of(maps, (True, False), classes=2)
    arrays = tally.to_arrays(count(plan, maps, labels=[0] * 24))
    again = tally.to_arrays(tally.from_arrays(arrays))
    assert {k: v.tobytes() for k, v in again.items()} == {k: v.tobytes() for k, v in arrays.items()}
