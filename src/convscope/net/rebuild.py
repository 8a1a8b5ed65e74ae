"""The network of an atlas, rebuilt from its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.address import is_library
from convscope.errors import AtlasError
from convscope.net.intake import load
from convscope.net.labels import Classes
from convscope.net.net import Net
from convscope.preprocess import Preprocessing


def rebuild(
    manifest: Mapping[str, Any],
    *,
    model: str | Path | None = None,
    weights: str | Path | None = None,
    trust: bool = False,
    device: str = "auto",
) -> Net:
    """Load the network an atlas was made with.

    Args:
        manifest: ``atlas.manifest``.
        model: its spec, where it has moved.
        weights: its weights, where they have moved.
        trust: run the file or module that the manifest names as the network's factory.
        device: auto, cpu, cuda or mps.

    Raises:
        AtlasError: the factory is not trusted, or the weights are others.
        IntakeError: the network cannot be loaded.

    >>> net = load("bundled:photos", device="cpu")
    >>> made = {"spec": net.spec, "weights": net.weights, "sha256": net.fingerprint()}
    >>> manifest = {"network": made, "preprocessing": net.preprocessing.to_dict()}
    >>> rebuild(manifest, device="cpu").input_shape
    (1, 3, 72, 72)
    """
    made = manifest["network"]
    spec = str(model or made["spec"])
    if model is None and not is_library(spec):
        _ask(spec, trust)
    given = weights or (made["weights"] if model is None else None)
    preprocessing = Preprocessing.from_dict(manifest["preprocessing"])
    net = load(spec, weights=given, device=device, **_flags(preprocessing))
    net.preprocessing = preprocessing
    if net.labels is None and manifest.get("classes"):
        known = Classes(tuple(manifest["class_keys"]), tuple(manifest["classes"]))
        net.labels, net.keys = known.names, known.keys
    check_weights(manifest, net)
    return net


def check_weights(manifest: Mapping[str, Any], net: Net) -> None:
    """Hold a network to the one an atlas was made with.

    Raises:
        AtlasError: its weights are others.
    """
    wanted, found = str(manifest["network"]["sha256"]), net.fingerprint()
    if found != wanted:
        raise AtlasError(
            f"This atlas belongs to other weights ({wanted[:8]}, here {found[:8]}). Give those it "
            "was made with (--weights FILE), or make a new atlas."
        )


def _ask(spec: str, trust: bool) -> None:
    if ":" not in spec:
        raise AtlasError(
            f"This atlas was made with a network built in Python ({spec}), which its manifest "
            "cannot rebuild. Give that network (net=...), or code that returns it: --model "
            "file.py:factory."
        )
    if not trust:
        raise AtlasError(
            f"This atlas was made with {spec}, which is code on this machine. Say --trust to run "
            "it (from Python: rebuild(atlas.manifest, trust=True)), or name the network yourself: "
            "--model SPEC."
        )


def _flags(preprocessing: Preprocessing) -> dict[str, Any]:
    return {
        "size": ",".join(map(str, preprocessing.size)),
        "resize": "none" if preprocessing.resize is None else preprocessing.resize,
        "mean": ",".join(map(repr, preprocessing.mean)),
        "std": ",".join(map(repr, preprocessing.std)),
        "interpolation": preprocessing.interpolation,
    }
