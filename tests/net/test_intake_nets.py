"""``nets:`` through ``load``: preprocessing without asking, checkpoints that name their network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from convscope.address import is_library
from convscope.checkpoints import checkpoint_path
from convscope.cli import app
from convscope.doctor.floors import initialized
from convscope.errors import IntakeError
from convscope.net.intake import load
from convscope.nets.named import build_named


@pytest.mark.parametrize("name", ["zfnet", "krizhevsky"])
def test_the_papers_networks_see_what_the_paper_says(name: str) -> None:
    net = load(f"nets:{name},classes=2,fc=4", device="cpu")
    assert (net.preprocessing.resize, net.preprocessing.size) == (256, (224, 224))
    black, white = (
        net.preprocessing.apply(np.full((300, 300, 3), level, np.uint8)).array for level in (0, 255)
    )
    assert -128 <= black.min() < black.max() <= -100
    assert 128 <= white.min() < white.max() <= 155


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 32, 64, 72, 96])
def test_small_images_of_the_right_size_are_the_input_pixel_for_pixel(
    size: int, channels: int
) -> None:
    net = load(f"nets:zf{size},channels={channels}", device="cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, channels), np.uint8)
    expected = (pixels.astype(np.float32) / 255 - 0.5) / 0.25
    assert np.abs(net.preprocessing.apply(pixels).array.transpose(1, 2, 0) - expected).max() < 1e-6


def test_flags_come_before_the_networks_own_preprocessing() -> None:
    net = load("nets:zf32", mean="0.4,0.5,0.6", resize="none", device="cpu")
    assert net.preprocessing.mean == (0.4, 0.5, 0.6)
    assert net.preprocessing.resize is None
    assert net.preprocessing.std == (0.25,) * 3


def test_a_checkpoint_that_names_its_network_loads_by_itself(tmp_path: Path) -> None:
    spec, path = "nets:zf28,classes=3,channels=1,width=0.5,without=7", tmp_path / "c.safetensors"
    torch.manual_seed(1)
    made = build_named(spec)
    about = {"arch": spec, "classes": "a,b,c", "size": "28", "resize": "none"}
    save_file(made.state_dict(), path, about | {"mean": "0.3", "std": "0.4"})
    net = load(path, device="cpu")
    assert net.labels == ("a", "b", "c")
    assert net.preprocessing.mean == (0.3,)
    for name, tensor in made.state_dict().items():
        assert torch.equal(net.module.state_dict()[name], tensor)


def test_the_same_name_has_the_same_weights_each_time() -> None:
    first, second = (load("nets:zf28,classes=3", device="cpu") for _ in range(2))
    assert first.weights is None
    assert first.fingerprint() == second.fingerprint()


def test_what_is_refused_is_refused_by_load_too() -> None:
    with pytest.raises(IntakeError, match=r"^No network nets:zf33\. There are: zfnet"):
        load("nets:zf33")


def test_atlases_of_it_are_rebuilt_without_trust() -> None:
    assert is_library("nets:zf32,classes=10")


def test_the_command_line_lists_its_layers() -> None:
    result = CliRunner().invoke(app, ["layers", "nets:zf32,classes=10,without=3+4", "--json"])
    layers = json.loads(result.output)["result"]["layers"]
    assert [layer["name"] for layer in layers] == "relu1 relu2 relu5 relu6 relu7 fc8".split()


def test_a_runs_folder_stands_for_its_last_checkpoint(tmp_path: Path) -> None:
    spec, states = "nets:zf28,classes=2,channels=1,width=0.25", {}
    (tmp_path / "checkpoints").mkdir()
    for epoch in (0, 3):
        torch.manual_seed(epoch)
        states[epoch] = build_named(spec).state_dict()
        save_file(states[epoch], checkpoint_path(tmp_path, epoch), {"arch": spec})
    for given in (load(tmp_path, device="cpu"), load(spec, weights=tmp_path, device="cpu")):
        assert given.weights == str(checkpoint_path(tmp_path, 3))
        assert torch.equal(given.module.state_dict()["conv1.weight"], states[3]["conv1.weight"])
    start, unknown = initialized(load(tmp_path, device="cpu"))
    assert unknown == ()
    for name, tensor in states[0].items():
        assert torch.equal(start.module.state_dict()[name], tensor)


def test_a_folder_that_is_no_run_says_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"or the folder of a run of convscope train"):
        load(tmp_path, device="cpu")
    (tmp_path / "manifest.json").touch()
    with pytest.raises(IntakeError, match=r"is an atlas, and a network is wanted here"):
        load(tmp_path, device="cpu")
    (tmp_path / "run.json").touch()
    with pytest.raises(IntakeError, match=r"has no checkpoints yet. Run the same training again"):
        load(tmp_path, device="cpu")
