"""Ablation: variants of a network, each trained from scratch by the same recipe, in one table.

Source: Zeiler & Fergus 2013, sec. 4.3 and Table 3 (in the version of 2014: sec. 5.1). All variants
of one seed have the same held-out images, the same order of batches and the same crops, so that
they differ in the network alone; seeds differ in all of it.

Each training is a run of its own, and what was found of it a small file; a stopped ablation goes
on, and one that is asked for with more variants or seeds keeps what it has.

Shows: how often a network errs without some of its layers, or with others, each trained from
scratch by one recipe.
Does not show: what a layer does in the whole network, or how a variant would fare by a recipe of
its own.
Easily misread: a difference smaller than that between seeds says nothing, and one seed does not
show how large that is.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from convscope.errors import DivergedError, StorageError
from convscope.experiments.ablation.options import AblateOptions
from convscope.experiments.ablation.score_run import Score, score_run
from convscope.experiments.ablation.table import ablation_of
from convscope.experiments.ablation.variants import Variant, variants_of
from convscope.experiments.claim import Kind, claim, data_identity, named
from convscope.images.open import open_images
from convscope.images.source import Source
from convscope.progress import Progress, silent
from convscope.render.ablation.page import write_ablation
from convscope.render.placeless import quoted, shareable
from convscope.results.ablation import Ablation
from convscope.storage import write_whole
from convscope.training.loop import train
from convscope.training.options import TrainOptions
from convscope.training.presets import found

MARK, RESULT = "ablate.json", "ablation.safetensors"
GROWING = frozenset({"variants", "seeds", "allow_mixed"})
"""Options that say which trainings there are, not how one is done."""
KIND = Kind("an ablation", "Variants and seeds")


@dataclass(frozen=True)
class Bench:
    """Where an ablation lies, and what all its trainings have in common."""

    out: Path
    data: str | Path
    options: AblateOptions
    columns: tuple[str, str]
    device: str

    @property
    def model(self) -> str:
        """Spec of the whole network."""
        return self.options.model or found(self.options.preset).model

    def run_path(self, variant: Variant, seed: int) -> Path:
        """Where a training lies."""
        return self.out / "runs" / f"{variant.folder}-s{seed}"

    def score_path(self, variant: Variant, seed: int) -> Path:
        """Where what was found of it lies."""
        return self.out / "scores" / f"{variant.folder}-s{seed}.json"


def ablate(
    data: str | Path,
    out: str | Path,
    options: AblateOptions | None = None,
    *,
    image_column: str = "image",
    label_column: str = "label",
    device: str = "auto",
    progress: Progress = silent,
) -> Ablation:
    """Train variants of a network from scratch, and compare their errors.

    ``out`` gets the runs, the result, a picture, and a page that opens from disk, ``index.html``.

    Args:
        data: a folder with a folder a class, a Parquet file with labels, or ``bundled:photos``.
        out: the experiment's folder.
        options: which variants, by which recipe, how many seeds.
        image_column: Parquet: of the encoded images.
        label_column: Parquet: of the classes.
        device: auto, cpu, cuda or mps.
        progress: hears of the steps of all trainings.

    Raises:
        DataError: images or labels that make no classifier, or do not fit a network's scores.
        IntakeError: no such network, key or value.
        StorageError: the folder holds something else.
        UsageError: it holds another ablation, or a variant that cannot be.

    >>> ablate("cifar10.parquet", "ablation")  # doctest: +SKIP
    """
    options = options or AblateOptions()
    bench = Bench(Path(out), data, options, (image_column, label_column), device)
    variants = variants_of(bench.model, options.variants)
    recipe(options, 0)  # an unknown preset is refused before anything is written
    source = open_images(data, image_column=image_column, label_column=label_column)
    claim(bench.out / MARK, identity(bench, source), KIND)
    jobs = [(variant, seed) for seed in range(options.seeds) for variant in variants]
    for place, (variant, seed) in enumerate(jobs):
        if not bench.score_path(variant, seed).exists():
            score = _trained(bench, variant, seed, _part(progress, variant, place, len(jobs)))
            write_score(bench.score_path(variant, seed), score)
    scores = [
        [read_score(bench.score_path(variant, seed)) for seed in range(options.seeds)]
        for variant in variants
    ]
    training = recipe(options, 0)
    result = ablation_of(variants, scores, source.name, options, training)
    shareable(result).save(bench.out / RESULT)
    write_ablation(result, bench.out, command_of(source.name, options))
    return result


def recipe(options: AblateOptions, seed: int) -> TrainOptions:
    """How every variant is trained with one seed: the preset, with what was asked for.

    Raises:
        UsageError: there is no such preset.
    """
    preset = found(options.preset).options
    return replace(
        preset,
        epochs=options.epochs or preset.epochs,
        batch=options.batch or preset.batch,
        rate=options.rate or preset.rate,
        data_size=options.data_size,
        held_out=options.held_out,
        allow_mixed=options.allow_mixed,
        checkpoints=(),
        seed=seed,
    )


def _trained(bench: Bench, variant: Variant, seed: int, progress: Progress) -> Score:
    """Train a variant, or go on with it, and score it; a diverged one is a finding too."""
    options, (images, labels) = recipe(bench.options, seed), bench.columns
    try:
        run = train(
            variant.spec, bench.data, bench.run_path(variant, seed), options,
            image_column=images, label_column=labels, device=bench.device, progress=progress,
        )  # fmt: skip
    except DivergedError as error:
        return Score(diverged=str(error).partition(" The last good")[0])
    return score_run(run, bench.data, bench.columns, bench.device)


def _part(progress: Progress, variant: Variant, place: int, count: int) -> Progress:
    """One training's steps as a part of all, which have as many each."""

    def tell(done: int, own: int, what: str) -> None:
        if what.startswith("training"):
            words = f"{place + 1} of {count}, {variant.name}: {what.partition(', ')[2]}"
            progress(place * own + done, count * own, f"training, {words}")

    return tell


def identity(bench: Bench, source: Source) -> dict[str, Any]:
    """What all trainings of a folder have in common."""
    own = {name: value for name, value in asdict(bench.options).items() if name not in GROWING}
    counted = {"model": named(bench.model), "images": len(source), "labels": _digest(source)}
    return {**own, **counted, **data_identity(source)}


def _digest(source: Source) -> str:
    """Of names and labels, so that other data are seen before anything is trained."""
    digest = hashlib.sha256()
    for index in range(len(source)):
        digest.update(f"{source.uri(index)}\t{source.label(index)}\n".encode())
    return digest.hexdigest()[:16]


def write_score(path: Path, score: Score) -> None:
    """Keep what was found of a training; what is no number is null."""
    plain = {k: None if v != v else v for k, v in asdict(score).items()}
    write_whole(path, (json.dumps(plain, indent=1) + "\n").encode())


def read_score(path: Path) -> Score:
    """Read it back.

    Raises:
        StorageError: it is not as this version writes it.
    """
    known = {each.name: each.default for each in fields(Score)}
    try:
        given: dict[str, Any] = json.loads(path.read_bytes())
        plain: dict[str, Any] = {k: known[k] if v is None else v for k, v in given.items()}
        return Score(**plain)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StorageError(
            f"{path} is not as this version writes it. Remove it, and the same command scores "
            "that training again."
        ) from None


def command_of(data: str, options: AblateOptions) -> str:
    """The command that makes it, without the place of this machine's files."""
    words = ["convscope ablate", shlex.quote(Path(data).name), *_flags(options), "--out ablation"]
    return " ".join(words)


def _flags(options: AblateOptions) -> Iterator[str]:
    for each in fields(options):
        value = getattr(options, each.name)
        if value == each.default:
            continue
        flag = f"--{each.name.replace('_', '-')}"
        words: Sequence[Any] = value if isinstance(value, tuple) else (value,)
        yield from [flag] if value is True else (f"{flag} {quoted(str(word))}" for word in words)
