from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch

from convscope.net.torchvision_cpu import import_torchvision, with_operators

pytestmark = pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed")
MISSING = "operator torchvision::nms does not exist"


def fresh(code: str) -> str:
    """What a fresh interpreter prints; warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_models_and_transforms_work_and_a_second_call_changes_nothing() -> None:
    code = """
import torch
from convscope.net import torchvision_cpu as cpu
first, second = cpu.import_torchvision(), cpu.import_torchvision()
assert first is second and len(cpu._defined) <= 1
net = first.models.resnet18(weights=None).eval()
print(net(torch.zeros(1, 3, 32, 32)).shape[1])
import torchvision.transforms.v2, timm
"""
    assert fresh(code).split() == ["1000"]


def test_an_import_that_broke_off_before_is_mended() -> None:
    code = """
import sys
try:
    import timm
except RuntimeError:
    assert "torchvision.extension" in sys.modules
from convscope.net.torchvision_cpu import import_torchvision
import_torchvision()
import timm, torchvision
assert torchvision.extension is sys.modules["torchvision.extension"]
print(timm.data.__name__)
"""
    assert fresh(code).split() == ["timm.data"]


def test_nothing_is_defined_where_the_operators_load() -> None:
    code = """
import torch
library = torch.library.Library("torchvision", "DEF")  # stands for the real extension
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from convscope.net import torchvision_cpu as cpu
cpu.import_torchvision()
print(len(cpu._defined))
"""
    if torch.version.cuda is not None:
        pytest.skip("torch has CUDA: the real extension loads")
    assert fresh(code).split() == ["0"]


def test_other_errors_pass() -> None:
    calls = []

    def importing() -> None:
        calls.append(1)
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        with_operators(importing)
    assert len(calls) == 1


def test_with_cuda_the_mismatch_is_left_to_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")

    def importing() -> None:
        raise RuntimeError(MISSING)

    with pytest.raises(RuntimeError, match=MISSING):
        with_operators(importing)


def test_an_operator_that_exists_is_not_defined_again() -> None:
    import_torchvision()

    def importing() -> None:
        raise RuntimeError(MISSING)

    with pytest.raises(RuntimeError, match=MISSING):
        with_operators(importing)
