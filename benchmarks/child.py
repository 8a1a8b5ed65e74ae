"""One benchmark in this process: ``python -m benchmarks.child NAME OPTIONS ANSWER``."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.common import Options, Result, Skipped

HOMES = {
    "forward": "forward",
    "look": "look",
    "memory": "memory",
    "occlusion": "occlusion",
    "pass": "walk",
    "projections": "projections",
    "startup": "startup",
    "synthesis": "synthesis",
    "training": "training",
}


def main(name: str, options: str, answer: str) -> None:
    result = measured(name, Options(**_tuples(json.loads(options))))
    Path(answer).write_text(json.dumps(result), encoding="utf-8")


def measured(name: str, options: Options) -> Result:
    """A benchmark's numbers, or why there are none."""
    module = import_module(f"benchmarks.{HOMES[name]}")
    try:
        result: Result = module.measure(options)
    except Skipped as reason:
        return {"skipped": str(reason)}
    return result


def _tuples(fields: Result) -> Result:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
