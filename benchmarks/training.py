"""A step of training with filter renormalization and a Recorder, over the same step without."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.common import Options, Result, Task, at_most, interleaved, paired, rounded, seconds

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

GOAL = 1.03
BATCH, STEPS = 128, 12
"""Of the preset ``cifar``; steps each way a round: bare before full, and full before bare."""


@dataclass
class Loop:
    """Somebody's training of the scaled net on noise, one step at a time."""

    net: nn.Module
    optimizer: Optimizer
    batch: tuple[Tensor, Tensor]
    after: Callable[[Tensor], object] = field(default=lambda loss: None)

    def step(self) -> None:
        from torch.nn.functional import cross_entropy

        loss = cross_entropy(self.net(self.batch[0]), self.batch[1])
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.after(loss)


def measure(options: Options) -> Result:
    from convscope.training.recorder import Recorder
    from convscope.training.renormalize import radii, renormalize

    with tempfile.TemporaryDirectory() as folder:
        bare, full = _loop(options), _loop(options)
        limits = radii(full.net, 0.1)
        recorder = Recorder(Path(folder) / "run", epochs=())
        recorder.start(full.net, full.optimizer)

        def after(loss: Tensor) -> None:
            renormalize(limits)
            recorder.step(loss)

        full.after = after
        there: dict[str, Task] = {"bare": bare.step, "full": full.step}
        back = dict(reversed(there.items()))
        interleaved(there, 2)  # what the first steps set up
        parts = [
            interleaved(way, 1) for _ in range(STEPS * options.rounds) for way in (there, back)
        ]
        times = {name: [part[name][0] for part in parts] for name in there}
        end = seconds(partial(recorder.epoch, validation_accuracy=0.5))
    return {
        "step": at_most(paired(times["full"], times["bare"]), GOAL),
        "bare_step_seconds": rounded(median(times["bare"])),
        "end_of_epoch_seconds": rounded(end),
        "end_of_epoch_in_steps": rounded(end / median(times["bare"])),
    }


def _loop(options: Options) -> Loop:
    import torch

    from convscope.nets.named import build_named

    torch.manual_seed(0)
    count = BATCH if options.rounds > 1 else 8
    net = build_named("zf32,classes=10").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.randn(count, 32, 32, 3).permute(0, 3, 1, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
    return Loop(net.train(), optimizer, (x, torch.randint(10, (count,))))
