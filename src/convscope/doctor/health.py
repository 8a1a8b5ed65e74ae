"""Is this network trained? A verdict with its evidence, what is the matter where, what to change.

Source: the questions of Zeiler & Fergus 2013 (sec. 3.1 and 4.1: dead and dominant filters, aliasing
of a large stride; looked at there, measured here); Karpathy's cs231n notes on visualizing (noisy
filters: not trained long enough, or overfitted); for weights against shuffles of them, Martin &
Mahoney 2021. Every number is held to a threshold of one table (`doctor.thresholds`), and shown
beside the same number of two networks that know nothing: this one at its start, and with the
weights of each tensor in a random order.

Shows: Whether training has left patterns in each layer, and what each channel does over the images.
Does not show: Whether the network is right for the task, or fair.
Easily misread: Silence on these images is not silence on all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.checkpoints import run_and_epoch
from convscope.doctor.advice import advice
from convscope.doctor.channels import KINDS, MEASURES, channels
from convscope.doctor.course import Course
from convscope.doctor.evidence import Evidence
from convscope.doctor.findings import findings
from convscope.doctor.fit import fit_of
from convscope.doctor.floors import start_words
from convscope.doctor.gains import gains
from convscope.doctor.gather import gather
from convscope.doctor.headline import headline
from convscope.doctor.options import HealthOptions
from convscope.doctor.patterns import filters_by_layer
from convscope.doctor.rules.rule import Verdict
from convscope.doctor.sampled import sampled_atlas
from convscope.doctor.thresholds import THRESHOLDS
from convscope.doctor.verdict import verdict
from convscope.errors import UsageError
from convscope.images.open import open_images
from convscope.methods.provenance import provenance
from convscope.progress import Progress, silent
from convscope.results.health import Health

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.doctor.channels import Channels
    from convscope.net.net import Net


def health(
    subject: Net | Atlas,
    images: str | Path | None = None,
    *,
    net: Net | None = None,
    trained_on: str | Path | None = None,
    options: HealthOptions | None = None,
    progress: Progress = silent,
) -> Health:
    """Examine a network over a set of images.

    Args:
        subject: a network, or a finished atlas of one.
        images: with a network: a folder, a Parquet file or ``bundled:photos``; best such as it was
            not trained on.
        net: the network of the atlas; rebuilt from its manifest if not given.
        trained_on: images it was trained on: then being better on them tells overfitting, where
            else being surer than right does.
        options: the floors, and how many images they are measured on.
        progress: hears of images and steps done.

    Raises:
        AtlasError: the atlas belongs to other weights.
        UsageError: a network without images, or an atlas with.

    >>> from convscope.net.intake import load
    >>> found = health(load("bundled:photos-start", device="cpu"), "bundled:photos")
    >>> found.state
    'untrained'
    """
    from convscope.net.net import Net
    from convscope.net.rebuild import rebuild

    options = options or HealthOptions()
    if trained_on is not None:
        open_images(trained_on)  # what is not there is said before anything is looked at
    with ExitStack() as stack:
        if isinstance(subject, Net):
            net, atlas = subject, _new_atlas(subject, images, options, stack, progress)
        else:
            atlas = _own_atlas(subject, images)
            net = net or rebuild(atlas.manifest)
        acting = filters_by_layer(net, atlas.layers, effective=True)
        found = channels(atlas, acting, gains(net))
        evidence = gather(net, atlas, found, options, progress)
        fit = fit_of(net, evidence, trained_on, stack)
    return _result(net, atlas, replace(evidence, fit=fit), found, options)


def _own_atlas(atlas: Atlas, images: str | Path | None) -> Atlas:
    if images is not None:
        raise UsageError(
            f"An atlas has its images already, so {images} is one too many. Give the network in "
            "its place to look at these."
        )
    return atlas


def _new_atlas(
    net: Net,
    images: str | Path | None,
    options: HealthOptions,
    stack: ExitStack,
    progress: Progress,
) -> Atlas:
    if images is None:
        raise UsageError(
            "A network is examined over images, best such as it was not trained on. Give them "
            "after the network: a folder, a Parquet file, or bundled:photos."
        )
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return sampled_atlas(net, images, options.sample, folder, progress)


def _result(
    net: Net, atlas: Atlas, evidence: Evidence, found: Channels, options: HealthOptions
) -> Health:
    judged = verdict(evidence)
    listed = findings(evidence, judged)
    names = tuple(evidence.values)
    return Health(
        state=judged.state,
        certainty=judged.certainty,
        headline=headline(judged),
        found=tuple(one.to_dict() for one in listed),
        advised=tuple(one.to_dict() for one in advice(evidence, judged, listed)),
        layers=evidence.layers,
        layer_states=judged.layers,
        layer_measures=names,
        layer_values=np.stack([evidence.values[name] for name in names]),
        layer_floors=np.stack([evidence.floors[name] for name in names], axis=1),
        unit_layers=np.repeat(np.arange(len(evidence.layers)), evidence.channels).astype(np.int32),
        unit_channels=np.concatenate([np.arange(n) for n in evidence.channels]).astype(np.int32),
        unit_kinds=np.stack([evidence.kinds[kind] for kind in KINDS]),
        kinds=KINDS,
        unit_measures=MEASURES,
        unit_values=np.stack([found.measures[name] for name in MEASURES]),
        answers=_answers(evidence),
        images=evidence.images,
        note=_note(evidence, judged),
        provenance=_made(net, atlas, options),
    )


def _answers(evidence: Evidence) -> dict[str, float]:
    found: dict[str, float] = {}
    if evidence.answered is not None:
        answered = evidence.answered
        found |= {"accuracy": answered.accuracy, "confidence": answered.confidence,
                  "chance": answered.chance, "images": float(answered.images)}  # fmt: skip
    if evidence.fit is not None:
        found |= {"trained_on": evidence.fit.trained, "held_out": evidence.fit.held_out}
    return found


def _note(evidence: Evidence, judged: Verdict) -> str:
    said = [*_place(evidence.course), *evidence.missing]
    if evidence.answered is None:
        said.append(
            "No image has a label that the network knows, so nothing says whether its answers are "
            "right."
        )
    elif evidence.answered.images < evidence.images:
        said.append(
            f"Answers are counted on {evidence.answered.images:,} of {evidence.images:,} images: "
            "the others' labels are no classes of the network."
        )
    elif evidence.fit is None and judged.state in ("trained", "early"):
        said.append(
            "If it was trained on these very images, overfitting would not show: examine it on "
            "others."
        )
    return " ".join(said)


def _place(course: Course | None) -> Iterator[str]:
    """Which epoch of a run this is, where that is not its end."""
    if course is None or not (course.diverged or course.epoch < course.of):
        return
    of = f" of {course.of}" if course.of else ""
    stopped = f", which stopped: {course.diverged}" if course.diverged else ""
    yield f"It is epoch {course.epoch}{of} of its run{stopped.rstrip('.')}."


def _made(net: Net, atlas: Atlas, options: HealthOptions) -> dict[str, Any]:
    made = provenance("health", net, None, options)
    table = {name: asdict(row) for name, row in THRESHOLDS.items()}
    images = atlas.manifest["images"].get("spec")
    return made | {
        "thresholds": table, "images": images, "start": start_words(net), "file": _file(net),
    }  # fmt: skip


def _file(net: Net) -> str:
    """The weights by name: a checkpoint's with the name of its run."""
    where = run_and_epoch(net.weights or "")
    if where is None:
        return Path(net.weights or "").name
    return f"{where[0].resolve().name}, epoch {where[1]}"
