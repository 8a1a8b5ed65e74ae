from __future__ import annotations

from pathlib import Path

import pytest
import torch

from convscope.errors import IntakeError, SourceError, TraceError, UsageError
from convscope.training.loop import train
from convscope.training.presets import preset
from convscope.training.start import build_start, check_scale
from tests.training.setting import quick


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 0}, r"Inputs are squares, and .*:plain states none\. Give the side in pixels"),
        ({"center": "own"}, "does not state mean and deviation of its inputs"),
        ({"scale": "own"}, "does not state mean and deviation of its inputs"),
        ({"photographs": True}, r"photographs .* cuts bundled:photos anew .* another preset"),
        ({"resize": 17}, "or larger by a multiple of 4"),
    ],
)
def test_options_that_do_not_go_together(
    data: Path, code: Path, tmp_path: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        train(f"{code}:plain", data, tmp_path, quick(**options), device="cpu")
    assert not (tmp_path / "run.json").exists()


def test_networks_and_images_that_are_not_there(data: Path, tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="No network nets:zf31"):
        train("nets:zf31", data, tmp_path, quick(), device="cpu")
    with pytest.raises(SourceError, match="no such file or folder"):
        train("nets:zf32", tmp_path / "absent", tmp_path, quick(), device="cpu")


def test_photographs_take_what_the_model_states(tmp_path: Path) -> None:
    options = preset("photos", center="channel")
    with pytest.raises(UsageError, match="center own, scale own"):
        train("bundled:photos", "bundled:photos", tmp_path, options, device="cpu")


def test_what_a_model_states_is_taken(data: Path, tmp_path: Path) -> None:
    options = quick(epochs=1, center="own", scale="own", size=0, resize=0)
    run = train("nets:zf32,width=0.1", data, tmp_path, options, device="cpu")
    assert run.facts["preprocessing"]["mean"] == [0.5] * 3
    assert run.facts["preprocessing"]["std"] == [0.25] * 3
    assert run.facts["preprocessing"]["size"] == [32, 32]
    assert [one.epoch for one in run.checkpoints] == [0, 1]


@pytest.mark.parametrize("model", ["nets:zf32,width=0.1", "bundled:photos"])
def test_networks_for_unit_deviation_are_not_given_pixels(
    data: Path, tmp_path: Path, model: str
) -> None:
    options = quick(epochs=1, scale="pixels", size=0, resize=0)
    said = rf"{model}.*inputs of about unit deviation.*scale pixels.*--center channel --scale dev"
    with pytest.raises(UsageError, match=said):
        train(model, data, tmp_path, options, device="cpu")
    assert not (tmp_path / "run.json").exists()


def test_the_papers_own_networks_take_pixels(tmp_path: Path) -> None:
    for model in ("nets:zfnet,fc=1", "nets:krizhevsky,fc=1"):
        check_scale(build_start(model, 2, preset("zeiler-fergus")), preset("zeiler-fergus"))


def test_a_normalization_for_unit_deviation_would_crush_pixels() -> None:
    """Why: an answer 64 times as large leaves the small networks' first layers smaller."""
    norm = build_start("nets:zf32", 2, quick()).module.norm1
    answer = torch.ones(1, 5, 1, 1)
    assert float(norm(64 * answer)[0, 2]) < float(norm(answer)[0, 2])
    papers = build_start("nets:zfnet,fc=1", 2, quick()).module.norm1
    assert float(papers(64 * answer)[0, 2]) > 20 * float(papers(answer)[0, 2])


def test_layers_that_cannot_be_seen_are_found_before_the_first_step(
    data: Path, code: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.raises(TraceError, match=r"activation's .data.*train it unseen \(--probes 0\)"):
        train(f"{code}:hidden", data, run, quick(probes=4), device="cpu")
    assert not run.exists()
    assert len(train(f"{code}:hidden", data, run, quick(epochs=1), device="cpu").steps()["step"])
