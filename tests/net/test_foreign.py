from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from convscope.errors import IntakeError
from convscope.net.foreign import refuse_foreign


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("net.pt2", r"net\.pt2 is an exported program \(\.pt2\)\. Opening it runs code"),
        ("net.onnx", r"net\.onnx is an ONNX model\. ONNX is not read yet"),
        ("net.keras", r"net\.keras is a Keras model\. Keras is not read yet"),
        ("net.h5", r"net\.h5 is a Keras model"),
        ("net.torchscript", r"is a TorchScript archive\. Its ops cannot be seen from Python"),
    ],
)
def test_a_foreign_form_is_refused_by_its_name(name: str, message: str) -> None:
    with pytest.raises(IntakeError, match=message) as refused:
        refuse_foreign(name)
    assert "safetensors" in str(refused.value) or "file.py:factory" in str(refused.value)


def archive(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for member in members:
            file.writestr(member, "")
    return path


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (("s/data.pkl", "s/constants.pkl"), "TorchScript"),
        (("s/archive_format", "s/models/model.json"), "exported program"),
        (("config.json", "model.weights.h5"), "Keras"),
    ],
)
def test_a_foreign_form_is_refused_by_what_it_holds(
    tmp_path: Path, members: tuple[str, ...], message: str
) -> None:
    with pytest.raises(IntakeError, match=message):
        refuse_foreign(archive(tmp_path / "model.pt", *members))


def test_hdf5_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x89HDF\r\n\x1a\n rest")
    with pytest.raises(IntakeError, match="Keras"):
        refuse_foreign(tmp_path / "model.bin")


def test_a_real_exported_program_is_refused_under_any_name(tmp_path: Path) -> None:
    program = torch.export.export(nn.Conv2d(1, 1, 1), (torch.zeros(1, 1, 4, 4),))
    torch.export.save(program, tmp_path / "net.pt2")
    moved = (tmp_path / "net.pt2").rename(tmp_path / "net.pth")
    with pytest.raises(IntakeError, match="exported program"):
        refuse_foreign(moved)


def test_a_checkpoint_passes(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "model.pt")
    refuse_foreign(tmp_path / "model.pt")
