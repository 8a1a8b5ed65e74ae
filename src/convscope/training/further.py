"""How far a run is to go, asked anew: to more epochs, and with weights kept of others to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from convscope.checkpoints import RUN, checkpoint_epochs
from convscope.errors import RunError
from convscope.training import folder
from convscope.training.options import TrainOptions
from convscope.training.rate import OF_THE_TOTAL
from convscope.training.state import Place, read_place

ASKED_ANEW = ("epochs", "checkpoints")
"""Options of a run that a later call may change."""
_ELSE = "or train into another folder (--out)."


def go_further(run: Path, there: Mapping[str, Any], options: TrainOptions) -> None:
    """Have a run's file say how far it goes now, where that is still the same training.

    Its ``checkpoints`` then name what was kept so far too, the end of an earlier call included.

    Args:
        run: its folder.
        there: what its file says.
        options: asked for now; the same but for ``ASKED_ANEW``.

    Raises:
        RunError: its rates would have been others, or what is asked for is past.
    """
    place = read_place(run / folder.STATE)
    kept = {e: path for e, path in checkpoint_epochs(run).items() if e <= place.epoch}
    if place.step:
        _check_epochs(run, there["options"]["epochs"], max(_begun(place), *kept, 0), options)
        _check_checkpoints(run, there["options"]["checkpoints"], kept, options)
    known = sorted({*options.checkpoints, *(e for e in kept if 0 < e < options.epochs)})
    now = {**there["options"], "epochs": options.epochs, "checkpoints": known}
    if now != there["options"]:
        folder.write_json(run / RUN, {**there, "options": now})


def _begun(place: Place) -> int:
    """The last epoch of which a step was made."""
    return place.epoch if place.batch else place.epoch - 1


def _check_epochs(run: Path, had: int, begun: int, options: TrainOptions) -> None:
    asked = options.epochs
    if asked != had and options.schedule in OF_THE_TOTAL:
        raise RunError(
            f"{run} was begun with epochs {had}, and now {asked} is asked for. With schedule "
            f"{options.schedule} the rate of every step depends on how many there are in all, so "
            "this is another training from its first step on. Train into another folder (--out) "
            f"with --epochs {asked}. Only plateau and constant can be gone on with."
        )
    if asked < begun:
        raise RunError(
            f"{run} has come to epoch {begun}, further than the {asked} asked for. Ask for "
            f"{begun} or more (--epochs), {_ELSE}"
        )


def _check_checkpoints(
    run: Path, had: Iterable[int], kept: Mapping[int, Path], options: TrainOptions
) -> None:
    done = read_place(run / folder.STATE).epoch - 1
    new = set(options.checkpoints) - {*had, *kept}
    if past := sorted(epoch for epoch in new if epoch <= done):
        raise RunError(
            f"Weights of {_epochs(past)} are asked for, and {run} is past that without having kept "
            f"them; it has those of {_epochs(kept)}. Ask for those and for epochs to come "
            f"(--checkpoints {','.join(map(str, [*filter(None, kept), done + 1]))}), {_ELSE}"
        )


def _epochs(numbers: Iterable[int]) -> str:
    listed = [str(number) for number in numbers]
    return f"{'epoch' if len(listed) == 1 else 'epochs'} {', '.join(listed)}"
