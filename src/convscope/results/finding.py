"""One thing the doctor found: what, where, by which number, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

Certainty = Literal["sure", "likely", "weak"]
CERTAINTIES: tuple[Certainty, ...] = ("sure", "likely", "weak")


@dataclass(frozen=True)
class Finding:
    """A statement about a network with its evidence; plain values, so that it is JSON as it is."""

    kind: str
    """What it is about, in a word that ``--fail-on`` takes: dead, duplicate, alias, overfitted."""
    says: str
    """One sentence."""
    evidence: str
    """The numbers behind it, in words, with the threshold."""
    remedy: str
    """What to do; empty where nothing need be done."""
    certainty: Certainty
    layer: str = ""
    """Where; empty: in the whole network."""
    channels: tuple[int, ...] = ()
    """Of that layer; empty where no single ones are meant."""
    measure: str = ""
    """Which number decided; a name of the thresholds' table."""
    value: float | None = None
    """That number."""
    threshold: float | None = None
    """What it was held to."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values.

        >>> Finding("dead", "1 is dead.", "0 of 9 images", "", "sure").to_dict()["kind"]
        'dead'
        """
        return asdict(self)


def by_kind(found: Iterable[Finding]) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Findings of one kind together, in their order; they mostly share evidence and remedy.

    >>> one = Finding("dead", "1 is dead.", "0 of 9 images", "", "sure")
    >>> [(kind, len(some)) for kind, some in by_kind([one, one])]
    [('dead', 2)]
    """
    kinds: dict[str, list[Finding]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    for kind, some in kinds.items():
        yield kind, tuple(some)


def in_common(texts: Iterable[str]) -> str:
    """What several say alike; empty where they differ.

    >>> in_common(["a", "a"]), in_common(["a", "b"])
    ('a', '')
    """
    said = dict.fromkeys(texts)
    return next(iter(said)) if len(said) == 1 else ""


@dataclass(frozen=True)
class Advice:
    """Whether one change of the training is indicated."""

    what: str
    """More data, more epochs, ..."""
    is_indicated: Literal["yes", "maybe", "no", "unknown"]
    why: str
    """One sentence with the number."""
    certainty: Certainty

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
