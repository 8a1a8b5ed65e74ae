"""Which picture each kind of result has: one painter each, loaded when a picture is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from convscope.errors import UsageError

PAINTERS = {
    "Ablation": "convscope.render.ablation.picture:ablation_png",
    "Activations": "convscope.render.pictures.activations:activations_png",
    "Attribution": "convscope.render.pictures.attribution:attribution_png",
    "Caricature": "convscope.render.pictures.caricature:caricature_png",
    "ClassPictures": "convscope.render.pictures.classes:classes_png",
    "Comparison": "convscope.render.comparison.picture:comparison_png",
    "Curves": "convscope.render.pictures.curves:curves_png",
    "Dream": "convscope.render.pictures.dream:dream_png",
    "Evolution": "convscope.render.evolution.picture:evolution_png",
    "Fooling": "convscope.render.pictures.fooling:fooling_png",
    "Health": "convscope.render.health.picture:health_png",
    "Heatmap": "convscope.render.pictures.heatmap:heatmap_png",
    "Inversion": "convscope.render.pictures.inversion:inversion_png",
    "Learning": "convscope.render.learning.picture:learning_png",
    "Occlusion": "convscope.render.pictures.occlusion:occlusion_png",
    "Projection": "convscope.render.pictures.projection:projection_png",
    "Ranks": "convscope.render.pictures.ranks:ranks_png",
    "Sanity": "convscope.render.pictures.sanity:sanity_png",
    "Synthesis": "convscope.render.pictures.synthesis:synthesis_png",
    "Weights": "convscope.render.pictures.weights:weights_png",
}
"""``package.module:function`` by the result's class; it takes the result and returns PNG bytes."""


def png_of(result: Any) -> bytes:
    """The picture of a result, as PNG bytes.

    Raises:
        UsageError: no picture is made of such a thing.

    >>> png_of.__name__
    'png_of'
    """
    kind = type(result).__name__
    if kind not in PAINTERS:
        raise UsageError(
            f"There is no picture of a {kind}. There are pictures of: {', '.join(PAINTERS)}."
        )
    module, _, name = PAINTERS[kind].partition(":")
    picture: bytes = getattr(import_module(module), name)(result)
    return picture
