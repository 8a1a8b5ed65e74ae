from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import IntakeError
from convscope.net.fit import fit
from convscope.net.weights import Weights


def small() -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(conv=nn.Conv2d(1, 2, 3), bn=nn.BatchNorm2d(2), head=nn.Linear(2, 4))
    )


def ones() -> dict[str, Tensor]:
    return {key: torch.ones_like(value) for key, value in small().state_dict().items()}


def given(state: dict[str, Tensor], *notes: str) -> Weights:
    return Weights(Path("w.pt"), state, {}, notes)


def test_weights_that_fit_are_loaded() -> None:
    net = small()
    assert fit(net, given(ones(), "read"), "spec") == ("read",)
    assert net.state_dict()["conv.weight"].unique().tolist() == [1]


@pytest.mark.parametrize(
    ("prefix", "notes"),
    [
        ("module.", ["prefix 'module.' taken off every name"]),
        (
            "_orig_mod.module.",
            [
                "prefix '_orig_mod.' taken off every name",
                "prefix 'module.' taken off every name",
            ],
        ),
        ("model.", ["prefix 'model.' taken off every name"]),
    ],
)
def test_what_wrappers_put_before_every_name_is_taken_off(prefix: str, notes: list[str]) -> None:
    state = {prefix + key: value for key, value in ones().items()}
    assert list(fit(small(), given(state), "spec")) == notes


def test_names_of_parts_compiled_by_themselves_are_mended() -> None:
    state = {key.replace("conv.", "conv._orig_mod."): value for key, value in ones().items()}
    assert fit(small(), given(state), "spec") == ("'_orig_mod.' taken out of the names",)


def test_a_prefix_that_the_network_has_itself_stays() -> None:
    net = nn.Sequential(OrderedDict(model=nn.Linear(1, 1)))
    assert fit(net, given(dict(net.state_dict())), "spec") == ()


def test_old_checkpoints_without_counters_fit() -> None:
    state = ones()
    del state["bn.num_batches_tracked"]
    assert fit(small(), given(state), "spec") == ()


def test_what_differs_is_listed_with_the_nearest_names() -> None:
    state = ones()
    state["conv.weights"] = state.pop("conv.weight")
    state["head.weight"] = torch.ones(5, 2)
    del state["bn.num_batches_tracked"]
    with pytest.raises(IntakeError) as refused:
        fit(small(), given(state), "nets.py:small")
    assert str(refused.value) == (
        "w.pt does not fit nets.py:small. Missing (1): conv.weight (nearest: conv.weights). "
        "Unexpected (1): conv.weights (nearest: conv.weight). Of another shape (1): head.weight "
        "(5, 2) where the network has (4, 2). Build the network as it was trained, in a factory: "
        "file.py:factory --weights w.pt"
    )


def test_at_most_five_of_a_kind_are_listed() -> None:
    with pytest.raises(IntakeError, match=r"Missing \(7\): (\S+ ){4}\S+ and 2 more\. Unexpected"):
        fit(small(), given({"x": torch.ones(1), "conv.bias": torch.ones(2)}), "spec")


def test_whole_numbers_are_not_taken_for_fractions() -> None:
    state = ones() | {"conv.weight": torch.ones(2, 1, 3, 3, dtype=torch.int8)}
    with pytest.raises(IntakeError, match=r"conv\.weight \(2, 1, 3, 3\) int8 where the network"):
        fit(small(), given(state), "spec")


def test_a_lazy_module_takes_its_shapes_from_the_weights() -> None:
    net = nn.LazyLinear(4)
    fit(net, given({"weight": torch.ones(4, 3), "bias": torch.ones(4)}), "spec")
    assert net.weight.shape == (4, 3)
