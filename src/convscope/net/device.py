"""Which device a network runs on."""

from __future__ import annotations

import torch

from convscope.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(name: str = "auto") -> torch.device:
    """The device of a name; ``auto`` is the first of cuda, mps, cpu that this machine has.

    Raises:
        UsageError: no such name, or no such device on this machine.

    >>> resolve_device("cpu")
    device(type='cpu')
    """
    here = [*_accelerators(), "cpu"]
    if name not in DEVICES:
        raise UsageError(f"No device {name!r}. There are: {', '.join(DEVICES)}.")
    if name != "auto" and name not in here:
        raise UsageError(
            f"This machine has no {name} device, or this torch ({torch.__version__}) was built "
            f"without it. Here there are: {', '.join(here)}; --device auto takes the first."
        )
    return torch.device(here[0] if name == "auto" else name)


def _accelerators() -> list[str]:
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [name for name, available in has.items() if available]
