from __future__ import annotations

import numpy as np
import pytest
import torch

from convscope.errors import AddressError
from convscope.methods.ascend import ascend, objective_of
from convscope.methods.options.synthesize import SynthesizeOptions
from tests.methods.test_synthesize import deep

QUICK = SynthesizeOptions("natural", starts=2, steps=30)


def test_a_sum_over_layers_raises_what_it_names() -> None:
    net = deep()
    both = objective_of(net, "2:1") - 2 * objective_of(net, "5:3")
    assert str(both) == "2:1 - 2 * 5:3"
    start, end = (
        ascend(net, both, SynthesizeOptions("natural", starts=2, steps=n)) for n in (0, 30)
    )
    assert (end.values > start.values).all()
    assert end.names == ("2:1 - 2 * 5:3",) * 2
    assert end.starts == (0, 1)


def test_values_are_the_objectives_on_the_pictures_as_shown() -> None:
    net = deep()
    both = objective_of(net, "5:3", "mean") + objective_of(net, "class:bee")
    made = ascend(net, both, QUICK)
    prep = net.preprocessing
    x = (made.pictures / np.float32(255) - np.float32(prep.mean)) / np.float32(prep.std)
    with torch.no_grad():
        batch = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())
        maps, scores = net.module[:5](batch), net.module(batch)  # type: ignore[index]
    wanted = maps[:, 3].mean((1, 2)) + scores[:, 1]
    assert made.values == pytest.approx(wanted.double().numpy(), rel=1e-4)


def test_a_cell_that_is_named_is_read() -> None:
    net = deep()
    named, given = objective_of(net, "5:1@2,3"), objective_of(net, "5:1", (2, 3))
    one, two = (ascend(net, objective, QUICK).values for objective in (named, given))
    assert (one == two).all()


def test_a_whole_layer_is_no_unit() -> None:
    with pytest.raises(AddressError, match="is a whole layer"):
        objective_of(deep(), "5")
