"""Ranks: the strongest, the middling and the weakest images of a unit, class or direction.

Source: Zeiler & Fergus 2013, sec. 4.1, shows the nine strongest of each feature map; Szegedy et
al. 2013, sec. 3, that random directions give as tidy a nine. With ``v_i`` the largest cell of the
target on image ``i``, the patches are the order statistics of the list ``v_1 .. v_n``: its first
nine, the nine round its middle and its last nine. Images of equal value stand in the order of
their numbers.

Shows: the strongest, the middling and the weakest images of this data for the unit.
Does not show: what it would do on other data.
Easily misread: nine strongest alone look tidier than the unit is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.address import Look
from convscope.errors import DataError
from convscope.images.open import open_images
from convscope.images.source import Source
from convscope.methods.control import share, telling
from convscope.methods.lists import Lists, rank_all
from convscope.methods.options.ranks import RanksOptions
from convscope.methods.patches import patches
from convscope.methods.provenance import provenance
from convscope.methods.ranking import Picks
from convscope.net.labels import Classes
from convscope.net.net import Net
from convscope.net.target import Target, find_target
from convscope.progress import Progress
from convscope.results.ranks import Ranks


def ranks(
    net: Net,
    source: Source | str | Path,
    target: str | Look,
    options: RanksOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Ranks:
    """Rank all images of a source by a unit, a direction or a class, in one pass.

    Args:
        net: the network; it is the same afterwards.
        source: an opened source (``atlas.source()``), a folder, a Parquet file, or
            ``bundled:photos``.
        target: what to rank by; of a given cell (``layer:channel@y,x``) the value there.
        options: how many to show, and the random directions beside them.
        progress: called with (images done, images in all, what is being done).

    Raises:
        AddressError: no such layer, channel, cell or class.
        ForwardError: the network raised on every image.
        DataError: no image gave a finite value.
        SourceError: there are no images there.

    >>> from convscope.net.intake import load
    >>> net = load("bundled:photos", device="cpu")
    >>> found = ranks(net, "bundled:photos", "relu1:3", RanksOptions(count=1, control=False))
    >>> found.groups
    ('strongest', 'median', 'weakest')
    """
    options = options or RanksOptions()
    images = open_images(source) if isinstance(source, (str, Path)) else source
    found = find_target(net, target)
    lists = rank_all(net, images, found, options, progress)
    if not len(lists.up):
        raise DataError(
            f"No image of {images.name} gave a value of {found.name}. The first: "
            f"{next(iter(lists.left_out), 'there are none')}."
        )
    return _result(net, images, found, lists, _picks(lists, options.count), options)


def _picks(lists: Lists, count: int) -> Picks:
    """What is shown; nothing of a target that is 0 on every image, where any order is arbitrary."""
    if lists.up.is_zero and lists.down.is_zero:
        return lists.up.pick("strongest", 0, 0)
    picks = lists.up.groups(count)
    if not len(lists.down):
        return picks
    each = picks.groups.count("strongest")
    return picks + lists.down.pick("most negative", 0, each).negated()


def _result(
    net: Net, source: Source, target: Target, lists: Lists, picks: Picks, options: RanksOptions
) -> Ranks:
    each = picks.groups.count("strongest")
    numbers, places = picks.images.tolist(), [(y, x) for y, x in picks.cells.tolist()]
    labels = [source.label(number) for number in numbers]
    classes = Classes(net.keys or (), net.labels or ())
    spectrum, left_out = lists.up.values, len(lists.left_out)
    shares, tellings = _controls(source, lists, each)
    made = {"spec": source.name, "count": len(source), "read": len(spectrum)}
    return Ranks(
        target=target.name,
        layer=target.layer.name,
        groups=picks.groups,
        values=picks.values.astype(np.float32),
        ranks=picks.ranks,
        images=picks.images,
        cells=picks.cells,
        uris=tuple(source.uri(number) for number in numbers),
        labels=tuple(label and classes.name(label) for label in labels),
        patches=patches(source, net.preprocessing, target.layer, numbers, places),
        spectrum=spectrum.astype(np.float32),
        left_out=left_out,
        share=share(labels[:each]) if lists.has_classes and each else None,
        telling=telling(spectrum, each) if each else 0.0,
        control_share=shares,
        control_telling=tellings,
        note=_note(target, lists, picks, options),
        provenance=provenance("ranks", net, None, options) | {"images": made},
    )


def _controls(
    source: Source, lists: Lists, each: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each random direction what `share` and `telling` are for the target."""
    if lists.control is None or not each:
        return np.empty(0), np.empty(0)
    images = lists.control.images(each).tolist() if lists.has_classes else []
    shares = [share([source.label(number) for number in row]) for row in images]
    return np.array(shares), lists.control.telling(each)


def _note(target: Target, lists: Lists, picks: Picks, options: RanksOptions) -> str:
    """What the groups do not say of themselves."""
    said, each, values = [], picks.groups.count("strongest"), lists.up.values
    count, least = len(values), int((values == values[-1]).sum())
    if not each:
        said.append(_dead(target, count))
    silent = values[-1] == 0 and not target.layer.signed
    if each and least > each:
        what = "do not fire it" if silent else f"give the least, {values[-1]:.3g}"
        said.append(f"{least} of {count} images {what}; the weakest are the last of them.")
    said += _at_the_edge(target, picks, each)
    if 0 < each < options.count:
        said.append(f"Each group shows {each} of {count} images, so that groups do not overlap.")
    if lists.left_out:
        said.append(f"{len(lists.left_out)} images are left out. The first: {lists.left_out[0]}")
    return " ".join(said)


def _dead(target: Target, count: int) -> str:
    """What is said first, and instead of an order, of a target that is 0 on every image."""
    images = "the one image" if count == 1 else f"all {count:,} images"
    order = "so there is no strongest and no weakest to show."
    if target.layer.signed:
        return f"{target.name} is 0 on {images}, {order}"
    return f"No image fires {target.name}: it is 0 on {images}, {order}"


def _at_the_edge(target: Target, picks: Picks, each: int) -> list[str]:
    """Whether most of the strongest cells lie on the rim of the map."""
    last = np.array([target.layer.height, target.layer.width]) - 1
    cells = picks.cells[:each]
    rim = int(((cells == 0) | (cells == last)).any(1).sum())
    if target.cell is not None or last.min() < 2 or rim < max(3, 0.8 * each):
        return []
    return [f"{rim} of the {each} strongest cells lie on the edge of the map: look for padding."]
