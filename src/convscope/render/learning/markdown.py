"""The learner's experiment as a page of documentation: what the page says, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from convscope.render.learning import words
from convscope.render.learning.page import gains, says
from convscope.render.words import count
from convscope.results.learning import Learning


def learning_markdown(learning: Learning, command: str, figure: str) -> str:
    """The page, whole: every sentence and number is computed from the result.

    Args:
        learning: the result.
        command: what makes it.
        figure: the picture's file, from where the page lies.
    """
    return "\n\n".join(_blocks(learning, command, figure)) + "\n"


def _blocks(learning: Learning, command: str, figure: str) -> Iterator[str]:
    found = list(words.cells(learning))
    yield "# How much data, how many epochs?"
    yield (
        "Must a network be trained on a huge set, or for many epochs, before its layers show "
        "anything? This page is the answer of one experiment, written by the command that ran it. "
        "The same command answers for your images."
    )
    yield f"```sh\n{command}\n```"
    yield f"**{found[-1].words}** {words.met_words(learning)}".rstrip()
    yield f"**{words.next_words(learning)}** {words.fit_words(learning)}"
    yield "## With this much data and so many epochs"
    yield f"{words.probe_words(learning)} {words.rule_words()}"
    yield _table(
        ("images", "epochs", "steps", "accuracy on the probe", "on training images",
         "these layers show something", "these do not yet"),
        ((f"{one.size:,}", str(one.epochs), f"{one.steps:,}", one.accuracy, one.train,
          _listed(one.showing), _listed(one.others)) for one in found),
    )  # fmt: skip
    yield (
        "Beside each layer: the measure that speaks most for it, how far it is above both floors, "
        "and how far seeds differ."
    )
    yield "## The cheapest training in which each layer shows something"
    yield "\n".join(f"- {line}" for line in words.first_shown(learning))
    yield from _next(learning)
    yield "## Every measure"
    yield f"```{{image}} {figure}\n:alt: {says(learning)}\n```"
    yield "\n".join(f"- *{words.NAMES[name]}*: {words.MEANINGS[name]}" for name in words.NAMES)
    yield "## What this does not show"
    yield "\n".join(f"- {line}" for line in words.limits(learning))
    yield f"{words.floor_words(learning)} {words.chance_words(learning)}"
    yield _made(learning)


def _next(learning: Learning) -> Iterator[str]:
    rows = list(gains(learning))
    if rows:
        yield "## What a doubling brought"
        yield _table(
            ("gain of a doubling", "of the images", "of the epochs", "seeds differ by",
             "what helps"), rows,
        )  # fmt: skip


def _made(learning: Learning) -> str:
    versions = learning.provenance.get("versions", {})
    with_ = ", ".join(f"{name} {value}" for name, value in versions.items())
    minutes = f"{learning.seconds.sum() / 60:.0f} minutes of training without these"
    return (
        f"{count(learning.shown.size * len(learning.seeds), 'training')} and "
        f"{count(len(learning.seeds), 'more', 'more')} with shuffled labels, {minutes}, "
        f"{count(learning.probe, 'image')} in the probe{f'; {with_}' if with_ else ''}. "
        f"{learning.note}"
    ).strip()


def _listed(found: Sequence[words.Found]) -> str:
    return "<br>".join(one.words for one in found) or "none"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; a bar in a cell would end it.

    >>> print(_table(("a", "b"), [("1", "2")]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, *rows]
    made = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines]
    return "\n".join([made[0], "|" + "---|" * len(head), *made[1:]])
