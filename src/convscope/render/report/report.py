"""The report: a folder that opens from disk, with every channel's strongest patches in it.

Projections arrive breadth first and are kept as they come, so a run that is stopped leaves a
report that says what it lacks, and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from convscope.atlas.lock import locked
from convscope.progress import Progress, silent
from convscope.render.health.numbers import digest
from convscope.render.report.draw import draw
from convscope.render.report.finish import Filters, Work, finish
from convscope.render.report.folder import claim, done_blocks, finished_report
from convscope.render.report.options import Report, ReportOptions
from convscope.render.report.photographs import cut_all
from convscope.render.report.survey import survey
from convscope.results.health import Health
from convscope.results.projection_block import ProjectionBlock

__all__ = ["Report", "ReportOptions", "done_blocks", "write_report"]


def write_report(
    atlas: Any,
    out: Path | str,
    blocks: Iterable[ProjectionBlock],
    options: ReportOptions | None = None,
    *,
    filters: Filters | None = None,
    health: Health | None = None,
    progress: Progress | None = None,
) -> Report:
    """Write, or go on writing, a report into a folder of its own.

    ``blocks`` come rank-major; give only those that ``done_blocks(out)`` does not name. On
    KeyboardInterrupt the pages are written with what is there, then it is raised again.

    Args:
        atlas: an opened atlas.
        out: a folder that does not exist, or that holds an unfinished run of the same report.
        blocks: projections; consumed one at a time, never held together.
        options: what to show, and how large the folder may become.
        health: the doctor's verdict; it has a page of its own and badges of channels.
        filters: weights (C, c, kh, kw) by layer number, shown as the layer's filters.
        progress: called with (done, total, what is being done).

    Raises:
        LockedError: another process is writing this report.
        StorageError: the folder holds something else, or the disk is full.
    """
    options, out = options or ReportOptions(), Path(out)
    finished = finished_report(atlas, out, options, digest(health))
    if finished is not None:
        return finished
    known, scratch = survey(atlas, options, health), claim(atlas, out, options)
    work = Work(known, out, scratch, options, filters or {}, progress or silent, health)
    with locked(scratch.root):
        return _write(work, blocks)


def _write(work: Work, blocks: Iterable[ProjectionBlock]) -> Report:
    try:
        cut_all(work.survey, work.out, work.scratch, work.progress)
        draw(work.survey, blocks, work.scratch, work.options.gain, work.progress)
    except KeyboardInterrupt:
        if work.scratch.has_patches:
            finish(work)
        raise
    return finish(work)
