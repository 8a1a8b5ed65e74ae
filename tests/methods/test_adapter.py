from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import AddressError, DataError, NetworkError, UsageError
from convscope.images.image import Image
from convscope.methods.adapter import captum, register_callable
from convscope.methods.enlarge import enlarged
from convscope.methods.gradient import gradient
from convscope.methods.method import METHODS, Method
from convscope.methods.options.adapter import AdapterOptions
from convscope.methods.options.sanity import SanityOptions
from convscope.methods.sanity import sanity
from convscope.net.net import Net
from convscope.net.target import Target
from convscope.net.twin import twin
from convscope.registry import Registry
from convscope.results.caption import Caption
from convscope.results.file import load_result
from tests.contract.fingerprint import fingerprint
from tests.methods.test_gradient import SIZE, firing, gap, network, photo_of, plain

ALONE = AdapterOptions(sanity=False)


@pytest.fixture(scope="module")
def net() -> Net:
    return network()


@pytest.fixture(scope="module")
def photo(net: Net) -> Image:
    return photo_of(net)


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> Registry[Method]:
    """The registry of methods, as it was after the test."""
    monkeypatch.setattr(METHODS, "_entries", dict(METHODS._entries))
    return METHODS


def own() -> Registry[Method]:
    return Registry[Method]("method")


def plain_gradient(module: nn.Module, batch: Tensor, number: int) -> Tensor:
    module(batch)[0, number].backward()
    assert batch.grad is not None
    return batch.grad


def test_a_callable_is_a_method_in_three_lines(mine: Any, net: Net, photo: Image) -> None:
    register_callable("by_hand", plain_gradient)
    found = METHODS["by_hand"].run(net, photo, "class:tabby")
    expected = gradient(net, photo, "class:tabby")
    assert gap(found.array, expected.array) < 1e-6
    assert gap(found.twin, expected.twin) < 1e-6  # type: ignore[arg-type]
    assert found.similarity == pytest.approx(expected.similarity, abs=1e-3)
    assert (found.target, found.value, found.channel) == ("tabby", expected.value, 1)
    assert found.kind == "by_hand"
    assert "by_hand" in METHODS


@pytest.mark.parametrize("name", ["Saliency", "IntegratedGradients", "GuidedBackprop"])
def test_captums_are_methods_in_three_lines(net: Net, photo: Image, name: str) -> None:
    attr = pytest.importorskip("captum.attr", reason="Captum is not installed")
    kinds = {"Saliency": "gradient", "IntegratedGradients": "integrated"}
    given = {"Saliency": {"abs": False}, "IntegratedGradients": {"n_steps": 9}}.get(name)
    module = network()
    before = fingerprint(module.module)
    made = captum(name, getattr(attr, name), given, registry=own())
    for number in (0, 1):
        found = made.run(module, photo, f"class:{number}", ALONE)
        expected = gradient(
            net, photo, f"class:{number}", plain(kinds.get(name, "guided"), steps=9)
        )
        assert gap(found.array, expected.array) < 1e-6 or not expected.array.any()
    assert fingerprint(module.module) == before


def test_captums_layer_maps_are_enlarged(net: Net, photo: Image) -> None:
    attr = pytest.importorskip("captum.attr", reason="Captum is not installed")
    made = captum("cam", lambda m: attr.LayerGradCam(m, m[5]), registry=own())
    found = made.run(net, photo, "class:0", ALONE)
    x = torch.from_numpy(photo.array).double()[None]
    cells = attr.LayerGradCam(net.module, net.module[5]).attribute(x, 0)  # type: ignore[index]
    expected = enlarged(cells[0, 0].detach().numpy(), SIZE)
    assert found.array.shape == (1, *SIZE)
    assert gap(found.array[0], expected) < 1e-6


@pytest.mark.parametrize(
    "shape", [(1, 3, *SIZE), (3, *SIZE), (1, 1, *SIZE), (1, *SIZE), SIZE, (1, 4, 5)]
)
@pytest.mark.parametrize("kind", [torch.from_numpy, np.asarray, lambda a: a.tolist()])
def test_pictures_of_many_shapes(
    net: Net, photo: Image, shape: tuple[int, ...], kind: Callable[..., Any]
) -> None:
    drawn = np.random.default_rng(1).standard_normal(shape)
    made = register_callable("drawn", lambda module, batch, number: kind(drawn), registry=own())
    found = made.run(net, photo, "class:0", ALONE)
    assert found.array.dtype == np.float32
    if shape[-2:] == SIZE:
        assert np.array_equal(found.array, drawn.reshape(-1, *SIZE).astype(np.float32))
    else:
        assert found.array.shape == (1, *SIZE)


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, *SIZE), (7,), (), (3, SIZE[1], SIZE[0])])
def test_what_is_no_picture_of_the_input(net: Net, photo: Image, shape: tuple[int, ...]) -> None:
    made = register_callable("odd", lambda *asked: torch.ones(shape), registry=own())
    with pytest.raises(UsageError, match=r"odd returned \(.*; a picture is \(c, 16, 18\)"):
        made.run(net, photo, "class:0", ALONE)


def test_methods_of_units_are_given_the_target(net: Net, photo: Image) -> None:
    seen: list[Target] = []

    def function(module: Any, batch: Tensor, target: Target) -> Tensor:
        seen.append(target)
        y, x = target.cell or (0, 0)
        module[:6](batch)[0, target.channel, y, x].backward()
        assert batch.grad is not None
        return batch.grad

    unit = f"5:{firing(net, photo, '5')}"
    made = register_callable("of_units", function, "unit", registry=own())
    found = made.run(net, photo, unit, AdapterOptions())
    expected = gradient(net, photo, unit)
    assert gap(found.array, expected.array) < 1e-6
    assert found.cell == expected.cell == seen[0].cell
    assert all(target.cell == found.cell for target in seen)


def test_a_class_is_asked_for(net: Net, photo: Image) -> None:
    made = register_callable("by_hand", plain_gradient, registry=own())
    for target in ("5:1", "5:random.3", "10:0+1"):
        with pytest.raises(AddressError, match=r"by_hand looks at classes; .* is none\. Write"):
            made.run(net, photo, target)
    assert made.run(net, photo, "10:1", ALONE).array.any()  # a class by its layer


def test_what_it_raises_is_named(net: Net, photo: Image) -> None:
    def raising(module: Any, batch: Tensor, number: int) -> Tensor:
        raise IndexError("no such thing")

    made = register_callable("raising", raising, registry=own())
    with pytest.raises(NetworkError, match="raising raised on this network: IndexError: no such"):
        made.run(net, photo, "class:0")
    nan = register_callable("nan", lambda m, batch, n: batch * torch.nan, registry=own())
    with pytest.raises(DataError, match="The picture that nan draws of beagle is not finite"):
        nan.run(net, photo, "class:0")


def _hooks(module: Any, batch: Tensor, number: int) -> Tensor:
    for part in module.modules():
        part.register_forward_hook(lambda part, args, output: output * 2)
        part.register_full_backward_hook(lambda part, gave, got: None)
        part.my_own = "attribute"
    return plain_gradient(module, batch, number)


def _swaps(module: Any, batch: Tensor, number: int) -> Tensor:
    module[1] = nn.LeakyReLU()
    module.add_module("further", nn.ReLU())
    del module[9]
    module.train()
    return batch


def _writes(module: Any, batch: Tensor, number: int) -> Tensor:
    torch.manual_seed(9)
    with torch.no_grad():
        module[0].weight.zero_()
        module[4].running_mean += 3
    module[3].weight.data = torch.zeros_like(module[3].weight)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    module.zero_grad()
    return batch


@pytest.mark.parametrize("foreign", [plain_gradient, _hooks, _swaps, _writes])
@pytest.mark.parametrize("failure", [None, ValueError("late"), KeyboardInterrupt()])
def test_the_guest_is_as_it_was(photo: Image, foreign: Any, failure: BaseException | None) -> None:
    net = network()
    net.module.train()
    net.module(net.one(photo).repeat(2, 1, 1, 1)).sum().backward()
    before = fingerprint(net.module)

    def function(module: nn.Module, batch: Tensor, number: int) -> Tensor:
        made: Tensor = foreign(module, batch, number)
        if failure is not None:
            raise failure
        return made

    made = register_callable("foreign", function, registry=own())
    try:
        made.run(net, photo, "class:1")
        assert failure is None
    except (NetworkError, KeyboardInterrupt):
        assert failure is not None
    assert fingerprint(net.module) == before


def test_hooks_of_the_owner_can_still_be_removed(photo: Image) -> None:
    net = network()
    heard: list[int] = []
    handle = net.module.register_forward_hook(lambda part, args, output: heard.append(1))
    register_callable("foreign", _hooks, registry=own()).run(net, photo, "class:1", ALONE)
    heard.clear()
    handle.remove()
    net.module(net.one(photo))
    assert heard == []


def test_the_twin_is_asked_the_same(net: Net, photo: Image) -> None:
    made = register_callable("by_hand", plain_gradient, registry=own())
    found = made.run(net, photo, "class:1", AdapterOptions(seed=5))
    assert found.provenance["twin_seed"] == 5
    expected = made.run(twin(net, 5), photo, "class:1", ALONE)
    assert np.array_equal(found.twin, expected.array)
    nothing = register_callable("zero", lambda m, batch, n: batch * 0, registry=own())
    found = nothing.run(net, photo, "class:1")
    assert found.note == "The picture is zero everywhere."
    assert found.twin is None


def test_sanity_checks_take_it_as_any_other(mine: Any, net: Net, photo: Image) -> None:
    register_callable("by_hand", plain_gradient)
    ours, theirs = (
        sanity(net, photo, "class:1", method, sanity=SanityOptions(steps=2))
        for method in ("gradient", "by_hand")
    )
    assert np.allclose(ours.similarity, theirs.similarity, atol=1e-3)
    assert theirs.method == "by_hand"


def test_it_is_saved_and_read_back_with_its_caption(net: Net, photo: Image, tmp_path: Path) -> None:
    said = Caption("This.", "That.", "So.")
    made = register_callable("by_hand", plain_gradient, caption=said, registry=own())
    result = made.run(net, photo, "class:1")
    found = load_result(result.save(tmp_path / "one.safetensors"))
    assert found.caption == {"shows": "This.", "does_not_show": "That.", "easily_misread": "So."}
    assert found.provenance == result.provenance
    assert np.array_equal(found.twin, result.twin)
    plain_ = register_callable("other", plain_gradient, registry=own()).run(net, photo, "class:1")
    assert "convscope has not checked it" in plain_.caption["does_not_show"]


def test_a_name_that_is_taken(mine: Any) -> None:
    with pytest.raises(UsageError, match="There is a method named 'gradient' already"):
        register_callable("gradient", plain_gradient)
    with pytest.raises(UsageError, match="seed is -1"):
        dataclasses.replace(ALONE, seed=-1)
