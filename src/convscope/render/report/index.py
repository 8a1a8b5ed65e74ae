"""What search looks through: layers, channels that are not simply live, and classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.render.provenance import class_names
from convscope.render.report.command import figure_command
from convscope.render.report.site import Site
from convscope.render.report.survey import LayerSurvey


def index_shard(site: Site) -> dict[str, Any]:
    """Layers, and for each channel the label of its strongest image."""
    names = sorted({label for label in site.labels.values() if label})
    said = class_names(site.survey.atlas)
    place = {name: number for number, name in enumerate(names)}
    return {
        "title": site.made.title,
        "labels": names,
        "classes": [said.get(label, label) for label in site.survey.atlas.classes],
        "edges": _finite(site.survey.atlas.histogram_edges),
        "command": site.made.command,
        "figure": figure_command(site.made, site.survey.atlas),
        "python": site.made.python,
        "complete": site.state.complete,
        "images": int(site.survey.atlas.images_read),
        "layers": [
            _layer(site.survey.of(layer), site, place) | {"group": group.name, "short": short}
            for group in site.groups
            for layer, short in zip(group.layers, group.short, strict=True)
        ],
    }


def _layer(one: LayerSurvey, site: Site, place: dict[str, int]) -> dict[str, Any]:
    kinds: dict[str, list[int]] = {}
    for channel, condition in enumerate(one.conditions):
        for badge in condition.badges:
            kinds.setdefault(badge.kind, []).append(channel)
    first = [site.labels.get(int(image), "") for image in one.top.image[:, 0]]
    layer = one.layer
    return {"number": layer.number, "name": layer.name, "slug": layer.slug, "kinds": kinds,
            "channels": layer.channels, "first": [place.get(label, -1) for label in first],
            "share": round(site.share(layer), 4)}  # fmt: skip


def _finite(edges: Any) -> list[float | None]:
    return [float(edge) if np.isfinite(edge) else None for edge in edges]
