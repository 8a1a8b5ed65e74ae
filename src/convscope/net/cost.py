"""What a forward costs, in multiply-adds of one image."""

from __future__ import annotations

from convscope.net.tape import Op, Tape


def multiply_adds(op: Op) -> int:
    """Of a convolution or linear op: its weights times its positions; of all others none."""
    if op.kind not in ("conv", "linear"):
        return 0
    return int(op.bound["weight"].numel()) * op.length("h") * op.length("w")


def cost(tape: Tape) -> int:
    """Of a whole forward of one image.

    >>> from convscope.net.intake import load
    >>> cost(load("nets:zf32", device="cpu").tape())
    13327232
    """
    return sum(map(multiply_adds, tape.ops))
