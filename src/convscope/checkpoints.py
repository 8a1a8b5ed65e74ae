"""Where the checkpoints of a training run lie: ``RUN/checkpoints/epoch-064.safetensors``."""

from __future__ import annotations

import re
from pathlib import Path

CHECKPOINTS = "checkpoints"
RUN, HISTORY = "run.json", "history.parquet"
_NAME = re.compile(r"epoch-(\d+)\.safetensors")


def checkpoint_path(run: Path, epoch: int) -> Path:
    """Where the weights after an epoch lie; 0 is the start.

    >>> str(checkpoint_path(Path("run"), 64))
    'run/checkpoints/epoch-064.safetensors'
    """
    return run / CHECKPOINTS / f"epoch-{epoch:03}.safetensors"


def checkpoint_epochs(run: Path) -> dict[int, Path]:
    """The checkpoints there are, by epoch, ascending."""
    found = ((_NAME.fullmatch(path.name), path) for path in (run / CHECKPOINTS).glob("*"))
    return dict(sorted((int(match[1]), path) for match, path in found if match))


def run_and_epoch(path: str | Path) -> tuple[Path, int] | None:
    """The run that a file of weights lies in, and its epoch; None of any other file.

    >>> run_and_epoch("run/checkpoints/epoch-064.safetensors")
    (PosixPath('run'), 64)
    >>> run_and_epoch("run/best.safetensors")
    """
    match = _NAME.fullmatch(Path(path).name)
    place = Path(path) if Path(path).parent.name else Path(path).absolute()  # "epoch-064..." alone
    if match is None or place.parent.name != CHECKPOINTS:
        return None
    return place.parent.parent, int(match[1])


def start_beside(weights: str | Path | None) -> Path | None:
    """The weights that a checkpoint's training began with, where they lie beside it."""
    found = run_and_epoch(weights or "")
    start = checkpoint_path(found[0], 0) if found else None
    return start if start is not None and start.is_file() else None


def latest(path: str | Path) -> str:
    """A run's folder, or that of its checkpoints, stands for the last one; all else for itself.

    >>> latest("weights.safetensors")
    'weights.safetensors'
    """
    folder = Path(path)
    run = folder.parent if folder.name == CHECKPOINTS else folder
    found = checkpoint_epochs(run) if (run / CHECKPOINTS).is_dir() else {}
    return str([*found.values()][-1]) if found else str(path)
