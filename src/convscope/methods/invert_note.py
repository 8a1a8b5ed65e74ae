"""What must be said of inversions: no code, a code not met, a smaller step, a climb that fell."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.methods.inverted import Inverted

_HALF = 0.5
_EMPTY = "Zero everywhere on this image, so there is no code to invert"
_FAR = (
    "More than half of the code is missed, so the picture shows more of the regularisers than of "
    "the layer; a smaller --variation-weight brings it nearer"
)
_SHORT = "More than half of the picture is missed; more --steps bring it nearer"
_SLOWER = "The learning rate was too large, and lowered until it was not"
_DIVERGED = "Diverged at every learning rate tried, so the best picture before is shown"


def note(names: Sequence[str], rows: Sequence[Inverted | None], lr: float) -> str:
    """Sentences; empty where all went well at the learning rate ``lr``.

    >>> note(("input", "relu9"), [None, None], 0.004)
    'Zero everywhere on this image, so there is no code to invert: input, relu9.'
    """
    known = [(name, row) for name, row in zip(names, rows, strict=True) if row is not None]
    diverged = [name for name, row in known if (row.stopped >= 0).any()]
    whole = [(name, row) for name, row in known if name not in diverged]
    slower = [f"{name} ({row.lr.min():.3g})" for name, row in whole if row.lr.min() < lr]
    far = [name for name, row in whole if row.error.min() > _HALF]
    said = (
        (_EMPTY, [name for name, row in zip(names, rows, strict=True) if row is None]),
        (_SHORT, [name for name in far if name == "input"]),
        (_FAR, [name for name in far if name != "input"]),
        (_SLOWER, slower),
        (_DIVERGED, diverged),
    )
    return " ".join(f"{what}: {', '.join(some)}." for what, some in said if some)
