"""State dicts from files, of which nothing is ever run: safetensors, or torch's weights-only load.

A file that would need unpickling is refused, and not tried another way.
"""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from convscope.errors import IntakeError, nearest
from convscope.net.foreign import refuse_foreign

NESTED = ("state_dict", "model_state_dict", "model", "module", "network", "net", "weights")
"""Where checkpoints keep the state dict among other things, in the order they are tried."""


@dataclass(frozen=True)
class Weights:
    """A state dict as a file holds it, half precision already cast to float32."""

    path: Path
    state: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The text fields of a safetensors header."""
    notes: tuple[str, ...] = ()
    """What was changed while reading, for provenance."""


def read_weights(path: str | Path) -> Weights:
    """Read a state dict from safetensors, or by ``torch.load(weights_only=True)``.

    Raises:
        IntakeError: no such file, a damaged one, one that would need unpickling, or a foreign form.
    """
    path = Path(path)
    _check(path)
    if _is_safetensors(path):
        return _in_float32(_safetensors(path))
    state, notes = _unnested(_torch(path), path)
    return _in_float32(Weights(path, state, {}, notes))


def _check(path: Path) -> None:
    if path.is_dir():
        raise IntakeError(f"{path} is a folder. Give the file of weights inside it.")
    if not path.is_file():
        beside = [file.name for file in path.parent.glob("*") if file.is_file()]
        raise IntakeError(f"No file of weights {path}. {nearest(path.name, beside)}".rstrip())
    refuse_foreign(path)


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(9)
    return path.suffix.lower() == ".safetensors" or head[8:] == b"{"


def _safetensors(path: Path) -> Weights:
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 no mapping
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise IntakeError(f"{path} is no complete safetensors file: {error}.") from None
    # Tied weights are stored once; the header says under which other name each is needed.
    tied = {
        key: state[kept] for key, kept in metadata.items() if kept in state and key not in state
    }
    return Weights(path, state | tied, metadata)


def _torch(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on pickle protocols; the answer is loaded or refused
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise IntakeError(_pickled(path, str(error))) from None
    except Exception as error:  # the restricted unpickler raises nearly anything on foreign bytes
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise IntakeError(
            f"{path} is no file of weights, or is damaged ({reason.strip(': ')}). Give "
            "safetensors, or a state dict that torch.save wrote."
        ) from None


def _pickled(path: Path, reason: str) -> str:
    found = re.search(r"GLOBAL (\S+)", reason)
    what = f"Python objects ({found[1]})" if found else "Python objects"
    return (
        f"{path} holds {what}, and unpickling them runs whatever code the file names; convscope "
        "never does. Where you trust the file, convert it to safetensors yourself:\n"
        "    import torch, safetensors.torch\n"
        f"    state = torch.load({path.name!r}, map_location='cpu', weights_only=False)"
        "  # a whole model: .state_dict()\n"
        "    safetensors.torch.save_file({k: v.contiguous().clone() for k, v in state.items()}, "
        f"{path.with_suffix('.safetensors').name!r})\n"
    )


def _unnested(found: Any, path: Path) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    while inside := _nest(found):
        found, notes = found[inside], (*notes, f"taken from {inside!r} of the checkpoint")
    if not isinstance(found, Mapping) or not any(isinstance(v, Tensor) for v in found.values()):
        raise IntakeError(
            f"{path} holds no state dict: {_outline(found)}. Save the state dict alone, or under "
            f"one of: {', '.join(NESTED)}."
        )
    return dict(found), notes


def _nest(found: Any) -> str | None:
    """Where a state dict lies inside; a checkpoint may have tensors beside it (a best score)."""
    if not isinstance(found, Mapping):
        return None
    return next((key for key in NESTED if isinstance(found.get(key), Mapping)), None)


def _outline(found: Any) -> str:
    if isinstance(found, Mapping):
        return f"a dict with {', '.join(map(repr, list(found)[:5])) or 'nothing'}"
    return f"a {type(found).__name__}"


def _in_float32(weights: Weights) -> Weights:
    halves = {key: value for key, value in weights.state.items() if _is_short(value)}
    if not halves:
        return weights
    kinds = ", ".join(
        sorted({str(value.dtype).removeprefix("torch.") for value in halves.values()})
    )
    state = dict(weights.state) | {key: value.float() for key, value in halves.items()}
    note = f"{len(halves)} tensors cast from {kinds} to float32"
    return Weights(weights.path, state, weights.metadata, (*weights.notes, note))


def _is_short(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.element_size() < 4
