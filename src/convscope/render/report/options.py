"""What a report holds and how large it may become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from convscope.errors import UsageError
from convscope.option import check_options, option


@dataclass(frozen=True)
class ReportOptions:
    """Options of a report.

    >>> ReportOptions().ranks
    9
    """

    ranks: int = option(9, "strongest patches shown of each channel")
    max_mb: float = option(300.0, "how large the folder may become", unit="MB")
    layers: tuple[str, ...] = option((), "layers to show; empty: all")
    gain: str = option("equal contrast", "how projections are amplified")
    quality: int = option(86, "JPEG quality of the sheets, 1 to 95")
    method: Literal["deconvnet", "guided", "gradient"] = option(
        "deconvnet", "backward rule of the projections"
    )
    title: str = option("", "name of the network on the pages")
    command: str = option("", "the command, as the pages show it; it should name no path")
    comparison: str = option("", "where a comparison page lies, as the overview links to it")
    evolution: str = option("", "address of the page that evolve wrote, as the report links to it")

    def __post_init__(self) -> None:
        """Refuse what no report can be made with."""
        check_options(self)
        if self.ranks < 1 or self.max_mb <= 0 or not 1 <= self.quality <= 95:
            raise UsageError(
                f"ranks {self.ranks}, max_mb {self.max_mb:g}, quality {self.quality}: ranks are at "
                "least 1, megabytes above 0, quality from 1 to 95."
            )


@dataclass(frozen=True)
class FigureOptions:
    """Options of a figure."""

    channels: int = option(16, "most telling channels, if none are named")
    ranks: int = option(9, "strongest patches of each channel")
    gain: str = option("equal contrast", "how projections are amplified")
    title: str = option("", "first line; empty: network and layer")


@dataclass(frozen=True)
class Report:
    """What was written."""

    path: Path
    """The folder; open ``index.html`` in it."""
    complete: bool
    """Whether every projection is in it that there is to draw."""
    channels: int
    ranks: int
    """Ranks that are in it, after what did not fit was left out."""
    left_out: tuple[str, ...]
    """Sentences that say what is not in it, and why."""
    bytes: int
    """Size of the whole folder."""
