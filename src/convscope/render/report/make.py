"""Reports and figures from an atlas: the network is rebuilt, its projections drawn as they come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.atlas.read import Atlas, open_atlas
from convscope.errors import NetworkError
from convscope.methods.options.project import ProjectOptions
from convscope.progress import Progress, silent
from convscope.render.report.figure import Figure
from convscope.render.report.figure import figure as draw_figure
from convscope.render.report.options import FigureOptions, Report, ReportOptions
from convscope.render.report.report import done_blocks, write_report
from convscope.render.report.survey import survey
from convscope.results.health import Health
from convscope.results.layer import Layer

if TYPE_CHECKING:
    from convscope.net.net import Net


def report(
    atlas: Atlas | str | Path,
    out: str | Path,
    *,
    net: Net | None = None,
    options: ReportOptions | None = None,
    health: Health | None = None,
    progress: Progress | None = None,
) -> Report:
    """Write a report: a folder that opens from disk, with every channel of every layer in it.

    Stopped in any way, the same call goes on where it was; what a report lacks, it says.

    Args:
        atlas: an opened atlas, or its folder.
        out: a new folder, or one that holds an unfinished run of the same report.
        net: the network the atlas was made with; rebuilt from the manifest if not given.
        options: what to show, and how large the folder may become.
        health: the doctor's verdict on it; asked for if not given, where the atlas has counted
            what that takes.
        progress: called with (done, total, what is being done).

    Raises:
        AtlasError: the atlas belongs to other weights or images.
        StorageError: the folder holds something else, or the disk is full.
        UsageError: the options name no backward rule there is.

    >>> report("photos.atlas", "report").left_out  # doctest: +SKIP
    ()
    """
    from convscope.methods.project_atlas import project_all
    from convscope.net.filters import first_filters

    atlas, options = _opened(atlas), options or ReportOptions()
    net = _network(atlas, net)
    layers = _named(atlas, options.layers)
    folder = Path(out)
    skip = done_blocks(folder) if folder.exists() else frozenset()
    blocks = project_all(
        net,
        atlas,
        layers=layers,
        ranks=range(1, options.ranks + 1),
        skip=skip,
        options=ProjectOptions(rule=options.method),
        progress=progress and _preparing(progress),
    )
    filters = first_filters(net, layers)
    verdict = health or _verdict(atlas, net, progress)
    return write_report(
        atlas, folder, blocks, options, filters=filters, health=verdict, progress=progress
    )


def figure(
    atlas: Atlas | str | Path,
    layer: str | int,
    *,
    net: Net | None = None,
    channels: Sequence[int] | None = None,
    options: FigureOptions | None = None,
    progress: Progress | None = None,
) -> Figure:
    """Draw channels of one layer as in Zeiler & Fergus 2013, Fig. 2.

    Args:
        atlas: an opened atlas, or its folder.
        layer: its name or tape number.
        net: the network the atlas was made with; rebuilt from the manifest if not given.
        channels: which, in this order; the most telling if not given.
        options: how many, and how they are drawn.
        progress: called with (done, total, what is being done).

    Raises:
        AddressError: no such layer or channel.
        AtlasError: the atlas belongs to other weights or images.

    >>> figure("photos.atlas", "relu3", channels=[7]).save("relu3.png")  # doctest: +SKIP
    PosixPath('relu3.png')
    """
    from convscope.methods.project_atlas import project_all

    atlas, options = _opened(atlas), options or FigureOptions()
    one = atlas.layer(layer)
    some = _telling(atlas, one, options) if channels is None else list(channels)
    blocks = project_all(
        _network(atlas, net),
        atlas,
        layers=[one],
        channels=frozenset(some),
        ranks=range(1, options.ranks + 1),
        progress=progress,
    )
    return draw_figure(atlas, one.name, blocks, channels=some, options=options)


def _verdict(atlas: Atlas, net: Net, progress: Progress | None) -> Health | None:
    """What the doctor says of the network; None where the atlas does not hold what it needs."""
    if not atlas.layers or atlas.health(atlas.layers[0]) is None:
        return None
    from convscope.doctor.health import health

    try:
        return health(atlas, net=net, progress=progress or silent)
    except NetworkError as error:  # what can be drawn need not be measurable
        logging.getLogger("convscope").warning("No verdict in this report: %s", error)
        return None


def _telling(atlas: Atlas, layer: Layer, options: FigureOptions) -> list[int]:
    """The channels a figure shows unless they are named: only those need be projected."""
    chosen = ReportOptions(ranks=options.ranks, layers=(layer.name,))
    order: list[int] = survey(atlas, chosen).layers[0].order.tolist()
    return order[: options.channels]


def _preparing(progress: Progress) -> Progress:
    """Hears of what comes before the blocks: of those themselves the drawing tells."""

    def report(done: int, total: int, what: str) -> None:
        if not what.startswith("projecting"):
            progress(done, total, what)

    return report


def _opened(atlas: Atlas | str | Path) -> Atlas:
    return atlas if isinstance(atlas, Atlas) else open_atlas(atlas)


def _network(atlas: Atlas, given: Net | None) -> Net:
    from convscope.net.rebuild import check_weights, rebuild

    if given is None:
        return rebuild(atlas.manifest)
    check_weights(atlas.manifest, given)
    return given


def _named(atlas: Atlas, names: Sequence[str]) -> tuple[Layer, ...]:
    return tuple(atlas.layer(name) for name in names) if names else atlas.layers
