"""Train small networks into known states, and measure what tells the states apart.

The thresholds of `convscope.doctor.thresholds` that are called calibrated come from here: other
architectures (a scaled ZF net of 32 px, and a plain net with BatchNorm and no linear layers) and
other seeds than the tests judge. Writes `docs/health-calibration.json`; a test holds the table to
it. About ten minutes on two cores:

    python scripts/calibrate_health.py --out docs/health-calibration.json
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from convscope.doctor.health import health
from convscope.doctor.options import HealthOptions
from convscope.doctor.thresholds import THRESHOLDS
from convscope.net.net import Net
from convscope.results.health import Health
from convscope.training.loop import train
from convscope.training.options import TrainOptions

DATA, CLASSES = "bundled:photos", 18
HERE = Path(__file__).resolve()
NETS = ("nets:zf32,classes=18", f"{HERE}:plain")
SEEDS = (11, 12, 13)
RECIPE = TrainOptions(
    epochs=50, batch=64, rate=0.02, decay=5e-4, schedule="onecycle", init="kaiming",
    center="channel", scale="deviation", size=32, resize=36, held_out=0.3, checkpoints=(50,),
)  # fmt: skip
STATES = {
    "untrained": replace(RECIPE, epochs=1),  # of which the start is taken
    "early": replace(RECIPE, epochs=4, rate=0.02, schedule="constant"),
    "trained": RECIPE,
    "dead": replace(RECIPE, epochs=4, schedule="constant", radius=0.0, decay=0.0),
    "overfitted": replace(RECIPE, data_size=18, epochs=250, batch=18, decay=0.0, crop=False,
                          flip=False, rate=0.02, schedule="constant", checkpoints=(250,)),
}  # fmt: skip
"""What was done to the network; only what it did, the measures have to tell."""


def plain() -> nn.Module:
    """Six convolutions with BatchNorm, three of them of stride 2, and a global mean."""
    maps, parts = (32, 32, 64, 64, 96, 96), []
    for place, (before, after) in enumerate(zip((3, *maps), maps, strict=False)):
        parts += [nn.Conv2d(before, after, 3, 1 + place % 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, CLASSES))


def killing_rate(net: str) -> float:
    """A rate that leaves most of a layer dead, and no value that is no number."""
    return 3.0 if net.endswith(":plain") else 0.3  # BatchNorm bears ten times as much


@dataclass(frozen=True)
class Case:
    """One network in one state."""

    net: str
    state: str
    seed: int

    def made(self, folder: Path) -> Net:
        options = replace(STATES[self.state], seed=self.seed)
        if self.state == "dead":
            options = replace(options, rate=killing_rate(self.net))
        out = folder / f"{self.state}-{self.seed}-{Path(self.net).name}"
        return train(self.net, DATA, out, options).net(0 if self.state == "untrained" else None)

    def measured(self, found: Health) -> dict[str, Any]:
        """The numbers that the verdict's rules look at."""
        states = [state for state in found.layer_states if state != "unknown"]
        answers, standing = found.answers, found.layer("prominence")
        return {
            "net": self.net.replace(str(HERE.parent.parent) + "/", ""),
            "state": self.state,
            "seed": self.seed,
            "verdict": found.state,
            "certainty": found.certainty,
            "dead": float(np.nanmax(found.layer("dead"))),
            "noise_layers": states.count("noise") / len(states),
            "faint": sum(state in ("noise", "begun") for state in states) / len(states),
            "prominence": [round(float(value), 3) for value in standing[~np.isnan(standing)]],
            "sureness": (answers["confidence"] - answers["chance"]) / (1 - answers["chance"]),
            "gap": answers["trained_on"] - answers["held_out"] if self.state != "untrained" else 0,
            "surer": answers["confidence"] - answers["accuracy"],
            "accuracy": answers["accuracy"],
        }


def cases() -> Iterator[Case]:
    for net in NETS:
        for state in STATES:
            yield from (Case(net, state, seed) for seed in SEEDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/health-calibration.json"))
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            found = health(case.made(Path(folder)), DATA, options=HealthOptions(floors=False))
            rows.append(case.measured(found))
            print(json.dumps({k: v for k, v in rows[-1].items() if k != "prominence"}), flush=True)
    table = {name: row.value for name, row in THRESHOLDS.items() if row.source == "calibrated"}
    given.out.write_text(json.dumps({"thresholds": table, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
