"""Incremental inference: of each op only the window that an occluder changes, for many at once.

Source: Nakandala et al. 2019 (Krypton), sec. 3: an occluder changes a window of every layer, which
grows from layer to layer; outside it the uncovered image's activations stand. Here the ops of the
tape are run again one by one on windows cut from the cached activations with the changed part laid
in; results are those of whole forwards. What is no sliding window is run on whole maps; a mean over
space needs only what changed of its sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.geometry.walk import IMAGE
from convscope.geometry.window import Window
from convscope.net.base import Base
from convscope.net.local import pair
from convscope.net.tape import Op, Ref
from convscope.net.windows import Ints, Place, Plan, extent, is_windowed, refuse


@dataclass(frozen=True)
class Patch:
    """Windows of one op: their values, in the op's own layout, and where they lie."""

    values: Tensor
    place: Place


See = Callable[[Patch, Ints], None]
"""Called with the windows of an op that was asked for, and the positions they belong to."""


Patches = dict[int, Patch]
"""Windows by the number of their op, as long as a later op reads them."""


@torch.no_grad()
def run_windows(
    plan: Plan, base: Base, some: Ints, covered: Tensor, see: Mapping[int, Sequence[See]]
) -> Patches:
    """Run some positions of a sweep as far as ops have cells in space.

    Args:
        plan: of these positions.
        base: the uncovered image's activations.
        some: which positions, (b,).
        covered: (b, c, h, w) the windows of the image with the occluders in them.
        see: what to do with the ops that are asked for.

    Returns:
        What the ops behind read, for `run_vectors`.

    Raises:
        TraceError: an op that cannot be run by itself; run the whole network instead.
    """
    patches = {IMAGE: Patch(covered, plan.places[IMAGE])}
    _run_ops(plan, plan.maps, base, some, patches, see)
    return patches


@torch.no_grad()
def run_vectors(
    plan: Plan, base: Base, parts: Sequence[tuple[Ints, Patches]], see: Mapping[int, Sequence[See]]
) -> None:
    """Run the ops without space for many batches at once: their weights are read only once.

    Args:
        plan: of all positions together.
        base: the uncovered image's activations.
        parts: positions, and what `run_windows` returned for them.
        see: what to do with the ops that are asked for.
    """
    some = np.concatenate([part for part, _ in parts])
    names = parts[0][1]
    patches = {
        number: Patch(torch.cat([found[number].values for _, found in parts]), plan.places[number])
        for number in names
    }
    _run_ops(plan, plan.vectors, base, some, patches, see)


def _run_ops(
    plan: Plan,
    numbers: Sequence[int],
    base: Base,
    some: Ints,
    patches: Patches,
    see: Mapping[int, Sequence[See]],
) -> None:
    for number in numbers:
        run = _Run(plan, base, plan.tape.ops[number], patches, plan.places[number])
        patches[number] = Patch(run.values(), run.place)
        for one in see.get(number, ()):
            one(patches[number], some)
        for source in (*set(run.op.inputs), number):
            if plan.last_use.get(source, IMAGE) <= number:
                del patches[source]


@dataclass(frozen=True)
class _Run:
    """One op on a batch of windows."""

    plan: Plan
    base: Base
    op: Op
    patches: Mapping[int, Patch]
    place: Place

    def values(self) -> Tensor:
        """The op's windows."""
        if self._is_mean():
            return self._mean()
        if not is_windowed(self.plan.tape, self.op) or self.plan.is_whole(self.op.number):
            return self._whole()
        return _SLIDING.get(self.op.kind, _pointwise)(self)

    def fetch(self, source: int, place: Place, fill: float = 0.0) -> Tensor:
        """Windows of an input anywhere, out of what was recomputed and what stands."""
        patch = self.patches[source]
        if not patch.place.is_at(place):
            return self.base.cut(source, place, patch.values, patch.place, fill)
        read_again = source == IMAGE or self.plan.last_use[source] > self.op.number
        return patch.values.clone() if self.op.inplace and read_again else patch.values

    def sources(self, fill: float = 0.0) -> dict[int, Tensor]:
        """The windows each input must give for this op's own windows."""
        ry, rx = self.op.reaches or (Window(), Window())
        rows, height = _behind(ry, self.place.rows, self.place.height)
        columns, width = _behind(rx, self.place.columns, self.place.width)
        needed = Place(rows, columns, height, width)
        return {source: self.fetch(source, needed, fill) for source in set(self.op.inputs)}

    def _whole(self) -> Tensor:
        tape, count = self.plan.tape, len(self.place.rows)
        inputs = {}
        for source in set(self.op.inputs):
            nothing = np.zeros(count, np.int64)
            inputs[source] = self.fetch(source, Place(nothing, nothing, *extent(tape, source)))
        return _again(self.op, inputs, count)

    def _is_mean(self) -> bool:
        """Whether it averages a map that is not recomputed whole to one number a channel."""
        op, source = self.op, self.op.inputs[0]
        if op.kind not in ("adaptive_avg_pool", "mean") or source == IMAGE or len(op.inputs) > 1:
            return False
        before = self.plan.tape.ops[source]
        one_a_channel = before.axes == "nchw" and op.shape[:2] == before.shape[:2]
        only_space = op.shape[2:] in ((), (1, 1))
        return one_a_channel and only_space and not self.plan.is_whole(source)

    def _mean(self) -> Tensor:
        source = self.op.inputs[0]
        patch, (height, width) = self.patches[source], extent(self.plan.tape, source)
        change = patch.values.sum((2, 3)) - self.base.sums(source, patch.place)
        stands = self.base.results[self.op.number]
        return stands + (change / (height * width)).reshape(-1, *stands.shape[1:])


def _behind(reach: Any, starts: Ints, size: int) -> tuple[Ints, int]:
    return starts * reach.stride - reach.padding, (size - 1) * reach.stride + reach.size


def _given(value: Any, inputs: Mapping[int, Tensor]) -> Any:
    """Arguments of an op with its inputs in their places."""
    if isinstance(value, Ref):
        return inputs[value.number]
    if isinstance(value, dict):
        return {key: _given(item, inputs) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_given(item, inputs) for item in value)
    return value


def _call(op: Op, inputs: Mapping[int, Tensor], args: Any) -> Any:
    result = op.func(*_given(args, inputs), **_given(op.kwargs, inputs))
    return result if op.item is None else result[op.item]


def _again(op: Op, inputs: Mapping[int, Tensor], count: int) -> Tensor:
    """An op on whole maps, where a batch of one was traced."""
    with _refused(op):
        result = _resized(op, inputs, count)
    if not isinstance(result, Tensor) or result.shape != (count, *op.shape[1:]):
        raise refuse(op, "its result is another on a batch")
    return result


def _resized(op: Op, inputs: Mapping[int, Tensor], count: int) -> Any:
    """The op's result, with the batch it was traced with replaced in its arguments."""
    if op.kind in ("reshape", "flatten", "expand") and len(inputs) == 1:
        (only,) = inputs.values()
        sized = (count, *op.shape[1:])
        return only.expand(sized) if op.kind == "expand" else only.reshape(sized)
    joins = op.kind in ("cat", "stack")
    return _call(op, inputs, (_spread(op.args[0], count), *op.args[1:]) if joins else op.args)


@contextmanager
def _refused(op: Op) -> Iterator[None]:
    """An op that fails by itself is no failure of the network."""
    try:
        yield
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise refuse(op, error) from error


def _spread(tensors: Any, count: int) -> Any:
    """Constants among joined tensors, as many times as there are images."""
    return [
        t.expand(count, *t.shape[1:]) if isinstance(t, Tensor) and t.shape[0] == 1 else t
        for t in tensors
    ]


def _pointwise(run: _Run) -> Tensor:
    return _again_windows(run, run.sources())


def _again_windows(run: _Run, inputs: Mapping[int, Tensor]) -> Tensor:
    args = run.op.args
    if run.op.kind == "cat":
        args = (_flat(run, args[0]), *args[1:])
    with _refused(run.op):
        result: Tensor = _call(run.op, inputs, args)
    return result


def _flat(run: _Run, tensors: Any) -> Any:
    """Constants joined to windows: the tape knows them to be the same all over the map."""
    op, count = run.op, len(run.place.rows)
    sizes = {"n": count, "h": run.place.height, "w": run.place.width}

    def cut(constant: Tensor) -> Tensor:
        for dim, axis in enumerate(op.axes):
            constant = constant if axis == "c" else constant.narrow(dim, 0, 1)
        return constant.expand(*(sizes.get(axis, -1) for axis in op.axes))

    return [cut(t) if isinstance(t, Tensor) else t for t in tensors]


def _conv(run: _Run) -> Tensor:
    (patch,) = run.sources().values()
    bound = run.op.bound
    stride, dilation = bound.get("stride", 1), bound.get("dilation", 1)
    return F.conv2d(
        patch, bound["weight"], bound.get("bias"), stride, 0, dilation, bound.get("groups", 1)
    )


def _max_pool(run: _Run) -> Tensor:
    (patch,) = run.sources(-float("inf")).values()
    bound = run.op.bound
    stride = bound.get("stride") or bound["kernel_size"]
    return F.max_pool2d(patch, bound["kernel_size"], stride, 0, bound.get("dilation", 1))


def _avg_pool(run: _Run) -> Tensor:
    (patch,) = run.sources().values()
    kernel = pair(run.op.bound["kernel_size"])
    return F.avg_pool2d(patch, kernel, run.op.bound.get("stride") or kernel)


def _getitem(run: _Run) -> Tensor:
    """A slice with steps: cells were asked for from its first on, channels as it says."""
    (patch,) = run.sources().values()
    ry, rx = run.op.reaches or (Window(), Window())
    steps = {"h": int(ry.ratio), "w": int(rx.ratio)}
    index = run.op.bound["index"]
    index = index if isinstance(index, tuple) else (index,)
    gap = len(run.op.axes) - sum(i is not Ellipsis for i in index)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    full = (*index[:at], *[slice(None)] * gap, *(i for i in index[at:] if i is not Ellipsis))
    cut = [
        slice(None, None, steps[axis]) if axis in steps else part if axis == "c" else slice(None)
        for axis, part in zip(run.op.axes, full, strict=True)
    ]
    return patch[tuple(cut)]


def _pad(run: _Run) -> Tensor:
    """Padding of the map came with the window; padding of channels is still to do."""
    bound = run.op.bound
    if bound.get("mode", "constant") != "constant" or run.op.axes != "nchw":
        raise refuse(run.op, "only zero padding is a sliding window")
    value = float(bound.get("value") or 0.0)
    (patch,) = run.sources(value).values()
    return F.pad(patch, (0, 0, 0, 0, *bound["pad"][4:6]), value=value)


_SLIDING: dict[str, Callable[[_Run], Tensor]] = {
    "conv": _conv,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "getitem": _getitem,
    "pad": _pad,
}
