"""Run a tally over arrays, in whatever batches and shards a test asks for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch

from convscope.tally import state as tally
from convscope.tally.plan import Bounds, LayerPlan, Plan
from convscope.tally.state import State
from convscope.tally.update import Batch
from convscope.tally.waiting import Waiting


def plan_of(
    maps: Sequence[np.ndarray],
    signed: Sequence[bool],
    bounds: Sequence[Bounds | None] = (),
    **options: object,
) -> Plan:
    """A plan for layers whose activations ``(n, c, h, w)`` are given."""
    given = zip(maps, signed, bounds or [None] * len(maps), strict=True)
    layers = (LayerPlan(*m.shape[1:], s, bounds=b) for m, s, b in given)
    return Plan(tuple(layers), **({"health": options.get("sampled", True)} | options))


def count(
    plan: Plan,
    maps: Sequence[np.ndarray],
    *,
    batch: int = 4,
    shards: Sequence[int] = (),
    labels: Sequence[int | None] | None = None,
    memory_format: torch.memory_format = torch.channels_last,
    pruned: bool = True,
) -> State:
    """Count all images; ``shards`` are the numbers at which a new shard begins."""
    n = len(maps[0])
    bounds = [0, *shards, n]
    merged = tally.empty(plan)
    for start, stop in pairwise(bounds):
        shard, waiting = tally.empty(plan), Waiting(plan)
        for first in range(start, stop, batch):
            numbers = np.arange(first, min(first + batch, stop))
            kept = (merged, shard) if pruned else (shard, shard)
            floors = tuple(
                np.maximum(*(getattr(s, side).worst for s in kept)) for side in ("top", "bottom")
            )
            one = Batch(plan, [str(i) for i in range(len(maps))], numbers, floors)
            for index, layer in enumerate(maps):
                padded = np.concatenate([layer[numbers], layer[[0] * (batch - len(numbers))]])
                one.see(index, torch.from_numpy(padded).contiguous(memory_format=memory_format))
            known = labels or [None] * n
            one.commit(shard, [known[i] for i in numbers], waiting)
        waiting.end(shard)
        merged = tally.merge(merged, shard)
    return merged
