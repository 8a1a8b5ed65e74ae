from __future__ import annotations

import re
import shlex
import shutil
from html import unescape
from pathlib import Path

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
    for one in sorted(commands):
        is_refused = one.endswith(("--kind cam", "--kind fastai"))  # as their panels say
        assert run(*shlex.split(one)[1:]).code == (5 if is_refused else 0), one
