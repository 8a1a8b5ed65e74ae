from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from convscope.errors import CorruptError, RunError
from convscope.training.loop import train
from convscope.training.options import TrainOptions
from convscope.training.recorder import Recorder
from convscope.training.run import Run, open_run
from convscope.training.state import Place, save_state
from tests.training.setting import quick
from tests.training.test_loop import numbers, stopped_at, weights

RECIPES: dict[str, dict[str, Any]] = {
    "constant": {"warmup": 18},  # longer than the first three epochs, of 5 steps each
    "plateau": {"schedule": "plateau", "patience": 1, "center": "image", "warmup": 4},
    "adamw": {"optimizer": "adamw", "rate": 1e-3, "noise": 0.2, "whiten_first": True, "probes": 4},
}
LONG, SHORT = 6, 3


def asked(name: str, **changes: Any) -> TrainOptions:
    return quick(**{"checkpoints": (1,), "state_every": 2, **RECIPES[name], **changes})


@pytest.fixture(scope="module")
def whole(data: Path, code: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Each recipe, trained for all epochs at once."""
    place, spec = tmp_path_factory.mktemp("whole"), f"{code}:normed"
    return {
        name: train(spec, data, place / name, asked(name, epochs=LONG), device="cpu")
        for name in RECIPES
    }


@pytest.fixture(scope="module")
def short(data: Path, code: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of few epochs."""
    place = tmp_path_factory.mktemp("short") / "run"
    return train(f"{code}:normed", data, place, asked("constant", epochs=SHORT), device="cpu").path


@pytest.fixture
def again(short: Path, tmp_path: Path) -> Path:
    """The same, to do with as one likes."""
    return Path(shutil.copytree(short, tmp_path / "run"))


def state(run: Run) -> bytes:
    return (run.path / "state.safetensors").read_bytes()


def files(run: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


# --- more epochs ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
def test_more_epochs_are_those_of_one_long_run(
    whole: dict[str, Run], data: Path, code: Path, tmp_path: Path, name: str
) -> None:
    for epochs in (SHORT, LONG):
        run = train(f"{code}:normed", data, tmp_path, asked(name, epochs=epochs), device="cpu")
    assert numbers(run) == numbers(whole[name])
    assert state(run) == state(whole[name])
    kept = weights(run)
    assert set(kept) == {0, 1, SHORT, LONG}  # the end of the first call stays
    assert {epoch: kept[epoch] for epoch in (0, 1, LONG)} == weights(whole[name])


def test_the_end_of_the_first_call_is_that_epoch_of_the_long_run(
    again: Path, data: Path, code: Path, tmp_path: Path
) -> None:
    options = asked("constant", epochs=LONG, checkpoints=(1, SHORT))
    straight = train(f"{code}:normed", data, tmp_path / "straight", options, device="cpu")
    run = train(f"{code}:normed", data, again, asked("constant", epochs=LONG), device="cpu")
    assert weights(run) == weights(straight)


@pytest.mark.parametrize("steps", [(7,), (4, 16), (17, 26)])
def test_stopped_and_given_more(
    whole: dict[str, Run], data: Path, code: Path, tmp_path: Path, steps: tuple[int, ...]
) -> None:
    spec = f"{code}:normed"
    for epochs, step in zip((4, LONG), steps, strict=False):
        with pytest.raises(KeyboardInterrupt):
            train(
                spec, data, tmp_path, asked("plateau", epochs=epochs), device="cpu",
                progress=stopped_at(step),
            )  # fmt: skip
    run = train(spec, data, tmp_path, asked("plateau", epochs=LONG), device="cpu")
    assert numbers(run) == numbers(whole["plateau"])
    assert weights(run) == weights(whole["plateau"])
    assert state(run) == state(whole["plateau"])


def test_the_file_says_how_far_it_went(again: Path, data: Path, code: Path) -> None:
    before = json.loads((again / "run.json").read_text())
    run = train(f"{code}:normed", data, again, asked("constant", epochs=LONG), device="cpu")
    now = json.loads((again / "run.json").read_text())
    assert now["options"].pop("epochs") == LONG
    assert now["options"].pop("checkpoints") == [1, SHORT]
    before["options"].pop("epochs")
    before["options"].pop("checkpoints")
    assert now == before
    assert run.options is not None
    assert run.options.saved() == tuple(one.epoch for one in run.checkpoints)
    for options in (asked("constant", epochs=LONG), run.options):  # both are the same training
        left = files(again)
        train(f"{code}:normed", data, again, options, device="cpu")
        assert files(again) == left


# --- fewer ------------------------------------------------------------------------------------


def test_fewer_epochs_than_are_done(again: Path, data: Path, code: Path) -> None:
    left = files(again)
    said = r"has come to epoch 3, further than the 2 asked for. Ask for 3 or more \(--epochs\)"
    with pytest.raises(RunError, match=said):
        train(f"{code}:normed", data, again, asked("constant", epochs=2), device="cpu")
    assert files(again) == left


@pytest.mark.parametrize(("step", "begun"), [(7, 2), (10, 2), (11, 2), (13, 3)])
def test_a_stopped_run_may_end_earlier(
    data: Path, code: Path, tmp_path: Path, step: int, begun: int
) -> None:
    """A state is saved every other step; of step 11 there is that of 10, the second epoch's end."""
    spec, options = f"{code}:normed", asked("constant", epochs=LONG)
    with pytest.raises(KeyboardInterrupt):
        train(spec, data, tmp_path / "run", options, device="cpu", progress=stopped_at(step))
    with pytest.raises(RunError, match=rf"has come to epoch {begun}, .* Ask for {begun} or more"):
        train(spec, data, tmp_path / "run", asked("constant", epochs=begun - 1), device="cpu")
    fewer = asked("constant", epochs=begun)
    run = train(spec, data, tmp_path / "run", fewer, device="cpu")
    straight = train(spec, data, tmp_path / "straight", fewer, device="cpu")
    assert numbers(run) == numbers(straight)
    assert weights(run) == weights(straight)
    assert run.options == straight.options


def test_rows_written_beyond_the_state_do_not_stay(
    data: Path, code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, place: Place, *rest: Any) -> None:
        if place.step == 12:  # the tables have been written
            raise KeyboardInterrupt
        save_state(path, place, *rest)

    spec, fewer = f"{code}:normed", asked("constant", epochs=2)
    monkeypatch.setattr("convscope.training.loop.save_state", killed)
    with pytest.raises(KeyboardInterrupt):
        train(spec, data, tmp_path / "run", asked("constant", epochs=LONG), device="cpu")
    monkeypatch.undo()
    assert open_run(tmp_path / "run").steps()["step"].tolist() == list(range(1, 13))
    run = train(spec, data, tmp_path / "run", fewer, device="cpu")
    straight = train(spec, data, tmp_path / "straight", fewer, device="cpu")
    assert numbers(run) == numbers(straight)
    assert weights(run) == weights(straight)


# --- schedules of the total -------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["cosine", "onecycle"])
@pytest.mark.parametrize("epochs", [1, 3])
def test_rates_that_depend_on_the_total_are_another_training(
    data: Path, code: Path, tmp_path: Path, schedule: Any, epochs: int
) -> None:
    train(f"{code}:plain", data, tmp_path, quick(schedule=schedule, epochs=2), device="cpu")
    left = files(tmp_path)
    said = (
        rf"was begun with epochs 2, and now {epochs} is asked for. With schedule {schedule} .* "
        rf"Train into another folder \(--out\) with --epochs {epochs}\."
    )
    with pytest.raises(RunError, match=said):
        train(
            f"{code}:plain", data, tmp_path, quick(schedule=schedule, epochs=epochs), device="cpu"
        )
    assert files(tmp_path) == left


# --- checkpoints ------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_checkpoints_to_come_can_be_added_and_left_out(
    data: Path, code: Path, tmp_path: Path, schedule: Any
) -> None:
    spec, common = f"{code}:normed", {"schedule": schedule, "epochs": LONG, "state_every": 2}
    with pytest.raises(KeyboardInterrupt):
        train(
            spec, data, tmp_path / "run", quick(**common, checkpoints=(1, 5)), device="cpu",
            progress=stopped_at(12),
        )  # fmt: skip
    run = train(spec, data, tmp_path / "run", quick(**common, checkpoints=(3, 4)), device="cpu")
    straight = train(
        spec, data, tmp_path / "straight", quick(**common, checkpoints=(1, 3, 4)), device="cpu"
    )
    assert [one.epoch for one in run.checkpoints] == [0, 1, 3, 4, LONG]
    assert weights(run) == weights(straight)
    assert run.options == straight.options


def test_checkpoints_that_are_past_are_refused(again: Path, data: Path, code: Path) -> None:
    left = files(again)
    options = asked("constant", epochs=LONG, checkpoints=(1, 2, 4))
    said = (
        r"Weights of epoch 2 are asked for, .* it has those of epochs 0, 1, 3\. .*"
        r"\(--checkpoints 1,3,4\)"
    )
    with pytest.raises(RunError, match=said):
        train(f"{code}:normed", data, again, options, device="cpu")
    assert files(again) == left


# --- what else differs ------------------------------------------------------------------------


def test_more_epochs_of_another_recipe_are_refused(again: Path, data: Path, code: Path) -> None:
    options = asked("constant", epochs=LONG, rate=0.5)
    with pytest.raises(RunError, match=re.escape("the option rate (0.05 there, 0.5 now)")):
        train(f"{code}:normed", data, again, options, device="cpu")
    assert open_run(again).options == asked("constant", epochs=SHORT)


def test_a_torn_state_is_named_before_anything_is_changed(
    again: Path, data: Path, code: Path
) -> None:
    path = again / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    left = files(again)
    with pytest.raises(CorruptError, match="Remove it to begin again"):
        train(f"{code}:normed", data, again, asked("constant", epochs=LONG), device="cpu")
    assert files(again) == left


def test_a_recorded_run_is_not_gone_on_with(data: Path, code: Path, tmp_path: Path) -> None:
    from torch import nn

    Recorder(tmp_path).start(nn.Sequential(nn.Conv2d(3, 4, 3)))
    with pytest.raises(RunError, match="a run of another program's loop"):
        train(f"{code}:normed", data, tmp_path, quick(), device="cpu")


def test_another_schedule_is_allowed_as_long_as_nothing_was_done(
    data: Path, code: Path, tmp_path: Path
) -> None:
    """Killed before its first state: whatever the rate depends on, no step was made by it."""
    options = quick(schedule="cosine", epochs=2, state_every=500)
    with pytest.raises(KeyboardInterrupt):
        train(
            f"{code}:plain", data, tmp_path / "run", options, device="cpu", progress=stopped_at(1)
        )
    longer = quick(schedule="cosine", epochs=3)
    made = train(f"{code}:plain", data, tmp_path / "run", longer, device="cpu")
    assert made.history["epoch"].tolist() == [1, 2, 3]
    assert made.facts["options"]["epochs"] == 3


def test_how_far_a_run_is_stands_in_its_state_and_in_no_file_name(
    again: Path, data: Path, code: Path
) -> None:
    stray = again / "checkpoints" / "epoch-9999.safetensors"
    shutil.copy(again / "checkpoints" / "epoch-001.safetensors", stray)
    made = train(f"{code}:normed", data, again, asked("constant", epochs=LONG), device="cpu")
    assert made.history["epoch"].tolist()[-1] == LONG


def test_a_state_without_its_run_is_nobodys(again: Path, data: Path, code: Path) -> None:
    (again / "run.json").unlink()
    before = files(again)
    with pytest.raises(RunError, match=r"has the state of a run .* and not run.json"):
        train(f"{code}:normed", data, again, asked("constant", seed=9), device="cpu")
    assert files(again) == before
