"""The one interception point: a mode that sees every torch call of a run and counts them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from convscope.errors import TraceError
from convscope.net.kinds import spelling
from convscope.net.tape import Tape

PLUMBING = frozenset({"requires_grad", "retain_grad", "register_hook", "size", "dim", "stride"})


def result_of(func: Callable[..., Any], args: tuple[Any, ...], result: Any) -> Any:
    """What a call made: its result, or the tensor that ``x[index] = value`` wrote into."""
    return args[0] if spelling(func) == "setitem" else result


def tensors_of(value: Any) -> list[Tensor]:
    """The tensors a call returned: itself, or the members of a tuple or list."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, tuple | list):
        return [item for item in value if isinstance(item, Tensor)]
    return []


class Stop(BaseException):
    """Ends a forward early, once everything asked for has been seen."""


class Watch(TorchFunctionMode):
    """Counts tensor-returning calls; subclasses act on a call by its ordinal.

    The ordinal is the identity of an op in later runs: the mode alone costs nothing measurable.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ordinal = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Pass the call on, and count it if it returns a tensor."""
        if spelling(func) == "register_hook":  # a hook could change the gradient; none is asked for
            return RemovableHandle(OrderedDict())
        result = self.call(func, args, kwargs or {})
        made = result_of(func, args, result)
        if tensors_of(made) and spelling(func) not in PLUMBING:
            ordinal, self.ordinal = self.ordinal, self.ordinal + 1
            self.seen(ordinal, func, made)
        return result

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Make the call; override to change it."""
        return func(*args, **kwargs)

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Look at what a counted call returned, before a later op overwrites it."""


class Follow(Watch):
    """A run that must take the same path as the tape."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Hold the run to the traced path."""
        calls = self.tape.calls
        if ordinal >= len(calls) or calls[ordinal] != spelling(func):
            expected = calls[ordinal] if ordinal < len(calls) else "the end"
            raise TraceError(
                f"The network took another path than when it was traced: call {ordinal} is "
                f"{spelling(func)}, not {expected}. Networks whose ops depend on the values or "
                "the size of the batch cannot be followed."
            )
