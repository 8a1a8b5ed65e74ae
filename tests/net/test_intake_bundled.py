from __future__ import annotations

from pathlib import Path

import pytest

from convscope.errors import IntakeError
from convscope.net import intake_bundled
from convscope.net.intake_bundled import MOMENTS, build_bundled


@pytest.mark.parametrize("name", MOMENTS)
def test_each_moment_has_weights_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(intake_bundled, "bundled_weights", lambda moment: tmp_path / moment)
    (tmp_path / MOMENTS[name]).touch()
    built = build_bundled(name)
    assert built.weights == tmp_path / MOMENTS[name]
    assert type(built.module).__name__ == "ZeilerNet"


def test_an_installation_without_weights_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(intake_bundled, "bundled_weights", lambda moment: tmp_path / moment)
    with pytest.raises(IntakeError, match=r"lacks end, the weights of bundled:photos\. Reinstall"):
        build_bundled("photos")


def test_other_names_are_refused() -> None:
    with pytest.raises(
        IntakeError, match=r"No network bundled:foto\. There are: bundled:photos, .*Nearest: photos"
    ):
        build_bundled("foto")
