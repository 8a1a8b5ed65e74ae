from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from convscope.training.presets import PRESETS
from tests.cli.setting import Command

FEW = ("--epochs", "2", "--batch", "4", "--held-out", "0.25", "--size", "24", "--resize", "24")


@pytest.fixture
def trained(run: Command, folder: Path) -> list[str]:
    (folder / "mine.toml").write_text(
        'model = "nets.py:net"\ncenter = "channel"\nscale = "deviation"\ninit = "kaiming"\n'
        'schedule = "constant"\nprobes = 2\n'
    )
    (folder / "nets.py").write_text(
        (folder / "nets.py")
        .read_text()
        .replace("nn.Linear(6, 3)), SMALL", "nn.Linear(6, 2)), SMALL")
    )
    return ["train", "mine.toml", "photos", "--out", "run", *FEW]


def test_it_trains_and_says_how_well(run: Command, trained: list[str], folder: Path) -> None:
    said = run(*trained)
    assert said.code == 0, said.err
    assert "nets.py:net, 348 parameters, 2 epochs on 6 images, 2 held out." in said.out
    assert "held out: loss " in said.out
    assert "Checkpoints of epochs 0, 1, 2 are in run/checkpoints." in said.out
    assert (folder / "run" / "checkpoints" / "epoch-002.safetensors").is_file()


def test_shares_are_written_as_everywhere_and_nothing_held_out_is_not_scored(
    run: Command, trained: list[str]
) -> None:
    said = run(*trained).out
    scored = r"loss \d\.\d{3}, accuracy \d+(\.\d)? %"
    assert re.search(f"Training {scored}; held out: {scored}\\.", said)
    alone = run(*trained, "--out", "alone", "--held-out", "0")
    assert alone.code == 0, alone.err
    assert re.search(r"2 epochs on 8 images, none held out\.", alone.out)
    assert re.search(f"Training {scored}\\.$", alone.out, re.MULTILINE)
    assert "nan" not in alone.out


def test_json_has_the_numbers(run: Command, trained: list[str], folder: Path) -> None:
    (folder / "photos" / "a" / "bad.png").write_bytes(b"no")
    result = run(*trained, "--json", "--checkpoints", "1", "--checkpoints", "2").result
    assert result["checkpoints"] == [0, 1, 2]
    assert result["last"]["epoch"] == 2
    assert result["failed"] == 1
    assert result["failures"][0]["uri"] == "a/bad.png"
    human = run(*trained, "--checkpoints", "1,2")
    assert "1 image could not be read and is left out:" in human.out


def test_a_flag_changes_only_what_it_names(run: Command, trained: list[str]) -> None:
    assert run(*trained, "--no-flip", "--rate", "0.5").code == 0
    from convscope.training.run import open_run

    options = open_run("run").options
    assert options is not None
    assert (options.flip, options.rate, options.center) == (False, 0.5, "channel")


def test_another_recipe_is_refused(run: Command, trained: list[str]) -> None:
    assert run(*trained).code == 0
    said = run(*trained, "--rate", "0.5", "--json")
    assert said.error["kind"] == "RunError"
    assert "the option rate (0.01 there, 0.5 now)" in said.error["message"]
    assert said.code == 4


def test_help_says_what_each_preset_takes(run: Command) -> None:
    told = " ".join(run("train", "--help").out.split())
    for name, each in PRESETS.items():
        options = each.options
        assert f"{name}: {options.epochs} epochs, rate {options.rate:g}, {options.schedule}" in told


def test_no_such_recipe(run: Command) -> None:
    said = run("train", "cifarr", "photos", "--out", "run")
    assert said.code == 2
    assert "Nearest: cifar." in said.err


def test_what_fails_leaves_no_folder(run: Command, trained: list[str], folder: Path) -> None:
    (folder / "one" / "a").mkdir(parents=True)
    shutil.copy(folder / "photos" / "a" / "0.png", folder / "one" / "a")
    calls = {
        "All images are of one class": ["train", "mine.toml", "one", *trained[3:]],
        "No network nets:zf31": [*trained, "--model", "nets:zf31"],
        "No device 'gpu'": [*trained, "--device", "gpu"],
        "no such file or folder": ["train", "mine.toml", "absent", *trained[3:]],
        "run is the folder of the images, photos, or lies in it": [*trained, "--out", "photos/run"],
    }
    for said, words in calls.items():
        assert said in run(*words).err.replace("photos/run", "run")
        assert not (folder / "run").exists()
        assert not (folder / "photos" / "run").exists()


def test_more_epochs_go_on_with_a_finished_run(run: Command, trained: list[str]) -> None:
    assert run(*trained).code == 0
    more = run(*trained, "--epochs", "3")
    assert "3 epochs on 6 images" in more.out
    assert "Checkpoints of epochs 0, 1, 2, 3 are in run/checkpoints." in more.out
    fewer = run(*trained, "--epochs", "1")
    assert (fewer.code, fewer.out) == (4, "")
    assert "run has come to epoch 3, further than the 1 asked for." in fewer.err
    other = run(*trained, "--epochs", "4", "--schedule", "cosine")
    assert "the option schedule (constant there, cosine now)" in other.err


def test_one_of_a_thing_is_said_as_one(run: Command, trained: list[str]) -> None:
    assert "parameters, 1 epoch on 6 images" in run(*trained, "--epochs", "1").out
    none = run(*trained, "--epochs", "0", "--out", "none")
    assert (none.code, none.out) == (2, "")
    assert "--epochs is 0; it must be 1 or more." in none.err


def test_checkpoints_that_a_run_does_not_come_to_are_said(run: Command, trained: list[str]) -> None:
    said = run(*trained, "--epochs", "2", "--checkpoints", "1,99")
    assert said.out.endswith(
        "There is none of epoch 99 (--checkpoints): the run ends with epoch 2 (--epochs).\n"
    )
    assert "There is none of" not in run(*trained, "--epochs", "2").out
    told = run(*trained, "--epochs", "2", "--checkpoints", "1,99", "--json")
    assert told.result["beyond"] == [99]


def test_options_are_named_as_they_are_typed(run: Command, trained: list[str]) -> None:
    for words, said in (
        (("--held-out", "1"), "--held-out is 1.0; it is a share and below 1."),
        (("--data-size", "999"), "--data-size is 999, and 6 images are left"),
        (("--data-size", "-1"), "--data-size is -1; it must be 0 or more."),
    ):
        assert said in run(*trained, *words).err
