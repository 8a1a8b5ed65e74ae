"""What must be said with a dream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convscope.methods.dream_octaves import Climbed, Octaves, Size
from convscope.methods.dream_target import Wanted


def note_of(wanted: Wanted, octaves: Octaves, ends: Sequence[Climbed]) -> str:
    """What had no slope, what was climbed instead, what diverged, and which sizes were refused.

    >>> note_of.__name__
    'note_of'
    """
    return " ".join([*_slopes(wanted, octaves, ends), *_sizes(wanted, octaves, ends)])


def _slopes(wanted: Wanted, octaves: Octaves, ends: Sequence[Climbed]) -> Iterator[str]:
    if not any(end.moved for end in ends):
        yield (
            f"No small change of any pixel changes {wanted.name} here, so this is the photograph "
            "as it was. Take another photograph or target."
        )
    before = _where([end.is_before for end in ends], octaves)
    if before:
        yield (
            f"{wanted.name} is silent on the photograph at {before}, where its rectifier has no "
            "slope: there what the rectifier takes was climbed."
        )


def _sizes(wanted: Wanted, octaves: Octaves, ends: Sequence[Climbed]) -> Iterator[str]:
    stopped = _where([end.stopped >= 0 for end in ends], octaves)
    if stopped:
        yield f"The climb diverged at {stopped}, and its best before was kept: give a smaller --lr."
    if octaves.refused:
        yield (
            f"The network cannot compute {wanted.layer.name} at {_listed(octaves.refused)}; those "
            f"octaves are at {_listed(octaves.sizes[:1])} too."
        )


def _where(some: Sequence[bool], octaves: Octaves) -> str:
    return _listed([size for size, is_one in zip(octaves.sizes, some, strict=True) if is_one])


def _listed(sizes: Sequence[Size]) -> str:
    return ", ".join(f"{height} by {width} px" for height, width in dict.fromkeys(sizes))
