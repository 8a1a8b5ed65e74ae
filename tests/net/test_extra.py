from __future__ import annotations

import re
import sys

import pytest

from convscope.errors import IntakeError
from convscope.net import extra
from convscope.net.extra import import_extra


@pytest.mark.parametrize("name", ["timm", "torchvision"])
def test_a_missing_extra_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    message = f"{name}:x needs {name}, which is not installed: pip install 'convscope[{name}]'"
    with pytest.raises(IntakeError, match=f"^{re.escape(message)}$"):
        import_extra(name, f"{name}:x")


def test_a_broken_library_is_named_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("versions differ")

    monkeypatch.setattr(extra, "with_operators", broken)
    monkeypatch.setattr(extra, "find_spec", lambda name: object())
    with pytest.raises(IntakeError, match=r"its import fails \(RuntimeError: versions differ\)"):
        import_extra("timm", "timm:x")
