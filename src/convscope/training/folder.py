"""What lies where in the folder of a run, and how its checkpoints are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.atlas import store
from convscope.checkpoints import CHECKPOINTS, RUN
from convscope.errors import RunError
from convscope.preprocess import Preprocessing

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
STEPS, HEALTH = "steps.parquet", "health.parquet"
STATE = "state.safetensors"
CLASSES = "classes.txt"
DIVERGED = "diverged"
"""Key of ``run.json``: how the loss ended, where it became no number; absent where it did not."""


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write plain values, whole; the same values are the same bytes."""
    store.write(path, (json.dumps(values, indent=1, sort_keys=True) + "\n").encode())


def read_run(run: Path) -> dict[str, Any]:
    """What ``run.json`` says.

    Raises:
        RunError: there is none, or it is another version's.
    """
    try:
        values = json.loads((run / RUN).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            f"{run} holds no run (no {RUN} in it). Make one with: convscope train PRESET DATA "
            "--out FOLDER"
        ) from None
    except ValueError:
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise RunError(
            f"{run / RUN} is not as this version of convscope writes it (format {FORMAT}). Train "
            "again into a new folder."
        )
    return values


def write_checkpoint(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write weights as safetensors, whole; the same weights are the same bytes."""
    store.write(path, to_bytes(state, metadata))


def to_bytes(state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Tensors as safetensors; the library writes the header's text in an order of its own."""
    from safetensors.torch import save

    plain = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    made = save(plain, dict(metadata))
    length = int.from_bytes(made[:8], "little")
    header = json.loads(made[8 : 8 + length])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + made[8 + length :]


def metadata_of(
    preprocessing: Preprocessing | None, classes: Sequence[str] | None
) -> dict[str, str]:
    """What every checkpoint of a run says of its inputs and outputs, as ``load`` reads it."""
    said: dict[str, str] = {}
    if preprocessing is not None:
        resize = preprocessing.resize
        said |= {
            "size": ",".join(map(str, preprocessing.size)),
            "resize": "none" if resize is None else str(resize),
            "mean": ",".join(map(repr, preprocessing.mean)),
            "std": ",".join(map(repr, preprocessing.std)),
            "interpolation": preprocessing.interpolation,
        }
        if preprocessing.mean_image is not None:
            said |= preprocessing.mean_image.metadata()
    if classes:
        plain = all("," not in name and name == name.strip() for name in classes)
        said |= {"classes": ",".join(classes)} if plain else {"classes_file": CLASSES}
    return said


def write_classes(run: Path, classes: Sequence[str] | None) -> None:
    """Class names that no header can list, because of their commas, beside the checkpoints."""
    if "classes_file" in metadata_of(None, classes):
        text = "".join(f"{name}\n" for name in classes or ())
        store.write(run / CHECKPOINTS / CLASSES, text.encode())
