"""How far work has come, as whoever asked for it hears: one shape of callback everywhere."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with what is done and what there is in all, in one unit, and with a few words."""


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody: what work reports to that nobody asked about.

    >>> silent(1, 9, "looking")
    """
