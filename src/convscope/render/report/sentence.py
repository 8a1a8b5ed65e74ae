"""Sentences about units: only what was computed, never what a unit detects."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.render.report.card import Labels
from convscope.render.report.survey import LayerSurvey
from convscope.render.words import in_words, number, percent


def reading(one: LayerSurvey, channel: int, labels: Labels) -> str:
    """What the numbers of a channel say, in one or two sentences."""
    found, units = one.conditions[channel], one.units
    if found.is_empty:
        said = found.chip[:1].upper() + found.chip[1:]
        lacks = "" if (one.top.image[channel] >= 0).any() else ", so there is nothing to show"
        return f"{said}{lacks}. {found.foot} {found.told}".strip()
    cells, images = (
        percent(float(part[channel])) for part in (units.fired_cells, units.fired_images)
    )
    fires = f"Fires on {cells} of cells, in {images} of all images."
    mean = number(float(units.mean[channel]))
    edge = f" {found.foot}: it fires on the padding." if "border" in found.kinds else ""
    usual = _usual(units, channel) or f"On average a cell holds {mean}"
    said = f"{fires} {usual}; {_strongest(one, channel, labels)}.{edge} {found.told}"
    return said.strip()


def _usual(units: Any, channel: int) -> str:
    """The median of the maxima, known where every image has a label of its own."""
    maxima = np.asarray(units.class_means, np.float64)[channel]
    maxima = maxima[np.isfinite(maxima)]
    if not len(maxima) or len(maxima) != int(units.seen[channel]):
        return ""
    return f"In half of all images it stays below {number(float(np.median(maxima)))}"


def _strongest(one: LayerSurvey, channel: int, labels: Labels) -> str:
    images = [int(image) for image in one.top.image[channel] if image >= 0]
    classes = {labels.get(image, "") for image in images} - {""}
    highest = number(float(one.units.maximum[channel]))
    if not classes or len(images) < 2:
        return f"the highest is {highest}"
    come = f"{in_words(len(classes))} {'class' if len(classes) == 1 else 'classes'}"
    return f"the highest is {highest}, and the {in_words(len(images))} strongest come from {come}"
