from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from convscope.cli.output import _Lines, plain, progress_bar


@dataclass(frozen=True)
class Pair:
    path: Path
    values: object


def test_anything_a_result_holds_is_plain_json() -> None:
    given = Pair(Path("a"), {1: (np.float32(0.5), np.int64(3), np.nan), "x": np.arange(2)})
    expected = {"path": "a", "values": {"1": [0.5, 3, None], "x": [0, 1]}}
    assert plain(given) == expected
    assert plain([True, None, "a", 2, Fraction(1, 2)]) == [True, None, "a", 2, "1/2"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_for_logs(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = _Lines(clock)
    for second in range(31):
        clock.now = float(second)
        lines(100 + 4 * second, 224, "looking, 2 could not be read")
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "looking, 2 could not be read: 108 of 224, 4/s, 29 s left",
        "looking, 2 could not be read: 148 of 224, 4/s, 19 s left",
        "looking, 2 could not be read: 188 of 224, 4/s, 9 s left",
    ]


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = _Lines(clock)
    for step in range(10):
        clock.now = step / 5
        lines(step + 1, 10, f"projecting rank {step}")
    assert capsys.readouterr().err == ""


def test_what_ends_after_two_seconds_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = _Lines(clock)
    for now, done in ((0.0, 0), (1.0, 2), (4.0, 4)):
        clock.now = now
        lines(done, 4, "looking")
    assert capsys.readouterr().err == "looking: 4 of 4, 1/s\n"


def _said(capsys: pytest.CaptureFixture[str], *told: tuple[float, int, int, str]) -> list[str]:
    clock = Clock()
    lines = _Lines(clock)
    for now, done, total, what in told:
        clock.now = now
        lines(done, total, what)
    return capsys.readouterr().err.splitlines()


def test_a_stage_that_counts_anew_has_its_own_rate(capsys: pytest.CaptureFixture[str]) -> None:
    first = [(0.0, 0, 24, "projecting rank 1"), (4.0, 20, 24, "projecting rank 1")]
    again = [(5.0, 3, 24, "projecting rank 1"), (9.0, 7, 24, "projecting rank 1")]
    assert _said(capsys, *first, *again) == [
        "projecting rank 1: 20 of 24, 5/s, 1 s left",
        "projecting rank 1: 7 of 24, 1/s, 17 s left",
    ]
    other = (5.0, 21, 42, "projecting rank 1"), (9.0, 25, 42, "projecting rank 1")
    assert _said(capsys, *first, *other)[1] == "projecting rank 1: 25 of 42, 1/s, 17 s left"


def test_the_end_is_said_once_and_what_lasts_beyond_it_without_a_rate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = [(0.0, 0, 9, "net, one: looking"), (3.0, 9, 9, "net, one: looking")]
    more = [(3.0 + place, 9, 9, f"net, one: comparing {place}") for place in range(12)]
    assert _said(capsys, *told, *more) == ["net, one: looking: 9 of 9, 3/s",
                                           "net, one: comparing 10"]  # fmt: skip


def test_no_progress_no_rate(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = _Lines(clock)
    for now in (0.0, 3.0):
        clock.now = now
        lines(0, 4, "looking")
    assert capsys.readouterr().err == "looking: 0 of 4, 0/s, time left unknown\n"


def test_a_terminal_has_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress_bar(quiet=False) as report:
        assert report is not None
        for done in range(5):
            report(done, 4, "looking")
        report(1, 4, "looking")  # another stage of the same words
    assert not isinstance(report, _Lines)


def test_json_is_not_disturbed() -> None:
    with progress_bar(quiet=True) as report:
        assert report is None
