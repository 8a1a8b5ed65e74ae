"""``load``: a spec, weights and preprocessing become a ``Net``."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from torch import nn

from convscope.checkpoints import latest
from convscope.errors import IntakeError, UsageError
from convscope.net.built import Built, seeded
from convscope.net.device import resolve_device
from convscope.net.fit import fit
from convscope.net.labels import Classes, classes_from_metadata, read_classes
from convscope.net.net import Net
from convscope.net.specs import ZOOS, architecture, build
from convscope.net.weights import Weights, read_weights
from convscope.preprocess import Preprocessing, from_flags, resolve
from convscope.preprocess.mean_image import mean_image_of
from convscope.preprocess.settings import Settings, Text


def load(
    spec: str | Path,
    *,
    weights: str | Path | None = None,
    size: Text = None,
    resize: Text = None,
    mean: Text = None,
    std: Text = None,
    interpolation: str | None = None,
    classes: str | Path | None = None,
    scores: str | None = None,
    device: str = "auto",
) -> Net:
    """Load a network.

    Nothing is downloaded, and nothing inside a file of weights is run. Without weights they are
    random, the same each time (``Net.weights`` is None, and the log says so). The preprocessing is
    decided field by field: these arguments, the weights' metadata, what the model's library or
    factory states.

    Args:
        spec: ``bundled:photos``, ``nets:NAME``, ``torchvision:NAME``, ``timm:NAME``,
            ``package.module:factory``, ``path/to/file.py:factory``, or safetensors whose metadata
            has one of the first four as ``arch``; a run's folder stands for its last checkpoint.
        weights: safetensors, or a state dict that ``torch.load(weights_only=True)`` accepts; of a
            run's folder the last checkpoint.
        size: of the input in pixels, ``227`` or ``"64,96"`` (height first).
        resize: short side before the centre crop, in pixels; ``"none"``: the pixels as they are.
        mean: one a channel, on the 0..1 scale.
        std: one a channel, on the 0..1 scale.
        interpolation: nearest, bilinear, bicubic or lanczos.
        classes: a file of lines key, tab, name, in the order of the output.
        scores: the layer that holds the class scores, where the output is not one vector of them.
        device: auto, cpu, cuda or mps.

    Raises:
        IntakeError: no such network, a missing extra, weights that are refused or do not fit.
        PreprocessingError: how images become inputs is nowhere known.
        UsageError: this machine has no such device.

    >>> load("torch.nn:Identity", size=8, mean=0.5, std=0.5, device="cpu").input_shape
    (1, 1, 8, 8)
    """
    if isinstance(spec, nn.Module):
        raise UsageError(
            "load takes the name of a network (package.module:factory, torchvision:resnet18). A "
            "module that is built already goes into convscope.Net(module, "
            "convscope.Preprocessing(size, resize, mean=..., std=...))."
        )
    flags = from_flags(size, resize, mean, std, interpolation)
    place = resolve_device(device)
    named = None if classes is None else read_classes(classes)
    spec, given, source = _given(latest(spec), None if weights is None else latest(weights))
    with seeded():
        built = build(spec)
    given = _own(built) if given is None else given
    named = named or _classes(built, given)
    net = Net(
        built.module,
        _preprocessing(flags, built, given),
        labels=named.names if named else None,
        keys=named.keys if named else None,
        scores=scores,
        spec=spec,
        weights=source or (spec if built.weights else None),
    )
    _fill(net, given)
    net.module.to(place)
    net.asked = _asked(
        size=size, resize=resize, mean=mean, std=std,
        interpolation=interpolation, classes=classes, scores=scores,
    )  # fmt: skip
    return net


def _asked(**given: object) -> dict[str, str]:
    """What was given beside the spec and the weights, as the command line spells it."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        for name, value in given.items()
        if value is not None
    }


def _given(spec: str, weights: str | None) -> tuple[str, Weights | None, str | None]:
    """The spec of the architecture, the weights beside or in place of it, and their source."""
    if not spec.lower().endswith(".safetensors"):
        # A bundled network is recorded as its own weights; so it can be given back.
        if weights is None or (weights == spec and spec.partition(":")[0] in ZOOS):
            return spec, None, None
        return spec, read_weights(weights), weights
    if weights is not None:
        raise UsageError(
            f"{spec} holds weights, and so does {weights}. Give one of them; beside --weights the "
            "network is named by its library or its code."
        )
    given = read_weights(spec)
    return architecture(given.metadata, spec), given, spec


def _preprocessing(flags: Settings, built: Built, given: Weights | None) -> Preprocessing:
    """Field by field; the weights' mean image, unless a flag says another mean or size."""
    metadata = given.metadata if given else {}
    found = resolve(flags, metadata, built.pretrained)
    if given is None or (flags.size, flags.resize, flags.mean) != (None, None, None):
        return found
    return replace(found, mean_image=mean_image_of(metadata, given.path.parent))


def _own(built: Built) -> Weights | None:
    return None if built.weights is None else read_weights(built.weights)


def _classes(built: Built, given: Weights | None) -> Classes | None:
    if given and (found := classes_from_metadata(given.metadata, given.path.parent)):
        return found
    if built.labels is None:
        return None
    return Classes(tuple(built.keys or built.labels), tuple(built.labels))


def _fill(net: Net, given: Weights | None) -> None:
    log = logging.getLogger("convscope")
    if any(tensor.is_meta for tensor in net.module.state_dict().values()):
        raise IntakeError(
            f"{net.spec} has tensors on the meta device, which hold no numbers. Build it on "
            "the cpu."
        )
    if given is None:
        log.info("No weights were given for %s; it has those it was built with.", net.spec)
        return
    net.notes = fit(net.module, given, net.spec)
    for note in net.notes:
        log.info("%s: %s", given.path, note)
