"""One small grid of trainings for all tests of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from convscope.experiments.learning.learncurve import learncurve
from convscope.results.learning import Learning
from tests.experiments.tiny_grid import MODEL, OPTIONS, pictures


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of three classes."""
    return pictures(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def grid(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Learning, list]:
    """The folder of a finished grid, its result, and what progress heard. Not to be changed."""
    out = tmp_path_factory.mktemp("grid") / "curve"
    heard: list[tuple[int, int, str]] = []
    found = learncurve(photos, out, OPTIONS, model=MODEL, progress=lambda *say: heard.append(say))
    return out, found, heard
