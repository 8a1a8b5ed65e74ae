"""Names of layers, the errors of wrong ones, and which layers are the default ones."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.address import Address, parse
from convscope.errors import AddressError
from convscope.net.tape import Tape
from tests.net.zoo import Block, Fire, Forward, conv, fill, glass


class SharedRelu(nn.Module):
    """torchvision's BasicBlock: one ReLU module called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(4, 4, padding=1), conv(4, 4, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(self.relu(self.conv1(x)))
        out += x
        return self.relu(out)


class Whole(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(conv(3, 4), nn.ReLU(inplace=True), Fire(4, 3, 2))
        self.layer1 = nn.Sequential(SharedRelu())
        self.drop, self.last = nn.Dropout(), conv(4, 5, 1)
        self.again = self.last

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer1(self.features(x))
        y = F.relu(self.drop(self.last(x)))
        return F.relu(y + 1)


@pytest.fixture(scope="module")
def tape() -> Tape:
    return glass(fill(Whole()), (12, 13)).tape()


def test_layers_are_named_by_the_innermost_module_call_that_returns_them(tape: Tape) -> None:
    assert [(layer.name, layer.op) for layer in tape.layers] == [
        ("features.0", "conv"),
        ("features.1", "relu"),
        ("features.2.squeeze", "conv"),
        ("features.2.squeeze_activation", "relu"),
        ("features.2.expand1x1", "conv"),
        ("features.2.expand1x1_activation", "relu"),
        ("features.2.expand3x3", "conv"),
        ("features.2.expand3x3_activation", "relu"),
        ("features.2", "cat"),
        ("layer1.0.conv1", "conv"),
        ("layer1.0.relu@1", "relu"),
        ("layer1.0.conv2", "conv"),
        ("layer1.0/add", "add"),
        ("layer1.0.relu@2", "relu"),
        ("last", "conv"),
        ("/relu@1", "relu"),
        ("/add", "add"),
        ("/relu@2", "relu"),
    ]
    assert [layer.number for layer in tape.layers] == list(range(len(tape.layers)))


def test_longer_names_of_a_tensor_are_its_aliases(tape: Tape) -> None:
    assert tape.layer("features").name == "features.2"
    assert tape.layer("layer1.0").name == tape.layer("layer1").name == "layer1.0.relu@2"
    assert tape.layer("layer1.0.relu@2").aliases == ("layer1.0", "layer1")
    assert tape.layer(3).name == "features.2.squeeze_activation"


def test_a_module_under_two_names_has_the_first(tape: Tape) -> None:
    assert tape.layer("last").op == "conv"
    with pytest.raises(AddressError, match="No layer 'again'"):
        tape.layer("again")


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("layer1.0.relu", r"'layer1.0.relu' is ambiguous: it runs 2 times .*layer1.0.relu@1, lay"),
        ("/relu:3", r"'/relu' is ambiguous: it runs 2 times .* one of: /relu@1, /relu@2\."),
        ("features.2.expand1x", r"No layer 'features.2.expand1x'. Nearest: features.2.expand1x1,"),
        ("xyz", r"No layer 'xyz'. All layers: convscope layers MODEL --all\."),
        ("last:5", r"Channel 5 is out of range: last has 5, numbered 0 to 4\."),
        ("last:2@10,3", r"Cell 10,3 is out of range: the maps of last are 10 by 11 \(y before x"),
        ("last:2@3,11", r"Cell 3,11 is out of range"),
    ],
)
def test_wrong_addresses_say_what_is_allowed(tape: Tape, address: str, text: str) -> None:
    with pytest.raises(AddressError, match=text):
        tape.check(parse(address))


@pytest.mark.parametrize("address", [Address("last", -1), Address("last", 1, (-1, 0))])
def test_negative_numbers_do_not_count_from_the_end(tape: Tape, address: Address) -> None:
    with pytest.raises(AddressError, match="out of range"):
        tape.check(address)


def test_numbers_off_the_tape(tape: Tape) -> None:
    with pytest.raises(AddressError, match="No layer has the tape number 99; they go from 0 to 17"):
        tape.layer(99)


def test_right_addresses_are_their_layer(tape: Tape) -> None:
    assert tape.check(parse("layer1.0.relu@2:3@4,5")).name == "layer1.0.relu@2"
    assert tape.check(parse("features:3")).name == "features.2"


# -- default layers -----------------------------------------------------------------------------
def _defaults(module: nn.Module) -> list[str]:
    return [layer.name for layer in glass(fill(module), (16, 16)).tape().default_layers]


def test_default_layers_follow_filters_to_their_activation(tape: Tape) -> None:
    assert [layer.name for layer in tape.default_layers] == [
        *("features.1", "features.2.squeeze_activation", "features.2.expand1x1_activation"),
        *("features.2.expand3x3_activation", "layer1.0.relu@1", "layer1.0.conv2"),
        *("layer1.0.relu@2", "/relu@1"),
    ]


def test_normalisations_dropouts_and_scales_are_passed_on_the_way() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        return F.relu(m.drop(m.norm(m.one(x)) * 2 + 1)).mean((2, 3))

    parts = {"one": conv(3, 4), "norm": nn.BatchNorm2d(4), "drop": nn.Dropout(0.1)}
    assert _defaults(Forward(forward, **parts)) == ["/relu"]


def test_where_nothing_bends_the_last_tensor_reached_is_the_layer() -> None:
    assert _defaults(nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), conv(4, 3))) == ["1", "2"]


@pytest.mark.parametrize("bounded", [nn.ReLU6(), nn.Hardtanh(), nn.Sigmoid(), nn.Tanh()])
def test_before_a_bounded_activation_its_input_is_the_layer(bounded: nn.Module) -> None:
    module = nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), bounded, conv(4, 3))
    assert _defaults(module) == ["1", "3"]


def test_sums_are_layers_joins_are_not() -> None:
    module = Forward(
        lambda m, x: torch.cat([m.block(x), m.one(x) + m.two(x)], 1),
        block=Block(3, 4, 1), one=conv(3, 4, padding=1), two=conv(3, 4, padding=1),
    )  # fmt: skip
    names = _defaults(module)
    assert names == ["block/relu@1", "block.bn2", "block.shortcut", "block", "one", "two", "/add"]


def test_a_linear_layer_with_its_activation() -> None:
    module = nn.Sequential(conv(3, 4), nn.Flatten(), nn.Linear(784, 6), nn.ReLU(), nn.Linear(6, 2))
    assert _defaults(module) == ["1", "3", "4"]


def test_signed_layers_are_those_that_can_be_negative() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        y = F.relu(m.one(x))
        joined = torch.cat([y, F.max_pool2d(y, 3, 1, 1)], 1)
        lowered = y - 1
        return torch.cat([joined, y + y, y + (-3), torch.add(y, y, alpha=-2), lowered], 1)

    tape = glass(fill(Forward(forward, one=conv(3, 2))), (8, 8)).tape()
    signed = {layer.name: layer.signed for layer in tape.layers}
    assert signed == {
        **{"one": True, "/relu": False, "/max_pool": False, "/cat@1": False, "/sub": True},
        **{"/add@1": False, "/add@2": True, "/add@3": True, "/cat@2": True},
    }
