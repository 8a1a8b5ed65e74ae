from __future__ import annotations

import pytest
import torch

from convscope.errors import UsageError
from convscope.net.device import resolve_device


def here(monkeypatch: pytest.MonkeyPatch, *, cuda: bool, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "first"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_is_the_first_there_is(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, first: str
) -> None:
    here(monkeypatch, cuda=cuda, mps=mps)
    assert resolve_device() == torch.device(first)
    assert resolve_device("cpu") == torch.device("cpu")


def test_an_absent_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    here(monkeypatch, cuda=False, mps=False)
    with pytest.raises(UsageError, match=r"no cuda device.*Here there are: cpu; --device auto"):
        resolve_device("cuda")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No device 'tpu'. There are: auto, cpu, cuda, mps\."):
        resolve_device("tpu")
