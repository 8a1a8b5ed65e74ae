"""How far a report has come, and what its pages say about that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convscope.render.report.extent import Extent
from convscope.render.report.scratch import Scratch
from convscope.render.report.survey import LayerSurvey, Survey


@dataclass(frozen=True)
class State:
    """What is there, what is not, and why."""

    extent: Extent
    complete: bool
    ranks_done: int
    """Ranks that are drawn for every layer."""
    drawn: Mapping[int, int]
    """Channels of each layer, by number, that have at least one projection."""
    wanted: Mapping[int, int]
    """Channels of each layer that should have one."""
    left_out: tuple[str, ...]
    ranks: int

    def has_pictures(self, one: LayerSurvey) -> bool:
        """Whether this layer's sheets are in the report."""
        return one.layer.number in self.extent.layers

    def waiting(self, one: LayerSurvey) -> str:
        """Said on a plate that has no projections yet; empty once the layer has its first rank."""
        return self.waiting_of([one])

    def waiting_of(self, some: Sequence[LayerSurvey]) -> str:
        """The same for several layers together."""
        numbers = [one.layer.number for one in some]
        drawn, wanted = (sum(part[n] for n in numbers) for part in (self.drawn, self.wanted))
        return "" if self.complete or drawn >= wanted else f"projecting, {drawn:,} of {wanted:,}"

    @property
    def unfinished(self) -> str:
        """Said on every page of a report that was stopped."""
        if self.complete:
            return ""
        if not self.ranks_done:
            drawn, wanted = sum(self.drawn.values()), sum(self.wanted.values())
            return (
                f"This report is unfinished: {drawn:,} of {wanted:,} channels are projected so far."
            )
        span = "rank 1" if self.ranks_done == 1 else f"rank 1 to {self.ranks_done}"
        return f"This report is unfinished: projections of {span} of {self.ranks} so far."


def state(survey: Survey, scratch: Scratch, extent: Extent, left_out: tuple[str, ...]) -> State:
    """Compare what is drawn with what there is to draw."""
    finished = scratch.finished()
    missing = [
        (one, rank) for one, rank in survey.pairs() if (one.layer.number, rank) not in finished
    ]
    drawn = {one.layer.number: _drawn(one, scratch) for one in survey.layers}
    wanted = {one.layer.number: int(one.expected(1).sum()) for one in survey.layers}
    first = min((rank for _, rank in missing), default=survey.ranks + 1)
    return State(extent, not missing, first - 1, drawn, wanted, left_out, survey.ranks)  # fmt: skip


def _drawn(one: LayerSurvey, scratch: Scratch) -> int:
    """Channels with a first projection, of those that are wanted."""
    drawn = sorted(scratch.drawn(one.layer.number).get(1, set()))
    return int(one.expected(1)[drawn].sum())
