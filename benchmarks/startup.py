"""How long it takes before the package, or the command line's help, is there; and what it loads."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from statistics import median

from benchmarks.common import ROOT, Options, Result, at_most, interleaved, rounded

COMMANDS = {
    "python": [sys.executable, "-c", "pass"],
    "import": [sys.executable, "-c", "import convscope"],
    "help": [sys.executable, "-m", "convscope", "--help"],
}
GOALS = {"import": 0.3, "help": 0.5}
"""Seconds, the interpreter's own start included."""

LOADED = """
import runpy, sys
if {help}:
    sys.argv = ["convscope", "--help"]
    try:
        runpy.run_module("convscope", run_name="__main__")
    except SystemExit:
        pass
else:
    import convscope
print("LOADED", "torch" in sys.modules)
"""


def measure(options: Options) -> Result:
    """Medians over fresh interpreters, after one that fills the caches."""
    for command in COMMANDS.values():
        _run(command)
    tasks = {name: partial(_run, command) for name, command in COMMANDS.items()}
    times = {name: median(found) for name, found in interleaved(tasks, options.starts).items()}
    return {
        "bare_python_seconds": rounded(times["python"]),
        **{
            name: {**at_most(times[name], goal), "loads_torch": _loads_torch(name)}
            for name, goal in GOALS.items()
        },
    }


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def _loads_torch(name: str) -> bool:
    code = LOADED.format(help=name == "help")
    return _run([sys.executable, "-c", code]).split()[-1] == "True"
