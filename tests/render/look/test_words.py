from __future__ import annotations

import ast

import pytest
from torch import nn

from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.look import LookOptions
from convscope.net.net import Net
from convscope.preprocess.preprocessing import Preprocessing
from convscope.preprocess.settings import from_flags, resolve
from convscope.render.loading_words import loading_of
from convscope.render.look.run import Call
from convscope.render.look.words import (
    command_of,
    facts,
    names_of,
    page_command,
    page_python,
    python_of,
)

NAMES = names_of("torchvision:resnet18", "/home/me/w.pt", "/home/me/my cat.jpg", "/data/photos")
GUIDED = Call("gradient", 'class:the "cat"', GradientOptions("guided", sanity=False))


def test_what_is_shown_names_no_folder_and_can_be_pasted() -> None:
    assert command_of(GUIDED, NAMES) == (
        "convscope gradient torchvision:resnet18 --weights w.pt 'my cat.jpg' "
        "'class:the \"cat\"' --kind guided --no-sanity"
    )
    python = python_of(GUIDED, NAMES)
    ast.parse(python)
    assert 'convscope.GradientOptions(kind="guided", sanity=False)' in python
    assert "home" not in python


def test_calls_of_other_shapes() -> None:
    ranks = python_of(Call("ranks", "relu3:5"), NAMES)
    assert 'convscope.ranks(net, "photos", "relu3:5")' in ranks
    assert "read_image" not in ranks
    assert 'convscope.weights(net, "conv1")' in python_of(Call("weights", "conv1"), NAMES)
    beside = python_of(Call("curves", "class:cat", beside="gradcam"), NAMES)
    assert 'convscope.curves(net, image, "class:cat", beside)' in beside
    assert command_of(Call("curves", "class:cat"), NAMES) == ""
    assert command_of(Call("activations", "relu3"), NAMES).endswith("'my cat.jpg' --layers relu3")


def test_the_whole_page_can_be_made_again() -> None:
    options = LookOptions(panels=("gradient", "occlusion"), occluder=20)
    ast.parse(page_python(NAMES, "class:cat", options))
    assert page_command(NAMES, "class:cat", options) == (
        "convscope look torchvision:resnet18 --weights w.pt 'my cat.jpg' class:cat --out look "
        "--images photos --panels gradient --panels occlusion --occluder 20"
    )


def test_what_differs_from_the_defaults_comes_first() -> None:
    made = {"method": "gradient", "options": {"kind": "guided", "samples": 25, "sanity": False},
            "weights": "0123456789", "image": "cat.jpg", "versions": {"torch": "2"}}  # fmt: skip
    names = [name for name, _ in facts(GUIDED, made)]
    assert names[:4] == ["method", "kind", "sanity", "samples"]
    assert dict(facts(GUIDED, made))["weights"] == "01234567"


@pytest.mark.parametrize("image", [r"C:\users\me\cat.jpg", "/home/me/cat.jpg", "cat.jpg"])
def test_folders_of_this_machine_stay_here(image: str) -> None:
    assert names_of("bundled:photos", None, image).image == "cat.jpg"


def test_a_network_made_in_python_has_its_preprocessing_spelled_out() -> None:
    own = Preprocessing((64, 96), None, mean=(0.5,), std=(0.25,))
    given = loading_of(Net(nn.Identity(), own, spec="mine:net", scores="fc"))
    assert resolve(from_flags(**{k: v for k, v in given.items() if k != "scores"})) == own
    named = names_of("mine:net", "sub/w.pt", "a/cat.png", given=given)
    assert named.network == (
        "mine:net --weights sub/w.pt --size 64,96 --resize none --mean 0.5 --std 0.25 "
        "--interpolation bilinear --scores fc"
    )
    ast.parse(named.load)
    assert 'size="64,96"' in named.load
    assert loading_of(Net(nn.Identity(), own, spec="bundled:photos")) == {}


def test_an_atlas_stands_beside_what_reads_it() -> None:
    named = names_of("mine:net", None, "cat.png", "photos", atlas="runs/atlas")
    maps = Call("activations", "relu3")
    assert command_of(maps, named).endswith("--layers relu3 --atlas runs/atlas")
    assert 'atlas=convscope.open_atlas("runs/atlas"))' in python_of(maps, named)
    assert "atlas" not in command_of(Call("gradient", "relu3:1"), named)
    assert "--images" not in page_command(named, "relu3:1", None)
