"""From the scores of an ablation's trainings to the numbers of its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.experiments.ablation.options import AblateOptions
from convscope.experiments.ablation.score_run import Score
from convscope.experiments.ablation.variants import Variant
from convscope.net.provenance import versions
from convscope.results.ablation import Ablation
from convscope.training.options import TrainOptions

Scores = Sequence[Sequence[Score]]
"""One for each variant and seed."""


def ablation_of(
    variants: Sequence[Variant],
    scores: Scores,
    data: str,
    options: AblateOptions,
    training: TrainOptions,
) -> Ablation:
    """The table, with what did not go as planned in its note."""
    some = next((score for row in scores for score in row if not score.diverged), Score())
    first = [next((score for score in row if not score.diverged), Score()) for row in scores]
    return Ablation(
        parameters=np.array([score.parameters for score in first], np.int64),
        multiply_adds=np.array([score.multiply_adds for score in first], np.int64),
        train_error=_of(scores, "train_error"),
        error=_of(scores, "error"),
        top5_error=_of(scores, "top5_error"),
        seconds=_of(scores, "seconds"),
        names=tuple(variant.name for variant in variants),
        specs=tuple(variant.spec for variant in variants),
        seeds=tuple(range(options.seeds)),
        train_images=some.train_images,
        images=some.images,
        classes=some.classes,
        epochs=training.epochs,
        data=Path(data).name,
        note=" ".join(_notes(variants, scores)),
        provenance=_provenance(scores, options, training),
        commonest=some.commonest,
    )


def _of(scores: Scores, name: str) -> NDArray[np.float64]:
    return np.array([[getattr(score, name) for score in row] for row in scores], np.float64)


def _notes(variants: Sequence[Variant], scores: Scores) -> Iterator[str]:
    for variant, row in zip(variants, scores, strict=True):
        for seed, score in enumerate(row):
            if score.diverged:
                yield f"{variant.name}, seed {seed}, has no numbers: {score.diverged}"


def _provenance(scores: Scores, options: AblateOptions, training: TrainOptions) -> dict[str, Any]:
    return {
        "method": "ablate",
        "options": asdict(options),
        "training": asdict(training),
        "weights": [[score.weights for score in row] for row in scores],
        "versions": versions(),
    }
