"""The words that name a network: ``torchvision:resnet18``, ``nets.py:build``, and their kin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from convscope.address import LIBRARIES
from convscope.checkpoints import RUN
from convscope.errors import IntakeError, nearest
from convscope.net.built import Built
from convscope.net.foreign import refuse_foreign
from convscope.net.intake_bundled import build_bundled
from convscope.net.intake_factory import build_factory
from convscope.net.intake_nets import build_nets
from convscope.net.intake_timm import build_timm, timm_names
from convscope.net.intake_torchvision import build_torchvision, torchvision_names
from convscope.nets.named import NAMES

_BUILDERS = (build_bundled, build_nets, build_torchvision, build_timm)
ZOOS: Mapping[str, Callable[[str], Built]] = MappingProxyType(
    dict(zip(LIBRARIES, _BUILDERS, strict=True))
)
FORMS = (
    "bundled:photos, nets:NAME, torchvision:NAME, timm:NAME, package.module:factory, "
    "path/to/file.py:factory, a .safetensors file whose metadata names its arch, or the folder of "
    "a run of convscope train"
)
STATE_DICTS = (".pt", ".pth", ".ckpt", ".bin", ".pkl")


def build(spec: str) -> Built:
    """The module a spec names.

    Raises:
        IntakeError: no such form, library or name, or code that raised.
    """
    head, _, rest = spec.partition(":")
    if head in ZOOS:
        return ZOOS[head](rest)
    place, _, factory = spec.rpartition(":")
    if factory.isidentifier() and (place.endswith(".py") or _is_dotted(place)):
        return build_factory(place, factory)
    refuse_foreign(spec)
    raise IntakeError(_unknown(spec))


def architecture(metadata: Mapping[str, str], path: str) -> str:
    """The spec that a safetensors header names as its ``arch``.

    Code is never taken from there: a file of weights must not choose what runs.

    Raises:
        IntakeError: there is none, or it is no name of a library's model.

    >>> architecture({"arch": "timm:resnet18"}, "weights.safetensors")
    'timm:resnet18'
    """
    arch = metadata.get("arch", "")
    if arch.partition(":")[0] in ZOOS:
        return arch
    says = f"names its arch {arch!r}, which is no" if arch else "does not name its arch, such as a"
    raise IntakeError(
        f"The metadata of {path} {says} model of {', '.join(ZOOS)}. Give the code that builds the "
        f"network, and these as its weights: file.py:factory --weights {path}"
    )


def _is_dotted(place: str) -> bool:
    return all(part.isidentifier() for part in place.split("."))


def _unknown(spec: str) -> str:
    if (Path(spec) / RUN).is_file():
        return (
            f"The run {spec} has no checkpoints yet. Run the same training again to go on; its "
            "start is saved first."
        )
    if (Path(spec) / "manifest.json").is_file():
        return f"{spec} is an atlas, and a network is wanted here. A network is one of: {FORMS}."
    if spec.endswith(".py"):
        return f"{spec} does not say what in it returns the network: {spec}:factory"
    if spec.lower().endswith(STATE_DICTS):
        return (
            f"{spec} holds weights, and not the network they belong to. Give the code that builds "
            f"it: file.py:factory --weights {spec}"
        )
    is_none = "" if Path(spec).exists() else _no_file(spec)
    return f"No network {spec!r}{is_none}. A network is one of: {FORMS}. {_nearest(spec)}".rstrip()


def _no_file(spec: str) -> str:
    """That nothing is there, where that may have been meant: the nearest that is, if any."""
    place = Path(spec)
    beside = [each.name for each in place.parent.iterdir()] if place.parent.is_dir() else []
    near = get_close_matches(place.name, beside, n=2, cutoff=0.7)
    if not near and len(place.parts) < 2:
        return ""
    found = f"; there is {' and '.join(str(place.parent / name) for name in near)}" if near else ""
    return f", and no such file or folder{found}"


def _nearest(spec: str) -> str:
    """The nearest specs: a mistyped library, or a model's name without its library."""
    head, colon, _ = spec.partition(":")
    if colon:
        return nearest(head, ZOOS)
    zoos = (("nets", NAMES.keys), ("torchvision", torchvision_names), ("timm", timm_names))
    found = [f"{zoo}:{name}" for zoo, names in zoos for name in _matches(spec, names)]
    return f"Nearest: {', '.join(found)}." if found else ""


def _matches(spec: str, names: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return get_close_matches(spec, list(names()), n=2, cutoff=0.7)
    except IntakeError:  # the library is not installed: then it has no names to offer
        return []
