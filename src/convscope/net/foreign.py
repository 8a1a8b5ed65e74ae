"""Files that hold a network in a form convscope does not open, refused by name with a way out."""

from __future__ import annotations

import zipfile
from pathlib import Path

from convscope.errors import IntakeError

WAY_OUT = {
    "a TorchScript archive": (
        "Its ops cannot be seen from Python. Give the nn.Module it was made from as "
        "file.py:factory, and its weights as safetensors: "
        "safetensors.torch.save_file(torch.jit.load(file).state_dict(), 'weights.safetensors')"
    ),
    "an exported program (.pt2)": (
        "Opening it runs code from the file, and it takes one batch and one size only. Give the "
        "nn.Module it was exported from as file.py:factory, and its state dict as safetensors."
    ),
    "an ONNX model": (
        "ONNX is not read yet. Give the nn.Module it was exported from as file.py:factory, or one "
        "that onnx2torch makes from it inside your factory."
    ),
    "a Keras model": (
        "Keras is not read yet. Write the network as an nn.Module, give it as file.py:factory, and "
        "save its weights under that module's names as safetensors."
    ),
}
"""The forms that are refused, and what to do today."""

SUFFIXES = {
    ".torchscript": "a TorchScript archive",
    ".ptl": "a TorchScript archive",
    ".pt2": "an exported program (.pt2)",
    ".onnx": "an ONNX model",
    ".keras": "a Keras model",
    ".h5": "a Keras model",
    ".hdf5": "a Keras model",
}
_HDF5 = b"\x89HDF\r\n\x1a\n"


def refuse_foreign(path: str | Path) -> None:
    """Refuse a file by its name or, where it exists, by what it holds.

    Raises:
        IntakeError: the file holds a network in one of the forms of ``WAY_OUT``.

    >>> refuse_foreign("weights.safetensors")
    """
    path = Path(path)
    form = SUFFIXES.get(path.suffix.lower()) or (_form(path) if path.is_file() else None)
    if form:
        raise IntakeError(f"{path} is {form}. {WAY_OUT[form]}")


def _form(path: Path) -> str | None:
    with path.open("rb") as file:
        if file.read(len(_HDF5)) == _HDF5:
            return "a Keras model"
    return _archived(path) if zipfile.is_zipfile(path) else None


def _archived(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    if "archive_format" in names:
        return "an exported program (.pt2)"
    if "constants.pkl" in names:
        return "a TorchScript archive"
    return "a Keras model" if "model.weights.h5" in names else None
