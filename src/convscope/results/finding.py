"""One thing the doctor found: what, where, by which number, and what to do."""

from __future__ import annotations

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
