"""What silence on some images says of all: the rule of three, exactly."""

from __future__ import annotations


def at_most(images: int, confidence: float = 0.95) -> float:
    """Largest share of images on which a unit may fire that was silent on so many drawn at random.

    Source: Hanley & Lippman-Hand 1983, "If nothing goes wrong, is everything all right?": with
    share p silence on all n has the chance (1 - p)^n; p = 1 - (1 - confidence)^(1/n), about 3/n.

    >>> round(at_most(500), 5), round(3 / 500, 5)
    (0.00597, 0.006)
    """
    return 1 - (1 - confidence) ** (1 / images) if images else 1.0
