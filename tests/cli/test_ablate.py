from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.experiments.ablation.options import AblateOptions
from convscope.results.file import load_result
from tests.cli.setting import Command

WORDS = ("--model", "nets:zf28,width=0.2,fc=8", "--epochs", "1", "--batch", "16",
         "--held-out", "0.25")  # fmt: skip


@pytest.fixture
def labelled(folder: Path) -> str:
    """A folder of two classes in `folder`."""
    rng = np.random.default_rng(0)
    for name in ("dark", "light"):
        (folder / "labelled" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 150, (28, 28, 3)) + 100 * (name == "light")
            Image.fromarray(pixels.astype(np.uint8)).save(
                folder / "labelled" / name / f"{number:02}.png"
            )
    return "labelled"


def test_variants_in_one_table(run: Command, folder: Path, labelled: str) -> None:
    words = (*WORDS, "--variants", "fc=4", "--variants", "without=7", "--seeds", "2")
    told = run("ablate", labelled, *words, "--out", "made", "--json")
    found = load_result(folder / "made" / "ablation.safetensors")
    assert [row["name"] for row in told.result["variants"]] == [
        "whole network",
        "fc=4",
        "without=7",
    ]
    for place, row in enumerate(told.result["variants"]):
        assert row["error"] == found.error[place].round(6).tolist()
        assert row["parameters"] == found.parameters[place]
    expected = AblateOptions(
        model=WORDS[1], variants=("fc=4", "without=7"), epochs=1, batch=16, held_out=0.25, seeds=2
    )
    saved = told.result["provenance"]["options"]
    assert saved == dataclasses.asdict(expected) | {"variants": ["fc=4", "without=7"]}
    assert set(told.result["caption"]) == {"shows", "does_not_show", "easily_misread"}
    assert (folder / told.result["page"]).is_file()
    assert told.err == ""


def test_the_same_for_people(run: Command, labelled: str) -> None:
    said = run("ablate", labelled, *WORDS, "--variants", "fc=4", "--out", "made").out.splitlines()
    assert said[0].startswith("Nothing has been learnt yet: the whole network errs on ")
    assert said[1].split() == ["variant", "parameters", "train", "error", "held-out",
                               "error", "top-5", "error", "than", "whole"]  # fmt: skip
    assert said[2].startswith("whole network ")
    assert said[3].startswith("fc=4 ")
    assert any(line.startswith("One seed: how far another start") for line in said)
    assert any(line.startswith("Does not show: ") for line in said)
    assert said[-1] == "made/index.html"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--variants", "fc=0"), 5, "fc=0 of nets:zf28: fc is a whole number from 1 up."),
        (("--seeds", "0"), 2, "seeds is 0; it must be 1 or more."),
        (("--preset", "x"), 2, "No preset 'x'."),
        (("--out", "labelled"), 4, ""),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_trained(
    run: Command, folder: Path, labelled: str, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = run("ablate", labelled, *WORDS, *words)
    assert ended.code == (code if said else 7)
    assert (said or "holds other files") in ended.err
    assert not (folder / "ablation").exists()
