from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from convscope.errors import AtlasError, IntakeError
from convscope.net.capture import Capture, choose
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.net.rebuild import check_weights, rebuild
from convscope.preprocess import Preprocessing

CODE = """
import torch
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1))

def other():
    torch.manual_seed(3)
    return net()

raise_when_run = None
"""
FLAGS: dict[str, Any] = {"size": "9,11", "resize": "none", "mean": ".5,.4,.3", "std": ".25,.3,.1"}


@pytest.fixture
def net(tmp_path: Path) -> Net:
    (tmp_path / "nets.py").write_text(CODE)
    return load(f"{tmp_path}/nets.py:net", **FLAGS, interpolation="bicubic", device="cpu")


def manifest(net: Net) -> dict[str, Any]:
    return dict(Capture(net, choose(net)).provenance)


def test_the_network_is_rebuilt_with_its_preprocessing(net: Net) -> None:
    again = rebuild(manifest(net), trust=True, device="cpu")
    assert again.fingerprint() == net.fingerprint()
    assert again.preprocessing == net.preprocessing
    assert again.preprocessing.interpolation == "bicubic"


def test_code_is_run_only_where_that_is_said(net: Net, tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text("raise RuntimeError('it ran')")
    with pytest.raises(AtlasError, match=r"nets\.py:net, which is code on this machine\. Say --tr"):
        rebuild(manifest(net))
    with pytest.raises(IntakeError, match="it ran"):
        rebuild(manifest(net), trust=True)


def test_a_network_that_moved_is_named(net: Net, tmp_path: Path) -> None:
    said = manifest(net)
    (tmp_path / "nets.py").rename(tmp_path / "moved.py")
    again = rebuild(said, model=f"{tmp_path}/moved.py:net", device="cpu")
    assert again.fingerprint() == net.fingerprint()


def test_weights_that_moved_are_given(tmp_path: Path, net: Net) -> None:
    from safetensors.torch import save_file

    other = load(f"{tmp_path}/nets.py:other", **FLAGS, device="cpu").module.state_dict()
    save_file(other, tmp_path / "w.safetensors")
    spec = f"{tmp_path}/nets.py:net"
    trained = load(spec, weights=tmp_path / "w.safetensors", **FLAGS, device="cpu")
    said = manifest(trained)
    (tmp_path / "w.safetensors").rename(tmp_path / "moved.safetensors")
    with pytest.raises(IntakeError, match=r"w\.safetensors"):
        rebuild(said, trust=True)
    again = rebuild(said, weights=tmp_path / "moved.safetensors", trust=True, device="cpu")
    assert again.fingerprint() == trained.fingerprint() != net.fingerprint()


def test_other_weights_are_refused(net: Net, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="This atlas belongs to other weights"):
        rebuild(manifest(net), model=f"{tmp_path}/nets.py:other")
    other = load(f"{tmp_path}/nets.py:other", **FLAGS, device="cpu")
    with pytest.raises(AtlasError, match=rf"\({net.fingerprint()[:8]}, here "):
        check_weights(manifest(net), other)


def test_a_network_built_in_python_cannot_be_rebuilt(net: Net) -> None:
    bare = Net(net.module, Preprocessing((9, 11), None))
    for trust in (False, True):
        with pytest.raises(AtlasError, match=r"built in Python \(Sequential\), which its manifest"):
            rebuild(manifest(bare), trust=trust)


def test_the_classes_come_back(net: Net, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("n1\tfirst\nn2\tsecond\n")
    spec = f"{tmp_path}/nets.py:net"
    named = load(spec, **FLAGS, classes=tmp_path / "classes.txt", device="cpu")
    again = rebuild(manifest(named), trust=True, device="cpu")
    assert again.labels == ("first", "second")
    assert again.keys == ("n1", "n2")


def test_paths_hold_from_any_folder(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import save_file

    save_file(net.module.state_dict(), tmp_path / "w.safetensors")
    monkeypatch.chdir(tmp_path)
    said = manifest(load("nets.py:net", weights="w.safetensors", **FLAGS, device="cpu"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert rebuild(said, trust=True, device="cpu").fingerprint() == net.fingerprint()


@pytest.mark.parametrize("spec", ["torchvision:squeezenet1_1", "bundled:photos"])
def test_a_librarys_network_needs_no_trust(spec: str) -> None:
    if spec.startswith("torchvision") and find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    small = load(spec, size="64", resize="none", mean=".5,.5,.5", std=".2,.2,.2", device="cpu")
    net = Net(small.module, small.preprocessing, spec=spec, weights=small.weights)
    said = {
        "network": {"spec": spec, "weights": net.weights, "sha256": net.fingerprint()},
        "preprocessing": net.preprocessing.to_dict(),
    }
    again = rebuild(said, device="cpu")
    assert again.fingerprint() == net.fingerprint()
    assert again.preprocessing == net.preprocessing
