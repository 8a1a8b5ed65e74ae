"""The battery over every registered method; a new one is in it by being registered.

Right and wrong targets, a network that fails or is interrupted at any of its runs, the same answer
twice, the network's type and device kept, and a result that comes back from disk as it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import AddressError, ConvscopeError, DataError, UsageError
from convscope.images.image import Image
from convscope.images.read import read
from convscope.methods.adapter import register_callable
from convscope.methods.gradient import gradient
from convscope.methods.method import METHODS, Method
from convscope.methods.options.gradient import GradientOptions
from convscope.net.net import Net
from convscope.results.file import load_result
from tests.contract.fingerprint import fingerprint
from tests.contract.test_guest import Restless
from tests.net.zoo import conv, fill, glass

SIZE = (12, 14)
ADAPTED = "adapted"
NAMES = [*METHODS, ADAPTED]
SMALL: dict[str, dict[str, Any]] = {"occlude": {"occluder": 4, "stride": 3}}
"""Options where the defaults are made for photographs."""
WRONG = {
    "unit": ("7:99", "nowhere:0", "7:0@99,0", "class:99", "7:0+99", "7"),
    "class": ("class:99", "class:heron", "nowhere:0"),
    "layer": ("nowhere", "7:99"),
}


def _adapted(module: nn.Module, batch: Tensor, number: int) -> Tensor:
    """A method as foreign ones are: hooks, gradients of weights, no care for the network."""
    module.register_forward_hook(lambda part, args, output: None)
    module(batch)[0, number].backward()
    assert batch.grad is not None
    return batch.grad


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS, "_entries", dict(METHODS._entries))
    register_callable(ADAPTED, _adapted)


class Watched(Restless):
    """A part that notes what it is given, and stops when it is told to."""

    given: set[tuple[torch.dtype, torch.device]] = set()  # noqa: RUF012  # of all of them, on purpose

    def forward(self, x: Tensor) -> Tensor:
        self.given.add((x.dtype, x.device))
        return super().forward(x)


def network(dtype: torch.dtype = torch.float64, device: str = "cpu") -> Net:
    """In train mode, with hooks, in-place ops, gradients; each time the same."""
    module = fill(
        nn.Sequential(
            *(conv(3, 4, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), Watched()),
            *(nn.Dropout(0.5), nn.MaxPool2d(2), conv(4, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
            *(nn.Flatten(), nn.Linear(5, 3)),
        ),
        seed=2,
    ).to(device, dtype)
    module.register_forward_hook(lambda part, args, output: None)
    module.train()
    module[4].eval()  # type: ignore[operator]
    torch.manual_seed(7)
    module(torch.randn(2, 3, *SIZE, dtype=dtype, device=device)).sum().backward()
    Watched.given.clear()
    torch.manual_seed(11)
    net = glass(module, SIZE)
    net.labels = net.keys = ("beagle", "tabby", "crane")
    return net


@pytest.fixture(scope="module")
def photo() -> Image:
    pixels = np.random.default_rng(3).random((*SIZE, 3)).astype(np.float32)
    return read(pixels, network().preprocessing, id="noise")


@pytest.fixture(scope="module")
def unit(photo: Image) -> str:
    """The unit that fires most, and so has a picture."""
    options = GradientOptions(sanity=False)
    found = [gradient(network(), photo, f"7:{c}", options) for c in range(5)]
    return f"7:{max(found, key=lambda one: one.value).channel}"


def targets(entry: Method, unit: str) -> tuple[str, ...]:
    """What a method can be pointed at; what takes a unit takes directions and classes too."""
    return {
        "unit": (unit, f"{unit}@2,3", "class:tabby", "7:0-0.5*2", "7:random.4"),
        "class": ("class:tabby", "class:0"),
        "layer": ("7", unit, "class:tabby"),
    }[entry.points]


def run(name: str, net: Net, photo: Image, target: str) -> Any:
    entry = METHODS[name]
    return entry.run(net, photo, target, entry.options_class(**SMALL.get(name, {})))


def fields(result: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(result):
        yield field.name, getattr(result, field.name)


def differing(one: Any, other: Any) -> list[str]:
    """Fields in which two results are not the same, to the bit."""
    return [
        name
        for (name, mine), (_, theirs) in zip(fields(one), fields(other), strict=True)
        if not _is_same(mine, theirs)
    ]


def _is_same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, np.ndarray):
        same = isinstance(theirs, np.ndarray) and mine.dtype == theirs.dtype
        return same and np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")
    if isinstance(mine, dict):
        return mine.keys() == theirs.keys() and all(_is_same(mine[k], theirs[k]) for k in mine)
    if isinstance(mine, tuple | list):
        return len(mine) == len(theirs) and all(map(_is_same, mine, theirs))
    return type(mine) is type(theirs) and (mine == theirs or mine != mine)


def changed(before: dict[str, Any], net: Net) -> list[str]:
    after = fingerprint(net.module)
    return [name for name in before if before[name] != after[name]]


def test_every_method_named_by_hand_exists() -> None:
    for name in METHODS:
        assert callable(METHODS[name].run), name
        assert dataclasses.is_dataclass(METHODS[name].options_class), name
        assert METHODS[name].options_class.__dataclass_params__.frozen, name


@pytest.mark.parametrize("name", NAMES)
def test_right_targets(name: str, photo: Image, unit: str) -> None:
    for target in targets(METHODS[name], unit):
        net = network()
        before = fingerprint(net.module)
        result = run(name, net, photo, target)
        assert not changed(before, net), target
        assert type(result).__dataclass_params__.frozen
        assert result.provenance["method"] == name
        assert result.provenance["weights"] == net.fingerprint()
        assert result.provenance["image"] == "noise"
        assert set(result.caption) == {"shows", "does_not_show", "easily_misread"}
        assert isinstance(result.note, str)
        arrays = [value for _, value in fields(result) if isinstance(value, np.ndarray)]
        assert any(array.any() for array in arrays)
        assert np.array_equal(result.shown, photo.shown)


@pytest.mark.parametrize("name", NAMES)
def test_default_options_are_taken_or_refused(name: str, photo: Image, unit: str) -> None:
    entry, target = METHODS[name], targets(METHODS[name], unit)[0]
    if name in SMALL:
        with pytest.raises(UsageError):
            entry.run(network(), photo, target)
        return
    result = entry.run(network(), photo, target)
    assert result.provenance["options"] == dataclasses.asdict(entry.options_class())


@pytest.mark.parametrize("name", NAMES)
def test_wrong_targets(name: str, photo: Image) -> None:
    net = network()
    before = fingerprint(net.module)
    for target in WRONG[METHODS[name].points]:
        with pytest.raises(AddressError):
            run(name, net, photo, target)
    assert not changed(before, net)


@pytest.mark.parametrize("name", NAMES)
def test_images_that_do_not_fit(name: str, photo: Image, unit: str) -> None:
    net, target = network(), targets(METHODS[name], unit)[0]
    before = fingerprint(net.module)
    small = dataclasses.replace(photo, array=photo.array[:, :9])
    with pytest.raises(DataError, match=r"prepared as \(3, 9, 14\), this network takes \(3, 12"):
        run(name, net, small, target)
    assert not changed(before, net)


def _runs(name: str, photo: Image, target: str) -> int:
    """How often a method runs the network."""
    net = network()
    part: Any = net.module[3]  # type: ignore[index]
    many = part.after = 10**6
    run(name, net, photo, target)
    return many - int(part.after)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("failure", [ValueError("inside"), KeyboardInterrupt(), MemoryError()])
def test_a_network_that_fails_at_any_of_its_runs(
    name: str, failure: BaseException, photo: Image, unit: str
) -> None:
    target = targets(METHODS[name], unit)[0]
    total = _runs(name, photo, target)
    assert total >= 2
    expected = KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else ConvscopeError
    for after in sorted({0, 1, total // 2, total - 1}):
        net = network()
        part: Any = net.module[3]  # type: ignore[index]
        before = fingerprint(net.module)
        part.failure, part.after = failure, after
        raised = None
        try:
            run(name, net, photo, target)
        except (expected, KeyboardInterrupt) as error:
            raised = error
        finally:
            part.failure, part.after = None, 0
        assert not changed(before, net), after
        if after == 0 or expected is KeyboardInterrupt:
            assert isinstance(raised, expected), after
        assert not differing(run(name, net, photo, target), run(name, network(), photo, target))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_twice(name: str, photo: Image, unit: str) -> None:
    for target in targets(METHODS[name], unit):
        net = network()
        first, again = run(name, net, photo, target), run(name, net, photo, target)
        assert not differing(first, again)
        np.random.seed(5)
        torch.manual_seed(5)
        assert not differing(first, run(name, network(), photo, target))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_networks_type_and_device_are_kept(
    name: str, dtype: torch.dtype, photo: Image, unit: str
) -> None:
    net, target = network(dtype), targets(METHODS[name], unit)[0]
    places = {key: (t.dtype, t.device) for key, t in net.module.state_dict().items()}
    result = run(name, net, photo, target)
    assert Watched.given == {(dtype, torch.device("cpu"))}
    assert places == {key: (t.dtype, t.device) for key, t in net.module.state_dict().items()}
    expected = run(name, network(torch.float64), photo, target)
    for (field, mine), (_, theirs) in zip(fields(result), fields(expected), strict=True):
        if isinstance(mine, np.ndarray):
            assert mine.dtype.kind == theirs.dtype.kind, field
            assert mine.shape == theirs.shape, field


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_on_an_accelerator_it_is_as_on_the_cpu(name: str, photo: Image, unit: str) -> None:
    device = str(torch.accelerator.current_accelerator())
    target = targets(METHODS[name], unit)[0]
    mine = run(name, network(torch.float32, device), photo, target)
    assert {place.type for _, place in Watched.given} == {device}
    theirs = run(name, network(torch.float32), photo, target)
    for (field, one), (_, other) in zip(fields(mine), fields(theirs), strict=True):
        if isinstance(one, np.ndarray) and one.dtype.kind == "f":
            scale = float(np.nanmax(np.abs(other), initial=1e-12))
            assert np.allclose(one, other, rtol=0, atol=1e-3 * scale, equal_nan=True), field


@pytest.mark.parametrize("name", NAMES)
def test_results_come_back_from_disk(name: str, photo: Image, unit: str, tmp_path: Path) -> None:
    for target in targets(METHODS[name], unit):
        result = run(name, network(), photo, target)
        found = load_result(result.save(tmp_path / "one.safetensors"))
        assert type(found) is type(result)
        assert not differing(result, found)
        assert found.caption == result.caption
