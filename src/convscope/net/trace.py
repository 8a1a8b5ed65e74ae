"""Tracing: one watched forward becomes a tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from convscope.errors import ConvscopeError, ForwardError, NoLayersError, TraceError
from convscope.geometry.walk import IMAGE
from convscope.net.kinds import bind, kind_of, spelling
from convscope.net.local import Call, describe
from convscope.net.scope import Scope, Scopes
from convscope.net.tape import Op, Ref, Tape
from convscope.net.watch import PLUMBING, Stop, Watch, result_of, tensors_of

_ESCAPES = frozenset("item tolist numpy array float int index complex".split())
"""Calls that turn a tensor's values into plain numbers, which the tape cannot follow."""
_FRESH = frozenset(
    "zeros_like ones_like full_like empty_like rand_like randn_like new_zeros new_ones new_full "
    "new_empty new_tensor".split()
)
"""Calls that take nothing from a tensor but its shape."""


@dataclass
class _Draft:
    """An op while its name is still open."""

    op: Op
    scope: Scope
    returned_by: list[Scope]


class Recorder(Watch):
    """Writes down every op whose result depends on the image."""

    def __init__(
        self, image: Tensor, scopes: Scopes, known: Mapping[int, Tensor], until: int | None
    ) -> None:
        super().__init__()
        self.until = until
        self.scopes = scopes
        self.drafts: list[_Draft] = []
        self.calls: list[str] = []
        self.givens: dict[int, Any] = {}
        self.escape = ""
        self._numbers: dict[int, int] = {id(image): IMAGE}
        self._shapes = {IMAGE: tuple(image.shape)}
        self._axes = {IMAGE: "nchw"}
        self._known = dict(known)  # tensors whose origin we have seen, the image's aside
        self._alive: list[Tensor] = [image]  # a collected tensor's id could come back
        self._before: dict[int, int] = {}

    # -- one call ---------------------------------------------------------------------------
    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Remember versions, so that writes in place show, and make the call."""
        self._before = {id(t): t._version for t in _walk((args, kwargs)) if not t.is_inference()}
        result = func(*args, **kwargs)
        inputs = [t for t in _walk((args, kwargs)) if id(t) in self._numbers]
        made = result_of(func, args, result)
        if spelling(func) in PLUMBING:
            return result
        if inputs and getattr(func, "__name__", "") == "__set__" and spelling(func) == "data":
            raise TraceError(
                f"{self.scopes.innermost.path or 'The root module'} assigns to an activation's "
                ".data, which no tape or gradient can see. Give the result a name of its own."
            )
        if tensors_of(made):
            self.calls.append(spelling(func))
            self._record(func, args, kwargs, made, inputs)
        elif inputs and not self.escape and spelling(func) in _ESCAPES:
            self.escape = f"{self.scopes.innermost.path}/{spelling(func)}"
        return result

    def _record(
        self, func: Callable[..., Any], args: Any, kwargs: Any, result: Any, inputs: list[Tensor]
    ) -> None:
        outputs = tensors_of(result)
        self._alive += outputs
        if not inputs or spelling(func) in _FRESH:
            self._refuse_strangers(func, args, kwargs)
            given = list(_walk((args, kwargs)))
            if not given or not all(self._has_origin(t) for t in given):
                self.givens[self.ordinal] = (args, dict(kwargs))
            self._known.update({id(t): t for t in outputs})
            return
        self._refuse_strangers(func, args, kwargs)
        for item, output in enumerate(outputs):
            if self._unchanged(output):
                continue  # it returned its own input: an identity, no op
            several = isinstance(result, tuple | list)
            self._add(func, args, kwargs, output, item if several else None)

    def _unchanged(self, output: Tensor) -> bool:
        return id(output) in self._numbers and self._before.get(id(output)) == output._version

    def _add(self, func: Any, args: Any, kwargs: Any, output: Tensor, item: int | None) -> None:
        number = len(self.drafts)
        kind = kind_of(func, args, kwargs)
        tracked = [t for t in _walk((args, kwargs)) if id(t) in self._numbers]
        numbers = [self._numbers[id(t)] for t in tracked]
        call = Call(
            kind,
            func,
            args,
            kwargs,
            bind(kind, func, args, kwargs),
            [(self._axes_of(t), tuple(t.shape)) for t in tracked],
            [t for t in _walk((args, kwargs)) if id(t) not in self._numbers],
            tuple(output.shape),
        )
        axes, reaches = describe(call)
        inplace = id(output) in self._before and self._before[id(output)] != output._version
        shared = inplace and self._aliases(output)
        op = Op(
            number=number,
            ordinal=self.ordinal,
            item=item,
            kind=kind,
            name="",
            func=func,
            args=self._refs(args),
            kwargs=self._refs(dict(kwargs)),
            bound=self._refs(dict(call.bound)),
            inputs=tuple(numbers),
            shape=tuple(output.shape),
            axes=axes,
            reaches=None if shared else reaches,
            inplace=inplace,
            cut=_cuts(kind, tracked, output),
        )
        self.drafts.append(_Draft(op, self.scopes.innermost, []))
        for tensor in [output, *(shared or [])]:
            self._numbers[id(tensor)] = number
        self._shapes[number], self._axes[number] = tuple(output.shape), axes

    def _axes_of(self, tensor: Tensor) -> str:
        number = self._numbers[id(tensor)]
        if tuple(tensor.shape) == self._shapes[number]:
            return self._axes[number]
        return "n" + "?" * (tensor.dim() - 1)  # it shares memory with what was written into

    def _aliases(self, output: Tensor) -> list[Tensor]:
        """Other tensors whose values a write into this one changed: views, and bases of views."""
        home = output.untyped_storage().data_ptr()
        return [
            tensor
            for tensor in [*self._alive, *self._known.values()]
            if tensor is not output and tensor.untyped_storage().data_ptr() == home
        ]

    def _refs(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return Ref(self._numbers[id(value)]) if id(value) in self._numbers else value
        if isinstance(value, dict):
            return {key: self._refs(item) for key, item in value.items()}
        if type(value) in (tuple, list):
            return type(value)(self._refs(item) for item in value)
        return value

    def _refuse_strangers(self, func: Any, args: Any, kwargs: Any) -> None:
        for tensor in _walk((args, kwargs)):
            if tensor.grad_fn is not None and not self._has_origin(tensor):
                raise TraceError(
                    f"A tensor reaches {spelling(func)} in "
                    f"{self.scopes.innermost.path or 'the root module'} from a place convscope "
                    "cannot see: a scripted function, another thread, or a hook. Call plain "
                    "Python functions in the forward, in one thread."
                )

    def _has_origin(self, tensor: Tensor) -> bool:
        return id(tensor) in self._numbers or id(tensor) in self._known

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """End the run once the last op wanted is on the tape."""
        if self.until is not None and len(self.drafts) > self.until:
            raise Stop

    # -- names ------------------------------------------------------------------------------
    def returned(self, scope: Scope, output: Any) -> None:
        """A module call ended: it lends its name to what it returns."""
        for tensor in _walk(output):
            number = self._numbers.get(id(tensor), IMAGE)
            if number != IMAGE and scope.path:
                self.drafts[number].returned_by.append(scope)

    def outputs(self, returned: Any) -> tuple[int, ...]:
        """The ops of the tensors a forward returned."""
        return tuple(self._numbers[id(t)] for t in _walk(returned) if id(t) in self._numbers)

    def named(self) -> Iterator[Op]:
        """The ops with their addresses."""
        calls = self.scopes.calls
        kinds = Counter((draft.scope, draft.op.kind) for draft in self.drafts)
        nth: Counter[tuple[Scope, str]] = Counter()
        taken: set[str] = set()
        for draft in self.drafts:
            key = (draft.scope, draft.op.kind)
            nth[key] += 1
            tail = f"@{nth[key]}" if kinds[key] > 1 else ""
            own = f"{_call_name(draft.scope, calls)}/{draft.op.kind}{tail}"
            names = [_call_name(scope, calls) for scope in draft.returned_by]
            names = [name for name in dict.fromkeys([*names, own]) if name not in taken]
            taken.update(names)
            aliases = tuple(name for name in names[1:] if name != own)
            yield replace(draft.op, name=names[0], aliases=aliases)


def _call_name(scope: Scope, calls: Mapping[str, int]) -> str:
    return f"{scope.path}@{scope.call}" if calls[scope.path] > 1 else scope.path


def _walk(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _walk(item)
    elif isinstance(value, dict):
        yield from _walk(list(value.values()))


def _cuts(kind: str, inputs: list[Tensor], output: Tensor) -> bool:
    flows = any(t.requires_grad for t in inputs)
    goes_on = output.is_floating_point() or kind == "identity"  # unlike comparisons and indices
    return flows and goes_on and not output.requires_grad


def _refuse_backward_hooks(module: nn.Module) -> None:
    for name, part in module.named_modules():
        if part._backward_hooks or part._backward_pre_hooks:
            raise TraceError(
                f"{name or 'The root module'} has backward hooks, which can change every gradient "
                "and so every projection. Remove them first (handle.remove())."
            )


@contextmanager
def _named_failure(scopes: Scopes, image: Tensor) -> Iterator[None]:
    try:
        yield
    except ConvscopeError:
        raise
    except Exception as error:
        raise ForwardError(
            f"The network raised in {scopes.failed_in or 'its own forward'}, on an input of shape "
            f"{tuple(image.shape)}: {type(error).__name__}: {error}"
        ) from error


def record(module: nn.Module, image: Tensor, until: int | None = None) -> Tape:
    """Trace one forward of a network on one image of shape (n, c, h, w), or up to an op of it.

    Raises:
        ForwardError: the network raised inside, with the module it raised in.
        TraceError: the network does something the tape cannot hold.
        NoLayersError: nothing depends on the image.
    """
    _refuse_backward_hooks(module)
    scopes = Scopes(module)
    known = {id(t): t for t in [*module.parameters(), *module.buffers()]}
    with torch.enable_grad():
        given = image.detach().clone().requires_grad_().clone()  # no leaf: writing in place is fine
        recorder = Recorder(given, scopes, known, until)
        watching = scopes.watching(recorder.returned)
        outputs: tuple[int, ...] = ()
        with _named_failure(scopes, given), suppress(Stop), watching, recorder:
            outputs = recorder.outputs(module(given))
    if not recorder.drafts:
        raise NoLayersError(
            "Nothing this network computes depends on its image. Give a network whose forward "
            "takes one batch of images (n, c, h, w)."
        )
    ops = tuple(recorder.named())
    calls, shape = tuple(recorder.calls), tuple(image.shape)
    return Tape(ops, calls, shape, givens=recorder.givens, outputs=outputs, escape=recorder.escape)
