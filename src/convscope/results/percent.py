"""A share of one as percent, as every sentence and picture has it."""

from __future__ import annotations

from math import isfinite


def percent(share: float, digits: int = 1) -> str:
    """A share of one as percent.

    Args:
        share: of one; what is less than the last digit can say is said to be less, not none, and
            what is nearly all is not said to be all.
        digits: after the point, at most.

    >>> percent(0.309), percent(0.0004), percent(0.9999), percent(1.0)
    ('30.9 %', '< 0.1 %', '> 99.9 %', '100 %')
    >>> percent(0.309, 0), percent(0.00216, 2), percent(-0.0001, 0)
    ('31 %', '0.22 %', '0 %')
    """
    if not isfinite(share):
        return "no share"
    if 0 < share < 10 ** -(digits + 2):
        return f"< {10**-digits:g} %"
    text = f"{100 * share:.{digits}f}"
    if share < 1 and float(text) >= 100:
        return f"> {100 - 10**-digits:g} %"
    text = text.rstrip("0").rstrip(".") if digits else text
    return ("0" if text == "-0" else text) + " %"
