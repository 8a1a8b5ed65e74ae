from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from convscope.errors import IntakeError
from convscope.net import specs
from convscope.net.specs import FORMS, architecture, build


@pytest.fixture
def _zoos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "torchvision_names", lambda: ["resnet18", "vgg11"])
    monkeypatch.setattr(specs, "timm_names", lambda: ["resnet18", "resnet18d"])


@pytest.mark.usefixtures("_zoos")
@pytest.mark.parametrize(
    ("spec", "tail"),
    [
        (
            "resnet18",
            " Nearest: torchvision:resnet18, timm:resnet18, timm:resnet18d.",
        ),
        ("something else", ""),
        ("torchvison:resnet-18", " Nearest: torchvision."),
        ("zf32", " Nearest: nets:zf32, nets:zf72."),
        ("", ""),
    ],
)
def test_other_forms_are_refused_with_those_there_are(spec: str, tail: str) -> None:
    message = f"No network {spec!r}. A network is one of: {FORMS}.{tail}"
    with pytest.raises(IntakeError, match=f"^{re.escape(message)}$"):
        build(spec)


@pytest.mark.usefixtures("_zoos")
def test_a_folder_that_is_not_there_is_said_with_the_nearest_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    for spec, said in (
        ("runn", "No network 'runn', and no such file or folder; there is run. A network"),
        (f"{tmp_path}/ruun", f"and no such file or folder; there is {tmp_path}/run. A network"),
        ("nowhere/run", "No network 'nowhere/run', and no such file or folder. A network"),
        ("run", "No network 'run'. A network"),
    ):
        with pytest.raises(IntakeError, match=re.escape(said)):
            build(spec)


def test_absent_libraries_offer_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(IntakeError, match=r"No network 'resnet18'\..*of convscope train\.$"):
        build("resnet18")
    with pytest.raises(IntakeError, match=r"pip install 'convscope\[timm\]'$"):
        build("timm:resnet18")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nets.py", "nets.py does not say what in it returns the network: nets.py:factory"),
        ("w.pth", "w.pth holds weights, and not the network they belong to. Give the code"),
        ("net.onnx", "net.onnx is an ONNX model"),
        ("net.pt2", "net.pt2 is an exported program"),
    ],
)
def test_files_that_are_no_spec_are_refused_with_the_way(spec: str, message: str) -> None:
    with pytest.raises(IntakeError, match=f"^{re.escape(message)}"):
        build(spec)


def test_a_header_names_a_model_of_a_library() -> None:
    assert architecture({"arch": "torchvision:vgg11"}, "w") == "torchvision:vgg11"


@pytest.mark.parametrize("arch", ["os:abort", "nets.py:net", "resnet20 (He et al. 2015)"])
def test_a_header_never_chooses_code(arch: str) -> None:
    with pytest.raises(IntakeError) as refused:
        architecture({"arch": arch}, "w.safetensors")
    assert str(refused.value) == (
        f"The metadata of w.safetensors names its arch {arch!r}, which is no model of bundled, "
        "nets, torchvision, timm. Give the code that builds the network, and these as its weights: "
        "file.py:factory --weights w.safetensors"
    )


def test_a_header_without_arch_says_so() -> None:
    with pytest.raises(IntakeError, match=r"does not name its arch, such as a model of bundled"):
        architecture({}, "w.safetensors")
