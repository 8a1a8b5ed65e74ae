from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from convscope.atlas.options import AtlasOptions
from convscope.cli import app
from convscope.methods.options.activations import ActivationsOptions
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.options.project import ProjectOptions
from convscope.methods.options.ranks import RanksOptions
from convscope.methods.options.weights import WeightsOptions
from convscope.render.report.options import FigureOptions, ReportOptions
from tests.cli.setting import Command, photographs

OPTIONS = {
    "atlas": AtlasOptions,
    "project": ProjectOptions,
    "activations": ActivationsOptions,
    "weights": WeightsOptions,
    "gradient": GradientOptions,
    "heatmap": HeatmapOptions,
    "ranks": RanksOptions,
    "figure": FigureOptions,
    "report": ReportOptions,
}
NOT_ASKED = {("report", "command"), ("report", "comparison"), ("report", "method")}
NETWORKED = (
    *("demo", "layers", "atlas", "project", "heatmap", "ranks", "report", "figure"),
    *("activations", "weights", "gradient", "look"),
)
MODEL = "nets.py:net"


def help_of(name: str) -> str:
    found = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "300"})
    assert found.exit_code == 0
    return found.output


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_is_a_flag_with_its_help(name: str) -> None:
    text = " ".join(help_of(name).split())
    for field in dataclasses.fields(OPTIONS[name]):
        if (name, field.name) in NOT_ASKED:
            continue
        assert f"--{field.name.replace('_', '-')} " in text
        assert field.metadata["help"] in text


@pytest.mark.parametrize("name", NETWORKED)
def test_every_command_that_runs_a_network_takes_a_device_and_threads(name: str) -> None:
    assert {"--device", "--threads"} <= set(re.findall(r"--[a-z]+", help_of(name)))


def test_version_and_no_command(run: Command) -> None:
    assert run("--version").out == f"convscope {version('convscope')}\n"
    said = run()
    assert said.code == 2
    assert said.err.startswith("Usage: convscope")


def test_every_command_prints_one_envelope(run: Command) -> None:
    told = {
        "layers": run("layers", MODEL, "--json"),
        "atlas": run("atlas", MODEL, "photos", "--out", "new", "--json"),
        "check": run("check", "new", "--json"),
        "project": run("project", MODEL, "photos/a/0.png", "4:1", "--json"),
        "figure": run("figure", "new", "4", "--trust", "--json"),
        "report": run("report", "new", "--trust", "--ranks", "2", "--json"),
    }
    for name, said in told.items():
        assert said.result is not None
        assert json.loads(said.out)["command"] == name
        assert json.loads(said.out)["convscope"] == version("convscope")
        assert said.out.count("\n") == 1
        assert said.err == ""
    assert [layer["name"] for layer in told["layers"].result["layers"]] == ["1", "4", "7"]
    assert told["atlas"].result["units"] == {"live": 13}
    assert told["check"].result["changed"] == []
    assert told["project"].result["frame"] == [0, 0, 24, 24] or told["project"].result["cell"]
    assert told["report"].result["channels"] == 13
    assert Path(told["figure"].result["picture"]).name == "figure.png"


def test_the_same_for_people(run: Command, folder: Path) -> None:
    said = run("layers", MODEL)
    assert "GLOBAL from 5 (adaptive_avg_pool)" in said.out
    assert said.out.endswith("3 layers, 13 channels\n")
    said = run("atlas", MODEL, "photos", "--out", "new")
    assert "3 layers and 13 channels, seen through 8 images: 13 live." in said.out
    assert "Next: convscope report new --out report" in said.out
    assert run("check", "new").out == "new is as it was written: 8 files, every byte.\n"
    said = run("project", MODEL, "photos/a/0.png", "4:1", "--out", "made/unit.png")
    assert "made/unit.png and made/unit.safetensors" in said.out
    assert (folder / "made" / "unit.png").read_bytes().startswith(b"\x89PNG")
    said = run("figure", "new", "4", "--trust", "--only", "2,0", "--out", "made/figure.png")
    assert said.out == "made/figure.png, and its numbers in made/figure.json\n"
    tiles = json.loads((folder / "made" / "figure.json").read_text())["tiles"]
    assert list(dict.fromkeys(tile["channel"] for tile in tiles)) == [2, 0]
    said = run("report", "new", "--trust", "--ranks", "2", "--out", "made/report")
    assert said.out.endswith("Open made/report/index.html\n")
    assert (folder / "made" / "report" / "index.html").is_file()


@pytest.mark.parametrize(
    ("words", "code", "kind", "said"),
    [
        (["layers"], 2, "UsageError", "Missing argument 'model'"),
        (["laiers"], 2, "UsageError", "No such command 'laiers'"),
        (["layers", MODEL, "--sise", "3"], 2, "UsageError", "--sise. Nearest: --size. Try"),
        (["layers", MODEL, "--threads", "-1"], 2, "UsageError", "Invalid value for '--threads'"),
        (["layers", MODEL, "--device", "tpu"], 2, "UsageError", "No device 'tpu'. There are: auto"),
        (["layers", "bundled:photo"], 5, "IntakeError", "Nearest: photos"),
        (["layers", "nets.py:nett"], 5, "IntakeError", "has no 'nett'. Nearest: net"),
        (["layers", "net.py:net"], 5, "IntakeError", "Nearest: nets.py"),
        (["layers", "squeezenet"], 5, "IntakeError", "No network 'squeezenet'. A network is one"),
        (["layers", "nets.py:unsaid"], 5, "PreprocessingError", "size and mean and std are given"),
        (["layers", "nets.py:flat"], 5, "NoLayersError", "no layer with cells in space"),
        (["layers", "nets.py:raising"], 5, "ForwardError", "ValueError: the forward is broken"),
        (["layers", MODEL, "--layers", "44"], 2, "AddressError", "No layer '44'. Nearest: 4"),
        (["layers", MODEL, "--layers", "x*"], 2, "AddressError", "No layer matches 'x*'"),
        (["check", "photos"], 4, "AtlasError", "photos holds no atlas (no manifest.json in it)"),
        (["report", "photos"], 4, "AtlasError", "photos holds no atlas"),
        (["report", "atlas"], 4, "AtlasError", "is code on this machine. Say --trust to run it"),
        (["figure", "atlas", "1"], 4, "AtlasError", "Say --trust"),
        (["figure", "atlas", "44", "--trust"], 2, "AddressError", "No layer"),
        (["figure", "atlas", "4", "--trust", "--only", "6"], 2, "AddressError", "Channel 6 is out"),
        (["figure", "atlas", "4", "--trust", "--only", "a"], 2, "UsageError", "--only 'a' is no"),
        (["report", "atlas", "--trust", "--layers", "44"], 2, "AddressError", "No layer '44'"),
        (["report", "atlas", "--trust", "--quality", "0"], 2, "UsageError", "quality from 1 to 95"),
        (
            ["report", "atlas", "--model", "nets.py:other"],
            4,
            "AtlasError",
            "This atlas belongs to other weights",
        ),
        (
            ["report", "atlas", "--trust", "--images", "gone"],
            4,
            "SourceError",
            "gone: no such file or folder",
        ),
    ],
)
def test_what_goes_wrong_is_one_message_and_a_code(
    run: Command, words: list[str], code: int, kind: str, said: str
) -> None:
    plain, machine = run(*words), run(*words, "--json")
    assert plain.code == machine.code == code
    assert "\nError: " in f"\n{plain.err}"
    assert said in plain.err
    assert machine.error["kind"] == kind
    assert said in machine.error["message"]
    assert "Traceback" not in plain.err + machine.err


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("44:0", "No layer '44'. Nearest: 4"),
        ("4:6", "Channel 6 is out of range: 4 has 6, numbered 0 to 5"),
        ("4:0@12,0", "Cell 12,0 is out of range"),
        ("4", "4 is a whole layer"),
        ("4:0@", "is no address"),
    ],
)
def test_a_unit_that_is_none(run: Command, unit: str, said: str) -> None:
    ended = run("project", MODEL, "photos/a/0.png", unit)
    assert ended.code == 2
    assert said in ended.err


def test_an_ambiguous_unit_lists_what_it_could_be(run: Command) -> None:
    ended = run("project", "nets.py:twice", "photos/a/0.png", "relu:0")
    assert ended.code == 2
    assert "'relu' is ambiguous: it runs 2 times in one forward. Write one of: relu@1, relu@2" in (
        ended.err
    )


def test_an_image_that_is_none(run: Command, folder: Path) -> None:
    assert "gone.png" in run("project", MODEL, "gone.png", "4:0").err
    (folder / "text.png").write_text("words")
    ended = run("project", MODEL, "text.png", "4:0", "--json")
    assert ended.error["kind"] == "ImageError"
    assert ended.code == 4


def test_weights_that_do_not_fit_name_the_keys(run: Command, folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    state = {"0.weight": torch.zeros(4, 3, 5, 5), "9.bias": torch.zeros(2)}
    save_file(state, folder / "w.safetensors")
    ended = run("layers", MODEL, "--weights", "w.safetensors", "--json")
    assert ended.code == 5
    assert "Unexpected (1): 9.bias" in ended.error["message"]
    assert "0.weight (4, 3, 5, 5) where the network has (4, 3, 3, 3)" in ended.error["message"]


def test_an_error_nobody_foresaw_has_no_traceback(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.atlas import check

    def broken(folder: Path) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(check, "check", broken)
    ended = run("check", "atlas", "--json")
    assert ended.code == 1
    assert ended.error["kind"] == "RuntimeError"
    assert "convscope --debug COMMAND" in ended.error["message"]
    with pytest.raises(RuntimeError, match="unforeseen"):
        run("--debug", "check", "atlas")


def test_ctrl_c_is_an_error_in_json_too(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from convscope.atlas import check, make

    def stopped(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "check", stopped)
    ended = run("check", "atlas", "--json")
    assert ended.code == 130
    assert ended.error == {"kind": "Interrupted", "message": "Stopped.", "exit_code": 130}
    monkeypatch.setattr(make, "build_atlas", stopped)
    ended = run("atlas", MODEL, "photos", "--out", "new")
    assert ended.code == 130
    assert ended.err.endswith("\nStopped. The same command goes on where it was.\n")
    assert ended.err.startswith("No weights were given")


@pytest.mark.parametrize(
    "words",
    [
        ["project", MODEL, "photos/a/0.png", "4:1", "--out", "nets.py/x.png"],
        ["figure", "atlas", "4", "--trust", "--out", "nets.py/x.png"],
        ["report", "atlas", "--trust", "--out", "nets.py/x"],
        ["report", "atlas", "--trust", "--out", "nets.py"],
    ],
)
def test_a_place_that_cannot_be_written(run: Command, words: list[str]) -> None:
    ended = run(*words, "--json")
    assert ended.code == 7
    assert ended.error["kind"] == "StorageError"
    assert "nets.py" in ended.error["message"] or "x." in ended.error["message"]


def _heeds_ctrl_c() -> None:
    """A shell's background job ignores Ctrl-C, and so would what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def spawn(folder: Path, *words: str, slow: float = 0.0) -> subprocess.Popen[str]:
    environment = os.environ | {"SLOW": str(slow), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "convscope", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heeds_ctrl_c,
    )


def test_an_error_has_no_traceback_and_its_code_in_a_process(folder: Path) -> None:
    process = spawn(folder, "check", "photos")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (4, "")
    assert err.startswith("Error: photos holds no atlas")
    assert "Traceback" not in err
    process = spawn(folder, "--debug", "check", "photos")
    assert "Traceback" in process.communicate(timeout=60)[1]


def test_ctrl_c_ends_with_130_and_the_same_command_goes_on(folder: Path) -> None:
    photographs(folder / "many", 160)
    words = ("atlas", "nets.py:slow", "many", "--out", "new", "--shard", "16", "--batch", "4")
    process = spawn(folder, *words, slow=0.4)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("No weights were given")
    line = process.stderr.readline()  # what goes on for two seconds says how fast and how long
    assert re.fullmatch(r"looking: \d+ of 160, [\d.]+/s, \d+ s left\n", line)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. The same command goes on where it was." in err
    assert "Traceback" not in err
    assert not (folder / "new" / "manifest.json").exists()
    begun = time.monotonic()
    process = spawn(folder, *words)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "seen through 160 images" in out
    whole = spawn(folder, *words[:4], "whole", *words[5:])
    whole.communicate(timeout=60)
    for name in ("top", "units", "images"):
        one, other = (folder / there / f"{name}.parquet" for there in ("new", "whole"))
        assert one.read_bytes() == other.read_bytes()
    assert time.monotonic() - begun < 60


def test_a_closed_pipe_is_no_traceback(folder: Path) -> None:
    process = subprocess.run(
        f"{sys.executable} -m convscope layers nets.py:net | true",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in process.stderr
