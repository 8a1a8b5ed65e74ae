"""An ablation made by hand: the numbers of Zeiler & Fergus' Table 3, and what is asked of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.results.ablation import Ablation

NAN = float("nan")
# train top-1, validation top-1, validation top-5 in percent, from the paper
TABLE_3 = {
    "whole network": (33.1, 38.4, 16.5),
    "fc=2048": (38.2, 40.2, 17.6),
    "fc=8192": (22.0, 38.8, 17.0),
    "wide=yes": (18.8, 37.5, 16.0),
    "fc=8192,wide=yes": (10.0, 38.3, 16.9),
}
PARAMETERS = [62_357_608, 30_000_000, 130_000_000, 80_000_000, 200_000_000]


def made_ablation(**changed: Any) -> Ablation:
    """One seed; fields by name replace what is there."""
    rows = np.array(list(TABLE_3.values())) / 100
    given: dict[str, Any] = {
        "parameters": np.array(PARAMETERS),
        "multiply_adds": np.full(len(rows), 1_168_000_000),
        "train_error": rows[:, :1],
        "error": rows[:, 1:2],
        "top5_error": rows[:, 2:],
        "seconds": np.full((len(rows), 1), 3600.0),
        "names": tuple(TABLE_3),
        "specs": ("nets:zfnet", *(f"nets:zfnet,{name}" for name in [*TABLE_3][1:])),
        "seeds": (0,),
        "train_images": 1_281_167,
        "images": 50_000,
        "classes": 1000,
        "epochs": 70,
        "data": "imagenet.parquet",
        "note": "",
        "provenance": {
            "method": "ablate",
            "options": {"seeds": 1, "preset": "zeiler-fergus", "variants": ()},
            "training": {"epochs": 70},
            "versions": {"torch": "2"},
        },
    }
    return Ablation(**(given | changed))


def of_seeds(error: Any, **changed: Any) -> Ablation:
    """Errors (V, S) on few images, the same in training; names by number."""
    error = np.asarray(error, np.float64)
    count, seeds = error.shape
    given: dict[str, Any] = {
        "error": error,
        "train_error": error,
        "top5_error": np.full(error.shape, NAN),
        "seconds": np.ones(error.shape),
        "parameters": np.arange(1, count + 1) * 1000,
        "multiply_adds": np.ones(count, np.int64),
        "names": ("whole network", *(f"without={n}" for n in range(1, count))),
        "specs": tuple(f"nets:zf32,fc={n + 1}" for n in range(count)),
        "seeds": tuple(range(seeds)),
        "images": 1000,
        "train_images": 1000,
        "classes": 5,
    }
    return made_ablation(**(given | changed))
