"""The numbers that decide, in one table: what each is held to, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Threshold:
    """One number of the table."""

    value: float
    unit: str
    says: str
    """What lies beyond it."""
    source: Literal["calibrated", "convention", "statistics"]
    """``calibrated`` by `scripts/calibrate_health.py`; a field's ``convention``; ``statistics``."""


def _table(**rows: Threshold) -> Mapping[str, Threshold]:
    return MappingProxyType(rows)


THRESHOLDS = _table(
    structure_z=Threshold(
        6.0, "deviations", "a layer's weights are not in a random order", "statistics"
    ),
    prominence=Threshold(
        1.1, "times", "a layer looks trained: its largest singular value over that of its weights "
        "in a random order; less: training has begun", "calibrated"
    ),
    noise_layers=Threshold(
        0.5, "share", "the network is untrained: so many of its layers show no structure",
        "calibrated",
    ),
    faint=Threshold(
        0.5, "share", "training is not done: so many of the layers' patterns are faint",
        "calibrated",
    ),
    confidence=Threshold(
        0.8, "share", "answers are sure; below, with little structure, training is not done",
        "calibrated",
    ),
    gap=Threshold(
        0.25, "share", "the network is so much better on images it was trained on than on others: "
        "overfitted", "calibrated",
    ),
    # trained networks: up to 12 % (SqueezeNet); overfitted ones of the calibration: 11 to 44 %
    surer=Threshold(
        0.22, "share", "the network is so much surer than it is right: likely overfitted, where "
        "nothing is known of what it was trained on", "convention",
    ),
    dead=Threshold(0.65, "share", "so many of a layer's channels are dead that it learns badly",
                   "calibrated"),
    fitted=Threshold(0.8, "share", "so much of what it was trained on is answered right that more "
                     "epochs have little left to do", "convention"),
    knows=Threshold(1e-6, "share", "luck alone is right on as many images less often: it knows "
                    "something", "statistics"),
    lucky=Threshold(0.05, "share", "luck alone is right on as many images more often: it may be "
                    "guessing", "statistics"),
    little=Threshold(0.1, "share", "it knows less of what is left beyond luck, with 97.5 % "
                     "confidence: its answers are guesses", "convention"),
    few=Threshold(60, "images", "silence tells something; on fewer it leaves too much open",
                  "convention"),
    one_answer=Threshold(0.9, "share", "so many images get one answer that, where answers are "
                         "guesses, training has gone wrong", "convention"),
    rare=Threshold(0.01, "share", "a channel fires on fewer images: rare", "convention"),
    always=Threshold(0.999, "share", "a channel fires on more of its cells: always on",
                     "convention"),
    saturated=Threshold(0.5, "share", "a channel is at its bound on more cells: saturated",
                        "convention"),
    duplicate=Threshold(0.98, "correlation", "two channels say the same", "convention"),
    dominant=Threshold(3.0, "times", "a filter is so much larger than its layer's median",
                       "convention"),
    collapsed=Threshold(0.01, "times", "a channel's gain in BatchNorm is below so much of what "
                        "the strongest tenth of its layer exceeds", "convention"),
    # random filters: 3x3 at stride 2 18 %, 11x11 at stride 4 31 %; SqueezeNet's own 3 %, at stride
    # 4 they would be 32 %
    alias=Threshold(0.25, "share", "so much of what a first filter passes is above what its "
                    "stride can hold", "convention"),
)  # fmt: skip
"""By name. The calibrated ones are held to their experiment by a test."""


def markdown() -> str:
    """The table as the documentation shows it.

    >>> markdown().splitlines()[0]
    '| threshold | value | unit | beyond it | source |'
    """
    head = ["| threshold | value | unit | beyond it | source |", "|---|---|---|---|---|"]
    rows = [
        f"| {name} | {one.value:g} | {one.unit} | {one.says} | {one.source} |"
        for name, one in THRESHOLDS.items()
    ]
    return "\n".join([*head, *rows])
