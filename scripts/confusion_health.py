"""Judge networks in known states that the calibration never saw: the documentation's table.

The bundled network in five states, as the tests judge it; the calibration's two architectures and
one more at seeds of their own; and, where `../shared/data` is, SqueezeNet and ResNet-20 with their
shuffled twins, their start, and a twin with a tenth of a layer's channels silenced. Writes
`docs/health-confusion.json`. About ten minutes on two cores:

    python scripts/confusion_health.py --out docs/health-confusion.json
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from calibrate_health import DATA, NETS, STATES, Case  # noqa: E402

from convscope.doctor.floors import initialized, shuffled  # noqa: E402
from convscope.doctor.health import health  # noqa: E402
from convscope.doctor.options import HealthOptions  # noqa: E402
from convscope.net.intake import load  # noqa: E402
from convscope.net.net import Net  # noqa: E402
from convscope.net.twin import copied  # noqa: E402
from tests.doctor import states  # noqa: E402

SEED = 21
THIRD = "nets:zf32,classes=18,width=0.5,without=4"
SAMPLE = HealthOptions(sample=500, floors=False)
Row = tuple[str, str, Callable[[], Net], str | Path]
"""A network, its state, what makes it, and the images it is judged on."""


def trained(folder: Path) -> Iterator[Row]:
    """The bundled network, and small ones trained here."""
    for state in ("untrained", "early", "trained", "dead", "overfitted"):
        yield "bundled:photos", state, lambda state=state: states.network(state), DATA
    for net in (*NETS, THIRD):
        for state in STATES:
            case = Case(net, state, SEED)
            yield net.rpartition("/")[2], state, lambda case=case: case.made(folder), DATA


def real(data: Path) -> Iterator[Row]:
    """Networks of others, and what they would be knowing nothing."""
    if not data.is_dir():
        return
    squeezenet = load(
        "torchvision:squeezenet1_0",
        weights=data / "squeezenet1_0-imagenet.safetensors",
        classes=data / "imagenet-classes.txt",
        device="cpu",
    )
    weights = data / "resnet20-cifar10.safetensors"
    resnet = load(f"{ROOT}/benchmarks/resnet20.py:resnet20", weights=weights, device="cpu")
    cases = (
        ("SqueezeNet", squeezenet, "features.8.expand3x3", data / "imagenet-sample"),
        ("ResNet-20", resnet, "layer3.1.bn1", data / "cifar10-train.parquet"),
    )
    for name, net, layer, images in cases:
        yield name, "trained", lambda net=net: net, images
        yield (
            name,
            "trained, a tenth of a layer silenced",
            lambda n=net, at=layer: cut(n, at),
            images,
        )
        yield name, "untrained, its start", lambda net=net: initialized(net)[0], images
        yield name, "untrained, weights shuffled", lambda net=net: shuffled(net), images


def cut(net: Net, name: str) -> Net:
    """A copy with a tenth of the channels of a layer silenced by their bias."""
    copy = copied(net)
    bias = copy.module.get_submodule(name).bias
    some = np.random.default_rng(SEED).choice(len(bias), len(bias) // 10, replace=False)
    with torch.no_grad():
        bias[torch.from_numpy(some)] = -1e6
    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "health-confusion.json")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, state, make, images in (*trained(Path(folder)), *real(given.data)):
            found = health(make(), images, options=SAMPLE)
            right = found.state == state.partition(",")[0]
            row = {"net": name, "state": state, "verdict": found.state, "right": right}
            rows.append(row | {"certainty": found.certainty, "says": found.headline})
            print(json.dumps(rows[-1]), flush=True)
    given.out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
