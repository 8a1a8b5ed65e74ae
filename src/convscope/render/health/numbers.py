"""The numbers of a verdict as JSON: everything but where the network and its images lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.results.health import FLOORS, Health


def health_numbers(health: Health) -> dict[str, Any]:
    """The verdict as plain values, by names in place of positions; no number becomes null.

    >>> health_numbers.__name__
    'health_numbers'
    """
    return {
        "state": health.state, "certainty": health.certainty, "headline": health.headline,
        "note": health.note, "images": health.images, "answers": health.answers,
        "advice": [one.to_dict() for one in health.advice],
        "findings": [one.to_dict() for one in health.findings],
        "layers": list(_layers(health)),
        "kinds": {kind: health.channels(kind) for kind in health.kinds},
        "channels": dict(_channels(health)),
        "thresholds": health.provenance.get("thresholds", {}),
    }  # fmt: skip


def health_json(health: Health) -> bytes:
    r"""The same as text, safe also inside a page.

    >>> health_json.__name__
    'health_json'
    """
    text = json.dumps(_finite(health_numbers(health)), allow_nan=False, separators=(",", ":"))
    marks = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
    return "".join(marks.get(letter, letter) for letter in text).encode()


def digest(health: Health | None) -> str:
    """Hex digits that differ where a verdict would read differently; empty without one."""
    return "" if health is None else hashlib.sha256(health_json(health)).hexdigest()[:12]


def _layers(health: Health) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(health.layers):
        values = dict(zip(health.layer_measures, _listed(health.layer_values[:, place]),
                          strict=True))  # fmt: skip
        floors = {
            floor: dict(
                zip(
                    health.layer_measures,
                    _listed(health.layer_floors[number, :, place]),
                    strict=True,
                )
            )
            for number, floor in enumerate(FLOORS)
        }
        yield {"name": name, "state": health.layer_states[place], "values": values} | floors


def _channels(health: Health) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Each measure of the channels of each layer, in the order of channels."""
    for place, name in enumerate(health.layers):
        here = health.unit_layers == place
        yield (
            name,
            {
                measure: _listed(row[here])
                for measure, row in zip(health.unit_measures, health.unit_values, strict=True)
            },
        )


def _listed(values: NDArray[Any]) -> list[float]:
    """Five figures that matter: nobody reads more, and the report stays small."""
    return [float(f"{value:.5g}") for value in values.tolist()]


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
