from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from convscope.checkpoints import checkpoint_path
from convscope.doctor.course import Course, course_of


def run(
    out: Path, accuracies: list[float], losses: list[float], facts: Mapping[str, Any] | None = None
) -> Path:
    """A folder as training leaves it: history, facts, and no weights."""
    count = len(accuracies)
    table = {
        "epoch": list(range(1, count + 1)), "step": [10 * n for n in range(1, count + 1)],
        "train_loss": losses, "train_accuracy": accuracies, "validation_accuracy": accuracies,
    }  # fmt: skip
    pq.write_table(pa.table(table), out / "history.parquet")
    about = {"options": {"epochs": 9}, "data": {"train": 900, "validation": 100}}
    (out / "run.json").write_text(json.dumps(about | dict(facts or {})))
    return out


def told(out: Path, epoch: int) -> Course:
    found = course_of(checkpoint_path(out, epoch))
    assert found is not None
    return found


def test_it_is_the_run_up_to_that_epoch(tmp_path: Path) -> None:
    made = run(tmp_path, [0.1, 0.2, 0.3, 0.4], [2.3, 2.0, 1.8, 1.5], {"diverged": "It did."})
    assert told(made, 4) == Course(
        4, 40, (2.3, 1.5), (0.3, 0.4), 0.4, 900, 100, back=3, of=9, diverged="It did.",
    )  # fmt: skip
    assert told(made, 2).losses == (2.3, 2.0)
    assert course_of(checkpoint_path(made, 7)) is None
    assert course_of(made / "best.safetensors") is None
    assert course_of(None) is None


@pytest.mark.parametrize(
    ("before", "now", "learns"), [(0.2, 0.3, True), (0.3, 0.31, False), (0.3, 0.2, False)]
)
def test_it_still_learns_where_the_last_quarter_is_more_than_chance(
    tmp_path: Path, before: float, now: float, learns: bool
) -> None:
    made = told(run(tmp_path, [0.1, 0.1, before, now], [2.0] * 4), 4)
    drawn = np.random.default_rng(0).binomial(900, (before + now) / 2, (2, 20_000)) / 900
    beyond = np.mean(drawn[1] - drawn[0] >= now - before)  # of two counts of the same share
    assert made.still_learns == learns
    assert (beyond < 0.023) == learns


def test_its_first_epoch_tells_of_no_quarter(tmp_path: Path) -> None:
    assert not told(run(tmp_path, [0.9], [0.1]), 1).still_learns


def test_many_epochs_that_lower_no_loss_have_taught_nothing(tmp_path: Path) -> None:
    flat = run(tmp_path, [0.1] * 6, [2.30, 2.31, 2.30, 2.30, 2.29, 2.29])
    assert [told(flat, epoch).learns_nothing for epoch in (3, 6)] == [False, True]
    falling = run(tmp_path, [0.1] * 6, [2.3, 2.2, 2.1, 2.0, 1.9, 1.8])
    assert not told(falling, 6).learns_nothing


@pytest.mark.parametrize("text", ["", "{", "[]", '{"options": null, "data": 3}'])
def test_facts_that_are_none_cost_only_themselves(tmp_path: Path, text: str) -> None:
    made = run(tmp_path, [0.1, 0.2], [2.0, 1.0])
    (made / "run.json").write_text(text)
    assert (told(made, 2).of, told(made, 2).images) == (0, 0)


def test_another_programs_history_tells_nothing(tmp_path: Path) -> None:
    path = checkpoint_path(tmp_path, 1)
    assert course_of(path) is None
    (tmp_path / "history.parquet").write_bytes(b"PAR1 torn")
    assert course_of(path) is None
    words = {name: ["x"] for name in ("epoch", "step", "train_loss", "train_accuracy",
                                      "validation_accuracy")}  # fmt: skip
    pq.write_table(pa.table(words), tmp_path / "history.parquet")
    assert course_of(path) is None
