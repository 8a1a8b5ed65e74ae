"""What an ablation found, as sentences: each with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from convscope.render.words import MINUS, count, joined, with_range
from convscope.results.ablation import Ablation
from convscope.results.ablation_rule import Verdict, is_guessing, verdicts, verdicts_on_train
from convscope.results.percent import percent


def answer(result: Ablation) -> str:
    """What costs most, in one or two sentences."""
    found = verdicts(result)
    whole = result.error[0]
    if not np.isfinite(whole).any():
        return "The whole network has no numbers, so there is nothing to compare with."
    if is_guessing(result):
        return (
            f"Nothing has been learnt yet: the whole network errs on {with_range(whole)} of the "
            f"held-out images, and guessing on {percent(result.guessing, 1)}, which chance alone "
            "does not tell apart. So this table says nothing of its parts; train for more epochs "
            "(--epochs) first."
        )
    lead = f"The whole network errs on {with_range(whole)} of the held-out images."
    worse = [place for place, one in enumerate(found) if one.word == "worse"]
    if not worse:
        return f"{lead} No variant is worse by more than chance and seeds explain."
    worst = max(worse, key=lambda place: found[place].mean)
    return (
        f"{lead} The costliest change is {result.names[worst]}: {with_range(result.error[worst])}, "
        f"{points(found[worst].mean)} points."
    )


def groups(result: Ablation) -> Iterator[str]:
    """Which variants are worse, better, and not told apart, each with its difference."""
    if is_guessing(result):  # what is beside such a network says nothing of its parts
        return
    found = verdicts(result)
    told = {
        "worse": "Worse than the whole network",
        "better": "Better",
        "alike": "Not told apart from it",
        "unknown": "Without numbers",
    }
    for word, head in told.items():
        here = [place for place in range(1, len(found)) if found[place].word == word]
        here.sort(key=lambda place: -abs(found[place].mean))
        said = (_difference(result, place, found[place]) for place in here)
        if here:
            yield f"{head}: {', '.join(said)}."


def by_heart(result: Ablation) -> str:
    """Variants that fit the training images better and the held-out ones no better; or nothing."""
    if is_guessing(result):
        return ""
    both = zip(result.names, verdicts_on_train(result), verdicts(result), strict=True)
    found = [
        f"{name} ({points(train.mean)} points there)"
        for name, train, held in both
        if train.word == "better" and held.word in ("alike", "worse")
    ]
    if not found:
        return ""
    verb = "fits" if len(found) == 1 else "fit"
    return (
        f"{joined(found)} {verb} the training images better, and the held-out ones no better: what "
        "is gained there is learnt by heart."
    )


def unfinished(result: Ablation) -> str:
    """Smaller variants that fit even the training images better, and what it means; or nothing."""
    found = [
        f"{result.names[place]} ({points(one.mean)} points)"
        for place, one in enumerate(verdicts_on_train(result))
        if one.word == "better" and 0 < result.parameters[place] < result.parameters[0]
    ]
    if not found:
        return ""
    have = "has fewer parameters and fits" if len(found) == 1 else "have fewer parameters and fit"
    return (
        f"{joined(found)} {have} even the training images better than the whole network. Either it "
        "was not trained to its end, and the table says what learns faster: give more epochs. Or "
        "what they lack holds it back, as dropout does."
    )


def rule_words(result: Ablation) -> str:
    """When a difference is called one."""
    seeds = (
        " or, if that is more, than the range of the difference over seeds"
        if len(result.seeds) > 1
        else ""
    )
    most = max((one.margin for one in verdicts(result) if isfinite(one.margin)), default=np.nan)
    return (
        "A variant is called worse or better if its error differs from the whole network's by more "
        f"than chance between {count(result.images, 'held-out image')} allows once in twenty times"
        f"{seeds}: here at most {100 * most:.1f} points."
    )


def limits(result: Ablation) -> Iterator[str]:
    """What the table does not show."""
    if len(result.seeds) == 1:
        yield (
            "One seed: how far another start, another order and other held-out images would move "
            "each number is not known, and it can be more than the differences. Ask for several "
            "(--seeds 3)."
        )
    else:
        yield (
            f"Each number is a mean over {count(len(result.seeds), 'seed')}, with the lowest and "
            "the highest; more seeds would spread further."
        )
    yield (
        "Every variant has the whole network's recipe. A rate or a number of epochs of its own "
        "might serve it better."
    )
    yield (
        "What a variant lacks was never there: the others learnt without it. How much a trained "
        "network relies on a layer is another question."
    )


def points(share: float) -> str:
    """A difference of shares in points, with its sign.

    >>> points(0.172), points(-0.004), points(float("nan"))
    ('+17.2', '−0.4', 'no number')
    """
    if not isfinite(share):
        return "no number"
    return f"{MINUS if share < 0 else '+'}{abs(100 * share):.1f}"


def _difference(result: Ablation, place: int, found: Verdict) -> str:
    name = result.names[place]
    return f"{name} ({points(found.mean)})" if isfinite(found.mean) else name
