"""``convscope health``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.cli.flags import Device, Json, Picture, Threads, Trust, with_loading, with_options
from convscope.cli.loading import load_net, rebuild_net
from convscope.cli.output import progress_bar
from convscope.cli.result import emit_result, placed
from convscope.doctor.options import HealthOptions
from convscope.errors import UsageError, nearest
from convscope.progress import silent

if TYPE_CHECKING:
    from convscope.atlas.read import Atlas
    from convscope.net.net import Net
    from convscope.results.health import Health

NAME = "health"
HELP = (
    "Say whether a network is trained, what is the matter with which layer and channel, and what "
    "to change: a verdict with its evidence. Give a network and images, or an atlas."
)
FAILED = 1
"""Exit code where ``--fail-on`` names what was found; the errors of the package begin at 2."""
_SHOWN = 6
"""Layers of one kind of finding."""


@with_options(HealthOptions)
@with_loading
def run(
    subject: Annotated[
        str,
        typer.Argument(help="A network, a run's folder, or an atlas."),
    ],
    loading: Mapping[str, Any],
    options: HealthOptions,
    images: Annotated[
        str | None, typer.Argument(help="With a network: best images it was not trained on.")
    ] = None,
    trained_on: Annotated[
        str | None, typer.Option(help="Images it was trained on: shows overfitting directly.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            help="Exit with 1 on this verdict (untrained, ...) or finding (noise; dead: one "
            "channel is enough); repeatable."
        ),
    ] = None,
    out: Picture = Path("health.png"),
    trust: Trust = False,
    device: Device = "auto",
    threads: Threads = 0,
    json: Json = False,
) -> None:
    """Examine a network."""
    from convscope.doctor.health import health

    wanted = _wanted(fail_on or ())
    picture = placed(out, subject, *loading.values())
    with progress_bar(quiet=json) as progress:
        machine = {"trust": trust, "device": device, "threads": threads}
        given, net = _opened(subject, loading, machine, quiet=json)
        found = health(
            given, images, net=net, trained_on=trained_on, options=options,
            progress=progress or silent,
        )  # fmt: skip
    failed = [name for name in wanted if name in _names(found)]
    numbers = {**_numbers(found), "failed_on": failed}
    emit_result(NAME, found, picture, numbers, _lines(found, failed), as_json=json)
    if failed:
        raise typer.Exit(FAILED)


def _wanted(given: Sequence[str]) -> tuple[str, ...]:
    """The names of ``--fail-on``, each of them a state or a kind of finding.

    Raises:
        UsageError: one is neither.
    """
    from convscope.doctor.findings import ORDER
    from convscope.results.health import STATES

    allowed = (*(state for state in STATES if state != "trained"), *ORDER)
    names = [part.strip() for word in given for part in word.split(",") if part.strip()]
    for name in names:
        if name not in allowed:
            raise UsageError(
                f"--fail-on {name}: nothing is found by that name. There are: "
                f"{', '.join(dict.fromkeys(allowed))}. {nearest(name, allowed)}".rstrip()
            )
    return tuple(dict.fromkeys(names))


def _names(found: Health) -> frozenset[str]:
    return frozenset([found.state, *(one.kind for one in found.findings)])


def _opened(
    subject: str, loading: Mapping[str, Any], machine: Mapping[str, Any], *, quiet: bool
) -> tuple[Net | Atlas, Net | None]:
    """What is examined: a network, or an atlas and its network."""
    if not (Path(subject) / "manifest.json").is_file():
        return load_net(subject, loading, machine["device"], machine["threads"], quiet=quiet), None
    from convscope.atlas.read import open_atlas

    _refuse(loading)
    atlas = open_atlas(subject)
    return atlas, rebuild_net(atlas, weights=loading["weights"], **machine)


def _refuse(loading: Mapping[str, Any]) -> None:
    """An atlas knows its network's preprocessing: what would change it is refused, not ignored.

    Raises:
        UsageError: a flag of `load` besides the weights.
    """
    given = [f"--{name}" for name, value in loading.items() if value is not None]
    extra = [flag for flag in given if flag != "--weights"]
    if extra:
        raise UsageError(
            f"{', '.join(extra)}: an atlas was made with a preprocessing and classes of its own. "
            "Leave them out, or give the network and images to examine it anew."
        )


def _numbers(found: Health) -> dict[str, Any]:
    layers = [
        {"layer": name, "state": state, **dict(zip(found.layer_measures, values, strict=True))}
        for name, state, values in zip(
            found.layers, found.layer_states, found.layer_values.T.tolist(), strict=True
        )
    ]
    return {
        "state": found.state,
        "certainty": found.certainty,
        "headline": found.headline,
        "advice": list(found.advised),
        "findings": list(found.found),
        "layers": layers,
        "answers": found.answers,
        "images": found.images,
    }


def _lines(found: Health, failed: Sequence[str]) -> Iterator[str]:
    from convscope.render.health.words import images_words, network_words

    yield f"{network_words(found)}, over {images_words(found)}"
    yield found.headline
    yield from filter(None, [found.note])
    yield ""
    for advised in found.advice:
        yield f"{advised.what}: {advised.is_indicated} ({advised.certainty}). {advised.why}"
    yield ""
    yield from _findings(found)
    if failed:
        yield f"--fail-on: {', '.join(failed)} was found."


def _findings(found: Health) -> Iterator[str]:
    """Each kind once: what it is in which layers, then the evidence and the remedies they share."""
    from convscope.render.words import joined
    from convscope.results.finding import by_kind, in_common

    if not found.findings:
        yield "Nothing else was found."
    for kind, some in by_kind(found.findings):
        said = " ".join(one.says for one in some[:_SHOWN])
        more = f" And {len(some) - _SHOWN} more: --json." if len(some) > _SHOWN else ""
        yield f"{kind} ({joined([*dict.fromkeys(one.certainty for one in some)])}): {said}{more}"
        shared = (in_common(one.evidence for one in some), in_common(one.remedy for one in some))
        yield f"  {' '.join(filter(None, shared))}"
