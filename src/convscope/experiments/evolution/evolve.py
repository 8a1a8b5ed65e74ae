"""Evolution: how the units of a network came to be, checkpoint by checkpoint.

Source: Zeiler & Fergus 2013, sec. 4.1 and Fig. 4: for random feature maps of each layer the
strongest activation over all images at epochs 1, 2, 5, 10, 20, 30, 40 and 64, projected down to the
pixels; lower layers converge within a few epochs, upper ones only after 40 to 50; sudden jumps come
from a change of the image that the strongest activation is in.

Beside the pictures stand numbers. Of the units drawn: the cosine between the projections of two
checkpoints, in their frames. Of all channels: the overlap of their nine strongest images ``A``,
``|A and B| / |A or B|``; the correlation of activations in the same cells; and the share of
channels that are matched with themselves when units are matched by it (Hungarian method), since a
unit is known by its number only while it keeps it. A layer has settled at the first checkpoint from
which the mean likeness to the last stays at ``alike`` or above: by its projections, and by its
images.

Shows: The patch that excites each unit most, at every checkpoint, and what in it does.
Does not show: That a unit which keeps its patch does the same as before, or that the network
answers better.
Easily misread: A jump says that another image leads, often by a hair; the overlap of the nine says
whether the unit changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from convscope.experiments.evolution.atlas import Shelf, atlas_of, check_images, followed
from convscope.experiments.evolution.checkpoints import Moment, check_alike, moments
from convscope.experiments.evolution.measure import compared
from convscope.experiments.evolution.moment import Seen, choose_units, look
from convscope.experiments.evolution.options import EvolveOptions
from convscope.experiments.evolution.story import Story, result
from convscope.progress import Progress, silent
from convscope.results.evolution import Evolution
from convscope.training.run import open_run

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.training.run import Run

ATLASES = "atlases"
"""Folder of the checkpoints' atlases."""


def evolve(
    run: Run | str | Path | Sequence[str | Path],
    images: str | Path,
    options: EvolveOptions | None = None,
    *,
    out: str | Path | None = None,
    atlases: Sequence[Atlas] = (),
    loading: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Evolution:
    """Follow the units of a network through the checkpoints of its training.

    At each checkpoint an atlas is made over the same images; one that is finished already is used
    again, so that a stopped call goes on where it was.

    Args:
        run: a run or its folder, or checkpoints in any order: specs of networks
            (``bundled:photos-start``) or files of weights whose metadata say what they are.
        images: a folder, a Parquet file, or ``bundled:photos``.
        options: which layers and units, and how they are compared.
        out: where the atlases are kept, in ``atlases/epoch-012``; None: with the run, of
            checkpoints named one by one nowhere.
        atlases: finished ones, used where they are of a checkpoint's weights and these images.
        loading: what ``load`` is given beside each spec: device, size, mean, ...
        progress: hears of images and projections, checkpoint by checkpoint.

    Raises:
        RunError: there is no run, it holds no checkpoint, or its network's code is not trusted.
        DataError: no image can be read.
        UsageError: there is one checkpoint only, or nothing says of which epoch one is.
        IntakeError: a checkpoint cannot be loaded, or they are of different networks.
        AtlasError: an atlas's folder holds something else.
        StorageError: the disk refuses; the same call goes on where it was.

    >>> some = ["bundled:photos-start", "bundled:photos-early", "bundled:photos"]
    >>> found = evolve(some, "bundled:photos")  # doctest: +SKIP
    >>> found.epochs.tolist(), found.settled().tolist()  # doctest: +SKIP
    ([0, 12, 120], [1, -1, -1, -1, -1])
    """
    options = options or EvolveOptions()
    subject = open_run(run) if isinstance(run, str | Path) else run
    known = moments(subject, options, loading or {"device": "auto"})
    check_images(images, options)
    check_alike(known)
    with _folder(out or getattr(subject, "path", None)) as folder:
        story = _followed(known, Shelf(images, options, folder, tuple(atlases)), progress)
    names = list(map(str, subject)) if isinstance(subject, Sequence) else [str(subject.path)]
    return result(story, options, names, getattr(subject, "history", {}))


def _followed(known: tuple[Moment, ...], shelf: Shelf, progress: Progress) -> Story:
    """All checkpoints, the last first: the others are compared with it, and with their neighbor.

    No more than three are held at a time.
    """
    story, end = Story(known), len(known) - 1
    last = before = _seen(story, end, shelf, progress)
    for place in range(end):
        now = _seen(story, place, shelf, progress)
        for name, one in now.items():
            story.to_last[name, place] = compared(one, last[name])
            if place:
                story.to_next[name, place - 1] = compared(before[name], one)
        before = now
    for name, one in last.items():
        story.to_last[name, end] = compared(one, one)
        story.to_next[name, end - 1] = story.to_last[name, end - 1]
    return story


def _seen(story: Story, place: int, shelf: Shelf, progress: Progress) -> Mapping[str, Seen]:
    """One checkpoint; the first that is looked at, the last in time, decides on the units."""
    moment, options = story.moments[place], shelf.options
    tell = _telling(progress, moment)
    net = moment.load()
    atlas = atlas_of(net, name_of(moment.epoch), shelf, tell)
    if not story.channels:
        story.channels = choose_units(atlas, followed(net, options), options)
    seen = look(net, atlas, story.channels, options, tell)
    story.add(place, net, atlas, seen)
    return seen


def _telling(progress: Progress, moment: Moment) -> Progress:
    def tell(done: int, total: int, what: str) -> None:
        progress(done, total, f"{what}, epoch {moment.epoch}")

    return tell


@contextmanager
def _folder(place: str | Path | None) -> Iterator[Path]:
    """Where the atlases lie; None: nowhere for long."""
    if place is not None:
        yield Path(place) / ATLASES
        return
    with TemporaryDirectory() as folder:
        yield Path(folder) / ATLASES


def name_of(epoch: int) -> str:
    """Folder of a checkpoint's atlas.

    >>> name_of(12)
    'epoch-012'
    """
    return f"epoch-{epoch:03d}"
