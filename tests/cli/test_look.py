from __future__ import annotations

import re
import shlex
import shutil
from html import unescape
from pathlib import Path

import pytest

from tests.cli.setting import Command

QUICK = ("--panels", "gradient", "--panels", "gradcam", "--panels", "occlusion",
         "--occluder", "12", "--stride", "12")  # fmt: skip


def test_it_writes_a_page_and_a_figure_and_says_what_it_saw(run: Command) -> None:
    said = run("look", "bundled:photos", "photos/a/0.png", "class:cat", "--out", "page",
               "--figure", "one.svg", *QUICK)  # fmt: skip
    assert said.code == 0
    assert "cat is " in said.out
    assert said.out.splitlines()[-2:] == ["one.svg", "Open page/index.html"]


def test_json_holds_the_looks_with_their_sentences(run: Command) -> None:
    said = run("look", "bundled:photos", "photos/a/0.png", "--out", "page2", "--json", *QUICK)
    result = said.result
    assert result["page"] == "page2/index.html"
    assert result["name"] == result["answers"][0]["name"]
    assert list(result["looks"]) == ["gradient", "gradcam", "occlusion"]
    assert set(result["looks"]["gradient"]["caption"]) == {
        "shows", "does_not_show", "easily_misread",
    }  # fmt: skip
    assert result["looks"]["gradient"]["results"] == ["gradient"]


def test_bad_input_is_refused_before_anything_is_computed(run: Command) -> None:
    model = ("look", "bundled:photos", "photos/a/0.png")
    assert "Nearest: cat" in run(*model, "class:catt", "--json").error["message"]
    assert "names no kind of figure" in run(*model, "--figure", "a.gif", "--json").error["message"]
    assert run(*model, "--out", "photos", "--json").error["kind"] == "StorageError"
    assert "No panel 'grad'" in run(*model, "--panels", "grad", "--json").error["message"]
    absent = run("look", "bundled:photos", "absent.png", "--json").error
    assert absent["kind"] == "ImageError"


def test_every_command_on_the_page_runs(run: Command, folder: Path) -> None:
    shutil.copy(folder / "photos" / "a" / "0.png", folder / "0.png")
    said = run("look", "bundled:photos", "0.png", "--out", "shown", "--occluder", "24",
               "--stride", "24", "--images", "photos", "--json")  # fmt: skip
    assert said.code == 0
    page = (folder / "shown" / "index.html").read_text(encoding="utf-8")
    commands = {unescape(one) for one in re.findall(r"<code[^>]*>(convscope [^<]*)</code>", page)}
    assert len(commands) >= 12
    assert not [one for one in commands if one.endswith(("--kind cam", "--kind fastai"))]
    for one in sorted(commands):
        assert run(*shlex.split(one)[1:]).code == 0, one


SETTINGS = ("--size", "24", "--resize", "none", "--mean", ".5,.5,.5", "--std", ".25,.25,.25")


def copied(folder: Path, page: str) -> tuple[str, str]:
    """What the page's buttons copy: the command, and the Python."""
    text = (folder / page / "index.html").read_text(encoding="utf-8")
    found = [re.findall(rf'id="page-{kind}">([^<]*)<', text)[0] for kind in ("command", "python")]
    return unescape(found[0]), unescape(found[1])


def test_a_copied_line_loads_a_network_whose_preprocessing_is_only_in_flags(
    run: Command, folder: Path, classes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(folder / "photos" / "a" / "0.png", folder / "0.png")
    few = ("--panels", "activations", "--panels", "gradcam", "--no-sanity")
    asked = ("look", "nets.py:unsaid", "0.png", *SETTINGS, "--classes", classes, *few, "--json")
    assert run(*asked, "--out", "first").result["name"] in ("beagle", "tabby", "tennis ball")
    command, python = copied(folder, "first")
    assert f"{' '.join(SETTINGS)} --classes {classes}" in command
    page = (folder / "first" / "index.html").read_text(encoding="utf-8")
    assert str(folder) not in page
    assert run(*shlex.split(command)[1:]).code == 0
    assert copied(folder, "look") == (command, python)
    shutil.rmtree(folder / "look")
    monkeypatch.chdir(folder)
    exec(python, {})
    assert (folder / "look" / "index.html").is_file()


def test_a_copied_line_has_the_atlas(run: Command, folder: Path) -> None:
    shutil.copy(folder / "photos" / "a" / "0.png", folder / "0.png")
    few = ("--panels", "activations", "--panels", "gradcam", "--no-sanity")
    assert run("look", "nets.py:net", "0.png", "--atlas", "atlas", "--out", "one", *few).code == 0
    command, python = copied(folder, "one")
    assert "--atlas atlas" in command
    assert "--size" not in command
    assert 'atlas=convscope.open_atlas("atlas")' in python
    assert run(*shlex.split(command)[1:]).code == 0


def test_missing_classes_are_told_and_scores_bring_them(run: Command, folder: Path) -> None:
    asked = ("look", "nets.py:two", "photos/a/0.png", "--panels", "activations")
    bare = run(*asked, "--out", "bare", "--json").result
    (note,) = bare["notes"]
    assert note.startswith("Classes are missing: this network returns 1x3, 1x4x24x24")
    assert "--scores names the layer" in note
    assert note.endswith("fc).")
    assert bare["answers"] == []
    assert note in unescape((folder / "bare" / "index.html").read_text(encoding="utf-8"))
    assert note in run(*asked, "--out", "bare").out
    named = run(*asked, "--out", "named", "--scores", "fc", "--json").result
    assert (len(named["answers"]), named["notes"]) == (3, [])
    page = (folder / "named" / "index.html").read_text(encoding="utf-8")
    assert "Most probable classes" in page
    assert "--scores fc" in copied(folder, "named")[0]


def test_a_label_that_no_class_has_is_told(run: Command, classes: str) -> None:
    asked = ("look", "nets.py:net", "photos/a/0.png", "--classes", classes, "--json", "--panels",
             "activations")  # fmt: skip
    (note,) = run(*asked, "--label", "beagel").result["notes"]
    assert note == "No class has the label 'beagel'. Nearest: beagle."
    assert run(*asked, "--label", "n2").result["notes"] == []


def test_an_occluder_larger_than_the_image_is_refused_first(run: Command) -> None:
    ended = run("look", "nets.py:fussy", "photos/a/0.png", "--occluder", "25", "--json",
                "--out", "never")  # fmt: skip
    assert (ended.code, ended.error["kind"]) == (2, "UsageError")
    assert "The occluder is 25 x 25 px and the image 24 x 24" in ended.error["message"]
