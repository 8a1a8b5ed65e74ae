from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import convscope
from convscope.cli.health import _findings
from tests.cli.setting import Command
from tests.render.made_health import finding, health

MODEL, PHOTOS = "nets.py:net", "photos"


def test_a_network_over_images(run: Command, folder: Path, classes: str) -> None:
    words = ("--classes", classes, "--out", "made/one.png", "--json")
    said = run("health", MODEL, PHOTOS, *words)
    told = said.result
    saved = convscope.load_result(folder / "made" / "one.safetensors")
    assert (told["state"], told["certainty"]) == (saved.state, saved.certainty)
    assert told["headline"] == saved.headline
    assert [layer["layer"] for layer in told["layers"]] == list(saved.layers)
    structure = [layer["structure"] for layer in told["layers"]]
    known = [value for value in structure if value is not None]
    assert np.allclose(known, saved.layer("structure")[~np.isnan(saved.layer("structure"))])
    assert len(told["advice"]) == 5
    assert told["failed_on"] == []
    assert (folder / "made" / "one.png").read_bytes().startswith(b"\x89PNG")
    assert said.err == ""


def test_an_atlas_needs_no_images(run: Command, folder: Path) -> None:
    run("atlas", MODEL, PHOTOS, "--out", "made.atlas", "--json")
    said = run("health", "made.atlas", "--trust", "--json")
    assert said.result["state"] == "untrained"
    assert run("health", "made.atlas", PHOTOS, "--trust").code == 2


def test_the_same_for_people(run: Command) -> None:
    said = run("health", MODEL, PHOTOS)
    assert said.code == 0
    assert said.out.startswith(
        "nets.py:net, over 8 images of photos\nThis network looks untrained."
    )
    for sentence in (
        *("More epochs: yes (", "A smaller learning rate: unknown", "Shows: ", "Does not show: "),
        *("Easily misread: ", "health.png and health.safetensors"),
    ):
        assert sentence in said.out


def test_a_training_can_fail_on_what_is_found(run: Command) -> None:
    assert run("health", MODEL, PHOTOS, "--fail-on", "dead").code == 0
    said = run("health", MODEL, PHOTOS, "--fail-on", "dead,untrained", "--json")
    assert said.code == 1
    assert json.loads(said.out)["result"]["failed_on"] == ["untrained"]
    aloud = run("health", MODEL, PHOTOS, "--fail-on", "dead,untrained")
    assert (aloud.code, "--fail-on: untrained was found." in aloud.out) == (1, True)


def test_images_it_was_trained_on_that_are_not_there_are_missed_before_any_is_read(
    run: Command,
) -> None:
    said = run("health", MODEL, PHOTOS, "--trained-on", "nowhere")
    assert said.code == 4
    assert "nowhere" in said.err


def test_a_kind_is_said_once_with_all_its_layers() -> None:
    made = health(found=tuple(finding("dead", layer, (1, 2)).to_dict() for layer in range(3)))
    lines = list(_findings(made))
    assert lines[0].startswith("dead (likely): 2 of ")
    assert lines[0].count("are dead.") == 3
    assert lines[1] == "  A remedy for what is dead."


@pytest.mark.parametrize("word", ["ded", "trained"])
def test_what_is_never_found_is_refused_before_anything_is_done(
    run: Command, folder: Path, word: str
) -> None:
    said = run("health", MODEL, PHOTOS, "--fail-on", word)
    assert said.code == 2
    assert f"--fail-on {word}: nothing is found by that name. There are: early, untrained" in (
        said.err
    )
    assert not (folder / "health.png").exists()


def test_images_are_asked_for(run: Command) -> None:
    said = run("health", MODEL)
    assert said.code == 2
    assert "A network is examined over images" in said.err
