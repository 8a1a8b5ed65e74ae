"""What is said of an ablation follows from its numbers."""

from __future__ import annotations

import numpy as np

from convscope.render.ablation.words import (
    answer,
    by_heart,
    groups,
    limits,
    rule_words,
    unfinished,
)
from tests.results.made_ablation import NAN, made_ablation, of_seeds


def test_the_papers_table_says_what_the_paper_says_of_it() -> None:
    """Wider layers fit the training images far better, and the others hardly (sec. 5.1)."""
    made = made_ablation()
    assert answer(made) == (
        "The whole network errs on 38.4 % of the held-out images. The costliest change is fc=2048: "
        "40.2 %, +1.8 points."
    )
    assert [*groups(made)] == [
        "Worse than the whole network: fc=2048 (+1.8).",
        "Better: wide=yes (−0.9).",
        "Not told apart from it: fc=8192 (+0.4), fc=8192,wide=yes (−0.1).",
    ]
    assert by_heart(made) == (
        "fc=8192 (−11.1 points there) and fc=8192,wide=yes (−23.1 points there) fit the training "
        "images better, and the held-out ones no better: what is gained there is learnt by heart."
    )


def test_smaller_variants_that_fit_better_say_that_training_was_short() -> None:
    error, size = [[0.55], [0.5], [0.4], [0.5]], np.array([100, 90, 80, 120])
    assert unfinished(of_seeds(error, parameters=size)) == (
        "without=1 (−5.0 points) and without=2 (−15.0 points) have fewer parameters and fit even "
        "the training images better than the whole network. Either it was not trained to its end, "
        "and the table says what learns faster: give more epochs. Or what they lack holds it back, "
        "as dropout does."
    )
    one = unfinished(of_seeds([[0.55], [0.5]], parameters=size[:2]))
    assert one.startswith("without=1 (−5.0 points) has fewer parameters and fits even")
    assert unfinished(of_seeds([[0.55], [0.4]], parameters=size[[0, 3]])) == ""
    assert unfinished(of_seeds([[0.55], [0.54]], parameters=size[:2])) == ""
    assert unfinished(made_ablation()) == ""


def test_where_nothing_is_worse_that_is_said() -> None:
    made = of_seeds([[0.25], [0.26]])
    assert answer(made).endswith("No variant is worse by more than chance and seeds explain.")
    assert by_heart(made) == ""


def test_where_the_whole_network_guesses_the_table_is_said_to_say_nothing() -> None:
    made = of_seeds([[0.9, 0.85], [0.7, 0.72]], classes=10, images=100)
    assert answer(made) == (
        "Nothing has been learnt yet: the whole network errs on 87.5 % (85.0 to 90.0) of the "
        "held-out images, and guessing on 90 %, which chance alone does not tell apart. So this "
        "table says nothing of its parts; train for more epochs (--epochs) first."
    )
    assert [*groups(made)] == []
    assert by_heart(made) == ""


def test_several_seeds_are_said_with_their_range() -> None:
    made = of_seeds([[0.25, 0.27], [0.45, 0.47], [NAN, NAN]])
    assert answer(made) == (
        "The whole network errs on 26.0 % (25.0 to 27.0) of the held-out images. The costliest "
        "change is without=1: 46.0 % (45.0 to 47.0), +20.0 points."
    )
    assert [*groups(made)][-1] == "Without numbers: without=2."
    assert "or, if that is more, than the range of the difference over seeds" in rule_words(made)
    assert next(iter(limits(made))).startswith(
        "Each number is a mean over 2 seeds, with the lowest and"
    )


def test_one_seed_is_said_to_be_one() -> None:
    made = of_seeds([[0.25], [0.26]])
    assert next(iter(limits(made))).startswith("One seed: how far another start")
    assert "(--seeds 3)" in next(iter(limits(made)))
    assert "over seeds" not in rule_words(made)
    assert rule_words(made).endswith("1,000 held-out images allows once in twenty times: here at "
                                     "most 3.8 points.")  # fmt: skip


def test_without_the_whole_network_nothing_is_compared() -> None:
    made = of_seeds([[NAN], [0.2]])
    assert answer(made) == "The whole network has no numbers, so there is nothing to compare with."
    assert [*groups(made)] == ["Without numbers: without=1."]
