"""Two proofs that stand before the first projection: the ruled run is faithful and complete.

*Faithful*: the forward under the rule is bit-equal to the bare one at every op. *Complete*: in
the autograd graph from the seed to the image every nonlinear node belongs to a tape op with a
stated rule, no native rectifier is left, no foreign Function is in it, and nothing is cut.
Counting calls is not enough: a custom activation or a re-entrant checkpoint gives the plain
gradient while every count agrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from convscope.errors import GradientCutError, HiddenOpError, RuleError, UnruledOpError
from convscope.geometry.walk import IMAGE
from convscope.net.equality import is_equal
from convscope.net.gates import gate_of
from convscope.net.kinds import COMPARISONS, LAYOUT, NORMS, RECTIFIERS, SQUASHERS
from convscope.net.local import draws
from convscope.net.rules import Rule, Ruled
from convscope.net.tape import Op, Ref, Tape

_LINEAR_KINDS = LAYOUT | frozenset(
    "conv conv_transpose linear max_pool avg_pool adaptive_avg_pool adaptive_max_pool mean sum "
    "add sub rsub neg cat stack pad getitem split chunk unbind tensor_split narrow index_select "
    "interpolate pixel_shuffle pixel_unshuffle squeeze unsqueeze expand expand_as repeat roll "
    "flip channel_shuffle repeat_interleave select to_memory_format amax".split()
)
"""Kinds whose native backward is the deconvnet's step: linear, or pooling with switches."""

_VIEWS = LAYOUT | frozenset("getitem split chunk tensor_split narrow select expand".split())
"""Kinds whose node autograd makes anew once something is written into what they gave."""
_JOINS = frozenset("add sub rsub cat stack expand_as reshape identity".split())
"""Kinds that are linear in all the image-dependent tensors they take."""

_LINEAR_NODES = frozenset(
    "Convolution Addmm Mm Bmm T Add Sub Rsub Cat Stack Split SplitWithSizes Unbind Chunk Slice "
    "Select View ReshapeAlias UnsafeView Expand Squeeze Unsqueeze Permute Transpose Clone Alias "
    "ToCopy ConstantPadNd ReflectionPad2D ReplicationPad2D AvgPool2D AdaptiveAvgPool2D Mean Sum "
    "MaxPool2DWithIndices AdaptiveMaxPool2D NativeBatchNorm CudnnBatchNorm MiopenBatchNorm "
    "UpsampleNearest2D UpsampleBilinear2D UpsampleBicubic2D PixelShuffle PixelUnshuffle Neg Roll "
    "Flip Index Repeat AsStrided MkldnnConvolution Narrow Mul Div IndexSelect Linear Unfold "
    "NativeDropout Amax Max SlowConv2D ConvolutionOverrideable BatchNormImpl".split()
)
_NATIVE_RECTIFIERS = frozenset(
    "Relu Threshold Hardtanh LeakyRelu Clamp ClampMin Elu Gelu Silu Mish Softplus Hardswish "
    "PreluKernel Prelu Celu Rrelu".split()
)


def check_faithful(bare: dict[int, Tensor], ruled: dict[int, Tensor], tape: Tape) -> None:
    """Hold the ruled forward to the bare one, every value of every op.

    Raises:
        RuleError: they differ; the first op where they do is named.
    """
    for op in tape.ops:
        if not is_equal(bare[op.number], ruled[op.number]):
            raise RuleError(
                f"The forward under the rule differs from the network's own at {op.name} "
                f"({op.kind}), so a projection would belong to another network. Networks that "
                "draw random numbers in evaluation mode, or count their calls, do this."
            )


def check_complete(tape: Tape, rule: Rule, run: Ruled, number: int, image: Tensor) -> None:
    """Prove that the gradient graph from an op to the image follows the rule throughout.

    Args:
        tape: the network's tape.
        rule: the rule of the run.
        run: a finished run that stopped at the op.
        number: the op's tape number.
        image: the run's input, a leaf.

    Raises:
        HiddenOpError: a custom Function or a native rectifier is in the graph.
        UnruledOpError: an op without a stated rule is in the graph.
        GradientCutError: the graph does not reach the image, or an op is missing from it.
    """
    needed = dict(_needed(tape, rule, number))
    if not rule.is_plain:
        _check_comparisons(rule, needed)
        for op in needed.values():
            _check_op(tape, rule, op)
    visited, reached = set(), False
    for node, owner in _nodes(run, number, torch.autograd.graph.get_gradient_edge(image).node):
        visited.add(tape.ops[owner].ordinal)
        reached = True
        if not rule.is_plain:
            _check_node(node, tape.ops[owner])
    cut = next((op for op in needed.values() if op.cut), None)
    if cut is not None or not reached:
        raise GradientCutError(
            f"The gradient from {tape.ops[number].name} stops at "
            f"{cut.name if cut else 'an op'} ({cut.kind if cut else 'unknown'}) before it reaches "
            "the image: detach, .data or no_grad. Take it out of the forward, or choose a layer "
            "before it."
        )
    unseen = (op for op in needed.values() if op.ordinal not in visited)
    missing = next((op for op in unseen if op.kind not in _VIEWS), None)
    if missing is not None and not rule.is_plain:
        raise HiddenOpError(
            f"{missing.name} ({missing.kind}) is computed on the way to {tape.ops[number].name} "
            "but is missing from its gradient graph, so the rule cannot be seen to reach it. An op "
            "written in place into a part of a tensor (x[:, :8].relu_()) does this: give it a "
            "tensor of its own."
        )


def _needed(tape: Tape, rule: Rule, number: int) -> Iterator[tuple[int, Op]]:
    """The op and what it depends on through gradients: held gates are constants."""
    pending, found = [number], {number}
    while pending:
        op = tape.ops[pending.pop()]
        yield op.number, op
        held = rule.held(tape, op)
        fresh = {s for s in op.inputs if s not in (IMAGE, held)} - found
        found |= fresh
        pending += fresh


def _check_comparisons(rule: Rule, needed: Mapping[int, Op]) -> None:
    found = next((needed[n] for n in sorted(needed) if needed[n].kind in COMPARISONS), None)
    if found is not None:
        raise UnruledOpError(
            f"{found.name} ({found.kind}) compares an activation on the way: a rectifier written "
            f"by hand, which {rule.name} cannot tell from other uses. Write it as torch.relu or "
            "clamp(min=0), or use the rule gradient."
        )


def _check_op(tape: Tape, rule: Rule, op: Op) -> None:
    products = op.kind in ("mul", "div") and len(op.inputs) > 1
    if products and gate_of(tape, op) is None:
        raise UnruledOpError(
            f"{op.name} multiplies two image-dependent tensors of which neither is plainly a "
            f"gate, or that are one tensor twice (x * sigmoid(x) is SiLU by hand: write F.silu); "
            f"{rule.name} has no rule for that. Choose a layer before it, or use the rule gradient."
        )
    if len(op.inputs) > 1 and op.kind not in _JOINS | {"mul", "div"}:
        raise UnruledOpError(
            f"{op.name} ({op.kind}) takes its input and its parameters from the image; {rule.name} "
            "has no rule for that. Choose a layer before it, or use the rule gradient."
        )
    if draws(op.kind, op.bound):
        raise UnruledOpError(
            f"{op.name} ({op.kind}) draws random numbers although the network is in evaluation "
            "mode (training=True in its forward), so no two of its pictures agree. Pass "
            "training=self.training."
        )
    known = op.kind in _LINEAR_KINDS | RECTIFIERS | SQUASHERS | NORMS | {"mul", "div", "detach"}
    if not known or (op.kind == "div" and _divides(op)):
        raise UnruledOpError(
            f"{op.name} ({op.kind}) has no stated {rule.name} rule. Choose a layer before it, or "
            "use the rule gradient."
        )


def _divides(op: Op) -> bool:
    # "1 / x" and "x // 2" are nonlinearities; "x / 2" is a scale
    reciprocal = op.args[:1] != () and not isinstance(op.args[0], Ref)
    return reciprocal or op.kwargs.get("rounding_mode") is not None


def _nodes(run: Ruled, number: int, image: Any) -> Iterator[tuple[Any, int]]:
    """Every autograd node between an op and the image, with the op it belongs to.

    What only parameters flow through (standardised weights, say) is no way of the image's.
    """
    start = run.results[number].grad_fn
    owners: dict[Any, int] = {}
    behind: dict[Any, list[Any]] = {}
    pending = [(start, number)] if start is not None else []
    while pending:
        node, owner = pending.pop()
        if node in owners:
            continue
        owners[node] = owner = run.nodes.get(node, owner)
        for following, _ in node.next_functions:
            if following is not None:
                behind.setdefault(following, []).append(node)
                pending.append((following, owner))
    reaching, fresh = {image}, [image] if image in owners else []
    while fresh:
        node = fresh.pop()
        yield node, owners[node]
        ahead = [n for n in behind.get(node, ()) if n not in reaching]
        reaching.update(ahead)
        fresh += dict.fromkeys(ahead)


def _check_node(node: Any, owner: Op) -> None:
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        if type(node).__name__ in ("RectifyBackward", "PassThroughBackward"):
            return
        raise HiddenOpError(
            f"{type(node).__name__.removesuffix('Backward')} at {owner.name} is a custom autograd "
            "Function (re-entrant checkpointing is one too): its backward cannot be given a rule. "
            "Write it with torch functions, or switch checkpointing off."
        )
    name = str(node.name()).rpartition(":")[2].rstrip("0123456789").removesuffix("Backward")
    # CopySlices wraps an op written into a view: the op itself is on the tape, and looked for.
    if name in _LINEAR_NODES or name in ("AccumulateGrad", "CopySlices"):
        return
    if name in _NATIVE_RECTIFIERS and owner.kind != "hardtanh":
        raise HiddenOpError(
            f"A rectifier runs inside {owner.name} ({owner.kind}) where no rule reaches it, so the "
            "picture would be the plain gradient there. Write its parts as separate functions."
        )
    if owner.kind not in SQUASHERS | NORMS:
        raise UnruledOpError(
            f"{owner.name} ({owner.kind}) computes {name}, which has no stated rule. Choose a "
            "layer before it, or use the rule gradient."
        )
