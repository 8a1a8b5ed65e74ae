"""Numbers and counts as a page says them."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from convscope.results.layer import Layer
from convscope.results.percent import percent as percent  # with the other words of a page

Floats = NDArray[np.float64]

MINUS = "\u2212"
TIMES = "\u00d7"
_RAISED = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3" + "".join(
    map(chr, range(0x2074, 0x207A))))  # fmt: skip
_SMALL = "zero one two three four five six seven eight nine ten".split()
_KINDS = {
    "relu": "rectified maps",
    "conv": "convolution",
    "linear": "fully connected",
    "add": "sum of branches",
    "cat": "joined maps",
    "max_pool": "max pooling",
    "batch_norm": "normalised maps",
}


def number(value: float) -> str:
    """A value with three figures that matter and thousands commas.

    >>> number(5154.4), number(0.03217), number(-2.5)
    ('5,154', '0.0322', '−2.5')
    >>> number(1.7e-05), number(-147_310_816)
    ('1.7 × 10⁻⁵', '−1.5 × 10⁸')
    """
    if not isfinite(value):
        return "no number"
    size = abs(value)
    if 100 <= size < 1e7:
        text = f"{size:,.0f}"
    elif size >= 1e7 or 0 < size < 1e-4:
        head, _, power = f"{size:.1e}".partition("e")
        text = f"{head} {TIMES} 10{str(int(power)).translate(_RAISED)}"
    else:
        text = f"{float(f'{size:.3g}'):f}".rstrip("0").rstrip(".")
    return (MINUS if value < 0 and text != "0" else "") + text


def count(amount: int, noun: str, plural: str = "") -> str:
    """A counted noun.

    >>> count(1, "layer"), count(3976, "channel")
    ('1 layer', '3,976 channels')
    """
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def in_words(amount: int) -> str:
    """Small numbers as words, as in a sentence.

    >>> in_words(9), in_words(12)
    ('nine', '12')
    """
    return _SMALL[amount] if amount < len(_SMALL) else f"{amount:,}"


def listed(names: Sequence[str], most: int = 0) -> str:
    """Names in their order, each once.

    >>> listed(["pug", "boxer", "pug"])
    'pug, boxer'
    """
    once = list(dict.fromkeys(name for name in names if name))
    return ", ".join(once[:most] if most else once)


def joined(names: Sequence[str]) -> str:
    """Names as a sentence has them, each once.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *head, last = dict.fromkeys(names)
    return f"{listed(head)} and {last}" if head else last


def with_range(shares: Floats) -> str:
    """A mean over seeds as percent, with the lowest and the highest.

    >>> with_range(np.array([0.25, 0.27])), with_range(np.array([0.25]))
    ('26.0 % (25.0 to 27.0)', '25.0 %')
    """
    known = shares[np.isfinite(shares)]
    if not len(known):
        return "no number"
    said = f"{100 * known.mean():.1f} %"
    if len(known) == 1:
        return said
    return f"{said} ({100 * known.min():.1f} to {100 * known.max():.1f})"


def kind(layer: Layer) -> str:
    """What sort of layer it is."""
    return _KINDS.get(layer.op, layer.op.replace("_", " "))


def maps(layer: Layer) -> str:
    """How many maps of which size: ``384 of 27 × 27``."""
    if not layer.is_spatial:
        return f"{layer.channels:,} values, no map"
    return f"{layer.channels:,} of {layer.height:,} {TIMES} {layer.width:,}"


def sees(layer: Layer) -> str:
    """What one cell sees: ``75 × 75 px``."""
    if layer.field.status == "GLOBAL":
        return "the whole image"
    return f"{layer.field.y.size} {TIMES} {layer.field.x.size} px"


def every(layer: Layer) -> str:
    """How far apart cells lie on the image: ``8 px``; empty where there are no cells."""
    if not layer.is_spatial or layer.field.status == "GLOBAL":
        return ""
    return f"{number(float(layer.field.y.stride))} px"
