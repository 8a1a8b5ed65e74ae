"""Which picture each kind of result has: one painter each, loaded when a picture is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from convscope.errors import UsageError

PAINTERS = {
    "Ablation": "convscope.render.picture_ablation:ablation_png",
    "Activations": "convscope.render.picture_activations:activations_png",
    "Attribution": "convscope.render.picture_attribution:attribution_png",
    "Caricature": "convscope.render.picture_caricature:caricature_png",
    "ClassPictures": "convscope.render.picture_classes:classes_png",
    "Comparison": "convscope.render.picture_comparison:comparison_png",
    "Curves": "convscope.render.picture_curves:curves_png",
    "Dream": "convscope.render.picture_dream:dream_png",
    "Evolution": "convscope.render.picture_evolution:evolution_png",
    "Fooling": "convscope.render.picture_fooling:fooling_png",
    "Health": "convscope.render.picture_health:health_png",
    "Heatmap": "convscope.render.picture_heatmap:heatmap_png",
    "Inversion": "convscope.render.picture_inversion:inversion_png",
    "Learning": "convscope.render.picture_learning:learning_png",
    "Occlusion": "convscope.render.picture_occlusion:occlusion_png",
    "Projection": "convscope.render.picture_projection:projection_png",
    "Ranks": "convscope.render.picture_ranks:ranks_png",
    "Sanity": "convscope.render.picture_sanity:sanity_png",
    "Synthesis": "convscope.render.picture_synthesis:synthesis_png",
    "Weights": "convscope.render.picture_weights:weights_png",
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
