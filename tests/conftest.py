"""What every test may ask for: the shared data, a browser, an accelerator."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# One thread per process, before torch is imported: activations differ between thread counts, and
# xdist runs several processes.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def pytest_configure(config: pytest.Config) -> None:
    """Let hypothesis draw the same examples each time, however slow the machine."""
    from hypothesis import settings

    settings.register_profile("convscope", deadline=None, derandomize=True)
    settings.load_profile("convscope")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real networks and photographs beside the repository."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder shared/ is not beside the repository")
    return folder


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium; `scripts/find_browser.sh` finds or installs one."""
    found = os.environ.get("CONVSCOPE_BROWSER") or next(
        filter(None, map(shutil.which, BROWSERS)), ""
    )
    if not found:
        pytest.skip("no Chromium on this machine")
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an accelerator where there is none; pytest's last line has the count."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and not _has_accelerator():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="no accelerator on this machine"))


def _has_accelerator() -> bool:
    import torch

    return torch.accelerator.is_available()
