from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

HEAVY = ("torch", "matplotlib", "scipy")
# The rooms that open a finished atlas: none may load torch, not even through a lower room.
TORCHLESS = (
    "render",
    "images",
    "preprocess",
    "color",
    "results",
    "geometry",
    "registry",
    "progress",
    "address",
    "errors",
    "tally.state",
    "atlas.read",
    "atlas.schema",
)


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after running this code."""
    report = "import sys; print('\\nMODULES', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


def exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_import_loads_nothing_heavy() -> None:
    assert loaded_by("import convscope").isdisjoint(HEAVY)


@pytest.mark.skipif(not exists("convscope.__main__"), reason="there is no command line yet")
@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_command_line_loads_nothing_heavy(flag: str) -> None:
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['convscope', {flag!r}]\n"
        "try:\n"
        "    runpy.run_module('convscope', run_name='__main__')\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code"
    )
    assert loaded_by(code).isdisjoint(HEAVY)


@pytest.mark.parametrize("room", TORCHLESS)
def test_room_loads_no_torch(room: str) -> None:
    module = f"convscope.{room}"
    if not exists(module):
        pytest.skip(f"there is no {module} yet")
    assert "torch" not in loaded_by(f"import {module}")
