"""Synthesized pictures of whole layers, against one channel at a time through the full network.

64 channels of a shallow, a middle and a deep layer, the ``lucid`` preset at 128 px and 256 steps.
The peer is the way of Lucent and Horama: a hook, the whole network, one picture a run, with the
same parameterization, transforms, optimizer and steps, on our own code for them and with frozen
weights, which makes it faster than either. Horama itself runs beside where it installs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.common import (
    Options,
    Result,
    Skipped,
    at_least,
    interleaved,
    need_spec,
    paired,
    rounded,
    squeezenet,
)

if TYPE_CHECKING:
    from convscope.net.net import Net

GOALS = {
    "features.3.expand3x3_activation": 8.0,
    "features.5.expand3x3_activation": 3.0,
    "features.12.expand3x3_activation": 1.5,
}
"""How many times as fast a channel, by layer."""
SIDE, STEPS, CHANNELS, BATCH = 128, 256, 64, 16
PEER_CHANNELS = 1
"""The peer's time a channel does not depend on how many it draws."""


@dataclass(frozen=True)
class Case:
    """One layer, and the ways to draw its channels."""

    net: Net
    layer: str
    channels: int
    steps: int

    def ours(self) -> Any:
        """All channels, in batches."""
        from convscope.methods.options.synthesize import SynthesizeOptions
        from convscope.methods.synthesize import synthesize

        options = SynthesizeOptions(
            "lucid", starts=1, retries=0, steps=self.steps, canvas=SIDE, batch=BATCH
        )
        return synthesize(self.net, f"{self.layer}:0..{self.channels - 1}", options)

    def theirs(self) -> None:
        """One channel after the other: a hook, the whole network, Adam on one spectrum."""
        for channel in range(PEER_CHANNELS):
            _one_channel(self.net, self.layer, channel, self.steps)

    def horama(self) -> None:
        """Horama's Fourier optimization of one channel, as many crops as suit one input."""
        fourier = import_module("horama").fourier

        with _hooked(self.net.module, self.layer) as seen:

            def objective(images: Any) -> Any:
                self.net.module(images)
                return seen[0][:, 0].mean()

            fourier(
                objective, total_steps=self.steps, image_size=SIDE, model_input_size=SIDE,
                crops_per_iteration=1, box_size=(0.5, 0.5), device="cpu",
            )  # fmt: skip


def measure(options: Options) -> Result:
    """Every layer; the last is the slowest."""
    need_spec("torchvision")
    net, quick = squeezenet(), options.every > 1
    net.module.requires_grad_(False)
    steps, channels = (4, 4) if quick else (STEPS, CHANNELS)
    return {
        layer: _one(Case(net, layer, channels, steps), goal, options)
        for layer, goal in GOALS.items()
    }


def _one(case: Case, goal: float, options: Options) -> Result:
    tasks: dict[str, Callable[[], object]] = {"ours": case.ours, "one at a time": case.theirs}
    missing = _why_no_horama(case)
    if not missing:
        tasks["horama"] = case.horama
    times = interleaved(tasks, options.rounds)
    ours = [t / case.channels for t in times["ours"]]
    single = [t / PEER_CHANNELS for t in times["one at a time"]]
    return {
        "times_as_fast": at_least(paired(single, ours), goal),
        "each_round": [rounded(b / a) for a, b in zip(ours, single, strict=True)],
        "seconds_a_channel": {"ours": list(map(rounded, ours)),
                              "one at a time": list(map(rounded, single))},
        "horama": missing or {"seconds_a_channel": list(map(rounded, times["horama"])),
                              "times_as_fast": rounded(paired(times["horama"], ours))},
    }  # fmt: skip


def _why_no_horama(case: Case) -> str:
    """Why Horama cannot run here; empty where it can."""
    try:
        need_spec("horama")
        Case(case.net, case.layer, 1, 1).horama()
    except Skipped as reason:
        return str(reason)
    except (AttributeError, RuntimeError, NotImplementedError, ImportError) as error:
        return f"horama does not run here: {str(error).splitlines()[0][:120]}"
    return ""


class _hooked:
    """Keeps what a module returns, as hook-based tools do."""

    def __init__(self, module: Any, name: str) -> None:
        self._part, self.seen = module.get_submodule(name), [None]

    def __enter__(self) -> list[Any]:
        def keep(part: Any, given: Any, result: Any) -> None:
            self.seen[0] = result

        self._handle = self._part.register_forward_hook(keep)
        return self.seen

    def __exit__(self, *error: object) -> None:
        self._handle.remove()


def _one_channel(net: Net, layer: str, channel: int, steps: int) -> None:
    import torch

    from convscope.synthesis.natural import Natural
    from convscope.synthesis.parameterization import parameterize
    from convscope.synthesis.presets import preset
    from convscope.synthesis.transform import transformed

    recipe = preset("lucid", steps=steps, size=SIDE)
    made = parameterize(recipe, Natural.usual(3), (SIDE, SIDE), SIDE, torch.device("cpu"))
    parameters = made.start([0]).requires_grad_()
    optimizer = torch.optim.Adam([parameters], lr=recipe.lr)
    prep = net.preprocessing
    mean, std = (torch.tensor(v)[:, None, None] for v in (prep.mean, prep.std))
    net.module.eval()
    with _hooked(net.module, layer) as seen:
        for step in range(steps):
            optimizer.zero_grad()
            colors = transformed(made.draw(parameters), recipe, 0.0, SIDE, step)
            net.module((colors - mean) / std)
            (-seen[0][:, channel].mean()).backward()
            optimizer.step()
