"""Every command and every line of Python in the README's quick start, run as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from tests.cli.setting import Command, photographs

MYNETS = """
from torch import nn

def squeezenet():
    parts, channels = [], 3
    for _ in range(6):
        parts += [nn.Conv2d(channels, 20, 3, padding=1), nn.ReLU()]
        channels = 20
    parts.insert(2, nn.MaxPool2d(2))
    net = nn.Sequential()
    net.features = nn.Sequential(*parts)
    net.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 3))
    return net
"""

SHORT = {"invert": 20, "class-pictures": 8, "synthesize": 8}
"""Steps of what takes long; all else is as it is written."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the README takes for granted."""
    (tmp_path / "mynets.py").write_text(MYNETS)
    photographs(tmp_path / "photos", 4)
    pixels = np.random.default_rng(9).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "cat.jpg")
    names: dict[str, object] = {}
    exec(MYNETS, names)
    torch.manual_seed(0)
    net: nn.Module = names["squeezenet"]()  # type: ignore[operator]
    said = {"size": "40", "resize": "40", "mean": "0.5,0.5,0.5", "std": "0.2,0.2,0.2"}
    said["classes"] = "tabby, beagle, crane"
    save_file(net.state_dict(), tmp_path / "squeezenet.safetensors", said)
    return tmp_path


def blocks(root: Path, language: str) -> list[str]:
    text = (root / "README.md").read_text(encoding="utf-8")
    part = text.split("<!-- quick-start -->")[1].split("<!-- /quick-start -->")[0]
    return re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)


def test_the_commands(root: Path, run: Command, folder: Path) -> None:
    written = [line for block in blocks(root, "sh") for line in block.splitlines()]
    lines = [line for line in written if not line.startswith("#")]
    assert {line.split()[1] for line in lines} == {
        *("layers", "atlas", "report", "figure", "project", "check"),
        *("activations", "gradient", "heatmap", "occlude", "weights", "ranks", "look", "fool"),
        *("invert", "compare"),
        *("dream", "caricature", "class-pictures", "synthesize"),
    }
    for line in lines:
        words = shlex.split(line)[1:]
        few = ("--steps", f"{SHORT[words[0]]}") if words[0] in SHORT else ()
        ended = run(*words, *few)
        assert ended.code == 0, (line, ended.err)
    assert (folder / "report" / "index.html").is_file()
    assert (folder / "features12.png").is_file()
    assert (folder / "look" / "index.html").is_file()


def test_the_python(root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks(root, "python")
    monkeypatch.chdir(folder)
    exec(code, {})
    assert (folder / "report" / "index.html").is_file()
    assert (folder / "unit.safetensors").is_file()
