"""That every benchmark runs, at sizes where its numbers mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from benchmarks import common
from benchmarks.__main__ import NAMES, _options, _parser
from benchmarks.child import measured
from benchmarks.common import QUICK, Options, at_least, at_most, interleaved, paired

TINY = replace(QUICK, images=4, peer_images=4, rows=(8, 12), units=1, every=20)
HAS_DATA = common.SQUEEZENET.exists() and find_spec("torchvision") is not None
needs_data = pytest.mark.skipif(not HAS_DATA, reason="../shared/data or torchvision is absent")


@needs_data
def test_the_pass_has_both_ratios_the_peer_and_the_files() -> None:
    found = measured("pass", TINY)
    assert found["images"] == 4
    assert found["bare_seconds_per_batch"] > 0
    for name in ("top", "all"):
        assert found[name]["value"] > 0
        assert found[name]["saving_a_shard_seconds"] > 0
    assert found["health"]["at_most"] == 1.1
    assert found["health"]["value"] > 0
    assert found["from_files"]["images_per_second"] > 0
    assert set(found["zennit_crp"]) in ({"skipped"}, {"images", "over_bare_forward", "seconds"})


@needs_data
@pytest.mark.skipif(find_spec("captum") is None, reason="captum is not installed")
def test_projections_equal_captums() -> None:
    found = measured("projections", TINY)
    assert len(found["by_layer"]) == 2
    assert found["largest_relative_difference"] < 1e-4


@pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is absent")
def test_a_page_is_counted_in_forward_passes() -> None:
    found = measured("look", TINY)
    assert found["forward_passes"]["value"] > 1
    assert found["forward_passes"]["at_most"] == 700


@needs_data
def test_synthesis_is_compared_channel_by_channel() -> None:
    found = measured("synthesis", TINY)
    assert [one["times_as_fast"]["at_least"] for one in found.values()] == [8.0, 3.0, 1.5]
    assert all(len(one["seconds_a_channel"]["one at a time"]) == 1 for one in found.values())


def test_a_step_of_training_is_measured_with_and_without() -> None:
    found = measured("training", TINY)
    assert found["step"]["at_most"] == 1.03
    assert found["step"]["value"] > 0
    assert found["end_of_epoch_seconds"] > 0


@needs_data
def test_the_bare_forward_stands_beside() -> None:
    assert measured("forward", TINY)["seconds_per_batch"] > 0


@pytest.mark.skipif(not common.CIFAR.exists(), reason="../shared/data/cifar10-train.parquet absent")
def test_peak_memory_is_that_of_each_pass_alone() -> None:
    found = run("--only", "memory", "--quick", "--rows", "8,12")["memory"]
    assert set(found["rows"]) == {"8", "12"}
    for one in found["rows"].values():
        assert 0 < one["start_mib"] < one["peak_mib"] / 2


def run(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=common.ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_startup_loads_no_torch() -> None:
    found = measured("startup", TINY)
    assert not found["import"]["loads_torch"]
    assert not found["help"]["loads_torch"]


@pytest.mark.parametrize("name", ["pass", "projections", "memory"])
def test_absent_data_is_a_reason(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import import_module

    from benchmarks.child import HOMES

    module = import_module(f"benchmarks.{HOMES[name]}")
    monkeypatch.setattr(common, "DATA", tmp_path)
    for part in ("PHOTOGRAPHS", "CIFAR"):
        if hasattr(module, part):
            monkeypatch.setattr(module, part, tmp_path / "absent")
    assert measured(name, TINY) == {"skipped": "../shared/data/absent is absent"}


def test_the_command_prints_one_object_and_writes_it(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    printed = run("--quick", "--only", "startup", "--out", str(out))
    assert printed == json.loads(out.read_text())
    assert set(printed) == {"machine", "options", "startup"}


def test_sizes_are_those_of_the_goals_unless_others_are_asked_for() -> None:
    assert _options(_parser().parse_args([])) == Options()
    given = _parser().parse_args(["--quick", "--images", "9", "--rows", "5,6"])
    assert _options(given) == replace(QUICK, images=9, rows=(5, 6))
    assert _parser().parse_args(["--only", "memory,pass"]).only == ("memory", "pass")
    assert _parser().parse_args([]).only == NAMES


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["--only", "speed"])
    assert (
        "'speed' is none of pass, projections, occlusion, look, synthesis, training, memory, "
        "startup" in capsys.readouterr().err
    )


def test_clocks_interleave() -> None:
    calls: list[str] = []
    times = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    assert calls == ["a", "b", "a", "b"]
    assert [len(found) for found in times.values()] == [2, 2]


def test_ratios_are_of_neighbours() -> None:
    assert paired([2.0, 40.0, 3.0], [1.0, 20.0, 1.0]) == 2.0


def test_goals_stand_beside_what_was_measured() -> None:
    assert at_most(1.23456, 1.2) == {"value": 1.235, "at_most": 1.2, "met": False}
    assert at_least(3, 2.5) == {"value": 3.0, "at_least": 2.5, "met": True}
