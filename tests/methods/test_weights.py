from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import AddressError
from convscope.methods.options.weights import WeightsOptions
from convscope.methods.weights import weights
from convscope.net.filters import weighted_layers
from convscope.net.intake import load
from convscope.net.net import Net
from convscope.results.file import load_result
from convscope.results.weights import Weights
from tests.methods.test_activations import same
from tests.net.zoo import conv, fill, glass


def small() -> Net:
    module = nn.Sequential(
        *(conv(3, 5, padding=1), nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2)),
        *(conv(5, 10, 3, groups=5), nn.ReLU(), nn.Flatten(), nn.Linear(10 * 3 * 4, 4)),
    )
    return glass(fill(module), (10, 12))


def test_filters_norms_and_gains_are_those_of_the_module() -> None:
    net = small()
    part: Any = net.module[0]  # type: ignore[index]
    own = part.weight.detach().numpy()
    plain = weights(net, "0", WeightsOptions(effective=False))
    assert np.array_equal(plain.filters, own.astype(np.float32))
    assert plain.norm == pytest.approx([np.linalg.norm(one) for one in own])
    assert plain.rms == pytest.approx([np.sqrt((one**2).mean()) for one in own])
    assert (plain.normalization, plain.note) == ("", "")
    found = weights(net, "0")
    assert found.normalization == "1"
    assert np.allclose(found.filters, own * found.gain[:, None, None, None])
    negative = int((found.gain < 0).sum())
    assert negative
    assert found.note == f"As they act through 1, whose gain is negative for {negative} of them."
    assert (found.source, found.reads_image) == ("", True)


def test_deeper_and_linear_layers_say_what_they_read() -> None:
    net = small()
    deep, last = weights(net, "4"), weights(net, "7")
    assert (deep.source, deep.groups, deep.filters.shape) == ("3", 5, (10, 1, 3, 3))
    assert (last.source, last.op, last.filters.shape) == ("5", "linear", (4, 10, 3, 4))
    assert not deep.reads_image
    assert weights(net, "7", WeightsOptions(reshape=False)).filters.shape == (4, 120, 1, 1)


def test_filters_of_zeros_and_of_nan_are_named() -> None:
    net = small()
    with torch.no_grad():
        part: Any = net.module[4]  # type: ignore[index]
        part.weight[[2, 3]] = 0
        part.weight[7, 0, 1, 1] = torch.nan
    found = weights(net, "4")
    assert found.note == (
        "Filters 2, 3: all zeros: it answers everything with its bias. Filter 7: not finite."
    )
    assert np.isnan(found.noise[[2, 3, 7]]).all()
    assert np.isfinite(np.delete(found.noise, [2, 3, 7])).all()


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("2", r"2 \(relu\) has no weights of its own\. Its channels come from 0: ask"),
        ("6", "come from 4"),
        ("0:3", r"0:3 is one unit; weights are of a whole layer: 0\. Its filter is filters\[3\]"),
        ("con", "No layer 'con'"),
    ],
)
def test_what_has_no_weights_or_does_not_exist_is_named(layer: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        weights(small(), layer)


@pytest.mark.parametrize("layer", ["0", "4", "7"])
def test_what_is_saved_is_read_back(tmp_path: Path, layer: str) -> None:
    result = weights(small(), layer)
    found = load_result(result.save(tmp_path / "one.safetensors"))
    assert isinstance(found, Weights)
    for field in fields(result):
        assert same(getattr(result, field.name), getattr(found, field.name)), field.name
    assert found.caption["shows"] == "The linear pattern a first-layer unit matches."


def test_every_layer_of_squeezenet_has_filters(shared: Path) -> None:
    net = load(shared / "data" / "squeezenet1_0-imagenet.safetensors", device="cpu")
    layers = weighted_layers(net.tape())
    assert len(layers) == 26
    first = weights(net, "features.0")
    assert np.array_equal(first.filters, net.module.features[0].weight.detach().numpy())  # type: ignore[union-attr,index]
    assert first.noise.mean() < 0.8  # random weights: 1
    dead = weights(net, "features.9.expand1x1")
    assert dead.norm[19] == 0
    assert dead.note.startswith("Filter 19: all zeros")


def test_the_resnets_effective_filters_are_convolution_and_norm_in_one(shared: Path) -> None:
    from torch.nn import functional as F

    file = shared / "data" / "resnet20-cifar10.safetensors"
    root = Path(__file__).resolve().parents[2]
    net = load(f"{root}/benchmarks/resnet20.py:resnet20", weights=file, device="cpu")
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    module: Any = net.module.eval()
    found = weights(net, "conv1")
    with torch.no_grad():
        expected = module.bn1(module.conv1(image))
    again = F.conv2d(
        image, torch.from_numpy(found.filters), torch.from_numpy(found.bias), padding=1
    )
    assert found.normalization == "bn1"
    assert float((again - expected).abs().max()) < 1e-5 * float(expected.abs().max())
