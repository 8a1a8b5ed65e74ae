from __future__ import annotations

import argparse
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from convscope.errors import IntakeError
from convscope.net.weights import read_weights


class Trap:
    """A pickle that makes a folder when it is opened."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.canary),)


def zipped(trap: object, path: Path) -> None:
    torch.save({"weight": torch.ones(2), "trap": trap}, path)


def legacy(trap: object, path: Path) -> None:
    torch.save({"state_dict": trap}, path, _use_new_zipfile_serialization=False)


def bare(protocol: int) -> Callable[[object, Path], None]:
    return lambda trap, path: path.write_bytes(pickle.dumps(trap, protocol)) and None


@pytest.mark.parametrize("write", [zipped, legacy, *(bare(p) for p in range(6))])
@pytest.mark.parametrize("name", ["model.pt", "model.ckpt", "model.pkl", "model.safetensors"])
def test_a_pickle_that_runs_code_is_refused_and_never_opened(
    tmp_path: Path, write: Callable[[object, Path], None], name: str
) -> None:
    canary, file = tmp_path / "canary", tmp_path / name
    write(Trap(canary), file)
    with pytest.raises(IntakeError, match=r"holds Python objects|no complete safetensors"):
        read_weights(file)
    assert not canary.exists()


def test_the_trap_is_a_trap(tmp_path: Path) -> None:
    zipped(Trap(tmp_path / "canary"), tmp_path / "model.pt")
    torch.load(tmp_path / "model.pt", weights_only=False)
    assert (tmp_path / "canary").exists()


def test_the_refusal_names_the_object_and_three_lines_that_convert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A dict subclass: harmless, and unknown to the restricted loader all the same.
    state = torch.nn.ParameterDict({"w": nn.Parameter(torch.arange(6.0).view(2, 3).T)})
    torch.save(state, tmp_path / "model.pt")
    with pytest.raises(IntakeError) as refused:
        read_weights(tmp_path / "model.pt")
    message = str(refused.value)
    assert re.search(r"model\.pt holds Python objects \(torch\.nn\.modules\.\S+\), and", message)
    assert "runs whatever code the file names; convscope never does" in message
    lines = [line.strip() for line in message.splitlines() if line.startswith("    ")]
    assert len(lines) == 3
    monkeypatch.chdir(tmp_path)
    exec("\n".join(lines), {})
    assert torch.equal(load_file("model.safetensors")["w"], torch.arange(6.0).view(2, 3).T)


def test_arguments_beside_the_state_dict_are_refused_by_name(tmp_path: Path) -> None:
    torch.save({"model": {"w": torch.ones(1)}, "args": argparse.Namespace()}, tmp_path / "m.pt")
    with pytest.raises(IntakeError, match=r"holds Python objects \(argparse\.Namespace\)"):
        read_weights(tmp_path / "m.pt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello world" * 9, r"is no file of weights, or is damaged \(KeyError: \d+\)"),
        (b"", r"is no file of weights, or is damaged \(EOFError\)"),
    ],
)
def test_other_bytes_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(IntakeError, match=message):
        read_weights(tmp_path / "model.pt")


def test_a_torn_checkpoint_is_refused(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(1000)}, tmp_path / "m.pt")
    whole = (tmp_path / "m.pt").read_bytes()
    (tmp_path / "m.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IntakeError, match="is damaged"):
        read_weights(tmp_path / "m.pt")


def test_a_torn_safetensors_is_refused(tmp_path: Path) -> None:
    save_file({"w": torch.ones(1000)}, tmp_path / "m.safetensors")
    whole = (tmp_path / "m.safetensors").read_bytes()
    for size in (0, 4, 20, len(whole) - 1):
        (tmp_path / "m.safetensors").write_bytes(whole[:size])
        with pytest.raises(IntakeError, match="is no complete safetensors file"):
            read_weights(tmp_path / "m.safetensors")


def test_safetensors_are_read_with_their_metadata_under_any_name(tmp_path: Path) -> None:
    save_file({"w": torch.ones(2)}, tmp_path / "model.bin", metadata={"size": "8"})
    weights = read_weights(tmp_path / "model.bin")
    assert weights.metadata == {"size": "8"}
    assert weights.state["w"].tolist() == [1, 1]
    assert weights.notes == ()


def test_tied_weights_come_back_under_both_names(tmp_path: Path) -> None:
    from safetensors.torch import save_model

    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    save_model(net, str(tmp_path / "m.safetensors"))
    assert set(read_weights(tmp_path / "m.safetensors").state) == {"0.weight", "1.weight"}


@pytest.mark.parametrize(
    ("wrap", "notes"),
    [
        (lambda s: s, ()),
        (
            lambda s: {"best": torch.ones(()), "state_dict": s},
            ("taken from 'state_dict' of the checkpoint",),
        ),
        (
            lambda s: {"model": {"module": s}, "optimizer": {"lr": 0.1}},
            (
                "taken from 'model' of the checkpoint",
                "taken from 'module' of the checkpoint",
            ),
        ),
    ],
)
def test_a_state_dict_is_found_in_a_checkpoint(
    tmp_path: Path, wrap: Callable[[Any], Any], notes: tuple[str, ...]
) -> None:
    torch.save(wrap(nn.Conv2d(1, 2, 3).state_dict()), tmp_path / "m.pt")
    weights = read_weights(tmp_path / "m.pt")
    assert list(weights.state) == ["weight", "bias"]
    assert weights.notes == notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"epoch": 3, "ema": {}}, r"holds no state dict: a dict with 'epoch', 'ema'\. Save the"),
        ({}, "holds no state dict: a dict with nothing"),
        (torch.ones(2), "holds no state dict: a Tensor"),
    ],
)
def test_a_file_without_a_state_dict_is_refused(
    tmp_path: Path, content: object, message: str
) -> None:
    torch.save(content, tmp_path / "m.pt")
    with pytest.raises(IntakeError, match=message):
        read_weights(tmp_path / "m.pt")


def test_half_precision_becomes_float32_and_is_noted(tmp_path: Path) -> None:
    state = {
        "a": torch.ones(1).half(),
        "b": torch.ones(1).bfloat16(),
        "c": torch.ones(1).double(),
        "n": torch.ones(1).long(),
    }
    save_file(state, tmp_path / "m.safetensors")
    weights = read_weights(tmp_path / "m.safetensors")
    kinds = {key: value.dtype for key, value in weights.state.items()}
    assert kinds == {
        "a": torch.float32,
        "b": torch.float32,
        "c": torch.float64,
        "n": torch.int64,
    }
    assert weights.notes == ("2 tensors cast from bfloat16, float16 to float32",)


def test_an_absent_file_is_named_with_its_neighbors(tmp_path: Path) -> None:
    (tmp_path / "resnet20.safetensors").touch()
    with pytest.raises(
        IntakeError, match=r"No file of weights .*\. Nearest: resnet20\.safetensors\."
    ):
        read_weights(tmp_path / "resnet2.safetensors")
    with pytest.raises(IntakeError, match="is a folder"):
        read_weights(tmp_path)


def test_torchscript_is_refused(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "m.pt", "w") as file:
        file.writestr("m/constants.pkl", "")
    with pytest.raises(IntakeError, match="TorchScript archive"):
        read_weights(tmp_path / "m.pt")
