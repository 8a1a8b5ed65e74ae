"""Peak memory of a pass over tables of 500, 5,000 and 50,000 rows, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import (
    CIFAR,
    RESNET20,
    ROOT,
    Options,
    Result,
    Skipped,
    at_most,
    need,
    rounded,
)

GOAL = 1.05
"""The largest peak over the smallest."""


def measure(options: Options) -> Result:
    """Peaks, and the largest over the smallest.

    This process stays small, without torch: a process inherits the peak of the one it is started
    from.
    """
    need(CIFAR, RESNET20)
    with tempfile.TemporaryDirectory() as folder:
        passes = {str(rows): _pass(Path(folder), rows) for rows in options.rows}
    peaks = [found["peak_mib"] for found in passes.values()]
    return {"rows": passes, "largest_over_smallest": at_most(max(peaks) / min(peaks), GOAL)}


def _pass(folder: Path, rows: int) -> Result:
    """A pass over the first rows of the table."""
    table = folder / f"{rows}.parquet"
    command = [sys.executable, "-m", "benchmarks.sliced"]
    subprocess.run([*command, str(CIFAR), str(table), str(rows)], cwd=ROOT, check=True)
    command = [sys.executable, "-m", "benchmarks.peak", str(table), str(folder / f"{rows}")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: Result = json.loads(done.stdout)
    if found["start_mib"] == found["peak_mib"]:
        raise Skipped("this process has been larger than the pass, which inherits its peak")
    return {name: rounded(value) for name, value in found.items()}
