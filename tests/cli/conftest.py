from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.setting import Command, command, furnish


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from convscope.atlas.make import build_atlas
    from convscope.net.intake import load

    folder = furnish(tmp_path_factory.mktemp("cli"))
    net = load(f"{folder}/nets.py:net", device="cpu")
    build_atlas(net, folder / "photos", folder / "atlas")
    return folder


@pytest.fixture
def folder(_furnished: Path, tmp_path: Path) -> Path:
    """A folder of one's own with `nets.py`, `photos` and `atlas`."""
    return Path(shutil.copytree(_furnished, tmp_path / "here"))


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Command:
    """The command line in `folder`."""
    return command(monkeypatch, capsys, folder)


@pytest.fixture
def classes(folder: Path) -> str:
    """A file in `folder` that names the network's classes."""
    (folder / "classes.txt").write_text("n1\tbeagle\nn2\ttabby\nn3\ttennis ball\n")
    return "classes.txt"
