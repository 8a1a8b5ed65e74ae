from __future__ import annotations

from pathlib import Path

import pytest

from convscope.checkpoints import (
    checkpoint_epochs,
    checkpoint_path,
    latest,
    run_and_epoch,
    start_beside,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for epoch in (0, 2, 10, 100, 1000):
        checkpoint_path(tmp_path, epoch).parent.mkdir(exist_ok=True)
        checkpoint_path(tmp_path, epoch).touch()
    (tmp_path / "checkpoints" / "epoch-7.safetensors.part").touch()
    return tmp_path


def test_epochs_are_numbers_and_not_words(run: Path) -> None:
    assert list(checkpoint_epochs(run)) == [0, 2, 10, 100, 1000]
    assert latest(run) == str(checkpoint_path(run, 1000))
    assert latest(run / "checkpoints") == str(checkpoint_path(run, 1000))


def test_what_is_no_run_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    assert latest(tmp_path) == str(tmp_path)
    assert latest("torchvision:resnet18") == "torchvision:resnet18"


def test_a_path_tells_its_run_and_its_epoch(run: Path) -> None:
    for epoch in (0, 10, 1000):
        assert run_and_epoch(checkpoint_path(run, epoch)) == (run, epoch)
    assert run_and_epoch(run / "epoch-010.safetensors") is None
    assert run_and_epoch("") is None


def test_the_start_is_epoch_0_where_it_lies_beside(run: Path) -> None:
    assert start_beside(checkpoint_path(run, 10)) == checkpoint_path(run, 0)
    assert start_beside(None) is None
    assert start_beside(run / "other.safetensors") is None
    checkpoint_path(run, 0).unlink()
    assert start_beside(checkpoint_path(run, 10)) is None
