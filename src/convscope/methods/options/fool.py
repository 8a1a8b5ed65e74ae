"""What may be asked of fooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convscope.errors import UsageError
from convscope.option import check_options, option

LEVELS = 255


@dataclass(frozen=True)
class FoolOptions:
    """Options of fooling.

    >>> FoolOptions("fgsm", eps=2).eps
    2
    """

    kind: Literal["fgsm", "pgd", "noise"] = option(
        "pgd", "one signed step, many of them within eps, or noise climbed to a class"
    )
    eps: float = option(
        8.0, "the most that fgsm and pgd may change any value", unit="levels of 255", least=0
    )
    away: bool = option(False, "lower the class that is named, where it is raised otherwise")
    steps: int = option(40, "of pgd", least=1)
    step: float = option(
        0.0, "length of pgd's steps; 0: 2.5 * eps / steps", unit="levels of 255", least=0
    )
    random_start: bool = option(
        True, "begin pgd at a random place within eps; without, it is the basic iterative method"
    )
    noise_steps: int = option(200, "of noise, at most", least=1)
    noise_step: float = option(2.0, "RMS of noise's steps", unit="levels of 255", least=0)
    sure: float = option(0.99, "probability at which noise is climbed no further", unit="share")
    seed: int = option(0, "of the random start, of the noise, and of the random signs", least=0)

    def __post_init__(self) -> None:
        """Refuse words and numbers that are no choice."""
        check_options(self)
        for name in ("eps", "step", "noise_step"):
            if not getattr(self, name) <= LEVELS:
                raise UsageError(
                    f"{name} is {getattr(self, name):g}; it is in levels of {LEVELS}, so {LEVELS} "
                    f"is all of the range and 8 is 8/{LEVELS} of it."
                )
        if not 0 < self.sure < 1:
            raise UsageError(f"sure is {self.sure:g}; it is a probability between 0 and 1.")
