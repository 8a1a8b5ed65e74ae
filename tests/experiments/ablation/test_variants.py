"""The networks of an ablation: the paper's variants, one's own, and what is refused."""

from __future__ import annotations

import re

import pytest

from convscope.errors import ConvscopeError, IntakeError, UsageError
from convscope.experiments.ablation.variants import WHOLE, Variant, table_3, variants_of
from convscope.nets.named import NAMES

# Zeiler & Fergus 2013, Table 3, its two halves
LEFT_OUT = ["without=3+4", "without=7", "without=6+7", "without=3+4+6+7"]
PAPER = {
    "nets:zfnet": [*LEFT_OUT, "fc=2048", "fc=8192", "wide=yes", "fc=8192,wide=yes"],
    "nets:krizhevsky": [*LEFT_OUT, "fc=2048", "fc=8192"],
    "nets:zf32,fc=100": [*LEFT_OUT, "fc=50", "fc=200", "wide=yes", "fc=200,wide=yes"],
}


@pytest.mark.parametrize("model", PAPER)
def test_without_words_the_variants_are_those_of_table_3(model: str) -> None:
    assert [*table_3(model)] == PAPER[model]
    made = variants_of(model, ())
    assert [one.name for one in made] == [WHOLE, *PAPER[model]]
    assert made[0].spec == model


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_variants(name: str) -> None:
    specs = [one.spec for one in variants_of(f"nets:{name}", ())]
    assert len(set(specs)) == len(specs) >= 7


@pytest.mark.parametrize(
    ("model", "left"),
    [
        ("nets:zf32,without=4+3", ["without=7", "without=6+7", "without=3+4+6+7"]),
        ("nets:zf32,wide=yes", LEFT_OUT),
        ("nets:zf32, wide = yes", LEFT_OUT),
    ],
)
def test_a_row_of_table_3_that_is_the_whole_network_is_left_out(
    model: str, left: list[str]
) -> None:
    """Nobody asked for it twice."""
    names = [one.name for one in variants_of(model, ())][1:]
    wide = ["wide=yes", "fc=512,wide=yes"] if "wide" not in model else []
    assert names == [*left, "fc=128", "fc=512", *wide]


def test_the_smallest_layer_has_no_smaller_one() -> None:
    assert "fc=1" not in [one.name for one in variants_of("nets:zf32,fc=1", ())]


def test_a_network_of_ones_own_is_called_without_its_folder() -> None:
    made = variants_of("nets:zf32", ["/home/me/mine.py:shallow"])[1]
    assert made == Variant("mine.py:shallow", "/home/me/mine.py:shallow")


def test_files_of_one_name_in_two_folders_are_told_apart() -> None:
    _, one, other = variants_of("nets:zf32", ["/a/mine.py:shallow", "/b/mine.py:shallow"])
    assert one.name.startswith("mine.py:shallow ")
    assert other.name.startswith("mine.py:shallow ")
    assert one.name != other.name


def test_a_change_keeps_what_it_does_not_name_and_a_spec_is_a_network_of_its_own() -> None:
    made = variants_of("nets:zf32,width=0.5,fc=64", ["fc=32", "mine.py:shallow", "nets:zf28"])
    assert made[1:] == (
        Variant("fc=32", "nets:zf32,width=0.5,fc=32"),
        Variant("mine.py:shallow", "mine.py:shallow"),
        Variant("nets:zf28", "nets:zf28"),
    )


def test_networks_that_differ_have_folders_that_differ() -> None:
    long = "without=3+4+6+7,fc=1024,wide=yes,width=0.123456789"
    made = variants_of("nets:zf32", [long, f"{long}1", "fc=1", "fc=10"])
    assert len({one.folder for one in made}) == len(made)
    assert all(re.fullmatch(r"[a-z0-9._-]+", one.folder) for one in made)


@pytest.mark.parametrize(
    ("model", "words", "kind", "message"),
    [
        ("nets:zf33", (), IntakeError, "No network nets:zf33"),
        ("nets:zf32,fc=abc", (), IntakeError, "fc=abc of nets:zf32: fc is a whole number"),
        ("nets:zf32,fc", (), IntakeError, "nets:zf32 is followed by 'fc'. Write key=value"),
        ("nets:zf32", ["fc=0"], IntakeError, "fc=0 of nets:zf32: fc is a whole number"),
        ("nets:krizhevsky", ["wide=yes"], IntakeError, "nets:krizhevsky has no key 'wide'"),
        ("nets:zf32", ["fc=8", "fc=8"], UsageError, "nets:zf32,fc=8 is asked for twice"),
        ("nets:zf32", ["nets:zf32"], UsageError, "nets:zf32 is asked for twice"),
        (
            "mine.py:net",
            ["fc=8"],
            UsageError,
            "'fc=8' changes a network of nets:, and mine.py:net is none. Give each variant as",
        ),
        ("mine.py:net", (), UsageError, "Table 3 is of networks of nets:, and mine.py:net is"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(
    model: str, words: list[str], kind: type[ConvscopeError], message: str
) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}"):
        variants_of(model, words)
