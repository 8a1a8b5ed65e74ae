"""The learning rate of every step, as a pure function of the step and of the validation errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from convscope.training.options import TrainOptions

OF_THE_TOTAL = ("cosine", "onecycle")
"""Schedules whose every rate depends on how many steps there are in all."""
RISE = 0.3
"""Share of the steps over which OneCycle rises."""
LOW, END = 25.0, 1e4
"""OneCycle begins at rate / 25 and ends at 1e-4 of that."""


def rate_at(step: int, total: int, errors: Sequence[float], options: TrainOptions) -> float:
    """The rate of a step.

    Source: plateau: Zeiler & Fergus 2013, sec. 3 ("anneal ... when the validation error
    plateaus"), by hand there, by ``patience`` here. OneCycle: Smith & Topin 2018, with the shape
    of ``torch.optim.lr_scheduler.OneCycleLR``, momentum untouched.

    Args:
        step: from 0.
        total: steps of the whole run.
        errors: validation error after each epoch so far.
        options: schedule, rate, patience and warmup.

    >>> options = TrainOptions(schedule="cosine", rate=1.0)
    >>> [round(rate_at(step, 4, [], options), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    rise = min(1.0, (step + 1) / options.warmup) if options.warmup else 1.0
    return options.rate * rise * _share(step, total, errors, options)


def _share(step: int, total: int, errors: Sequence[float], options: TrainOptions) -> float:
    if options.schedule == "plateau":
        return float(10.0 ** -drops(errors, options.patience))
    if options.schedule == "cosine":
        return (1 + math.cos(math.pi * step / total)) / 2
    if options.schedule == "onecycle":
        return _onecycle(step, total)
    return 1.0


def drops(errors: Sequence[float], patience: int) -> int:
    """How often the error had not fallen below its lowest for ``patience`` epochs in a row.

    >>> drops([0.9, 0.8, 0.8, 0.85, 0.8], 3), drops([0.9, 0.8, 0.8, 0.85, 0.7], 3)
    (1, 0)
    """
    lowest, waited, found = math.inf, 0, 0
    for error in errors:
        lowest, waited = (error, 0) if error < lowest else (lowest, waited + 1)
        if waited == patience:
            found, waited = found + 1, 0
    return found


def _onecycle(step: int, total: int) -> float:
    top = RISE * total - 1
    if step <= top:
        return _between(1 / LOW, 1.0, step / top if top else 1.0)
    last = max(total - 1 - top, 1e-12)
    return _between(1.0, 1 / LOW / END, (step - top) / last)


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * min(share, 1.0)))
