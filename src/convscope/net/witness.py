"""A second forward on another image: what the tape takes for constants must be the same in it.

The tape sees every call of a torch function, but not what a network does between them: numbers
that leave for numpy and come back, scripted functions under ``no_grad``, other threads, random
draws. All of them end in a "constant" that is another one on another image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from convscope.errors import TraceError
from convscope.net.equality import is_equal
from convscope.net.kinds import spelling
from convscope.net.tape import Op, Ref, Tape
from convscope.net.watch import Follow, tensors_of


class Witness(Follow):
    """Holds the constants of every op to those on the tape.

    Raises:
        TraceError: at an op that takes another value from a place no call was seen to make.
    """

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._ops = {op.ordinal: op for op in reversed(tape.ops)}
        self._taped: dict[int, Any] = dict(tape.givens)
        # What is written into comes back changed; that it is the same was seen at its making.
        for op in tape.ops:
            self._taped[op.ordinal] = (op.args[1 if op.inplace else 0 :], op.kwargs)

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Compare, and make the call."""
        taped = self._taped.get(self.ordinal)
        if taped is not None and spelling(func) == self.tape.calls[self.ordinal]:
            given = (args[len(args) - len(taped[0]) :], kwargs)
            if not _agrees(taped, given):
                raise self._changed(spelling(func))
        return func(*args, **kwargs)

    def _changed(self, name: str) -> TraceError:
        op = self._ops.get(self.ordinal)
        return TraceError(
            f"{f'{op.name} ({op.kind})' if op else name} takes a value that changes with the "
            "image, or from run to run, though no call was seen to make it: numbers that went "
            "through numpy or .item(), another thread, a scripted function, or a random draw. Keep "
            "the forward in torch functions, and random draws out of evaluation mode."
        )

    def seen(self, ordinal: int, func: Callable[..., Any], result: Any) -> None:
        """Hold the path to the tape's, and the length of it."""
        super().seen(ordinal, func, result)
        op = self._ops.get(ordinal)
        if op is not None and tensors_of(result)[op.item or 0].shape != op.shape:
            raise _ragged(op)

    def check_end(self) -> None:
        """Hold a finished run to the length of the tape.

        Raises:
            TraceError: it ended before the tape did.
        """
        if self.ordinal < len(self.tape.calls):
            raise TraceError(
                f"The network took another path than when it was traced: it ended before call "
                f"{self.ordinal}, {self.tape.calls[self.ordinal]}. Networks whose ops depend on "
                "the values cannot be followed."
            )


def _agrees(taped: Any, given: Any) -> bool:
    if isinstance(taped, Ref):
        return isinstance(given, Tensor)
    if isinstance(taped, Tensor):
        return taped is given or (isinstance(given, Tensor) and _is_same(taped, given))
    if isinstance(taped, np.ndarray):
        return isinstance(given, np.ndarray) and np.array_equal(taped, given)
    if isinstance(taped, Mapping):
        return taped.keys() == given.keys() and all(_agrees(taped[k], given[k]) for k in taped)
    if isinstance(taped, tuple | list):
        pairs = zip(taped, given, strict=True)
        return len(taped) == len(given) and all(_agrees(a, b) for a, b in pairs)
    if isinstance(taped, int | float | str | slice):
        return bool(taped == given) or taped != taped  # nan is the one that differs from itself
    return True


def _is_same(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and is_equal(one, other)


def _ragged(op: Op) -> TraceError:
    return TraceError(
        f"{op.name} ({op.kind}) has another shape on another image of the same size. Networks "
        "that select by value cannot be followed."
    )
