"""Verdicts of the doctor, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.finding import Advice, Finding
from convscope.results.health import Health
from tests.render.fake import SHORT_LIST

LAYERS = tuple(row[0] for row in SHORT_LIST)
CHANNELS = tuple(row[1] for row in SHORT_LIST)
KINDS = (
    "dead", "saturated", "collapsed", "duplicate", "dominant", "constant", "always on", "rare",
)  # fmt: skip
LAYER_MEASURES = (
    *("dead", "firing", "locality", "rank"),
    *("prominence", "structure_z", "dispersion_z", "weight_rank", "noise", "dominance", "alias"),
)
UNIT_MEASURES = (
    *("fired_images", "fired_cells", "twin", "twin_correlation", "cosine", "dominance", "gain"),
    *("locality", "saturated"),
)
THRESHOLDS = {
    "prominence": {
        "value": 1.1, "unit": "times", "source": "calibrated",
        "says": "a layer looks trained: its largest singular value over that of a shuffle",
    },
    "duplicate": {
        "value": 0.98, "unit": "correlation", "source": "convention",
        "says": "two channels say the same",
    },
    "dominant": {
        "value": 3.0, "unit": "times", "source": "convention",
        "says": "a filter is so much larger than its layer's median",
    },
    "dead": {
        "value": 0.3, "unit": "share", "source": "calibrated",
        "says": "so many of a layer's channels are dead that it learns badly",
    },
}  # fmt: skip
ADVICE = (
    Advice("More data", "maybe", "93 % sure on average, and right on 82 % of 500 images.", "weak"),
    Advice("More epochs", "no", "Every layer that can be judged has clear patterns.", "sure"),
    Advice("A smaller learning rate", "yes", "22 % of features.9.expand3x3_activation never fire.",
           "likely"),
    Advice("More regularization", "unknown", "It shows only once a network has learnt.", "weak"),
    Advice("A smaller first kernel or stride", "no",
           "9 % of what its filters pass is finer than a stride of 2 holds.", "likely"),
)  # fmt: skip


def finding(kind: str = "dead", layer: int = 3, channels: tuple[int, ...] = (2, 5)) -> Finding:
    """One of some channels of a layer."""
    return Finding(
        kind=kind,
        says=f"{len(channels)} of {CHANNELS[layer]} channels of {LAYERS[layer]} are {kind}.",
        evidence=f"The number that makes {LAYERS[layer]} {kind} is 0.22 (threshold 0.3).",
        remedy=f"A remedy for what is {kind}.",
        certainty="likely",
        layer=LAYERS[layer],
        channels=channels,
        measure=kind,
        value=0.22,
        threshold=0.3,
    )


FINDINGS = (
    finding(),
    finding("duplicate", 0, (4, 9)),
    finding("dominant", 0, (7,)),
    finding("always on", 2, (3,)),
    Finding("noise", f"The weights of {LAYERS[4]} still look like noise.",
            "Their largest singular value is 1.2 deviations from that of a shuffle (threshold 6).",
            "", "sure", LAYERS[4], measure="structure_z", value=1.2, threshold=6.0),
    Finding("overfitted", "It is surer than it is right.", "93 % sure, right on 62 %.",
            "More data.", "weak"),
)  # fmt: skip


def health(**changed: Any) -> Health:
    """A trained network with something of everything."""
    layers, total = len(LAYERS), sum(CHANNELS)
    values = np.full((len(LAYER_MEASURES), layers), np.nan)
    values[0] = [0, 0, 0, 2 / 9, 0]
    values[1] = [0.51, 0.4, 0.31, 0.12, 0.03]
    values[2] = [0.6, 0.5, 0.4, 0.3, 0.2]
    values[3] = [0.62, 0.5, 0.41, 0.3, 0.22]
    values[4] = [1.46, 1.22, 1.05, 1.09, 1.01]
    values[5] = [40, 30, 22, 12, 1.2]
    values[6] = [80, 40, 20, 14, 3.1]
    values[7] = [0.5, 0.61, 0.72, 0.9, 0.99]
    values[8] = [0.2, np.nan, 0.6, 0.8, 1.01]
    values[9] = [4.2, 2, 1.7, 1.6, 1.3]
    values[10, 0] = 0.09
    floors = np.stack([np.full_like(values, np.nan)] * 2)
    floors[:, 0], floors[0, 1], floors[1, 1] = 0, 0.5, 0.47
    floors[0, 3], floors[1, 3] = 0.3, 0.35
    floors[0, 4], floors[1, 4], floors[0, 8], floors[1, 8] = 1.01, 0.998, 1.0, 0.99
    starts = np.cumsum((0, *CHANNELS))
    kinds = np.zeros((len(KINDS), total), bool)
    units = np.full((len(UNIT_MEASURES), total), np.nan)
    units[2] = -1

    def mark(kind: str, layer: int, channel: int, **measures: float) -> None:
        unit = starts[layer] + channel
        kinds[KINDS.index(kind), unit] = True
        for name, value in measures.items():
            units[UNIT_MEASURES.index(name), unit] = value

    mark("dead", 3, 2)
    mark("dead", 3, 5)
    mark("rare", 2, 1)
    mark("duplicate", 0, 4, twin=9, twin_correlation=0.9912)
    mark("duplicate", 0, 9, twin=4, twin_correlation=0.9912)
    mark("duplicate", 1, 0, twin=2, twin_correlation=0.5, cosine=0.987)
    mark("dominant", 0, 7, dominance=4.21)
    mark("always on", 2, 3, fired_cells=0.99996)
    mark("saturated", 2, 4, saturated=0.71)
    mark("collapsed", 1, 4, gain=0.003)
    mark("duplicate", 2, 1, twin=0, twin_correlation=0.985)
    given: dict[str, Any] = {
        "state": "trained",
        "certainty": "likely",
        "headline": "This network looks trained. 4 of 5 layers have patterns that stand out of a "
        "shuffle, and it is right on 82 % of the images. Likely, not certain.",
        "found": tuple(one.to_dict() for one in FINDINGS),
        "advised": tuple(one.to_dict() for one in ADVICE),
        "layers": LAYERS,
        "layer_states": ("trained", "trained", "begun", "unknown", "noise"),
        "layer_measures": LAYER_MEASURES,
        "layer_values": values,
        "layer_floors": floors,
        "unit_layers": np.repeat(np.arange(layers), CHANNELS).astype(np.int32),
        "unit_channels": np.concatenate([np.arange(n) for n in CHANNELS]).astype(np.int32),
        "unit_kinds": kinds,
        "kinds": KINDS,
        "unit_measures": UNIT_MEASURES,
        "unit_values": units,
        "answers": {"accuracy": 0.82, "confidence": 0.93, "chance": 0.2, "images": 500.0},
        "images": 500,
        "note": "If it was trained on these very images, overfitting would not show: examine it on "
        "others.",
        "provenance": {
            "method": "health",
            "thresholds": THRESHOLDS,
            "images": "/nowhere/at/all",
            "start": "epoch 0 of its run",
        },
    }
    return Health(**(given | changed))
