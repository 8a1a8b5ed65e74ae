"""What must be said with a fooled picture."""

from __future__ import annotations

from collections.abc import Iterator

from convscope.methods.fool_kinds import Way
from convscope.methods.options.fool import FoolOptions
from convscope.results.fooling import Fooling

_ENOUGH = 0.5
"""Levels: a smaller change is lost where pixels are rounded."""


def note_of(result: Fooling, way: Way, options: FoolOptions) -> str:
    """Why nothing happened, what rounding undid, and whether the control does as well.

    >>> note_of.__name__
    'note_of'
    """
    return " ".join(_notes(result, way, options))


def _notes(result: Fooling, way: Way, options: FoolOptions) -> Iterator[str]:
    yield from _before(result, options)
    if way.is_flat:
        yield (
            f"The slope of {result.target} is zero everywhere: no small change of any pixel moves "
            "it, so the network cannot be fooled this way."
        )
    if way.stopped >= 0:
        yield (
            f"The climb diverged at step {way.stopped}, and the best before is shown: give a "
            "smaller step."
        )
    yield from _after(result, options)


def _before(result: Fooling, options: FoolOptions) -> Iterator[str]:
    if options.kind != "noise":
        if not options.eps:
            yield "eps is 0: nothing changes."
        elif options.eps < _ENOUGH:
            yield (
                f"eps is {options.eps:g} of 255 levels, which 8 bits cannot hold: rounding undoes "
                "it. 8/255 of the range is written 8."
            )
    if result.is_met("before"):
        yield f"{_wanted(result)} before any change."


def _after(result: Fooling, options: FoolOptions) -> Iterator[str]:
    is_undone = result.is_fooled("after") and not result.is_fooled("rounded")
    if is_undone and result.eps >= _ENOUGH:
        yield (
            "Rounded to 8 bits, as a saved picture holds it, the network is not fooled any more."
        )
    if result.is_fooled("after") and result.is_fooled("random"):
        yield (
            "Random signs of the same size turn the answer too, so the size alone is enough here: "
            "take a smaller eps to see the direction at work."
        )
    if options.kind == "noise" and result.probability("after") < options.sure:
        yield (
            f"Its probability is still below {options.sure:g} after the last step: give more "
            "steps, or longer ones."
        )


def _wanted(result: Fooling) -> str:
    if result.link == "sigmoid":
        side = "above" if result.toward else "below"
        return f"{result.target} was {side} one half"
    return f"{result.target} was {'' if result.toward else 'not '}the answer"
