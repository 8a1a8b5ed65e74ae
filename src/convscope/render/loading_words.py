"""What ``load`` is given beside a network's spec and weights, so that it can be pasted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convscope.preprocess import Preprocessing

if TYPE_CHECKING:
    from convscope.net.net import Net

FLAGS = ("size", "resize", "mean", "std", "interpolation", "classes", "scores")


def loading_of(net: Net) -> dict[str, str]:
    """Arguments of ``load`` as one writes them on the command line, by name.

    Those that were given, where that is known. Of a network made in Python its preprocessing is
    spelled out; only that of a bundled network is known from its name alone.
    """
    if net.asked is not None:
        given = {name: net.asked[name] for name in FLAGS if net.asked.get(name) is not None}
    else:
        is_known = net.spec.startswith("bundled:")
        given = {} if is_known else spelled(net.preprocessing)
        given |= {"scores": net.scores} if net.scores else {}
    return {k: without_root(v) if k == "classes" else v for k, v in given.items()}


def spelled(preprocessing: Preprocessing) -> dict[str, str]:
    """A preprocessing as the flags that make it.

    >>> spelled(Preprocessing((64, 64), None, mean=(0.5,), std=(0.25,)))
    {'size': '64', 'resize': 'none', 'mean': '0.5', 'std': '0.25', 'interpolation': 'bilinear'}
    """
    height, width = preprocessing.size
    return {
        "size": str(height) if height == width else f"{height},{width}",
        "resize": "none" if preprocessing.resize is None else str(preprocessing.resize),
        "mean": ",".join(map(repr, preprocessing.mean)),
        "std": ",".join(map(repr, preprocessing.std)),
        "interpolation": preprocessing.interpolation,
    }


def without_root(path: str) -> str:
    """A path as it was typed; one from the root of a machine leaves its folders behind.

    >>> without_root("photos/cat.png"), without_root("/home/me/cat.png")
    ('photos/cat.png', 'cat.png')
    """
    is_whole = path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[/\\]", path)
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1] if is_whole else path
