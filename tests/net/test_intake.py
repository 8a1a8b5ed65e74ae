from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from convscope.errors import IntakeError, PreprocessingError, UsageError
from convscope.net import intake_bundled
from convscope.net.intake import load
from convscope.nets.zeiler import ZeilerNet
from convscope.preprocess import Preprocessing

NETS = """
from torch import nn
from convscope.preprocess import Preprocessing

def gray(): return nn.Conv2d(1, 2, 3)
def many(): return nn.Conv2d(7, 2, 3)
def stated(): return nn.Conv2d(1, 2, 3), Preprocessing((8, 8), 9, "nearest", (0.5,), (0.5,))
def meta(): return nn.Conv2d(1, 2, 3, device="meta")
def wrapped(): return nn.DataParallel(nn.Conv2d(1, 2, 3))
"""
HEADER = {"size": "6", "resize": "7", "mean": "0.1", "std": "0.2"}


@pytest.fixture
def nets(tmp_path: Path) -> str:
    (tmp_path / "nets.py").write_text(NETS)
    return str(tmp_path / "nets.py")


def saved(path: Path, module: nn.Module, **metadata: str) -> Path:
    save_file(module.state_dict(), path, metadata=metadata or None)
    return path


def test_inputs_of_one_and_of_many_channels(nets: str) -> None:
    gray = load(f"{nets}:gray", size=8, mean=0.5, std=0.5, device="cpu")
    many = load(f"{nets}:many", size="8,9", mean=(0.5,) * 7, std=(0.5,) * 7, device="cpu")
    assert gray.input_shape == (1, 1, 8, 8)
    assert many.input_shape == (1, 7, 8, 9)
    prepared = many.preprocessing.apply(np.zeros((12, 12, 7), np.float32))
    assert many.module(many.batch([prepared.array])).shape == (1, 2, 6, 7)
    assert len(gray.tape().ops) == 1


def test_without_weights_they_are_the_same_each_time(
    nets: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "convscope"):
        first, second = (load(f"{nets}:stated", device="cpu") for _ in range(2))
    assert first.weights is None
    assert first.fingerprint() == second.fingerprint()
    assert f"No weights were given for {nets}:stated" in caplog.text


def test_flags_come_before_metadata_and_metadata_before_the_factory(
    nets: str, tmp_path: Path
) -> None:
    weights = saved(tmp_path / "w.safetensors", nn.Conv2d(1, 2, 3), **HEADER)
    spec = f"{nets}:stated"
    assert load(spec, device="cpu").preprocessing == Preprocessing(
        (8, 8), 9, "nearest", (0.5,), (0.5,)
    )
    assert load(spec, weights=weights, device="cpu").preprocessing == Preprocessing(
        (6, 6), 7, "nearest", (0.1,), (0.2,)
    )
    assert load(
        spec, weights=weights, size=4, mean="0.3", interpolation="lanczos", device="cpu"
    ).preprocessing == Preprocessing((4, 4), 5, "lanczos", (0.3,), (0.2,))
    assert load(spec, weights=weights, resize="none", device="cpu").preprocessing.resize is None


def test_an_unknown_preprocessing_names_the_flags(nets: str) -> None:
    with pytest.raises(
        PreprocessingError, match=r"size and mean and std are given neither.* --size 224 --mean"
    ):
        load(f"{nets}:gray", device="cpu")


def test_the_net_remembers_where_all_came_from(nets: str, tmp_path: Path) -> None:
    state = {f"module.{k}": v.half() for k, v in nn.Conv2d(1, 2, 3).state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "w.pt")
    net = load(f"{nets}:stated", weights=tmp_path / "w.pt", device="cpu")
    assert (net.spec, net.weights) == (f"{nets}:stated", str(tmp_path / "w.pt"))
    assert net.dtype == torch.float32
    assert net.notes == (
        "taken from 'state_dict' of the checkpoint",
        "2 tensors cast from float16 to float32",
        "prefix 'module.' taken off every name",
    )
    loaded = net.module.state_dict()["weight"]
    assert torch.equal(loaded, state["module.weight"].float())


def test_weights_go_into_what_a_wrapper_holds(nets: str, tmp_path: Path) -> None:
    weights = saved(tmp_path / "w.safetensors", nn.Conv2d(1, 2, 3), **HEADER)
    net = load(f"{nets}:wrapped", weights=weights, device="cpu")
    assert isinstance(net.module, nn.Conv2d)


def test_classes_come_from_the_flag_or_the_metadata(nets: str, tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("n1\ttench\nn2\tgoldfish\n")
    weights = saved(tmp_path / "w.safetensors", nn.Conv2d(1, 2, 3), **HEADER, classes="cat,dog")
    spec = f"{nets}:gray"
    by_metadata = load(spec, weights=weights, device="cpu")
    by_flag = load(spec, weights=weights, classes=tmp_path / "c.txt", device="cpu")
    assert (by_metadata.labels, by_metadata.keys) == (("cat", "dog"), ("cat", "dog"))
    assert (by_flag.labels, by_flag.keys) == (("tench", "goldfish"), ("n1", "n2"))
    assert load(f"{nets}:stated", device="cpu").labels is None


def test_modules_without_numbers_are_refused(nets: str) -> None:
    with pytest.raises(IntakeError, match=r"nets\.py:meta has tensors on the meta device"):
        load(f"{nets}:meta", size=8, mean=0.5, std=0.5, device="cpu")


def test_an_absent_device_is_refused_before_anything_is_built() -> None:
    with pytest.raises(UsageError, match="No device 'gpu'"):
        load("no.such:net", device="gpu")


@pytest.fixture
def zeiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    metadata = {"size": "72", "mean": "0.5,0.5,0.5", "std": "0.5,0.5,0.5"}
    path = saved(
        tmp_path / "z.safetensors", ZeilerNet(18).half(), arch="bundled:photos", **metadata
    )
    monkeypatch.setattr(intake_bundled, "bundled_weights", lambda moment: path)
    return path


def test_the_bundled_network_can_be_rebuilt_from_what_it_remembers(zeiler: Path) -> None:
    net = load("bundled:photos", device="cpu")
    assert (net.spec, net.weights) == ("bundled:photos", "bundled:photos")
    again = load(net.spec, weights=net.weights, device="cpu")
    assert again.fingerprint() == net.fingerprint()
    assert net.input_shape == (1, 3, 72, 72)
    assert net.notes == ("14 tensors cast from float16 to float32",)


def test_safetensors_that_name_their_arch_are_a_spec(zeiler: Path) -> None:
    net = load(zeiler, device="cpu")
    assert (net.spec, net.weights) == ("bundled:photos", str(zeiler))
    with pytest.raises(
        UsageError, match=r"holds weights, and so does other\.pt\. Give one of them"
    ):
        load(zeiler, weights="other.pt", device="cpu")


@pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")
@pytest.mark.parametrize("spec", ["torchvision:squeezenet1_0", None])
def test_squeezenet_sees_what_it_was_trained_to_see(shared: Path, spec: str | None) -> None:
    data = shared / "data"
    weights = data / "squeezenet1_0-imagenet.safetensors"
    net = load(spec, weights=weights, device="cpu") if spec else load(weights, device="cpu")
    assert (net.spec, net.weights) == ("torchvision:squeezenet1_0", str(weights))
    assert net.preprocessing.size == (227, 227)
    assert net.labels is not None
    assert net.keys is not None
    right = sum(_guess(net, file) == file.parent.name for file in _some(data))
    assert right >= 8


def _some(data: Path) -> list[Path]:
    return sorted((data / "imagenet-sample").glob("*/*"))[::25]


def _guess(net: object, file: Path) -> str:
    from PIL import Image

    from convscope.net.net import Net

    assert isinstance(net, Net)
    assert net.keys is not None
    pixels = np.asarray(Image.open(file).convert("RGB"))
    with net.hosted(), torch.no_grad():
        scores = net.module(net.batch([net.preprocessing.apply(pixels).array]))
    return net.keys[int(scores.argmax())]


def test_a_research_network_needs_its_code(shared: Path) -> None:
    file = shared / "data" / "resnet20-cifar10.safetensors"
    with pytest.raises(IntakeError, match=r"names its arch 'resnet20 \(He et al\. 2015, option A"):
        load(file, device="cpu")


@pytest.mark.gpu
def test_auto_takes_the_accelerator(nets: str) -> None:
    assert load(f"{nets}:stated").device.type != "cpu"


def test_a_module_is_no_spec() -> None:
    with pytest.raises(UsageError, match=r"goes into convscope\.Net\(module"):
        load(torch.nn.Conv2d(3, 4, 3))  # type: ignore[arg-type]


def test_what_was_given_is_known_as_the_command_line_spells_it() -> None:
    net = load("torch.nn:Identity", size=8, mean=(0.5,), std=0.25, resize="none", device="cpu")
    assert net.asked == {"size": "8", "mean": "0.5", "std": "0.25", "resize": "none"}
    assert load("bundled:photos", device="cpu").asked == {}
