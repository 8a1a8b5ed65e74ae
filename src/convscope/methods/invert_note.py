"""What must be said of inversions: no code, a smaller step, a climb that did not hold."""

from __future__ import annotations

from collections.abc import Sequence

from convscope.methods.inverted import Inverted


def note(names: Sequence[str], rows: Sequence[Inverted | None], lr: float) -> str:
    """Sentences; empty where all went well at the learning rate ``lr``.

    >>> note(("input", "relu9"), [None, None], 0.004)
    'Zero everywhere on this image, so there is no code to invert: input, relu9.'
    """
    known = list(zip(names, rows, strict=True))
    empty = [name for name, row in known if row is None]
    diverged = [name for name, row in known if row is not None and (row.stopped >= 0).any()]
    slower = [
        f"{name} ({row.lr.min():.3g})"
        for name, row in known
        if row is not None and name not in diverged and row.lr.min() < lr
    ]
    said = (
        ("Zero everywhere on this image, so there is no code to invert", empty),
        ("The learning rate was too large, and halved until it was not", slower),
        ("Diverged at every learning rate, so the best picture before is shown", diverged),
    )
    return " ".join(f"{what}: {', '.join(some)}." for what, some in said if some)
