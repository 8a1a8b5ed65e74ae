"""Data of the pages as classic scripts: no fetch, so they work from disk as well as served."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from convscope.render.report.card import Card, Labels
from convscope.render.report.photographs import image_name
from convscope.render.report.sentence import reading
from convscope.render.report.survey import LayerSurvey
from convscope.render.report.synthesized import LayerDrawn
from convscope.render.report.tiles import LayerTiles
from convscope.render.words import every, kind, maps, sees

CLASSES = 6


def script(call: str, *arguments: object) -> bytes:
    r"""A shard: one call of the report's global with JSON arguments, safe also inside a page.

    >>> script("labels", "</script>")
    b'convscope.labels("\\u003c/script\\u003e");\n'
    """
    words = ",".join(
        json.dumps(_plain(one), separators=(",", ":"), allow_nan=False) for one in arguments
    )
    safe = words.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f"convscope.{call}({safe});\n".encode()


def layer_shard(
    one: LayerSurvey,
    cards: list[Card],
    tiles: LayerTiles,
    labels: Labels,
    ranks: int,
    drawn: LayerDrawn | None = None,
) -> dict[str, Any]:
    """Everything the pages know of a layer's channels."""
    layer, shape = one.layer, one.shape
    return {
        "number": layer.number, "name": layer.name, "slug": layer.slug, "signed": layer.signed,
        "kind": kind(layer), "maps": maps(layer), "sees": sees(layer), "every": every(layer),
        "frame": list(one.frame), "area": tiles.patches.shape[2] < max(one.frame),
        "sheet": {"tile": shape.tile, "gap": shape.gap, "middle": shape.middle,
                  "field": shape.field, "across": shape.across, "size": list(shape.size)},
        "order": one.order.tolist(),
        "units": [_unit(one, card, tiles, labels, ranks) for card in cards],
    } | ({} if drawn is None else {"drawn": _drawn(drawn)})  # fmt: skip


def _drawn(drawn: LayerDrawn) -> dict[str, Any]:
    """The synthesized pictures, by channel."""
    return {
        "size": list(drawn.size), "recipe": drawn.recipe,
        "units": {
            channel: {
                "i": one.file, "k": one.mark, "w": one.score, "p": one.peak, "f": one.foot,
                "say": one.says, "t": one.made, "a": one.alt,
                "n": [[name, value] for name, value in one.numbers],
            }
            for channel, one in drawn.channels.items()
        },
    }  # fmt: skip


def _unit(
    one: LayerSurvey, card: Card, tiles: LayerTiles, labels: Labels, ranks: int
) -> dict[str, Any]:
    channel, units = card.channel, one.units
    return {
        "p": card.peak, "k": list(card.condition.kinds), "f": card.foot,
        "b": [[badge.kind, badge.text, badge.twin] for badge in card.condition.badges],
        "c": card.chip, "a": card.alt, "s": card.sheet, "say": reading(one, channel, labels),
        "m": _short(units.maximum[channel]), "on": _short(units.fired_cells[channel]),
        "top": _top(one, channel, tiles, ranks), "h": _trimmed(units.histogram[channel]),
        "cls": _classes(one, channel),
    }  # fmt: skip


def _trimmed(counts: Any) -> list[int]:
    """Counts from the first bin that holds any to the last, after the number of that first bin."""
    filled = np.flatnonzero(counts)
    if not len(filled):
        return []
    first, last = int(filled[0]), int(filled[-1])
    return [first, *np.asarray(counts)[first : last + 1].tolist()]


def _top(one: LayerSurvey, channel: int, tiles: LayerTiles, ranks: int) -> list[list[Any]]:
    """One row a rank: value, image, y, x, the frame's first row and column, full scale."""
    rows: list[list[Any]] = []
    for place in range(min(ranks, one.top.image.shape[1])):
        image, y, x = (int(part[channel, place]) for part in (one.top.image, one.top.y, one.top.x))
        if image >= 0:
            box, scale = one.box(channel, place + 1), tiles.scale(channel, place + 1)
            value = _short(one.top.value[channel, place])
            rows.append(
                [value, image, y, x, box.y0, box.x0, None if scale is None else _short(scale)]
            )
    return rows


def _classes(one: LayerSurvey, channel: int) -> list[list[float]]:
    """The classes with the highest means, as places in the list of classes; none that is not one.

    A rectified channel that rests on all images of a class is not excited by it.
    """
    row = np.nan_to_num(one.units.class_means[channel], nan=-np.inf)
    if one.top.image[channel, 0] < 0:
        return []
    best = np.argsort(-row, kind="stable")[:CLASSES]
    excites = np.isfinite(row) & (one.layer.signed | (row > 0))
    return [[int(place), _short(row[place])] for place in best if excites[place]]


def images_shard(labels: Labels, size: tuple[int, int]) -> dict[str, Any]:
    """Where images lie and what they are labelled; their names stay at home."""
    return {"size": list(size), "path": image_name(0).replace("000000", "{}"),
            "labels": {str(number): label for number, label in labels.items()}}  # fmt: skip


def _short(value: Any) -> float:
    """Five figures that matter: a page shows at most three."""
    number = float(value)
    return float(f"{number:.5g}") if np.isfinite(number) else 0.0


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
