from __future__ import annotations

import random
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import AddressError, TwinError
from convscope.net.net import Net
from convscope.net.twin import copied, input_shifted, twin
from tests.contract.fingerprint import fingerprint
from tests.contract.test_guest import _network
from tests.net.zoo import Forward, conv, fill, glass, photograph


def tensors(module: nn.Module) -> dict[str, Tensor]:
    return {name: p.detach() for name, p in module.named_parameters()}


def test_the_guest_is_untouched() -> None:
    net = _network()
    before = fingerprint(net.module)
    twin(net)
    twin(net, 3, ["0"])
    input_shifted(net, torch.ones(1))
    assert fingerprint(net.module) == before


def test_weights_keep_their_sizes_in_another_order_filters_with_new_signs() -> None:
    net = _network()
    other = twin(net, 5)
    for (name, mine), theirs in zip(
        tensors(net.module).items(), tensors(other.module).values(), strict=True
    ):
        sizes = (mine.abs(), theirs.abs()) if mine.dim() > 1 else (mine, theirs)
        assert torch.equal(*(t.flatten().sort().values for t in sizes)), name
        assert (mine.numel() < 3) or not torch.equal(mine, theirs), name
        assert mine.data_ptr() != theirs.data_ptr()
    mine, theirs = (tensors(n.module)["0.weight"] for n in (net, other))
    assert (mine.flatten(1).sort().values != theirs.flatten(1).sort().values).any()  # not by row
    agree = (mine.sign().flatten() == theirs.sign().flatten()).double().mean()
    assert 0.3 < float(agree) < 0.7
    assert all(
        torch.equal(a, b) for a, b in zip(net.module.buffers(), other.module.buffers(), strict=True)
    )


def test_it_is_in_evaluation_mode_without_hooks_and_gradients() -> None:
    net = _network()
    module = twin(net).module
    assert not any(part.training for part in module.modules())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert all(p.grad is None for p in module.parameters())
    assert any(part.training for part in net.module.modules())


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
def test_weight_norm_stays_part_of_the_network() -> None:
    part: Any = nn.utils.weight_norm(conv(3, 4))
    module = fill(nn.Sequential(part, nn.ReLU()))
    with torch.no_grad():
        part.weight = torch._weight_norm(part.weight_v, part.weight_g, 0)  # no graph: it copies
    net = glass(module)
    image = photograph(net)
    assert len(twin(net).module[0]._forward_pre_hooks) == 1  # type: ignore[index,union-attr,arg-type]
    assert torch.equal(copied(net).module(image), net.module(image))
    assert not torch.allclose(twin(net).module(image), net.module(image))


def test_the_same_seed_gives_the_same_twin() -> None:
    def net() -> Net:
        return glass(fill(nn.Sequential(conv(3, 4), nn.BatchNorm2d(4), nn.ReLU())))

    one, again, other = (twin(net(), seed) for seed in (1, 1, 2))
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()


def test_methods_that_ask_in_turn_share_one_twin_until_the_weights_change() -> None:
    net = _network()
    module: Any = net.module
    first = twin(net)
    assert twin(net) is first
    with torch.no_grad():
        module[6].weight.mul_(2)
    second = twin(net)
    assert second is not first
    module[1].running_mean += 1
    third: Any = twin(net)
    assert torch.equal(third.module[1].running_mean, module[1].running_mean)
    module[4].p = 0.25
    assert twin(net).module[4].p == 0.25  # type: ignore[index,union-attr,operator]
    assert twin(net, 1) is not twin(net)


def test_only_the_named_modules_are_shuffled() -> None:
    inner = nn.Sequential(conv(4, 4), nn.ReLU(), conv(4, 4))
    net = glass(fill(nn.Sequential(conv(3, 4), inner)))
    mine = tensors(net.module)
    for layers, changed in (
        (["0"], {"0.weight", "0.bias"}),
        (["1"], {"1.0.weight", "1.0.bias", "1.2.weight", "1.2.bias"}),
        ([], set()),
    ):
        theirs = tensors(twin(net, 0, layers).module)
        assert {name for name in mine if not torch.equal(mine[name], theirs[name])} == changed


def test_tied_weights_stay_tied() -> None:
    shared = conv(4, 4, padding=1)
    net = glass(fill(nn.Sequential(conv(3, 4), shared, nn.ReLU(), shared)))
    module: Any = twin(net).module
    assert module[1].weight is module[3].weight


def test_no_such_module() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())))
    with pytest.raises(AddressError, match=r"No module '1' with weights\..*There are 1\."):
        twin(net, 0, ["1"])


def test_a_network_that_cannot_be_copied_is_named() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4), nn.ReLU())))
    net.module.kept = net.module(photograph(net))  # type: ignore[assignment]
    assert net.module.kept.grad_fn is not None
    assert not twin(net).module.kept.requires_grad  # type: ignore[union-attr]
    net.module.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(TwinError, match=r"cannot be copied \(TypeError: cannot pickle"):
        twin(net)


def test_a_copy_that_shares_its_weights_is_named() -> None:
    class Stubborn(nn.Sequential):
        def __deepcopy__(self, memo: Any) -> Stubborn:
            return self

    net = glass(fill(Stubborn(conv(3, 4), nn.ReLU())))
    before = fingerprint(net.module)
    with pytest.raises(TwinError, match="A copy of this network shares its weights"):
        twin(net)
    assert fingerprint(net.module) == before


@pytest.mark.parametrize("parts", [{}, {"a": nn.Conv2d(3, 1, 1, bias=False)}])
def test_nothing_to_shuffle_is_named(parts: dict[str, nn.Module]) -> None:
    for part in parts.values():
        nn.init.zeros_(part.weight)  # type: ignore[arg-type]
    net = glass(Forward(lambda self, x: (self.a(x) if parts else x).relu(), **parts).double())
    with pytest.raises(TwinError, match="no weights that can be shuffled"):
        twin(net)


def test_shifted_input_is_absorbed_also_at_padded_borders() -> None:
    net = glass(fill(nn.Sequential(conv(3, 4, padding=1), nn.ReLU(), conv(4, 4, padding=2))))
    image, shift = photograph(net), torch.tensor([0.5, -2.0, 8.0], dtype=torch.float64)
    shift = shift[:, None, None]
    other = input_shifted(net, shift)
    assert torch.allclose(other.module(image + shift), net.module(image), rtol=0, atol=1e-12)
    assert [layer.name for layer in net.tape().layers] == [
        layer.name for layer in other.tape().layers if layer.name != "/sub"
    ]


def test_random_states_are_where_they_were() -> None:
    net = _network()
    torch.manual_seed(3)
    random.seed(3)
    expected = (torch.rand(1).item(), random.random())
    torch.manual_seed(3)
    random.seed(3)
    twin(net)
    assert (torch.rand(1).item(), random.random()) == expected


def test_filters_get_signs_of_both_kinds_and_vectors_keep_theirs() -> None:
    module = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.Linear(5, 40))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.rand_like(parameter) + 0.1)  # all positive, as nothing trained is
    found = twin(glass(module))
    for name, parameter in found.module.named_parameters():
        share = float((parameter > 0).double().mean())
        assert (0.3 < share < 0.7) if parameter.dim() > 1 else (share == 1), name
