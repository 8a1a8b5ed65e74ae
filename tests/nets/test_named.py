"""Names are parsed once, and what is no name, key or value is said with what there is."""

from __future__ import annotations

import re

import pytest
import torch

from convscope.errors import IntakeError
from convscope.nets.krizhevsky import KrizhevskyNet
from convscope.nets.named import NAMES, build_named, changed_name, keys_of
from convscope.nets.scaled import ScaledZF
from convscope.nets.zfnet import ZFNet

KNOWN = "zfnet, krizhevsky, zf28, zf32, zf64, zf72, zf96"
SCALED = "classes, channels, kernel, stride, width, fc, wide, without"


def test_names_and_keys_are_those_promised() -> None:
    assert ", ".join(NAMES) == KNOWN
    assert keys_of("zfnet") == ("classes", "fc", "wide", "without")
    assert keys_of("krizhevsky") == ("classes", "fc", "without")
    assert {", ".join(keys_of(name)) for name in NAMES if name[2:].isdigit()} == {SCALED}


def test_each_name_builds_its_own() -> None:
    with torch.device("meta"):
        kinds = {name: type(build_named(name)) for name in NAMES}
        assert build_named("zf72").size == 72
    scaled = {name: ScaledZF for name in NAMES if name[2:].isdigit()}
    assert kinds == {"zfnet": ZFNet, "krizhevsky": KrizhevskyNet} | scaled


def test_values_reach_the_network() -> None:
    text = "nets:zf32, classes=7,channels=1,kernel=3,stride=1,width=0.5,fc=20,without=7+3"
    net = build_named(text)
    assert isinstance(net, ScaledZF)
    assert net.conv1.weight.shape == (16, 1, 3, 3)
    assert net.fc6.out_features == 20
    assert net.fc8.weight.shape == (7, 20)
    assert net.without == {3, 7}


@pytest.mark.parametrize(("word", "maps"), [("yes", [512, 1024, 512]), ("no", [384, 384, 256])])
def test_wide_is_yes_or_no(word: str, maps: list[int]) -> None:
    with torch.device("meta"):
        net = build_named(f"zfnet,wide={word}")
    assert [net.get_submodule(f"conv{n}").out_channels for n in (3, 4, 5)] == maps


@pytest.mark.parametrize(
    ("text", "words", "changed"),
    [
        ("zf32", "fc=8", "zf32,fc=8"),
        ("nets:zf32,fc=9,classes=2", "fc=8,without=7", "nets:zf32,fc=8,classes=2,without=7"),
    ],
)
def test_a_changed_name_keeps_what_is_not_named(text: str, words: str, changed: str) -> None:
    assert changed_name(text, words) == changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "zf30",
            f"No network nets:zf30. There are: {KNOWN}; a function of your own nets.py is "
            "nets.py:factory. Nearest: zf32,",
        ),
        ("", f"No network nets:. There are: {KNOWN}; a function"),
        ("zf32,10", "nets:zf32 is followed by '10'. Write key=value: classes=10."),
        ("zf32,", "nets:zf32 is followed by ''. Write key=value: classes=10."),
        ("zfnet,width=2", "nets:zfnet has no key 'width'. It takes: classes, fc, wide, without."),
        ("zf32,clases=2", f"nets:zf32 has no key 'clases'. It takes: {SCALED}. Nearest: classes"),
        ("zf32,fc=8,fc=9", "nets:zf32 is given fc twice. Write it once."),
        ("zf32,classes=0", "classes=0 of nets:zf32: classes is a whole number from 1 up."),
        ("zf32,classes=2.5", "classes=2.5 of nets:zf32: classes is a whole number from 1 up."),
        ("zf32,stride=-1", "stride=-1 of nets:zf32: stride is a whole number from 1 up."),
        ("zf32,channels=2", "channels=2 of nets:zf32: channels is 1 or 3."),
        ("zf32,width=nan", "width=nan of nets:zf32: width is a number above 0, what the maps"),
        ("zf32,width=inf", "width=inf of nets:zf32: width is a number above 0, what the maps"),
        ("zfnet,wide=true", "wide=true of nets:zfnet: wide is yes or no."),
        (
            "zfnet,without=5",
            "without=5 of nets:zfnet: without is layers of 3, 4, 6, 7 with + between them, as in "
            "3+4.",
        ),
        ("zfnet,without=3+3", "without=3+3 of nets:zfnet: without is layers of"),
        ("zfnet,without=", "without= of nets:zfnet: without is layers of"),
        (
            "nets:zf28,kernel=11,stride=4",
            "nets:zf28,kernel=11,stride=4: A first layer of 11x11 at stride 4 leaves too little of "
            "28 px",
        ),
    ],
)
def test_what_is_no_name_key_or_value_is_refused(text: str, message: str) -> None:
    with pytest.raises(IntakeError, match=f"^{re.escape(message)}"):
        build_named(text)
