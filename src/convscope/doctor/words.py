"""Numbers as the doctor's sentences have them."""

from __future__ import annotations

from convscope.results import percent as of


def percent(share: float, digits: int = 0) -> str:
    """A share of one as percent, in whole ones where no more digits are asked for.

    >>> percent(0.309), percent(0.00216, 2), percent(0.0001)
    ('31 %', '0.22 %', '< 1 %')
    """
    return of.percent(share, digits)
