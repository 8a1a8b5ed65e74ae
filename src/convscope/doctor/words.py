"""Numbers as the doctor's sentences have them."""

from __future__ import annotations


def percent(share: float, digits: int = 0) -> str:
    """A share of one as percent.

    >>> percent(0.309), percent(0.00216, 2), percent(-0.0001)
    ('31 %', '0.22 %', '0 %')
    """
    return f"{100 * share:.{digits}f} %".replace("-0 %", "0 %")
