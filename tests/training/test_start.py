from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from convscope.errors import DataError, ForwardError, IntakeError, UsageError
from convscope.training.loop import train
from convscope.training.start import build_start, memory_format
from tests.training.setting import quick


def test_a_network_of_ours_gets_as_many_classes_as_there_are() -> None:
    assert build_start("nets:zf32", 7, quick()).module.fc8.out_features == 7
    said = build_start("nets:zf32,classes=5,width=0.5", 7, quick())
    assert said.spec == "nets:zf32,classes=5,width=0.5"
    with pytest.raises(DataError, match="gives 5 scores for an image, and the data has 7 classes"):
        memory_format(said, 32, list("abcdefg"))


def test_the_same_seed_is_the_same_start(code: Path) -> None:
    torch.manual_seed(9)
    one, two, other = (
        build_start(f"{code}:normed", 3, quick(seed=seed)).module.state_dict() for seed in (1, 1, 2)
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["0.weight"], other["0.weight"])


@pytest.mark.parametrize(("init", "wanted"), [("paper", 0.01), ("kaiming", math.sqrt(2 / 27))])
def test_weights_are_drawn_and_biases_are_0(code: Path, init: str, wanted: float) -> None:
    module = build_start(f"{code}:normed", 3, quick(init=init)).module
    drawn = torch.cat([build_start(f"{code}:normed", 3, quick(init=init, seed=s)).module[0].weight
                       for s in range(20)])  # fmt: skip
    assert float(drawn.detach().std()) == pytest.approx(wanted, rel=0.05)
    assert abs(float(drawn.detach().mean())) < wanted / 10
    assert not any(part.bias.any() for part in module if isinstance(part, nn.Conv2d | nn.Linear))
    assert module[1].weight.tolist() == [1.0] * 6  # normalizations stay


def test_the_networks_own_weights_and_the_first_layers_deviation(code: Path) -> None:
    own = build_start(f"{code}:normed", 3, quick(init="own", first_std=1e-6)).module
    assert own[4].bias.any()
    assert float(own[0].weight.detach().abs().max()) < 1e-5


def test_what_cannot_be_trained(code: Path) -> None:
    with pytest.raises(UsageError, match=r"has no nn\.Conv2d"):
        memory_format(build_start(f"{code}:dense", 3, quick()), 16, list("abc"))
    with pytest.raises(IntakeError, match="Nearest: zf"):
        build_start("nets:zf33", 3, quick())
    with pytest.raises(ForwardError, match=r"raised on inputs of 20 x 20 px.*made for .--size"):
        memory_format(build_start(f"{code}:plain", 3, quick()), 20, list("abc"))


def test_batches_lie_as_the_network_takes_them(code: Path) -> None:
    format = memory_format(build_start(f"{code}:plain", 3, quick()), 16, list("abc"))
    assert format is torch.channels_last


def test_trained_weights_are_no_start(data: Path, code: Path, tmp_path: Path) -> None:
    size = {"size": 0, "resize": 0, "epochs": 1}
    ours = train("nets:zf32,width=0.1", data, tmp_path / "a", quick(**size), device="cpu")
    said = r"is trained already\. .* Give the network alone: --model {}\. A run goes on"
    for given in (tmp_path / "a", ours.checkpoints[-1].path):
        with pytest.raises(UsageError, match=said.format("nets:zf32,width=0.1")):
            build_start(str(given), 3, quick())
    theirs = train(f"{code}:plain", data, tmp_path / "b", quick(epochs=1), device="cpu")
    with pytest.raises(UsageError, match=said.format(f"{code}:plain")):
        build_start(str(theirs.path), 3, quick())
