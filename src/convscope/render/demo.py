"""The main job on the bundled network and photographs: an atlas and a report, no download."""

from __future__ import annotations

from pathlib import Path

from convscope.progress import Progress
from convscope.render.make import report
from convscope.render.options import Report, ReportOptions

SPEC = "bundled:photos"


def demo(
    out: str | Path,
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> Report:
    """Make ``out/atlas`` and ``out/report`` from the bundled network and photographs.

    Args:
        out: a new folder, or one that an interrupted demo left.
        device: auto, cpu, cuda or mps.
        progress: called with (done, total, what is being done).

    Raises:
        AtlasError: the folder holds something else.
        StorageError: the disk refuses.

    >>> demo("demo").path  # doctest: +SKIP
    PosixPath('demo/report')
    """
    from convscope.atlas.make import build_atlas
    from convscope.net.intake import load

    folder, net = Path(out), load(SPEC, device=device)
    atlas = build_atlas(net, SPEC, folder / "atlas", progress=progress)
    options = ReportOptions(title=SPEC, command=f"convscope demo --out {folder.name}")
    return report(atlas, folder / "report", net=net, options=options, progress=progress)
