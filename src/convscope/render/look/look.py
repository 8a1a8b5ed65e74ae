"""Every look at one image and one unit, side by side: on one page, in one figure, in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.atlas.read import Atlas, open_atlas
from convscope.errors import AddressError, nearest
from convscope.images.image import Image
from convscope.images.open import open_images
from convscope.images.source import Source
from convscope.methods.options.look import LookOptions
from convscope.progress import Progress, silent
from convscope.render.jpeg import png
from convscope.render.loading_words import loading_of
from convscope.render.look.figure import LookFigure, look_figure
from convscope.render.look.page import LookSite, claim, sections_of, write_look
from convscope.render.look.panel import Panel, panel
from convscope.render.look.run import Runner, check_occluder, panels_of
from convscope.render.look.words import Names, changed_options, names_of, page_command, page_python
from convscope.render.pictures.photograph import boxed_image
from convscope.render.words import TIMES, number, percent

if TYPE_CHECKING:
    from convscope.address import Look as Target
    from convscope.methods.subject import Subject
    from convscope.net.net import Net


@dataclass(frozen=True)
class Look:
    """All looks at one image; each panel holds its method's own result."""

    site: LookSite
    path: Path | None
    """The page; None where none was written."""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The looks in the order of the page."""
        return self.site.panels

    @property
    def subject(self) -> Subject:
        """The class or unit that was looked at, and the unit beside it."""
        return self.site.subject

    def result(self, key: str) -> Any:
        """The result of one method, as its own function returns it: ``gradient``, ``gradcam``.

        Raises:
            AddressError: there is no such look here, or it could not be made.
        """
        known = {name: one for panel in self.panels for name, one in panel.results.items()}
        if key not in known:
            refused = [
                said for panel in self.panels if panel.key == key for _, said in panel.errors
            ]
            why = refused[0] if refused else f"There are: {', '.join(known)}. {nearest(key, known)}"
            raise AddressError(f"No result {key!r} in this comparison. {why}".rstrip())
        return known[key]

    def figure(self) -> LookFigure:
        """The same as one figure, to be saved as PNG or SVG."""
        return look_figure(self.site)

    def _repr_png_(self) -> bytes:
        return png(self.figure().pixels)


def look(
    net: Net,
    image: Image,
    target: str | Target | None = None,
    *,
    out: str | Path | None = None,
    atlas: Atlas | str | Path | None = None,
    images: Source | str | Path | None = None,
    options: LookOptions | None = None,
    progress: Progress | None = None,
) -> Look:
    """Look at one image by every method at once, and write the page that shows them side by side.

    Args:
        net: the network; it is the same afterwards.
        image: a prepared image (`convscope.read_image`).
        target: ``class:beagle``, ``layer:channel`` or a direction; None: the class the image is
            labeled with, else the network's answer, and beside it the strongest unit of the last
            layer with cells.
        out: the page's folder, new or an earlier comparison's; None: no page is written.
        atlas: an atlas of this network, for the strongest patches of the unit.
        images: a source of images to rank instead, where there is no atlas.
        options: which looks, and how.
        progress: called with (done, total, what is being done).

    Raises:
        AddressError: no such layer, channel, cell or class.
        AtlasError: the atlas belongs to other weights.
        DataError: the image does not fit the network.
        UsageError: the occluder is larger than the image.
        StorageError: the folder holds something else, or the disk is full.

    A look that cannot be right on this network is no error: its panel says why.

    >>> look(net, photo, out="look").path  # doctest: +SKIP
    PosixPath('look/index.html')
    """
    from convscope.methods.subject import subject
    from convscope.net.rebuild import check_weights

    options, known = options or LookOptions(), _opened(atlas)
    source = open_images(images) if isinstance(images, str | Path) else images
    if known is not None:
        check_weights(known.manifest, net)
    if out is not None:
        claim(Path(out))
    check_occluder(options, net.preprocessing.size)
    about = subject(net, image, target)
    runner = Runner(net, image, about, options, known, source, progress or silent)
    names = names_of(
        net.spec,
        net.weights,
        image.id,
        _images(known, source),
        atlas=str(atlas.path if isinstance(atlas, Atlas) else atlas or ""),
        given=loading_of(net),
    )
    with net.hosted():
        panels = tuple(panel(key, taken, about.terms, names) for key, taken in panels_of(runner))
    site = _site(net, image, about, panels, names, options)
    return Look(site, None if out is None else write_look(site, Path(out)))


def _opened(atlas: Atlas | str | Path | None) -> Atlas | None:
    return open_atlas(atlas) if isinstance(atlas, str | Path) else atlas


def _images(atlas: Atlas | None, source: Source | None) -> str:
    """What the images are called: their spec."""
    if atlas is not None:
        return str(atlas.manifest.get("images", {}).get("spec", ""))
    return "" if source is None else source.name


def _site(
    net: Net,
    image: Image,
    about: Subject,
    panels: tuple[Panel, ...],
    names: Names,
    options: LookOptions,
) -> LookSite:
    height, width = net.preprocessing.size
    is_local = about.layer.is_spatial and about.layer.field.status != "GLOBAL"
    frame = about.layer.field.frame(about.cell, height, width) if is_local else None
    shown, box = boxed_image(image.shown, frame)
    return LookSite(
        title=options.title or (about.name if about.is_class else about.unit),
        network=names.spec,
        weights=net.fingerprint()[:8],
        image=names.image,
        label=image.label or "",
        subject=about,
        shown=shown,
        box=box,
        sections=sections_of(panels, about),
        facts=tuple(_facts(net, image, about, options)),
        python=page_python(names, about.target, options),
        command=page_command(names, about.target, options),
        date=datetime.now(UTC).strftime("%d %b %Y %H:%M UTC").lstrip("0"),
    )


def _facts(
    net: Net, image: Image, about: Subject, options: LookOptions
) -> Iterator[tuple[str, str]]:
    from convscope.net.provenance import versions

    for name, value in changed_options(options).items():
        if name != "title":
            yield name.replace("_", " "), str(value)
    yield "looked at", f"{about.name}, {number(about.value)}"
    if about.is_class:
        yield "unit", f"{about.unit}, {number(about.unit_value)}, {about.reason}"
    if about.answers:
        first = about.answers[0]
        yield "answer", f"{first.name}, {percent(first.probability)}"
    yield "weights", net.fingerprint()[:8]
    yield "network input", f"{net.preprocessing.size[0]} {TIMES} {net.preprocessing.size[1]} px"
    yield (
        "part of the image",
        f"{image.box.height} {TIMES} {image.box.width} px of "
        + (f"{image.source_size[0]} {TIMES} {image.source_size[1]}"),
    )
    yield from versions().items()
