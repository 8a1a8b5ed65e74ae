"""The main job on the bundled network and photographs: an atlas and a report, no download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from convscope.render.make import report
from convscope.render.options import Report, ReportOptions

SPEC = "bundled:photos"


def demo(
    out: str | Path,
    *,
    device: str = "auto",
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Make ``out/atlas`` and ``out/report`` from the bundled network and photographs.

    Raises:
        AtlasError: the folder holds something else.
        StorageError: the disk refuses.
    """
    from convscope.atlas.make import build_atlas
    from convscope.net.intake import load

    folder, net = Path(out), load(SPEC, device=device)
    atlas = build_atlas(net, SPEC, folder / "atlas", progress=progress)
    options = ReportOptions(title=SPEC, command=f"convscope demo --out {folder.name}")
    return report(atlas, folder / "report", net=net, options=options, progress=progress)
