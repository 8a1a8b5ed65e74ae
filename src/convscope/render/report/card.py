"""One card: what the layer page says and shows of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from convscope.render.report.condition import Condition
from convscope.render.report.state import State
from convscope.render.report.survey import LayerSurvey
from convscope.render.words import in_words, listed, number

Labels = Mapping[int, str]
"""Label of each image in the report; empty where it has none."""


@dataclass(frozen=True)
class Card:
    """The words and the sheet of one channel."""

    channel: int
    peak: str
    condition: Condition
    foot: str
    alt: str
    chip: str
    """Said on the plate; empty where the picture speaks."""
    sheet: str
    """File of the sheet, from the report's root; empty where there is none."""

    @property
    def waits(self) -> bool:
        """Whether patches are shown beside the chip, since only projections are missing."""
        return bool(self.chip and self.sheet)


def sheet_name(layer: int, channel: int) -> str:
    """Where a sheet lies in the report.

    >>> sheet_name(17, 213)
    'tiles/017/0213.jpg'
    """
    return f"tiles/{layer:03d}/{channel:04d}.jpg"


def card(
    one: LayerSurvey, channel: int, labels: Labels, state: State, scales: Mapping[int, float]
) -> Card:
    """The card of a channel; ``scales`` has the full scale of its projections by rank."""
    images = [int(image) for image in one.top.image[channel, : state.extent.ranks] if image >= 0]
    names = listed([labels.get(image, "") for image in images])
    condition, shown = one.conditions[channel], bool(images) and state.has_pictures(one)
    return Card(
        channel=channel,
        peak=_peak(one, channel, condition),
        condition=condition,
        foot=": ".join(part for part in (condition.foot or zero_note(scales), names) if part),
        alt=_alt(one, channel, len(images), names),
        chip=_chip(one, channel, state, scales),
        sheet=sheet_name(one.layer.number, channel) if shown else "",
    )


def _peak(one: LayerSurvey, channel: int, condition: Condition) -> str:
    if condition.peak or condition.is_empty:
        return condition.peak
    return f"peak {number(float(one.units.maximum[channel]))}"


def _alt(one: LayerSurvey, channel: int, shown: int, names: str) -> str:
    name = f"{one.layer.name}:{channel}"
    if not shown:
        return f"No picture of {name}"
    some = in_words(shown)
    said = f"{some.capitalize()} projections and {some} patches of {name}"
    return f"{said}; strongest in {names}" if names else said


def _chip(one: LayerSurvey, channel: int, state: State, scales: Mapping[int, float]) -> str:
    if one.top.image[channel, 0] < 0:
        return one.conditions[channel].chip or "nothing to show"
    if not state.has_pictures(one):
        return "not in this report"
    if scales:
        return "" if any(scales.values()) else "projection zero: driven by its bias"
    return state.waiting(one) or "not projected"


def zero_note(scales: Mapping[int, float]) -> str:
    """Said where some projections are zero everywhere.

    >>> zero_note({1: 2.5, 2: 0.0})
    '1 of 2 projections is zero, driven by its bias'
    """
    zero = sum(scale == 0 for scale in scales.values())
    verb = "is" if zero == 1 else "are"
    return f"{zero} of {len(scales)} projections {verb} zero, driven by its bias" if zero else ""
