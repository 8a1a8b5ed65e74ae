"""What the learner's experiment found, as sentences: each with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, isfinite

import numpy as np

from convscope.render.placeless import short_name
from convscope.render.words import MINUS, TIMES, count, joined, percent, with_range
from convscope.results.learning import OF_PAIR, Learning
from convscope.results.learning_rule import (
    DECIDING,
    LEAST,
    WRONG,
    Doubling,
    Evidence,
    by_chance,
    doublings,
    evidence,
    least_ranges,
)

NAMES = {
    "dead": "dead channels",
    "firing": "cells that fire",
    "smoothness": "smoothness of filters",
    "purity": "nine strongest images of one class",
    "entropy": "classes mixed in the nine strongest",
    "probe": "class read by a linear classifier",
    "overlap": "same strongest images in another training",
    "projections": "same projection in another training",
    "cka": "likeness to the final network",
}
"""Of measures, short enough for the head of a table."""
MEANINGS = {
    "dead": "Share of channels above zero on no image of the probe.",
    "firing": "Share of cells above zero, over all channels and images; sparsity is one less this.",
    "smoothness": "One less the mean noise of the filters: 0 as random weights, 1 without any "
    "structure. Kernels under 3 by 3 have none.",
    "purity": "Share of the most frequent class among a channel's nine strongest images, on "
    "average over channels.",
    "entropy": "How mixed the classes of the nine strongest images are, in bits.",
    "probe": "Images whose class a linear classifier reads from the layer's mean activations, "
    "fitted on one half of the probe, tested on the other; an average over classes.",
    "overlap": "Jaccard index of the nine strongest images of matched channels of two seeds, "
    "matched on one half of the probe, compared on the other.",
    "projections": "Cosine of the projections of matched channels of two seeds, each from its "
    "strongest image, in the frame of its cell.",
    "cka": "Linear CKA (unbiased) with the network of the most images and epochs of the same seed. "
    "That network itself has 1.00 by construction: it is compared with itself.",
}
PERHAPS = "perhaps by chance"
"""Said of a layer that meets the rule as chance among so many layers may."""
SHARES = frozenset({"dead", "firing", "purity", "probe", "accuracy"})
"""Measures that are said as percent."""


Place = tuple[int, ...] | None
"""A training of the grid, by its size's and its epochs' number."""


@dataclass(frozen=True)
class Found:
    """What the rule says of one layer of one cell, by the measure that speaks most for it."""

    layer: str
    measure: str
    """Empty where nothing could be compared."""
    margin: float
    spread: float
    shows: bool
    is_sure: bool = False
    """Whether chance among so many layers does not explain that it shows."""

    @property
    def words(self) -> str:
        """With its numbers: ``relu1: smoothness of filters +0.290 (seeds 0.040)``."""
        if not self.measure:
            return f"{self.layer}: no number"
        above, apart = (
            difference(self.measure, self.margin),
            spread_words(self.measure, self.spread),
        )
        perhaps = f", {PERHAPS}" if self.shows and not self.is_sure else ""
        return f"{self.layer}: {NAMES[self.measure]} {above} (seeds {apart}){perhaps}"


@dataclass(frozen=True)
class CellWords:
    """One row of the page's answer."""

    size: int
    epochs: int
    steps: int
    accuracy: str
    train: str
    found: tuple[Found, ...]

    @property
    def showing(self) -> tuple[Found, ...]:
        """Layers that show something."""
        return tuple(one for one in self.found if one.shows)

    @property
    def others(self) -> tuple[Found, ...]:
        """Layers that do not yet."""
        return tuple(one for one in self.found if not one.shows)

    @property
    def words(self) -> str:
        """The answer for this much data and so many epochs."""
        with_ = f"With {count(self.size, 'image')} and {count(self.epochs, 'epoch')} " \
            f"({count(self.steps, 'step')})"  # fmt: skip
        sure = [one.layer for one in self.showing if one.is_sure]
        perhaps = [one.layer for one in self.showing if not one.is_sure]
        if not self.showing:
            return f"{with_} no layer shows anything yet."
        if len(sure) == len(self.found):
            return f"{with_} every layer shows something."
        if len(perhaps) == len(self.found):
            return f"{with_} every layer may show something, or it is chance."
        said = [
            f"{joined(sure)} {'shows' if len(sure) == 1 else 'show'} something" if sure else "",
            f"{joined(perhaps)} may show something, or it is chance" if perhaps else "",
            _not_yet([one.layer for one in self.others]),
        ]
        return f"{with_} {'; '.join(filter(None, said))}."


def _not_yet(names: list[str]) -> str:
    if not names:
        return ""
    return f"{joined(names)} {'does' if len(names) == 1 else 'do'} not yet"


def cells(learning: Learning) -> Iterator[CellWords]:
    """The answer cell by cell, the most data and epochs last."""
    held = evidence(learning)
    for a, size in enumerate(learning.sizes.tolist()):
        for b, epochs in enumerate(learning.epochs.tolist()):
            yield CellWords(
                size=size,
                epochs=epochs,
                steps=int(learning.steps[a, b]),
                accuracy=with_range(learning.accuracy[a, b]),
                train=with_range(learning.train_accuracy[a, b]),
                found=tuple(_found(held, name, a, b, place)
                            for place, name in enumerate(learning.layers)),
            )  # fmt: skip


def _found(held: Evidence, layer: str, a: int, b: int, place: int) -> Found:
    """By the measure whose margin is largest beside what the rule asks of it: one that meets it."""
    margins, spreads = held.margin[:, a, b, place], held.spread[:, a, b, place]
    known = np.flatnonzero(held.is_known[:, a, b, place])
    if not len(known):
        return Found(layer, "", float("nan"), float("nan"), shows=False)
    ratio = margins[known] / np.maximum(spreads[known], LEAST)
    best = known[int(np.where(margins[known] > 0, ratio, margins[known] - 1e12).argmax())]
    shows, sure = (bool(part[a, b, place]) for part in (held.layers, held.is_sure))
    return Found(layer, DECIDING[best], float(margins[best]), float(spreads[best]), shows, sure)


def first_shown(learning: Learning) -> Iterator[str]:
    """For each layer the cheapest training of the grid in which it shows something."""
    held = evidence(learning)
    order = sorted(np.ndindex(*learning.shown.shape), key=lambda at: (learning.shown[at], at))
    for place, name in enumerate(learning.layers):
        sure, met = (
            next((at for at in order if shows[(*at, place)]), None)
            for shows in (held.is_sure, held.layers)
        )
        yield f"{name}: {_first(learning, sure, met)}."


def _first(learning: Learning, sure: Place, met: Place) -> str:
    """From which training on surely, and from which perhaps by chance."""
    if met is None:
        return "in no training of this grid"
    if sure is None:
        return f"in no training surely; {PERHAPS} from {_training(learning, met)}"
    early = f" (from {_training(learning, met)}, {PERHAPS})" if met != sure else ""
    return f"from {_training(learning, sure)}{early}"


def _training(learning: Learning, at: tuple[int, ...]) -> str:
    a, b = at
    epochs, steps = count(int(learning.epochs[b]), "epoch"), int(learning.steps[at])
    return f"{int(learning.sizes[a]):,} images {TIMES} {epochs}, {count(steps, 'step')}"


def next_words(learning: Learning) -> str:
    """More data or more epochs: what a doubling of each brought last."""
    found = doublings(learning)
    if not found:
        return (
            "Whether more data or more epochs would help more takes two sizes, two numbers of "
            "epochs and two seeds, which this grid does not have."
        )
    first = found[0]
    most = " most." if len(first.helps) > 1 else "; the other brought no more than seeds differ by."
    advice = _ADVICE[first.better].replace("...", most)
    return f"{advice} {gain_words(learning, first)} {layers_words(learning)}".rstrip()


def helped(learning: Learning) -> Iterator[tuple[Doubling, str]]:
    """Every doubling with what helps; a layer that shows nothing in any training has ``nothing``.

    What seeds do to a layer that shows nothing is no gain, however far it went.
    """
    shows = np.asarray(evidence(learning).layers.any(axis=(0, 1)))
    told = dict(zip(learning.layers, shows.tolist(), strict=True))
    for one in doublings(learning):
        yield one, one.better if told.get(one.name, True) else "nothing"


def layers_words(learning: Learning) -> str:
    """In which layers a doubling brought more than seeds differ by."""
    said = []
    for word, does in _DOES.items():
        names = [one.name for one, helps in [*helped(learning)][1:] if helps == word]
        said += [f"{does} in {joined(names)}"] if names else []
    return f"Of what a linear classifier reads, {'; '.join(said)}." if said else ""


_DOES = {"data": "more data helps", "epochs": "more epochs help", "either": "either helps"}
_ADVICE = {
    "data": "More data helps...",
    "epochs": "More epochs help...",
    "either": "More data or more epochs, whichever is cheaper: both help, and seeds differ by more "
    "than the two do.",
    "neither": "For accuracy neither alone: no doubling brought more than seeds differ by. Try "
    "more of both, another recipe, or another network.",
}


def gain_words(learning: Learning, gain: Doubling) -> str:
    """The numbers of a doubling."""
    sizes, epochs = learning.sizes.tolist(), learning.epochs.tolist()
    data, more = (difference("accuracy", float(part.mean())) for part in (gain.data, gain.epochs))
    return (
        f"From {sizes[-2]:,} to {sizes[-1]:,} images ({count(epochs[-1], 'epoch')}) a doubling of "
        f"the data brought {data} of accuracy, from {epochs[-2]} to {epochs[-1]} epochs "
        f"({sizes[-1]:,} images) a doubling of the epochs {more}; seeds differ by "
        f"{spread_words('accuracy', gain.spread)}. Each doubles the steps."
    )


def fit_words(learning: Learning) -> str:
    """How much of what the largest training knows it knows by heart."""
    own, other = (
        float(part[-1, -1].mean()) for part in (learning.train_accuracy, learning.accuracy)
    )
    return (
        f"The network of the most data and epochs answers {percent(own)} of its training images "
        f"right (as it met them in its last epoch, cropped and with dropout) and {percent(other)} "
        "of the images that none was trained on."
    )


def rule_words() -> str:
    """The rule, and what it is held to."""
    return (
        "The floors are networks that have learnt nothing: each before its first step, and one "
        "trained on labels dealt at random. "
        "A layer shows something where one of its measures, on average over seeds, exceeds both "
        "floors by more than the seeds differ (by more than the widest range over seeds, of the "
        f"network and of either floor) and by {LEAST} or more, a point of percent. It is said "
        f"surely where at most {percent(WRONG)} of the layers said so are expected to be chance's; "
        f"the rest that meet this rule are marked \u201c{PERHAPS}\u201d."
    )


def probe_words(learning: Learning) -> str:
    """What the probe is."""
    return (
        f"The probe is {count(learning.probe, 'image')} that no network was trained on and every "
        "network was read on."
    )


def floor_words(learning: Learning) -> str:
    """What the floors are, and how well they answer."""
    start, shuffled = (with_range(part) for part in learning.floor_accuracy)
    images, epochs = learning.floor_cell
    return (
        "The floors are each network before its first step, and one trained on "
        f"{count(images, 'image')} for {count(epochs, 'epoch')} with their labels dealt anew. They "
        f"answer {start} and {shuffled} of the probe's images right; always giving the most "
        f"frequent class is right for {percent(learning.chance)}."
    )


def met_words(learning: Learning) -> str:
    """How many comparisons meet the rule, how many would by chance, and how many layers are sure.

    Stands beside the first claims.
    """
    held = evidence(learning)
    made, met = (int(part.sum()) for part in (held.is_known, held.shows))
    if not made:
        return ""
    asked, layers = int((held.asked > 0).sum()), int(held.layers.sum())
    return (
        f"In {met:,} of {count(made, 'comparison')} a trained network is above those that have "
        "learnt nothing by more than seeds differ; chance alone would give "
        f"{_expected(held.expected)}. Of {count(asked, 'layer')}, counted anew in each training, "
        f"{layers:,} {'shows' if layers == 1 else 'show'} something"
        f"{_surely(held, len(learning.seeds))}."
    )


def _surely(held: Evidence, seeds: int) -> str:
    """How many of the layers that show something are told from chance, and what would tell more."""
    layers, sure = int(held.layers.sum()), int(held.is_sure.sum())
    if not layers:
        return ""
    if sure:
        return f", {sure:,} of them surely" if sure < layers else ", surely"
    said = (
        f"; none of them is told from chance, so {'it is not' if layers == 1 else 'none is'} sure"
    )
    if seeds > 2:
        return said
    fewest = int(held.asked[held.asked > 0].min())
    two, three = (
        floor(10 * least) / 10  # "at least" stays true as it is written
        for least in (least_ranges(2, fewest), least_ranges(3, fewest + len(OF_PAIR)))
    )
    return (
        f"{said}. With two seeds a sure layer is at least {two:.1f} times as far above "
        "what has learnt nothing as seeds differ, with three seeds at least "
        f"{three:.1f} times, and further the fewer layers show something: --seeds 3 "
        "tells more"
    )


def chance_words(learning: Learning) -> str:
    """How many verdicts to expect of chance alone, and why."""
    held, seeds = evidence(learning), len(learning.seeds)
    if not held.is_known.any():
        return ""
    of_pairs = (
        f" ({percent(float(by_chance(seeds, pairs=True)))} where pairs of seeds are compared)"
    )
    return (
        "If nothing but seeds differed, a measure would meet the rule in at most "
        f"{percent(float(by_chance(seeds)))} of cases with {seeds} seeds"
        f"{of_pairs if seeds > 2 else ''}: so it is where the floors do not vary from seed to "
        f"seed, and less where they do. {int(held.is_known.sum()):,} comparisons were made, so "
        f"{_expected(held.expected)} by chance. Which layers are told from chance follows from how "
        "often it gives as many ranges as the measure that speaks most for a layer has, times how "
        "many measures the layer has (Bonferroni), and from how many layers there are (Benjamini & "
        "Hochberg 1995)."
    )


def _expected(count_: float) -> str:
    """So many at most: rounded up.

    >>> _expected(0.2), _expected(1.0), _expected(33.7)
    ('fewer than one', 'at most one', 'at most 34')
    """
    if count_ < 1:
        return "fewer than one"
    return "at most one" if count_ == 1 else f"at most {ceil(count_):,}"


def limits(learning: Learning) -> Iterator[str]:
    """What the experiment does not show."""
    recipe = learning.provenance.get("options", {}).get("preset", "")
    model, given = short_name(learning.model), f" ({recipe})" if recipe else ""
    yield (
        f"One network ({model}), one recipe{given}, "
        f"one data set ({learning.images}, {len(learning.classes)} classes), "
        f"{count(len(learning.seeds), 'seed')}: another may need more or less."
    )
    yield (
        "A layer that shows something differs from a floor. It need not be finished, and its "
        "pictures need not please."
    )
    if len(learning.seeds) == 2:
        yield (
            "Two seeds are one pair, so how far pairs differ is not known, and what two trainings "
            "agree on decides nothing here. --seeds 3 lets it."
        )
    if doublings(learning):
        yield (
            "What a doubling brought is held to how far seeds differ, and to nothing else: how "
            "often chance brings as much is not asked."
        )
    yield (
        "Networks are compared at equal images and epochs, not at equal steps: fewer images make "
        "fewer steps, which stand beside."
    )


def difference(measure: str, value: float) -> str:
    """A difference of a measure, with its sign: points of percent, or a number.

    >>> difference("probe", 0.031), difference("smoothness", -0.25)
    ('+3.1 points', '−0.250')
    """
    shown, unit, digits = (100 * value, " points", 1) if measure in SHARES else (value, "", 3)
    rounded = round(shown, digits)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}{unit}"


def spread_words(measure: str, value: float) -> str:
    """How far seeds differ.

    >>> spread_words("probe", 0.012), spread_words("smoothness", 0.1)
    ('1.2', '0.100')
    """
    return f"{100 * value:.1f}" if measure in SHARES else f"{value:.3f}"


def value_words(measure: str, value: float) -> str:
    """A measure's value; a dash where there is none.

    >>> value_words("probe", 0.312), value_words("cka", float("nan"))
    ('31.2 %', '–')
    """
    if not isfinite(value):
        return "–"
    if measure in SHARES:
        return percent(value)
    return f"{MINUS if round(value, 2) < 0 else ''}{abs(value):.2f}"
