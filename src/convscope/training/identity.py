"""Whether a run on disk and the run asked for are the same one, and if not, in what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from convscope.atlas.identity import MIXABLE, Change, changes
from convscope.checkpoints import RUN
from convscope.errors import RunError
from convscope.images.file import whole_path
from convscope.images.source import Source
from convscope.net.provenance import kernels, versions
from convscope.training import folder
from convscope.training.data import Data
from convscope.training.further import ASKED_ANEW, go_further
from convscope.training.inputs import Inputs
from convscope.training.options import TrainOptions
from convscope.training.start import Start

_FREE = ("allow_mixed", "state_every", *ASKED_ANEW)
"""Options that no loss depends on, or that are looked at by themselves."""


def identity(
    start: Start, data: Data, source: Source, inputs: Inputs, options: TrainOptions
) -> dict[str, Any]:
    """Everything that the losses depend on, as ``run.json`` records it."""
    device = next(start.module.parameters()).device
    values = {
        "format": folder.FORMAT,
        "spec": start.spec,
        "start": fingerprint(start.module),
        "parameters": sum(each.numel() for each in start.module.parameters()),
        "options": asdict(options),
        "data": {"spec": whole_path(source.name), **data.facts},
        "classes": list(data.classes),
        "preprocessing": inputs.preprocessing.to_dict(),
        "threads": torch.get_num_threads(),
        "device": device.type,
        "kernel_flags": kernels(device),
        "versions": versions(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(values))
    return plain


def fingerprint(module: torch.nn.Module) -> str:
    """SHA-256 over parameters and buffers with their names, in order."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        bytes_ = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
        digest.update(bytes_.numpy().tobytes())
    return digest.hexdigest()


def claim(run: Path, now: Mapping[str, Any], options: TrainOptions) -> None:
    """Make a folder this run's, or find that it is already, be it to go further.

    Raises:
        RunError: it is another run's; the message says what differs.
    """
    if not (run / RUN).exists():
        _refuse_remains(run)
        folder.write_json(run / RUN, now)
        return
    there = folder.read_run(run)
    ended = there.pop(folder.DIVERGED, None)
    if there.get("options") is None:
        raise RunError(
            f"{run} holds a run of another program's loop, by its Recorder. Train into another "
            "folder."
        )
    found = changes(_compared(there), _compared(now))
    other = [one for one in found if not (options.allow_mixed and one.path[0] in MIXABLE)]
    if other:
        mixed = all(one.path[0] in MIXABLE for one in found)
        more = " Or go on all the same, with other last digits: allow_mixed." if mixed else ""
        raise RunError(
            f"{run} holds another run. It differs in {'; '.join(_told(other))}. Train into another "
            f"folder, or ask for the same to go on.{more}"
        )
    go_further(run, there, options)
    if ended:  # what it did was said of the calls before; this one will say what becomes of it
        folder.write_json(run / RUN, {k: v for k, v in folder.read_run(run).items()
                                      if k != folder.DIVERGED})  # fmt: skip


def _told(found: Sequence[Change]) -> Iterator[str]:
    """What differs in plain words; what only follows from something else that differs is not said.

    A network that is another starts with other weights; other images have another mean.
    """
    kinds: dict[str, list[Change]] = {}
    for one in found:
        kinds.setdefault(one.path[0], []).append(one)
    given = kinds.pop("options", [])
    told = {name: kinds.pop(name, []) for name in _FOLLOWS}
    if told["spec"]:
        yield f"the network ({told['spec'][0].words})"
    if told["data"]:
        counts = [one.words for one in told["data"] if one.path[1:] == ("images",)]
        yield f"the images ({counts[0]})" if counts else "the images"
    if given:
        listed = ", ".join(f"{one.path[-1]} ({one.words})" for one in given[:SEVERAL])
        more = f" and {len(given) - SEVERAL} more" if len(given) > SEVERAL else ""
        yield f"the option{'s' if len(given) > 1 else ''} {listed}{more}"
    if not (told["spec"] or told["data"] or given):
        yield from (said for name, said in _FOLLOWS.items() if told[name] and said)
    yield from (one.text for rest in kinds.values() for one in rest)


_FOLLOWS = {
    "spec": "", "data": "", "parameters": "the number of parameters",
    "start": "the weights at the start", "classes": "the classes",
    "preprocessing": "the preprocessing",
}  # fmt: skip
SEVERAL = 3
"""Options that are named."""


def _refuse_remains(run: Path) -> None:
    if (run / folder.STATE).exists():
        raise RunError(
            f"{run} has the state of a run ({folder.STATE}) and not {RUN}, which says whose. Train "
            "into another folder, or remove the state to begin again."
        )


def _compared(values: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {k: v for k, v in values.get("options", {}).items() if k not in _FREE}
    data = {k: v for k, v in values.get("data", {}).items() if k not in ("spec", "failures")}
    return {**values, "options": chosen, "data": data}
