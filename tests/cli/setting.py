"""A folder with networks, photographs and an atlas, and the command line run inside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

NETS = """
import os, time
import torch
from torch import nn
from convscope.preprocess import Preprocessing

SMALL = Preprocessing((24, 24), None)

class Through(nn.Module):
    def __init__(self, forward):
        super().__init__()
        self.of, self.conv, self.relu = forward, nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()
    def forward(self, x):
        return self.of(self, x)

def net():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)), SMALL

def other():
    torch.manual_seed(5)
    return net()

def unsaid():
    return net()[0]

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()
        self.fc = nn.Linear(4, 3)
    def forward(self, x):
        maps = self.relu(self.conv(x))
        return {"logits": self.fc(maps.mean((2, 3))), "maps": maps}

def two():
    return Two(), SMALL

def flat():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 3), nn.ReLU()), SMALL

def raising():
    def forward(self, x):
        raise ValueError("the forward is broken")
    return Through(forward), SMALL

def fussy():
    def forward(self, x):
        if (x.amin((1, 2, 3)) == 1).any():
            raise ValueError("too bright")
        return self.relu(self.conv(x))
    return Through(forward), SMALL

def unstable():
    return Through(lambda self, x: self.relu(self.conv(x / x.amax((1, 2, 3), True)))), SMALL

def twice():
    return Through(lambda self, x: self.relu(self.relu(self.conv(x)) - 1)), SMALL

def slow():
    def forward(self, x):
        time.sleep(float(os.environ.get("SLOW", 0)))
        return self.relu(self.conv(x))
    return Through(forward), SMALL
"""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        """The result in the one envelope."""
        envelope = json.loads(self.out)
        assert set(envelope) == {"convscope", "command", "result"}
        assert self.code == 0
        return envelope["result"]

    @property
    def error(self) -> dict[str, Any]:
        """The error, of a command asked for JSON."""
        envelope = json.loads(self.err)
        assert set(envelope) == {"convscope", "error"}
        assert self.out == ""
        found: dict[str, Any] = envelope["error"]
        assert set(found) == {"kind", "message", "exit_code"}
        assert found["exit_code"] == self.code
        return found


Command = Callable[..., Said]


def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Command:
    """The command line, as its script calls it, in a folder."""
    from convscope.cli import main

    def run(*words: str | Path) -> Said:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["convscope", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


def furnish(folder: Path) -> Path:
    """Networks and eight photographs of two classes, one of them black."""
    (folder / "nets.py").write_text(NETS)
    photographs(folder / "photos", 8)
    Image.new("RGB", (28, 28)).save(folder / "photos" / "b" / "7.png")
    return folder


def photographs(folder: Path, count: int) -> None:
    """Random pictures in two folders."""
    drawn = np.random.default_rng(0)
    for i in range(count):
        path = folder / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn.integers(0, 255, (28, 30, 3), dtype=np.uint8)).save(path)
