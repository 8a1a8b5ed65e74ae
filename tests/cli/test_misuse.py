from __future__ import annotations

import re

import pytest
import typer

from convscope.cli import app
from convscope.cli.misuse import alike
from tests.cli.setting import Command

TRAIN = ("train", "cifar", "photos", "--out", "run")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--epoch", ["--epochs"]),
        ("--lr", ["--rate"]),
        ("--learning-rate", ["--rate", "--first-rate"]),
        ("--batch-size", ["--batch", "--size", "--data-size"]),
        ("--weight-decay", ["--decay", "--first-decay"]),
        ("--optim", ["--optimizer"]),
        ("-o", ["--out"]),
        *[(unlike, []) for unlike in ("--fail-on", "--dropout", "--resume", "--verbose", "-x")],
    ],
)
def test_the_options_of_train_that_were_meant(given: str, meant: list[str]) -> None:
    command = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    known = [word for each in command.params for word in each.opts if word.startswith("--")]
    assert alike(given, known) == meant


def test_an_option_of_another_command_is_said_to_be(run: Command) -> None:
    said = run(*TRAIN, "--fail-on", "x")
    assert said.code == 2
    assert said.err == (
        "Error: No such option: --fail-on. --fail-on belongs to convscope health. Try --help.\n"
    )
    shared = run(*TRAIN, "--layers", "x").err
    assert shared == "Error: No such option: --layers. Try --help.\n"  # of half the commands


def test_an_option_of_none(run: Command) -> None:
    assert run(*TRAIN, "--verbose").err == "Error: No such option: --verbose. Try --help.\n"
    said = run("--verbos", *TRAIN).err
    assert re.fullmatch(r"Error: No such option: --verbos\. Try --help\.\n", said)
    error = run(*TRAIN, "--epoch", "3", "--json").error
    assert error["message"] == "No such option: --epoch. Nearest: --epochs. Try --help."


def test_a_word_that_is_no_choice(run: Command) -> None:
    said = run(*TRAIN, "--schedule", "step").err
    assert "'--schedule': 'step' is not one of 'plateau', 'constant'" in said


def test_what_is_missing_is_said_with_what_may_be_given(run: Command) -> None:
    said = run("compare", "nets.py:net", "twin")
    assert said.code == 2
    assert said.err == (
        "Error: Missing argument 'images': a folder, a Parquet file, or bundled:photos. "
        "The order is convscope compare A B IMAGES. Try --help.\n"
    )
    assert "The order is convscope health SUBJECT [IMAGES]." in run("health").err
    alone = run("layers").err
    assert re.match(r"Error: Missing argument 'model': bundled:photos, nets:NAME, .+ Try", alone)
    assert "order" not in alone


def test_every_argument_says_what_may_be_given() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    given = [each for one in commands.values() for each in one.params]
    arguments = [each for each in given if each.param_type_name == "argument"]
    assert len(arguments) > len(commands)
    assert all(each.help for each in arguments)
