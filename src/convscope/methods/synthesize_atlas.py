"""Synthesized pictures of an atlas's channels, kept in it as they come, so that a run can go on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from convscope.address import Look
from convscope.errors import nearest
from convscope.methods.best import best_of, check_atlas
from convscope.methods.naturally import natural_of_atlas
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.methods.synthesis_job import prepare
from convscope.methods.synthesize import finished, made_by, synthesize
from convscope.net.net import Net
from convscope.net.target import Target
from convscope.net.targets import find_targets
from convscope.progress import Progress, silent
from convscope.results.synthesis import Synthesis
from convscope.results.synthesis_note import note


def synthesize_atlas(
    net: Net,
    atlas: Any,
    target: str | Look,
    options: SynthesizeOptions | None = None,
    *,
    replace: bool = False,
    progress: Progress = silent,
) -> Synthesis:
    """Draw channels of a layer, and keep each in the atlas beside its patches.

    Stopped in any way, the same call goes on where it was. Directions, single cells, and layers the
    atlas was not made for are drawn and not kept.

    Args:
        net: the network the atlas was made with.
        atlas: an opened atlas (`convscope.open_atlas`).
        target: as of `synthesize`.
        options: the preset, how many starts, how many pictures at once.
        replace: pictures that were drawn by another recipe give way.
        progress: hears of steps done.

    Raises:
        AtlasError: the atlas belongs to other weights, or to images of another size, mean or std,
            or holds pictures of another recipe.
        AddressError: no such layer, channel, cell or class.

    >>> synthesize_atlas(net, open_atlas("photos.atlas"), "relu3")  # doctest: +SKIP
    """
    options = options or SynthesizeOptions()
    check_atlas(net, atlas)
    targets = find_targets(net, target)
    if not _can_be_kept(atlas, targets, options):
        made = synthesize(net, target, options, atlas=atlas, progress=progress)
        return dataclasses.replace(made, note=f"{made.note} {_not_kept(atlas, made)}".strip())
    _draw_missing(net, atlas, targets, options, replace, progress)
    kept: Synthesis = atlas.synthesis(targets[0].layer.name)
    made = kept.of([target.channel or 0 for target in targets])
    return dataclasses.replace(made, note=note(made))


def _not_kept(atlas: Any, made: Synthesis) -> str:
    """Why nothing was kept, so that nobody counts on it."""
    names = [layer.name for layer in atlas.layers]
    if made.layer not in names:
        hint = nearest(made.layer, names)
        return f"Not kept: {made.layer} is not in the atlas, and is drawn anew each time. {hint}"
    return "Not kept: an atlas holds one picture a channel, no directions, cells or all starts."


def _can_be_kept(atlas: Any, targets: Sequence[Target], options: SynthesizeOptions) -> bool:
    """Whether the atlas has a place for them: one picture each of channels that it holds."""
    names = {layer.name for layer in atlas.layers}
    is_unit = all(target.channel is not None and target.cell is None for target in targets)
    return is_unit and options.keep == "best" and targets[0].layer.name in names


def _draw_missing(
    net: Net,
    atlas: Any,
    targets: Sequence[Target],
    options: SynthesizeOptions,
    replace: bool,
    progress: Progress,
) -> None:
    job = prepare(net, targets, options, natural_of_atlas(atlas))
    shape = (*job.size, net.preprocessing.channels)
    made_so = made_by(job, options)
    done = atlas.kept(job.layer.name, made_so, shape, replace=replace)
    missing = [target for target in targets if target.channel not in done]
    if not missing:
        return
    best, size = best_of(net, atlas, missing, progress), job.rows  # what a kill can lose
    for at in range(0, len(missing), size):
        some = missing[at : at + size]
        tell = _of_all(progress, options.starts * job.recipe.steps, at, len(missing))
        made = finished(job, some, options, best[at : at + size], tell)
        atlas.keep(made, replace=replace)


def _of_all(progress: Progress, steps: int, before: int, pictures: int) -> Progress:
    """Tells of a part's steps as some of all; retries, which nobody foresees, do not count."""
    if progress is silent:
        return silent

    def tell(done: int, total: int, what: str) -> None:
        progress(min(before * steps + done, pictures * steps), pictures * steps, what)

    return tell
