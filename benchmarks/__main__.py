"""Print one JSON object of ratios; each benchmark runs in a fresh process (`benchmarks.child`)."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.common import QUICK, ROOT, THREADS, Options, Result, machine

NAMES = (
    *("pass", "projections", "occlusion", "look", "synthesis", "training", "memory", "startup"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    options = _options(given)
    result: Result = {"machine": machine(), "options": asdict(options)}
    for name in given.only:
        bare = _measured("forward", options)
        result[name] = {"bare_forward": bare, **_measured(name, options)}
    text = json.dumps(result, indent=2)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=_names, default=NAMES, help=f"some of {','.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only shows that it runs")
    parser.add_argument("--images", type=int, help="photographs of the pass")
    parser.add_argument("--rows", type=_numbers, help="of the memory benchmark: 500,5000,50000")
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    return parser


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in NAMES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NAMES)}")
    return names


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _options(given: argparse.Namespace) -> Options:
    chosen = {name: getattr(given, name) for name in ("images", "rows") if getattr(given, name)}
    return replace(QUICK if given.quick else Options(), **chosen)


def _measured(name: str, options: Options) -> Result:
    """Run one benchmark in a fresh process.

    Not in this one: torch's caches, a peer's patches and the peak memory of one benchmark would
    reach into the next.
    """
    threads = {name: str(THREADS) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "benchmarks.child", name, json.dumps(asdict(options))]
        done = subprocess.run(
            [*command, str(answer)],
            cwd=ROOT,
            env={**os.environ, **threads, "TQDM_DISABLE": "1"},
            stdout=sys.stderr.fileno(),
            check=False,
        )
        if done.returncode or not answer.exists():
            return {"failed": f"the {name} benchmark ended with status {done.returncode}"}
        result: Result = json.loads(answer.read_text())
        return result


if __name__ == "__main__":
    main()
