from __future__ import annotations

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
