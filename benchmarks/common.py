"""What every benchmark shares: its options, the data, clocks that interleave, machine facts."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convscope.net.net import Net

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
SQUEEZENET = DATA / "squeezenet1_0-imagenet.safetensors"
PHOTOGRAPHS = DATA / "imagenet-sample"
RESNET20 = DATA / "resnet20-cifar10.safetensors"
CIFAR = DATA / "cifar10-train.parquet"
THREADS = 2
BATCH = 8

Result = dict[str, Any]
Task = Callable[[], object]


@dataclass(frozen=True)
class Options:
    """How much is measured; the goals are stated for these numbers."""

    images: int = 500
    """Photographs of the pass."""
    peer_images: int = 64
    """Of those, how many the peer gets: it takes many times as long."""
    rows: tuple[int, ...] = (500, 5_000, 50_000)
    """Of the CIFAR table, for peak memory."""
    units: int = 16
    """Projected in each layer."""
    every: int = 1
    """Take every n-th layer only."""
    rounds: int = 3
    """Of the projections, and of the pass with health rows and without; interleaved."""
    starts: int = 7
    """Of a fresh interpreter."""


QUICK = Options(images=16, peer_images=8, rows=(40, 80, 160), units=2, every=9, rounds=1, starts=1)
"""Tiny: shows that everything runs; its ratios mean nothing."""


class Skipped(Exception):
    """A benchmark cannot be made here; the message says why."""


def need(*paths: Path) -> None:
    """Skip where data is absent."""
    for path in paths:
        if not path.exists():
            raise Skipped(f"../shared/data/{path.relative_to(DATA)} is absent")


def need_spec(package: str) -> None:
    """Skip where a package is not installed."""
    if find_spec(package) is None:
        raise Skipped(f"{package} is not installed")


def seconds(task: Task) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def interleaved(tasks: Mapping[str, Task], rounds: int) -> dict[str, list[float]]:
    """Seconds of each task in each round, as A B C A B C: a slow spell hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            times[name].append(seconds(task))
    return times


def paired(times: Sequence[float], reference: Sequence[float]) -> float:
    """The median ratio of measurements made one right after the other."""
    return median(a / b for a, b in zip(times, reference, strict=True))


def at_most(value: float, goal: float) -> Result:
    """A measured value beside the most it may be."""
    return {"value": rounded(value), "at_most": goal, "met": value <= goal}


def at_least(value: float, goal: float) -> Result:
    """A measured value beside the least it must be."""
    return {"value": rounded(value), "at_least": goal, "met": value >= goal}


def rounded(value: float) -> float:
    """Four significant digits: what is beyond them is noise."""
    return float(f"{value:.4g}")


def squeezenet() -> Net:
    """The network of most benchmarks, with the weights in the shared data."""
    need(SQUEEZENET)
    need_spec("torchvision")
    from convscope.net.intake import load

    return load("torchvision:squeezenet1_0", weights=SQUEEZENET, device="cpu")


def machine() -> Result:
    """What the numbers were measured on."""
    return {
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "threads": THREADS,
        "torch": version("torch"),
        "python": platform.python_version(),
        "load_average": [rounded(load) for load in os.getloadavg()],
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
