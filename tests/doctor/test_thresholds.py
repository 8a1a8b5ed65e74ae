"""The calibrated thresholds stand between the states of the experiment that calibrates them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convscope.doctor.thresholds import THRESHOLDS, markdown
from docs._ext.pages import confusion

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(root: Path) -> Rows:
    found: Rows = json.loads((root / "docs" / "health-calibration.json").read_text())["rows"]
    return found


def of(rows: Rows, name: str, *states: str) -> list[float]:
    return [row[name] for row in rows if row["state"] in states]


def test_it_is_of_other_networks_and_seeds_than_the_tests(rows: Rows) -> None:
    nets = {row["net"] for row in rows}
    assert len(rows) >= 30
    assert not any("bundled" in net or "zf72" in net for net in nets)
    assert {row["state"] for row in rows} == {
        "untrained", "early", "trained", "dead", "overfitted",
    }  # fmt: skip


def test_dead_stands_between_what_a_killing_rate_leaves_and_the_rest(rows: Rows) -> None:
    rest = of(rows, "dead", "untrained", "early", "trained", "overfitted")
    assert max(rest) < THRESHOLDS["dead"].value < min(of(rows, "dead", "dead"))


def test_overfitting_is_a_gap_that_no_other_training_shows(rows: Rows) -> None:
    rest = of(rows, "gap", "early", "trained")
    assert max(rest) < THRESHOLDS["gap"].value < min(of(rows, "gap", "overfitted"))


def test_untrained_layers_are_noise(rows: Rows) -> None:
    assert min(of(rows, "noise_layers", "untrained")) > THRESHOLDS["noise_layers"].value


def test_early_is_faint_and_unsure_and_trained_one_of_neither(rows: Rows) -> None:
    faint, sure = THRESHOLDS["faint"].value, THRESHOLDS["confidence"].value
    for row in rows:
        if row["state"] == "early":
            assert row["faint"] >= faint
            assert row["sureness"] < sure
        if row["state"] == "trained":
            assert row["faint"] < faint or row["sureness"] >= sure


def test_most_of_them_are_judged_right(rows: Rows) -> None:
    """By the thresholds that were chosen on them, so it says little; the confusion table does."""
    right = sum(row["verdict"] == row["state"] for row in rows)
    assert right / len(rows) >= 0.9


def test_every_threshold_is_in_the_documentation() -> None:
    for name, row in THRESHOLDS.items():
        assert f"| {name} | {row.value:g} | {row.unit} |" in markdown()


def test_the_confusion_table_says_how_often_it_is_right(root: Path) -> None:
    """Over networks in known states that the documentation shows, wrong ones with the word."""
    rows = json.loads((root / "docs" / "health-confusion.json").read_text())
    page = confusion()
    assert len(rows) >= 20
    assert len({(row["net"], row["state"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["right"] == (row["verdict"] == row["state"].partition(",")[0])
        assert f"| {row['net']} | {row['state']} | {row['verdict']} ({row['certainty']}) |" in page
    right = sum(row["right"] for row in rows)
    assert page.startswith(f"{right} of {len(rows)} right.")
    assert page.count("| wrong |") == len(rows) - right
