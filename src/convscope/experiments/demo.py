"""The main job on the bundled network and photographs, no download: atlas, report, comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convscope.experiments.evolution.evolve import evolve
from convscope.experiments.evolution.options import EvolveOptions
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.progress import Progress, silent
from convscope.render.evolution.page import evolution_report
from convscope.render.jpeg import png
from convscope.render.report.make import report
from convscope.render.report.options import Report, ReportOptions
from convscope.storage import write_whole

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net
    from convscope.results.health import Health

SPEC = "bundled:photos"
COMPARED = ("photos/china/s3/0001", "china")
"""The tile of the comparison, and its class: a roof whose covering changes the answer."""
OCCLUDER = 18
"""A quarter of the image's side, as in Zeiler & Fergus 2013, Fig. 7 (50 of 224 px)."""
SYNTHESIS = SynthesizeOptions(starts=1, steps=128)
"""Half the presets' steps, from one start: what two cores do in seconds."""
DRAWN, CHANNELS = 2, 24
"""How many of the last layers with cells have pictures synthesized, and of how many channels."""
VERDICT = "health"
"""The doctor's verdict, as a result and as a picture."""
LOOK = "look"
"""Folder of the comparison page."""
MOMENTS = ("bundled:photos-start", "bundled:photos-early", SPEC)
"""The checkpoints that are bundled: before training, early, and at its end."""
EVOLUTION, FOLLOWED = "evolution", EvolveOptions(layers=("relu[1-5]",), units=8)
"""Folder of the evolution's page, and what is followed there: the convolutions."""


def demo(
    out: str | Path,
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> Report:
    """Make ``out/atlas``, ``out/report``, ``out/look`` and ``out/evolution`` from what is bundled.

    The report holds the doctor's verdict, which lies in ``out/health.png`` and ``.safetensors``
    too. Two pages are linked from it: every look at one photograph, and the same units at three
    checkpoints of the training. Of the last layers with cells it shows what the network would draw.

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
    _synthesize(net, atlas, progress or silent)
    verdict = _examined(net, atlas, folder, progress or silent)
    page = _comparison(net, atlas, folder, progress)
    options = ReportOptions(
        title=SPEC,
        command=f"convscope demo --out {folder.name}",
        comparison=f"../{LOOK}/{page.name}",
        evolution=f"../{EVOLUTION}/index.html",
    )
    made = report(
        atlas, folder / "report", net=net, options=options, health=verdict, progress=progress
    )
    _evolution(atlas, folder, device, progress or silent)
    return made


def _synthesize(net: Net, atlas: Atlas, progress: Progress) -> None:
    from convscope.methods.synthesize_atlas import synthesize_atlas

    for layer in [one for one in atlas.layers if one.is_spatial][-DRAWN:]:
        some = f"{layer.name}:0..{min(CHANNELS, layer.channels) - 1}"
        synthesize_atlas(net, atlas, some, SYNTHESIS, progress=progress)


def _examined(net: Net, atlas: Atlas, folder: Path, progress: Progress) -> Health:
    from convscope.doctor.health import health

    found = health(atlas, net=net, progress=progress)
    found.save(folder / f"{VERDICT}.safetensors")
    found.save(folder / f"{VERDICT}.png")
    return found


def _evolution(atlas: Atlas, folder: Path, device: str, progress: Progress) -> None:
    """The same units at three checkpoints; the last one's atlas is there already."""
    found = evolve(
        MOMENTS,
        SPEC,
        FOLLOWED,
        out=folder / EVOLUTION,
        atlases=[atlas],
        loading={"device": device},
        progress=progress,
    )
    pages = (("index.html", "Layers"), ("health.html", "Health"))
    views = [
        (f"../report/{file}", name) for file, name in pages if (folder / "report" / file).is_file()
    ]
    evolution_report(found, folder / EVOLUTION, views=views)


def _comparison(net: Net, atlas: Atlas, folder: Path, progress: Progress | None) -> Path:
    """Every look at one tile, which lies as a picture of its own beside the page."""
    from convscope.images.photos import cut, tiles
    from convscope.images.read import read
    from convscope.methods.options.look import LookOptions
    from convscope.render.look.look import look

    uri, label = COMPARED
    picture = folder / f"{label}.png"
    write_whole(picture, png(next(cut(tile) for tile in tiles() if tile.uri == uri)))
    look(
        net,
        read(picture, net.preprocessing, label=label),
        out=folder / LOOK,
        atlas=atlas,
        options=LookOptions(occluder=OCCLUDER),
        progress=progress,
    )
    return folder / LOOK / "index.html"
