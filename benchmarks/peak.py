"""One pass in this process, and its peak memory: ``python -m benchmarks.peak TABLE OUT``."""

from __future__ import annotations

import json
import resource
import sys

from benchmarks.common import RESNET20, ROOT, THREADS, Result, seconds

UNIT = 1 if sys.platform == "darwin" else 1024
"""What ``ru_maxrss`` counts in, bytes."""


def main(table: str, out: str) -> None:
    start = peak_mib()
    spent = seconds(lambda: _pass(table, out))
    result: Result = {"start_mib": start, "peak_mib": peak_mib(), "seconds": spent}
    json.dump(result, sys.stdout)


def peak_mib() -> float:
    """The most resident memory this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 2**20


def _pass(table: str, out: str) -> None:
    import torch

    from convscope.atlas.make import build_atlas
    from convscope.net.intake import load

    torch.set_num_threads(THREADS)
    net = load(f"{ROOT}/benchmarks/resnet20.py:resnet20", weights=RESNET20, device="cpu")
    build_atlas(net, table, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
