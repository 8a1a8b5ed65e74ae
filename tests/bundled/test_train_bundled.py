from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_bundled.py"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    command = [sys.executable, str(SCRIPT), "--steps", "2", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


def test_the_script_is_under_120_lines() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 120


def test_two_steps_write_three_different_checkpoints(out: Path) -> None:
    names = ("start", "early", "end")
    start, early, end = (load_file(out / f"photos-{name}.safetensors") for name in names)
    assert not start["fc7.weight"].equal(early["fc7.weight"])
    assert not early["fc7.weight"].equal(end["fc7.weight"])


def test_no_filter_of_a_convolution_exceeds_the_radius(out: Path) -> None:
    weights = load_file(out / "photos-end.safetensors")
    for layer in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        rms = weights[f"{layer}.weight"].float().square().mean((1, 2, 3)).sqrt()
        assert rms.max() < 0.1001
