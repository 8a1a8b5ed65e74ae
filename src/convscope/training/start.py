"""The network before its first step: built from its spec for so many classes, and initialized."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from convscope.checkpoints import latest
from convscope.errors import DataError, ForwardError, UsageError
from convscope.net.specs import build
from convscope.net.weights import read_weights
from convscope.nets.scaled import ScaledZF
from convscope.nets.zeiler import ZeilerNet
from convscope.preprocess.settings import Settings, from_metadata, from_pretrained
from convscope.training.evaluate import evaluating
from convscope.training.options import TrainOptions

NETS = "nets:"
PAPER_STD = 0.01
"""Zeiler & Fergus 2013, sec. 3: "all weights initialized to 10^-2"; a constant would keep all
filters equal, so it must be the deviation, as in Krizhevsky et al. 2012."""


@dataclass(frozen=True)
class Start:
    """A network at epoch 0."""

    spec: str
    module: nn.Module
    own: Settings
    """What its origin states about its inputs."""

    @property
    def channels(self) -> int:
        """Of its input: those of its first convolution."""
        return first_convolution(self.module).in_channels

    @property
    def first(self) -> nn.Conv2d:
        """Its first convolution."""
        return first_convolution(self.module)


def build_start(model: str, classes: int, options: TrainOptions) -> Start:
    """Build and initialize a network, the same one for the same seed.

    Args:
        model: its spec; one of ``nets:`` gets as many classes as there are, unless it says.
        classes: of the data.
        options: seed and initialization.

    Raises:
        IntakeError: no such network.
        UsageError: it has no convolution, or is a file of weights, which are drawn anew.

    >>> build_start("nets:zf32", 7, TrainOptions()).spec
    'nets:zf32,classes=7'
    """
    _check_architecture(model)
    counts = not model.startswith(NETS) or "classes=" in model
    spec = model if counts else f"{model},classes={classes}"
    torch.manual_seed(options.seed)
    built = build(spec)
    metadata = read_weights(built.weights).metadata if built.weights else {}
    stated = from_pretrained(built.pretrained) if built.pretrained else from_metadata(metadata)
    start = Start(spec, built.module, stated)
    torch.manual_seed(options.seed)  # whatever the code that built it has drawn
    initialize(start.module, options)
    return start


def _check_architecture(model: str) -> None:
    weights = latest(model)
    if weights.lower().endswith(".safetensors") and Path(weights).is_file():
        arch = read_weights(weights).metadata.get("arch") or "nets.py:build"
        own = arch.partition(",classes=")[0] if arch.startswith(NETS) else arch
        raise UsageError(
            f"{model} is trained already. Training begins with weights drawn anew, so that epoch 0 "
            f"of a run has learnt nothing. Give the network alone: --model {own}. A run goes on by "
            "the command that began it (--out)."
        )


def check_scale(start: Start, options: TrainOptions) -> None:
    """Hold pixels of +-128 off a network whose contrast normalization is for unit deviation.

    Its alpha is 2, not the paper's 5e-4: of two answers the one to more contrast comes out smaller.

    Raises:
        UsageError: it is such a network, and scale is pixels.
    """
    if options.scale == "pixels" and isinstance(start.module, ScaledZF | ZeilerNet):
        raise UsageError(
            f"{start.spec} is made for inputs of about unit deviation: its normalization would "
            "crush those of about +-128 that scale pixels gives. Divide them (--center channel "
            "--scale deviation --init kaiming, as in the presets cifar and modern), or train the "
            "paper's own network (nets:zfnet)."
        )


def first_convolution(module: nn.Module) -> nn.Conv2d:
    """The first convolution of a network, in the order of its modules.

    Raises:
        UsageError: it has none.
    """
    found = next((part for part in module.modules() if isinstance(part, nn.Conv2d)), None)
    if found is None:
        raise UsageError(
            f"{type(module).__name__} has no nn.Conv2d; training is for convolutional networks."
        )
    return found


@torch.no_grad()
def initialize(module: nn.Module, options: TrainOptions) -> None:
    """Draw the weights of convolutions and linear layers, biases 0; normalizations stay."""
    if options.init != "own":
        for part in weighted(module):
            _draw(part.weight, options)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    if options.first_std is not None:
        nn.init.normal_(first_convolution(module).weight, std=options.first_std)


def weighted(module: nn.Module) -> Iterator[nn.Conv2d | nn.Linear]:
    """Its convolutions and linear layers."""
    return (part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear))


def memory_format(start: Start, size: int, classes: Sequence[str]) -> torch.memory_format:
    """How batches lie in memory for this network, whose output is held to the data's classes.

    Channels-last, unless the network takes its input only contiguous (``x.view(n, -1)`` does).

    Raises:
        DataError: its output is no vector with one score a class.
        ForwardError: it raises on its input.
    """
    image, formats = torch.zeros(2, start.channels, size, size), _FORMATS
    for kind in formats:
        try:
            with torch.no_grad(), evaluating(start.module):
                scores = start.module(image.contiguous(memory_format=kind))
        except RuntimeError as error:
            if kind is formats[-1]:
                raise ForwardError(
                    f"{start.spec} raised on inputs of {size} x {size} px: {error}. Give the size "
                    "it is made for (--size)."
                ) from error
        else:
            break
    _check_scores(start.spec, scores, classes)
    return kind


_FORMATS = (torch.channels_last, torch.contiguous_format)


def _check_scores(spec: str, scores: object, classes: Sequence[str]) -> None:
    shape = tuple(scores.shape) if isinstance(scores, Tensor) else ()
    if shape != (2, len(classes)):
        listed = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
        given = f"{shape[1]} scores" if len(shape) == 2 else "no vector of scores"
        raise DataError(
            f"{spec} gives {given} for an image, and the data has {len(classes)} classes "
            f"({listed}). Give a network with {len(classes)} scores, or the folders or the column "
            "that name its classes (--label-column)."
        )


def _draw(weight: Tensor, options: TrainOptions) -> None:
    if options.init == "paper":
        nn.init.normal_(weight, std=PAPER_STD)
    else:
        nn.init.kaiming_normal_(weight, nonlinearity="relu")
