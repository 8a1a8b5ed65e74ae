"""Weights put into a module: every name and every shape, or an error that shows what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from convscope.errors import IntakeError
from convscope.net.weights import Weights

PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.")
"""What wrappers put before every name; taken off where the network has no such names itself."""
SHOWN = 5


def fit(module: nn.Module, weights: Weights, spec: str) -> tuple[str, ...]:
    """Load weights strictly into a module and return notes on what was changed for it.

    Raises:
        IntakeError: missing, unexpected or misshapen tensors, five of each shown.
    """
    expected = module.state_dict()
    state, notes = _stripped(weights.state, expected)
    wrong = _misshapen(state, expected)
    try:
        if wrong:
            raise RuntimeError("shapes")
        module.load_state_dict(state, strict=True)
    except RuntimeError as error:
        report = _report(state, expected, wrong) or f"{error}."
        raise IntakeError(
            f"{weights.path} does not fit {spec}. {report} Build the network as it was trained, in "
            f"a factory: file.py:factory --weights {weights.path.name}"
        ) from None
    return (*weights.notes, *notes)


def _stripped(
    state: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    state, notes = dict(state), list[str]()
    while prefix := next((p for p in PREFIXES if _is_wrapped(p, state, expected)), None):
        state = {key.removeprefix(prefix): value for key, value in state.items()}
        notes.append(f"prefix {prefix!r} taken off every name")
    if _holds("_orig_mod.", state) and not _holds("_orig_mod.", expected):  # compiled in parts
        state = {key.replace("_orig_mod.", ""): value for key, value in state.items()}
        notes.append("'_orig_mod.' taken out of the names")
    return state, tuple(notes)


def _is_wrapped(prefix: str, state: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    wrapped = bool(state) and all(key.startswith(prefix) for key in state)
    return wrapped and not any(key.startswith(prefix) for key in expected)


def _holds(part: str, names: Iterable[str]) -> bool:
    return any(part in name for name in names)


def _misshapen(state: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Names whose tensor has another shape, or whole numbers where the network has fractions."""
    return [key for key, have in state.items() if _differs(have, expected.get(key))]


def _differs(have: Any, want: Any) -> bool:
    if not isinstance(have, Tensor) or not isinstance(want, Tensor) or is_lazy(want):
        return False
    # copy_ would turn quantised integers into floats without a word.
    return have.shape != want.shape or (want.is_floating_point() > have.is_floating_point())


def _report(state: Mapping[str, Any], expected: Mapping[str, Any], wrong: list[str]) -> str:
    # Old checkpoints lack BatchNorm's counters; load_state_dict fills them in.
    missing = [k for k in expected if k not in state and not k.endswith("num_batches_tracked")]
    unexpected = [key for key in state if key not in expected]
    parts = [
        _listed("Missing", [_with_nearest(key, unexpected) for key in missing[:SHOWN]], missing),
        _listed(
            "Unexpected", [_with_nearest(key, missing) for key in unexpected[:SHOWN]], unexpected
        ),
        _listed("Of another shape", [_shapes(k, state, expected) for k in wrong[:SHOWN]], wrong),
    ]
    return " ".join(filter(None, parts))


def _listed(title: str, shown: list[str], every: list[str]) -> str:
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return f"{title} ({len(every)}): {', '.join(shown)}{more}." if every else ""


def _with_nearest(key: str, others: list[str]) -> str:
    found = get_close_matches(key, others, n=1, cutoff=0.75)
    return f"{key} (nearest: {found[0]})" if found else key


def _shapes(key: str, state: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    have, want = state[key], expected[key]
    return f"{key} {_shape(have)} where the network has {_shape(want)}"


def _shape(tensor: Tensor) -> str:
    kind = "" if tensor.is_floating_point() else f" {tensor.dtype}".replace("torch.", "")
    return f"{tuple(tensor.shape)}{kind}"
