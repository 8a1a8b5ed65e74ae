"""The checkpoints of one training as networks: of a run's folder, or named one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.errors import IntakeError, UsageError
from convscope.experiments.evolution.options import EvolveOptions

if TYPE_CHECKING:
    from convscope.net.net import Net
    from convscope.training.run import Run


@dataclass(frozen=True)
class Moment:
    """One checkpoint."""

    epoch: int
    name: str
    """As people know it."""
    load: Callable[[], Net]
    """Loads the network as it was."""


def moments(
    subject: Run | Sequence[str | Path], options: EvolveOptions, loading: Mapping[str, Any]
) -> tuple[Moment, ...]:
    """The checkpoints in the order of their epochs.

    Args:
        subject: a run, or specs (or files of weights) of networks.
        options: epochs, and the network's spec, where the checkpoints do not say them.
        loading: what ``load`` is given beside the spec.

    Raises:
        UsageError: there is one only, nothing says of which epoch one is, or something is asked of
            a run that it says itself.
        IntakeError: one cannot be loaded.
    """
    if isinstance(subject, Sequence):
        return _in_order(_named(subject, options, loading))
    _check_run(subject, options, loading)
    return _in_order(_of_run(subject, loading))


def check_alike(some: Sequence[Moment]) -> None:
    """Refuse checkpoints of different networks, before anything is computed.

    Raises:
        IntakeError: the layers of one are not those of another, or they prepare images differently.
    """
    first, *others = some
    wanted = _outline(first.load())
    for other in others:
        found = _outline(other.load())
        apart = _apart(wanted, found)
        if apart is not None:
            raise IntakeError(
                f"{first.name} and {other.name} are no checkpoints of one network: the first has "
                f"{apart[0] or 'nothing'} where the other has {apart[1] or 'nothing'}. Give "
                "checkpoints of one run, or of runs of the same network."
            )


def _check_run(run: Run, options: EvolveOptions, loading: Mapping[str, Any]) -> None:
    """Refuse what would be ignored: a run's checkpoints say how they are loaded, and when."""
    asked = {"epochs": options.epochs, "model": options.model}
    given = [f"--{name}" for name, value in asked.items() if value]
    given += [f"--{key}" for key, value in loading.items() if value is not None and key != "device"]
    if given:
        raise UsageError(
            f"{', '.join(given)} {'say' if len(given) > 1 else 'says'} nothing here: the "
            f"checkpoints of the run {run.path.name} are loaded as it was trained, each of its own "
            "epoch. Leave it out, or name the checkpoints one by one."
        )


def _of_run(run: Run, loading: Mapping[str, Any]) -> list[Moment]:
    device = loading.get("device", "auto")

    def loader(epoch: int) -> Callable[[], Net]:
        return lambda: run.net(epoch, device=device)

    return [
        Moment(one.epoch, f"{run.path.name}, epoch {one.epoch}", loader(one.epoch))
        for one in run.checkpoints
    ]


def _named(
    specs: Sequence[str | Path], options: EvolveOptions, loading: Mapping[str, Any]
) -> list[Moment]:
    given = options.epoch_numbers
    if given and len(given) != len(specs):
        raise UsageError(
            f"{len(given)} epochs ({options.epochs}) were given for {len(specs)} checkpoints. Give "
            "one for each, in their order."
        )
    epochs = given or tuple(_epoch(str(spec)) for spec in specs)

    def loader(spec: str) -> Callable[[], Net]:
        return lambda: _loaded(spec, options.model, loading)

    return [
        Moment(epoch, str(spec), loader(str(spec)))
        for epoch, spec in zip(epochs, specs, strict=True)
    ]


def _loaded(spec: str, model: str, loading: Mapping[str, Any]) -> Net:
    from convscope.net.intake import load

    return load(model, weights=spec, **loading) if model else load(spec, **loading)


def _epoch(spec: str) -> int:
    """What the checkpoint's own metadata say.

    Raises:
        UsageError: they say nothing.
    """
    metadata = _metadata(spec)
    said = metadata.get("epoch", metadata.get("epochs", ""))
    if not said.isdecimal():
        raise UsageError(
            f"Nothing in {spec} says of which epoch it is. Give the epochs of all checkpoints, in "
            "their order: --epochs 0,12,120."
        )
    return int(said)


def _metadata(spec: str) -> dict[str, str]:
    """Of safetensors, or of a bundled network; nothing of anything else."""
    from safetensors import SafetensorError, safe_open

    from convscope.bundled import bundled_weights
    from convscope.net.intake_bundled import MOMENTS

    zoo, _, name = spec.partition(":")
    path = bundled_weights(MOMENTS[name]) if zoo == "bundled" and name in MOMENTS else Path(spec)
    if path.suffix.lower() != ".safetensors" or not path.is_file():
        return {}
    try:
        with safe_open(str(path), framework="numpy") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError):
        return {}  # loading it says what is wrong


def _in_order(found: Sequence[Moment]) -> tuple[Moment, ...]:
    if len(found) < 2:
        raise UsageError(
            f"An evolution needs two checkpoints or more; there is one, {found[0].name}."
            if found
            else "An evolution needs two checkpoints or more; none were given."
        )
    ordered = sorted(found, key=lambda one: one.epoch)
    for one, other in pairwise(ordered):
        if one.epoch == other.epoch:
            raise UsageError(
                f"{one.name} and {other.name} are both of epoch {one.epoch}. Give one of them, or "
                "say of which epochs they are: --epochs 0,12,120."
            )
    return tuple(ordered)


@dataclass(frozen=True)
class _Part:
    """One thing that must be the same in all checkpoints."""

    key: str
    words: str = field(compare=False)


def _outline(net: Net) -> list[_Part]:
    """The inputs, wherever their mean image lies, and the layers."""
    layers, prepared = net.tape().layers, net.preprocessing
    shapes = [f"{one.name}, {one.channels} maps of {one.height} x {one.width}" for one in layers]
    inputs = _Part(prepared.fingerprint(), f"the preprocessing {prepared.to_dict()}")
    return [inputs, *(_Part(shape, shape) for shape in shapes)]


def _apart(one: list[_Part], other: list[_Part]) -> tuple[str, str] | None:
    """The first difference in words; empty where one has nothing there."""
    nothing = _Part("", "")
    pairs = zip_longest(one, other, fillvalue=nothing)
    return next(((a.words, b.words) for a, b in pairs if a != b), None)
