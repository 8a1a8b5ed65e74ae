from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.setting import nets, pictures


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three classes."""
    return pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of networks."""
    return nets(tmp_path_factory.mktemp("code"))
