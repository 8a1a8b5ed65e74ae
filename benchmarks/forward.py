"""The bare forward of SqueezeNet, printed beside every benchmark: how fast the machine is now."""

from __future__ import annotations

from statistics import median

from benchmarks.common import BATCH, Options, Result, need_spec, rounded, seconds

REPEATS = 10


def measure(options: Options) -> Result:
    """Seconds of a batch; weights do not matter for it."""
    need_spec("torchvision")
    import torch

    from convscope.net.intake import load

    net = load(
        "torchvision:squeezenet1_0",
        size=227,
        resize=256,
        mean="0.5,0.5,0.5",
        std="0.5,0.5,0.5",
        device="cpu",
    )
    batch = torch.rand(BATCH, 3, 227, 227).contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), net.hosted():
        net.module(batch)
        times = [seconds(lambda: net.module(batch)) for _ in range(REPEATS)]
    return {"seconds_per_batch": rounded(median(times)), "batch": BATCH}
