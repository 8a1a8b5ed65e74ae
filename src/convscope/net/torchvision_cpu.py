"""torchvision on a CPU-only torch, where the wheel's compiled operators cannot load.

The torchvision wheel on PyPI is built for CUDA. Beside a CPU build of torch its extension does not
load, and ``import torchvision`` (hence ``import timm``) ends in *operator torchvision::nms does not
exist*, although models and transforms need no such operator. Two schemas without a kernel are
enough for the import; calling one of them raises, as it should. Where the extension loads, or
torch has CUDA, nothing is defined here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TypeVar

import torch

T = TypeVar("T")

NAMES = ("nms", "qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_defined: list[torch.library.Library] = []
"""Keeps the definitions alive: they go with the object."""


def import_torchvision() -> ModuleType:
    """Import torchvision, if need be with the two operators that its import looks up."""
    return with_operators(partial(import_module, "torchvision"))


def with_operators(importing: Callable[[], T]) -> T:
    """Run code that imports torchvision; once more where that import missed the operators.

    The import itself decides, so nothing is defined where torchvision's own extension loads.
    """
    try:
        return importing()
    except RuntimeError as error:
        if not _is_missing(error):
            raise
    _define()
    _clear()
    return importing()


def _is_missing(error: RuntimeError) -> bool:
    named = "operator torchvision::" in str(error)
    return named and torch.version.cuda is None and not hasattr(torch.ops.torchvision, "nms")


def _define() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in NAMES:
        library.define(f"{name}{_SCHEMA}")  # type: ignore[no-untyped-call]
    _defined.append(library)
    logging.getLogger("convscope").info(
        "torchvision's compiled operators do not load beside torch %s; its models and transforms "
        "work without them.",
        torch.__version__,
    )


def _clear() -> None:
    """Drop the parts of packages whose import broke off, so that they are imported whole."""
    for name in list(sys.modules):
        if name.partition(".")[0] not in sys.modules:
            del sys.modules[name]
