"""What a backward rule cannot follow is refused by name, at the op, never drawn wrongly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from convscope.errors import (
    ForwardError,
    GradientCutError,
    HiddenOpError,
    IntakeError,
    NoLayersError,
    TraceError,
    UnruledOpError,
)
from convscope.net.net import Net
from convscope.net.rules import Rule
from tests.net.oracles import full
from tests.net.zoo import Forward, conv, fill, glass, photograph

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad"),
]


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0]


def _custom(m: Any, x: Tensor) -> Tensor:
    return m.two(Square.apply(m.one(x)))


def _reentrant(m: Any, x: Tensor) -> Tensor:
    return m.two(checkpoint(lambda t: F.relu(m.one(t)), x, use_reentrant=True))


def _not_reentrant(m: Any, x: Tensor) -> Tensor:
    return m.two(checkpoint(lambda t: F.relu(m.one(t)), x, use_reentrant=False))


def _no_grad(m: Any, x: Tensor) -> Tensor:
    with torch.no_grad():
        x = F.relu(m.one(x))
    return m.two(x)


def _mask(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(x * (x > 0))


def _float_mask(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(x * (x > 0).to(x.dtype))


def _where(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(torch.where(x > 0, x, 0))


def _masked_fill(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(x.masked_fill(x < 0, 0))


def _index_put(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    x[x < 0] = 0
    return m.two(x)


def _interleave(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    out = x.new_zeros(x.shape)
    out[:, ::2] = F.relu(x[:, ::2])
    out[:, 1::2] = x[:, 1::2]
    return m.two(out)


def _copied_view(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    out = torch.zeros(x.shape, dtype=x.dtype)
    out[:, :2].copy_(F.relu(x[:, :2]))
    return m.two(out)


def _half_absolute(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two((x + x.abs()) / 2)


def _silu_by_hand(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(x * torch.sigmoid(x))


def _hardswish_by_hand(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(x * F.relu6(x + 3) / 6)


def _mish_by_hand(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(x * torch.tanh(F.softplus(x)))


def _squared(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(x * x)


def _maxout(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(torch.maximum(x, -x))


def _two_way_max(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(torch.max(x, x.flip(1)))


def _branch_detached(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(x + m.three(x).detach())


def _data(m: Any, x: Tensor) -> Tensor:
    return m.two(F.relu(m.one(x).data))


def _data_written(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    x.data.clamp_(min=0)
    return m.two(x)


def _data_assigned(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    x.data = F.relu(x.data)
    return m.two(x)


def _view_written(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    x[:, :2].relu_()
    return m.two(x)


def _chunk_written(m: Any, x: Tensor) -> Tensor:
    left, right = m.one(x).chunk(2, 1)
    return m.two(torch.cat([left.relu_(), right], 1))


def _saved_then_written(m: Any, x: Tensor) -> Tensor:
    x = m.one(x)
    return m.two(F.relu(m.bn(x)) + F.relu_(x))


def _made_filters(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    filters = x.mean((2, 3)).view(4, 1, 1, 1)
    return m.two(F.conv2d(x, filters, groups=4))


def _normalized(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(x / x.sum((1, 2, 3), keepdim=True))


def _reciprocal(m: Any, x: Tensor) -> Tensor:
    return m.two(1 / (F.relu(m.one(x)) + 1))


def _rounded(m: Any, x: Tensor) -> Tensor:
    return m.two(torch.div(F.relu(m.one(x)), 2, rounding_mode="floor"))


def _bytes(m: Any, x: Tensor) -> Tensor:
    return m.two(F.relu(m.one(x)).to(torch.uint8).to(x.dtype))


def _numpy(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(torch.from_numpy(x.detach().numpy().copy()))


def _half_numpy(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(x + torch.from_numpy(x.detach().numpy() * 2))


def _item(m: Any, x: Tensor) -> Tensor:
    x = F.relu(m.one(x))
    return m.two(x * x.mean().item())


def _thread(m: Any, x: Tensor) -> Tensor:
    found: list[Tensor] = []
    x = m.one(x)
    worker = threading.Thread(target=lambda: found.append(F.relu(x)))
    worker.start()
    worker.join()
    return m.two(found[0])


def _quiet_thread(m: Any, x: Tensor) -> Tensor:
    found: list[Tensor] = []
    x = m.one(x)

    def work() -> None:
        with torch.no_grad():
            found.append(F.relu(x))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    return m.two(x + found[0])


def _dropped(m: Any, x: Tensor) -> Tensor:
    return m.two(F.dropout(F.relu(m.one(x)), 0.5, training=True))


def _dropped_directly(m: Any, x: Tensor) -> Tensor:
    return m.two(torch.dropout(F.relu(m.one(x)), 0.5, True))


def _noisy(m: Any, x: Tensor) -> Tensor:
    return m.two(F.relu(m.one(x)) + torch.randn(4, 1, 1, dtype=x.dtype))


def _branching(m: Any, x: Tensor) -> Tensor:
    y = m.one(x)
    return m.two(F.relu(y) if x.sum() > 0.3 else F.gelu(y))


def _stopping(m: Any, x: Tensor) -> Tensor:
    y = F.relu(m.one(x))
    return y if x.sum() > 0.5 else m.two(y)


def _raising(m: Any, x: Tensor) -> Tensor:
    return m.inner(m.one(x))


def _deaf(m: Any, x: Tensor) -> Tensor:
    return m.one(torch.ones(1, 3, 5, 5, dtype=x.dtype))


REFUSED: dict[str, tuple[Callable[[Any, Tensor], Tensor], type[Exception], str]] = {
    "custom Function": (_custom, HiddenOpError, "Square at .* is a custom autograd Function"),
    "re-entrant checkpoint": (_reentrant, HiddenOpError, "re-entrant checkpointing is one too"),
    "checkpoint": (_not_reentrant, HiddenOpError, "checkpoints its activations.*Switch"),
    "no_grad stem": (_no_grad, GradientCutError, r"stops at one \(conv\).*no_grad"),
    "x * (x > 0)": (_mask, UnruledOpError, r"compares an activation.*torch.relu"),
    "x * (x > 0).to()": (_float_mask, UnruledOpError, "compares an activation"),
    "where": (_where, UnruledOpError, r"/gt \(gt\) compares an activation"),
    "masked_fill": (_masked_fill, UnruledOpError, "compares an activation"),
    "x[x < 0] = 0": (_index_put, UnruledOpError, r"/lt \(lt\) compares an activation"),
    "written by index": (_interleave, UnruledOpError, r"/setitem@\d \(setitem\)"),
    "written into a view": (_copied_view, UnruledOpError, r"/copy \(copy\)"),
    "(x + |x|) / 2": (_half_absolute, UnruledOpError, r"/abs \(abs\) has no stated"),
    "x * sigmoid(x)": (_silu_by_hand, UnruledOpError, r"SiLU by hand: write F.silu"),
    "x * relu6(x + 3) / 6": (_hardswish_by_hand, UnruledOpError, r"/mul multiplies two"),
    "x * tanh(softplus(x))": (_mish_by_hand, UnruledOpError, r"/mul multiplies two"),
    "x * x": (_squared, UnruledOpError, r"/mul multiplies two"),
    "maxout": (_maxout, UnruledOpError, r"/maximum \(maximum\) compares an activation"),
    "max of two": (_two_way_max, UnruledOpError, r"/max \(max\)"),
    "detach in a branch": (_branch_detached, GradientCutError, r"stops at /detach \(detach\)"),
    ".data": (_data, GradientCutError, r"stops at /detach \(detach\)"),
    "a write into .data": (_data_written, GradientCutError, r"stops at /detach \(detach\)"),
    "an assigned .data": (_data_assigned, TraceError, r"assigns to an activation's \.data"),
    "a write into a view": (_view_written, HiddenOpError, "in place into a part of a tensor"),
    "a write into a chunk": (_chunk_written, ForwardError, "is a view and is being modified"),
    "overwritten too early": (
        _saved_then_written,
        GradientCutError,
        "value that its gradient needs",
    ),
    "filters from the image": (_made_filters, UnruledOpError, "parameters from the image"),
    "divided by its sum": (_normalized, UnruledOpError, "multiplies two"),
    "bytes": (_bytes, GradientCutError, r"stops at /identity@1 \(identity\)"),
    "1 / x": (_reciprocal, UnruledOpError, r"has no stated"),
    "rounded": (_rounded, UnruledOpError, r"/div \(div\) has no stated"),
    "numpy": (_numpy, TraceError, "^conv2d takes a value that changes"),
    "numpy in a branch": (_half_numpy, TraceError, r"/add \(add\) takes a value that changes"),
    ".item()": (_item, TraceError, r"/mul \(mul\) takes a value that changes"),
    "another thread": (_thread, TraceError, "conv2d in two from a place convscope cannot see"),
    "a quiet thread": (_quiet_thread, TraceError, r"/add \(add\) takes a value that changes"),
    "dropout, always on": (_dropped, UnruledOpError, r"/dropout \(dropout\) draws random"),
    "torch.dropout": (_dropped_directly, UnruledOpError, r"/dropout \(dropout\) draws random"),
    "noise": (_noisy, TraceError, r"/add \(add\) takes a value that changes.*random draw"),
    "a path by value": (_branching, TraceError, "took another path"),
    "an early exit": (_stopping, TraceError, "took another path.*ended before"),
    "deaf to its image": (_deaf, NoLayersError, "Nothing this network computes depends"),
}


def _net(forward: Callable[[Any, Tensor], Tensor], **parts: nn.Module) -> Net:
    module = Forward(
        forward,
        one=conv(3, 4),
        two=conv(4, 3),
        three=conv(4, 4, padding=1),
        bn=nn.BatchNorm2d(4),
        **parts,
    )
    return glass(fill(module), (12, 14))


def _project_last(net: Net, rule: Rule) -> None:
    tape = net.tape()
    layer = tape.layers[-1]
    full(net, tape, photograph(net), layer.number, 1, (2, 3), rule)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
def test_refused_by_name(name: str, rule: Any) -> None:
    forward, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        _project_last(_net(forward), Rule(rule))


def test_a_scripted_function_is_refused() -> None:
    @torch.jit.script
    def scripted(x):  # type: ignore[no-untyped-def]
        return torch.relu(x)

    net = _net(lambda m, x: m.two(scripted(m.one(x))))
    with pytest.raises(TraceError, match=r"conv2d in two from a place.*scripted function"):
        net.tape()


def test_a_script_module_is_refused_at_the_door() -> None:
    scripted = torch.jit.script(nn.Sequential(conv(3, 4), nn.ReLU()))
    for module in (scripted, nn.Sequential(conv(3, 3), scripted)):
        with pytest.raises(IntakeError, match=r"ScriptModule.*Give the nn.Module"):
            glass(module)


def test_a_compiled_part_is_refused_at_the_door() -> None:
    module = nn.Sequential(conv(3, 4), torch.compile(nn.ReLU()))
    with pytest.raises(IntakeError, match="compiled module at 1"):
        glass(module)
    module = nn.Sequential(conv(3, 4), nn.ReLU())
    module[1].compile()
    with pytest.raises(IntakeError, match="compiled module at 1"):
        glass(module)


def test_wrappers_are_taken_off() -> None:
    module = nn.Sequential(conv(3, 4), nn.ReLU())
    for wrapped in (
        nn.DataParallel(module),
        torch.compile(module),
        nn.DataParallel(torch.compile(module)),
    ):
        assert glass(wrapped).module is module


class Broken(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("a part is missing")


def test_a_network_that_raises_inside_names_the_place() -> None:
    net = _net(_raising, inner=nn.Sequential(nn.ReLU(), Broken()))
    with pytest.raises(
        ForwardError, match=r"raised in inner.1, .*\(1, 3, 12, 14\).*ValueError: a part"
    ):
        net.tape()


def test_no_module_at_all() -> None:
    with pytest.raises(IntakeError, match="this is function"):
        glass(F.relu)  # type: ignore[arg-type]


def test_a_changed_path_is_named_after_the_trace_too() -> None:
    net = _net(lambda m, x: m.two(F.relu(m.one(x)) if x.amax() < 5 else F.gelu(m.one(x))))
    tape = net.tape()
    with pytest.raises(TraceError, match=r"took another path.*not relu"):
        full(net, tape, photograph(net) + 10, tape.layers[-1].number, 0, (0, 0))


def test_backward_hooks_of_modules_are_refused() -> None:
    net = _net(lambda m, x: m.two(m.inner(m.one(x))), inner=nn.ReLU())
    inner: Any = net.module.inner
    inner.register_full_backward_hook(lambda m, given, made: (given[0] * 2,))
    with pytest.raises(TraceError, match="inner has backward hooks"):
        _project_last(net, Rule("deconvnet"))
