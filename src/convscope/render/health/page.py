"""The page of the doctor's verdict: what is indicated, what was found where, every layer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from convscope.render.health.chart import (
    FLOOR_WORDS,
    NOTHING,
    layer_chart,
    number_columns,
    number_rows,
)
from convscope.render.health.numbers import health_json
from convscope.render.health.words import SURE, facts, limit_words, sentences
from convscope.render.pages import write_page
from convscope.render.report.condition import Badge, kind_counts
from convscope.render.report.layer_page import layer_page
from convscope.render.report.site import Site
from convscope.render.report.survey import LayerSurvey
from convscope.results.finding import Finding
from convscope.results.health import Health
from convscope.storage import write_whole

PAGE = "health.html"
NUMBERS = "data/health.json"
SHOWN = 12
"""Findings that stand open; the rest are folded."""
LINKED = 24
"""Channels of a finding that stand open."""
LAYERS = 60
"""Layers of the chart that stand open."""


@dataclass(frozen=True)
class Told:
    """A finding, and where its layer and channels are shown."""

    finding: Finding
    layer: str
    """The layer's page, filtered where it can be; empty where the report does not have it."""
    code: str
    """The layer's number in addresses of units; empty as before."""

    @property
    def badge(self) -> Badge:
        """Its kind, as channels wear it."""
        return Badge(self.finding.kind, self.finding.kind)

    @property
    def channels(self) -> tuple[int, ...]:
        """Those that stand open."""
        return self.finding.channels[:LINKED]

    @property
    def others(self) -> tuple[int, ...]:
        """Those that are folded."""
        return self.finding.channels[LINKED:]


def write_health(out: Path, site: Site) -> None:
    """Write the page and its numbers; without a verdict, take those of an earlier run away."""
    if site.health is None:
        for name in (PAGE, NUMBERS):
            (out / name).unlink(missing_ok=True)
        return
    told = [_told(site, finding) for finding in site.health.findings]
    chart = layer_chart(site.health)
    write_whole(out / NUMBERS, health_json(site.health))
    write_page(
        out, PAGE, "health.html", site, health=site.health, facts=facts(site.health),
        first=told[:SHOWN], rest=told[SHOWN:], kinds=finding_counts(site.health), chart=chart,
        open=chart.rows[:LAYERS], folded=chart.rows[LAYERS:], floors=FLOOR_WORDS,
        links=_links(site), nothing=NOTHING, columns=number_columns(site.health),
        numbers=number_rows(site.health),
        thresholds=site.health.provenance.get("thresholds", {}), file=NUMBERS,
        headline=sentences(site.health.headline), sure=SURE, threshold=limit_words,
        begun=site.health.provenance.get("start", ""),
    )  # fmt: skip


def finding_counts(health: Health) -> dict[str, int]:
    """How many findings of each kind there are, in the order in which they come."""
    return dict(Counter(finding.kind for finding in health.findings))


def _told(site: Site, finding: Finding) -> Told:
    one = _survey(site, finding.layer)
    if one is None:
        return Told(finding, "", "")
    has = finding.kind in kind_counts(one.conditions)
    page = layer_page(one) + (f"#show={quote(finding.kind)}" if has else "")
    return Told(finding, page, f"{one.layer.number:03d}")


def _survey(site: Site, name: str) -> LayerSurvey | None:
    return next((one for one in site.survey.layers if one.layer.name == name), None)


def _links(site: Site) -> dict[str, str]:
    """The page of each layer that the report has, by name."""
    return {one.layer.name: layer_page(one) for one in site.survey.layers}
