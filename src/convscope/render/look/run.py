"""The looks of one comparison, one after the other; what cannot be right here says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from convscope.errors import ConvscopeError, UsageError
from convscope.images.image import Image
from convscope.methods.options.curves import CurvesOptions
from convscope.methods.options.gradient import GradientOptions
from convscope.methods.options.heatmap import HeatmapOptions
from convscope.methods.options.look import LookOptions
from convscope.methods.options.occlude import OccludeOptions
from convscope.methods.options.ranks import RanksOptions
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.progress import Progress, silent
from convscope.render.pictures.says_synthesis import options_of
from convscope.results.synthesis import Synthesis
from convscope.results.synthesis_note import note

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.images.source import Source
    from convscope.methods.subject import Subject
    from convscope.net.net import Net

GRADIENTS = ("deconvnet", "gradient", "guided", "input_gradient", "smoothgrad", "integrated")
OTHER_HEATMAPS = ("cam", "gradcam++", "hirescam", "layercam", "fastai")
"""Kinds that stand in one row beside the panels of Grad-CAM."""


@dataclass(frozen=True)
class Taken:
    """What came of one method: its result, or why there is none."""

    key: str
    """The panel's, with the kind behind a colon in the row of heat maps: ``heatmaps:cam``."""
    call: Call
    result: Any = None
    """None where there is none: with an error, or, without one, since nobody has made it yet."""
    error: str = ""


@dataclass(frozen=True)
class Call:
    """One method as the page says it was called."""

    function: str
    target: str
    options: Any = None
    beside: str = ""
    """What stands between the target and the options: the map that curves are of."""


@dataclass
class Runner:
    """Runs each method once, also where two panels show its result."""

    net: Net
    image: Image
    subject: Subject
    options: LookOptions
    atlas: Atlas | None = None
    images: Source | None = None
    progress: Progress = silent
    known: dict[str, Taken] = field(default_factory=dict)

    @property
    def source(self) -> Source | None:
        """The images that can be ranked: the atlas's, else those given."""
        return self.images if self.atlas is None else self.atlas.source()

    def take(self, key: str) -> Taken:
        """What came of a panel's method; computed when first asked for."""
        if key not in self.known:
            self.known[key] = self._taken(key)
        return self.known[key]

    def _taken(self, key: str) -> Taken:
        call, run = self._task(key)
        try:
            return Taken(key, call, run())
        except ConvscopeError as error:
            return Taken(key, call, error=str(error))

    def _task(self, key: str) -> tuple[Call, Callable[[], Any]]:
        if key in GRADIENTS:
            return self._gradient(key)
        if key.startswith("heatmaps:") or key in ("gradcam", "guided_gradcam"):
            return self._heatmap(key.removeprefix("heatmaps:"))
        found: tuple[Call, Callable[[], Any]] = getattr(self, f"_{key}")()
        return found

    def _gradient(self, kind: str) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.gradient import gradient

        said, target = self.options, self.subject.target
        if kind == "deconvnet":  # the paper's is of a unit
            target = self.subject.unit
        options = GradientOptions(
            kind=kind,  # type: ignore[arg-type]
            samples=said.samples,
            steps=said.steps,
            seed=said.seed,
            sanity=said.sanity,
        )
        call = Call("gradient", target, options)
        return call, lambda: gradient(self.net, self.image, target, options)

    def _heatmap(self, kind: str) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.heatmap import heatmap

        options = HeatmapOptions(
            kind=kind,  # type: ignore[arg-type]
            sanity=self.options.sanity,
            seed=self.options.seed,
        )
        call = Call("heatmap", self.subject.target, options)
        return call, lambda: heatmap(self.net, self.image, self.subject.target, options)

    def _activations(self) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.activations import activations

        layer = self.subject.layer.name
        call = Call("activations", layer)
        return call, lambda: activations(self.net, self.image, layer, atlas=self.atlas)

    def _weights(self) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.weights import weights

        layer = self.convolution()
        return Call("weights", layer), lambda: weights(self.net, layer)

    def convolution(self) -> str:
        """The convolution of the image that makes the unit, whose weights are pixels; or empty."""
        from convscope.net.filters import first_convolution

        return first_convolution(self.net, self.subject.layer)

    def _ranks(self) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.ranks import ranks

        options = RanksOptions(seed=self.options.seed)
        call = Call("ranks", self.subject.unit, options)
        source = self.source

        def run() -> Any:
            if source is None:
                raise UsageError("There are no images to rank. Give an atlas, or images.")
            if len(source) > self.options.most_images:
                raise UsageError(
                    f"There are {len(source):,} images, and ranking them runs the network on each; "
                    f"at most {self.options.most_images:,} are ranked unless most_images "
                    "(--most-images) allows more."
                )
            return ranks(self.net, source, self.subject.unit, options, progress=self.progress)

        return call, run

    def _occlusion(self) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.occlude import occlude

        options = occlusion_options(self.options, self.net.preprocessing.size)
        call = Call("occlude", self.subject.target, options)
        return call, lambda: occlude(
            self.net,
            self.image,
            self.subject.target,
            options,
            atlas=self.atlas,
            progress=self.progress,
        )

    def _synthesis(self) -> tuple[Call, Callable[[], Any]]:
        """The atlas's picture of the unit; else one that is drawn now, where that was asked for."""
        said, unit = self.options, self.subject.unit
        try:
            kept = self._kept()
        except ConvscopeError:  # told again where it is caught
            return Call("synthesize", unit), self._kept
        if kept is not None:
            return Call("synthesize", kept.names[0], options_of(kept.provenance)), lambda: kept
        if not said.synthesis_steps:
            return Call("synthesize", unit), lambda: None
        options = SynthesizeOptions(starts=1, steps=said.synthesis_steps, seed=said.seed)
        return Call("synthesize", unit, options), lambda: self._drawn(unit, options)

    def _drawn(self, unit: str, options: SynthesizeOptions) -> Synthesis:
        from convscope.methods.synthesize import synthesize

        return synthesize(self.net, unit, options, atlas=self.atlas, progress=self.progress)

    def _kept(self) -> Synthesis | None:
        terms, layer = self.subject.terms, self.subject.layer.name
        names = [] if self.atlas is None else [one.name for one in self.atlas.layers]
        if self.atlas is None or len(terms) > 1 or layer not in names:
            return None
        found = self.atlas.synthesis(layer)
        if found is None or terms[0][0] not in found.channels:
            return None
        one = found.of([terms[0][0]])
        return replace(one, note=note(one))

    def _curves(self) -> tuple[Call, Callable[[], Any]]:
        from convscope.methods.curves import curves

        options = CurvesOptions(seed=self.options.seed)
        call = Call("curves", self.subject.target, options, beside="gradcam")
        source = self.take("gradcam")

        def run() -> Any:
            if source.error:
                raise UsageError(f"Curves are of Grad-CAM, and there is none: {source.error}")
            return curves(self.net, self.image, self.subject.target, source.result, options)

        return call, run


def occlusion_options(said: LookOptions, size: tuple[int, int]) -> OccludeOptions:
    """The sweep over an input of ``(h, w)``."""
    side = min(size)
    return OccludeOptions(
        occluder=said.occluder or max(1, round(side / 7)),
        stride=said.stride or max(1, round(side / 28)),
        fill=said.fill,
        seed=said.seed,
    )


def check_occluder(said: LookOptions, size: tuple[int, int]) -> None:
    """Refuse an occluder that no image of ``(h, w)`` can hold, before anything is computed.

    Raises:
        UsageError: it is larger than the image.
    """
    from convscope.methods.grid import grid

    if "occlusion" in said.chosen:
        grid(occlusion_options(said, size), *size)


def panels_of(runner: Runner) -> Iterator[tuple[str, tuple[Taken, ...]]]:
    """Every panel's name and what came of its methods, in the order of the page."""
    names = [name for name in runner.options.chosen if _applies(runner, name)]
    for done, name in enumerate(names):
        runner.progress(done, len(names), f"looking: {name}")
        yield name, tuple(runner.take(key) for key in _keys(name))
    runner.progress(len(names), len(names), "looking")


def _keys(name: str) -> tuple[str, ...]:
    if name == "heatmaps":
        return tuple(f"heatmaps:{kind}" for kind in OTHER_HEATMAPS)
    return ("gradient",) if name == "saliency" else (name,)


def _applies(runner: Runner, name: str) -> bool:
    """Whether a panel has a place on this page at all."""
    if name == "ranks":
        return runner.atlas is not None or runner.images is not None
    if name == "weights":
        return bool(runner.convolution())
    return True
