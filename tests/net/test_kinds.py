"""One word for all spellings of an op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.net.kinds import bind, kind_of, spelling

X = torch.ones(1, 2, 3, 3)
aten = torch.ops.aten


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "kind"),
    [
        (torch.relu_, (X,), {}, "relu"),
        (Tensor.relu, (X,), {}, "relu"),
        (aten.relu.default, (X,), {}, "relu"),
        (torch.clamp, (X, 0), {}, "relu"),
        (torch.clamp, (X,), {"min": 0.0, "max": None}, "relu"),
        (torch.clamp, (X, 0, 6), {}, "relu6"),
        (torch.clamp, (X, 0, 20), {}, "relu6"),
        (torch.clamp, (X, 0, 1), {}, "clamp"),
        (torch.clamp, (X,), {"max": 0}, "clamp"),
        (torch.clamp_min, (X, 0), {}, "relu"),
        (F.threshold, (X, 0, 0), {}, "relu"),
        (F.threshold, (X, 0.1, 0), {}, "threshold"),
        (F.hardtanh, (X, 0.0, 6.0), {}, "relu6"),
        (F.hardtanh, (X, 0.0, 20.0), {}, "relu6"),
        (F.hardtanh, (X,), {"min_val": 0, "max_val": 1}, "hardtanh"),
        (F.hardtanh, (X,), {}, "hardtanh"),
        (Tensor.__iadd__, (X, X), {}, "add"),
        (Tensor.__rmul__, (X, 2), {}, "mul"),
        (Tensor.view, (X, 1, -1), {}, "reshape"),
        (Tensor.data.__get__, (X,), {}, "detach"),  # type: ignore[attr-defined]
        (F.max_pool2d_with_indices, (X, 2), {}, "max_pool"),
        (torch.concat, ([X],), {}, "cat"),
        (torch.fft.fft2, (X,), {}, "fft_fft2"),
    ],
)
def test_kinds(func: Callable[..., Any], args: Any, kwargs: Any, kind: str) -> None:
    assert kind_of(func, args, kwargs) == kind


def test_batch_norm_has_two_signatures() -> None:
    made = [torch.zeros(2) for _ in range(4)]
    functional = bind("batch_norm", F.batch_norm, (X, *made[:2]), {})
    native = bind("batch_norm", torch.batch_norm, (X, *made, False), {})
    assert functional["running_var"] is made[1]
    assert native["running_var"] is made[3]
    assert native["training"] is False


def test_spelling() -> None:
    assert spelling(Tensor.__getitem__) == "getitem"
    assert spelling(aten.add_.Tensor) == "add"
