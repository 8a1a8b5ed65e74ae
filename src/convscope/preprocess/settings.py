"""Where the preprocessing is known from: flags, then the weights' metadata, then the model zoo.

Each of the three is read into the same ``Settings``, in which None means "does not say".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from convscope.errors import PreprocessingError
from convscope.preprocess.preprocessing import Interpolation, Preprocessing

CROP_SHARE = 0.875
"""Share of the short side that the centre crop keeps where nothing says otherwise."""
EXAMPLES = {"size": "224", "mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225"}

Text = str | int | float | Sequence[int] | Sequence[float] | None


@dataclass(frozen=True)
class Settings:
    """What one place says about the preprocessing; None: nothing."""

    size: tuple[int, int] | None = None
    resize: int | None = None
    """Short side in pixels; 0: the pixels as they are."""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    interpolation: str | None = None


def from_flags(
    size: Text = None,
    resize: Text = None,
    mean: Text = None,
    std: Text = None,
    interpolation: str | None = None,
) -> Settings:
    """Read the flags' words: ``227`` or ``64,96`` (height first), ``none``, ``0.5,0.5,0.5``.

    Raises:
        PreprocessingError: a word that is no number, or too many of them.

    >>> from_flags(size="64,96", resize="none")
    Settings(size=(64, 96), resize=0, mean=None, std=None, interpolation=None)
    """
    return Settings(
        size=_size(size),
        resize=_resize(resize),
        mean=_floats("mean", mean),
        std=_floats("std", std),
        interpolation=None if interpolation is None else interpolation.strip().lower(),
    )


def from_metadata(metadata: Mapping[str, str]) -> Settings:
    """Read the text fields of a safetensors header; fields it does not know are left alone.

    >>> from_metadata({"size": "227", "dataset": "imagenet"}).size
    (227, 227)
    """
    known = ("size", "resize", "mean", "std", "interpolation")
    return from_flags(**{key: metadata[key] for key in known if metadata.get(key)})


def from_pretrained(config: Mapping[str, Any]) -> Settings:
    """Read timm's ``pretrained_cfg``, or ``vars()`` of a torchvision weights' transforms.

    >>> from_pretrained({"input_size": (3, 224, 224), "crop_pct": 0.9, "mean": (0.5,) * 3}).resize
    248
    """
    size = config["input_size"][-2:] if "input_size" in config else config.get("crop_size")
    resize = config.get("resize_size")
    if "crop_pct" in config and size is not None:
        resize = int(min(size) / config["crop_pct"])  # timm cuts it to whole pixels too
    word = config.get("interpolation")
    return from_flags(
        size=size,
        resize=resize,
        mean=config.get("mean"),
        std=config.get("std"),
        interpolation=None if word is None else str(getattr(word, "value", word)),
    )


def resolve(
    flags: Settings | None = None,
    metadata: Mapping[str, str] | None = None,
    pretrained: Mapping[str, Any] | None = None,
) -> Preprocessing:
    """Decide field by field: the first of flags, metadata, pretrained settings that says it.

    A ``resize`` counts only beside its own ``size`` or above it: a new size makes the old short
    side meaningless. Not said at all, it is ``round(min(size) / 0.875)``.

    Raises:
        PreprocessingError: size, mean or std is nowhere known; the message names the flags.

    >>> resolve(from_flags(size=64), {"size": "227", "resize": "256", "mean": "0.5", "std": "0.5"})
    Preprocessing(size=(64, 64), resize=73, interpolation='bilinear', mean=(0.5,), std=(0.5,))
    """
    ranked = [flags or Settings(), from_metadata(metadata or {}), from_pretrained(pretrained or {})]
    missing = [name for name in EXAMPLES if _first(ranked, name) is None]
    if missing:
        raise PreprocessingError(_complaint(missing))
    size = _first(ranked, "size")
    sized_by = next(place for place, said in enumerate(ranked) if said.size is not None)
    resize = _first(ranked[: sized_by + 1], "resize")
    return Preprocessing(
        size=size,
        resize=round(min(size) / CROP_SHARE) if resize is None else resize or None,
        interpolation=cast(Interpolation, _first(ranked, "interpolation") or "bilinear"),
        mean=_first(ranked, "mean"),
        std=_first(ranked, "std"),
    )


def _first(ranked: Sequence[Settings], name: str) -> Any:
    return next((v for said in ranked if (v := getattr(said, name)) is not None), None)


def _complaint(missing: Sequence[str]) -> str:
    flags = " ".join(f"--{name} {EXAMPLES[name]}" for name in missing)
    return (
        f"How images become this network's input is not known: {' and '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} given neither by flags, nor by the weights' "
        f"metadata, nor by the model's own settings. Give what it was trained with, such as {flags}"
    )


def _size(given: Text) -> tuple[int, int] | None:
    sides = _floats("size", given)
    if sides is None:
        return None
    if len(sides) > 2 or any(side != int(side) for side in sides):
        raise PreprocessingError(
            f"size is one whole number of pixels or two, height first (64,96); not {given!r}."
        )
    return int(sides[0]), int(sides[-1])


def _resize(given: Text) -> int | None:
    if isinstance(given, str) and given.strip().lower() == "none":
        return 0
    sides = _floats("resize", given)
    if sides is None:
        return None
    if len(sides) != 1 or sides[0] != int(sides[0]) or sides[0] < 0:
        raise PreprocessingError(
            f"resize is the short side in whole pixels, or none; not {given!r}."
        )
    return int(sides[0])


def _floats(name: str, given: Text) -> tuple[float, ...] | None:
    if given is None:
        return None
    parts = given.split(",") if isinstance(given, str) else given
    try:
        if isinstance(parts, int | float):
            return (float(parts),)
        return tuple(float(part) for part in parts) or None
    except (TypeError, ValueError):
        raise PreprocessingError(
            f"{name} is numbers with commas between them, as in {EXAMPLES.get(name, '256')}; "
            f"not {given!r}."
        ) from None
