"""convscope: a microscope for convolutional networks.

Names are loaded when they are first used, so that importing the package, or asking the command
line for help, loads neither torch nor a plotting library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "AblateOptions": "experiments.ablation.options",
    "Ablation": "results.ablation",
    "Activations": "results.activations",
    "ActivationsOptions": "methods.options.activations",
    "AdapterOptions": "methods.options.adapter",
    "Atlas": "atlas.read",
    "AtlasOptions": "atlas.options",
    "Attribution": "results.attribution",
    "Caricature": "results.caricature",
    "CaricatureOptions": "methods.options.caricature",
    "ClassPictures": "results.class_pictures",
    "ClassPicturesOptions": "methods.options.class_pictures",
    "CompareOptions": "experiments.comparison.options",
    "Comparison": "results.comparison",
    "Curves": "results.curves",
    "CurvesOptions": "methods.options.curves",
    "Dream": "results.dream",
    "DreamOptions": "methods.options.dream",
    "Evolution": "results.evolution",
    "EvolveOptions": "experiments.evolution.options",
    "Figure": "render.report.figure",
    "FigureOptions": "render.report.options",
    "FoolOptions": "methods.options.fool",
    "Fooling": "results.fooling",
    "GradientOptions": "methods.options.gradient",
    "Health": "results.health",
    "HealthOptions": "doctor.options",
    "Heatmap": "results.heatmap",
    "HeatmapOptions": "methods.options.heatmap",
    "Image": "images.image",
    "Inversion": "results.inversion",
    "InvertOptions": "methods.options.invert",
    "Learning": "results.learning",
    "LearncurveOptions": "experiments.learning.options",
    "Look": "render.look.look",
    "LookOptions": "methods.options.look",
    "Natural": "synthesis.natural",
    "Net": "net.net",
    "OccludeOptions": "methods.options.occlude",
    "Occlusion": "results.occlusion",
    "Preprocessing": "preprocess",
    "ProjectOptions": "methods.options.project",
    "Projection": "results.projection",
    "Ranks": "results.ranks",
    "RanksOptions": "methods.options.ranks",
    "Recipe": "synthesis.recipe",
    "Recorder": "training.recorder",
    "Report": "render.report.options",
    "ReportOptions": "render.report.options",
    "Run": "training.run",
    "Sanity": "results.sanity",
    "SanityOptions": "methods.options.sanity",
    "Synthesis": "results.synthesis",
    "SynthesizeOptions": "methods.options.synthesize",
    "Tape": "net.tape",
    "TrainOptions": "training.options",
    "Weights": "results.weights",
    "WeightsOptions": "methods.options.weights",
    "ablate": "experiments.ablation.ablate",
    "activations": "methods.activations",
    "ascend": "methods.ascend",
    "build_atlas": "atlas.make",
    "caricature": "methods.caricature",
    "check_atlas": "atlas.check",
    "class_pictures": "methods.class_pictures",
    "compare": "experiments.comparison.compare",
    "curves": "methods.curves",
    "demo": "experiments.demo",
    "dream": "methods.dream",
    "evolution_report": "render.evolution.page",
    "evolve": "experiments.evolution.evolve",
    "figure": "render.report.make",
    "fool": "methods.fool",
    "gradient": "methods.gradient",
    "health": "doctor.health",
    "heatmap": "methods.heatmap",
    "invert": "methods.invert",
    "learncurve": "experiments.learning.learncurve",
    "load": "net.intake",
    "load_result": "results.file",
    "look": "render.look.look",
    "natural_of": "synthesis.natural",
    "objective_of": "methods.ascend",
    "occlude": "methods.occlude",
    "open_atlas": "atlas.read",
    "open_images": "images.open",
    "open_run": "training.run",
    "preset": "synthesis.presets",
    "project": "methods.project",
    "project_all": "methods.project_atlas",
    "published": "render.pictures.published",
    "ranks": "methods.ranks",
    "read_image": "images.read",
    "rebuild": "net.rebuild",
    "register_callable": "methods.adapter",
    "register_captum": "methods.adapter",
    "report": "render.report.make",
    "sanity": "methods.sanity",
    "similarity": "methods.similarity",
    "synthesize": "methods.synthesize",
    "synthesize_atlas": "methods.synthesize_atlas",
    "tape": "net.net",
    "train": "training.loop",
    "twin": "net.twin",
    "weights": "methods.weights",
}
_NAMES = {"check_atlas": "check", "read_image": "read", "register_captum": "captum"}
"""Names that differ from those at home, where the room already says half of them."""

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'convscope' has no attribute {name!r}")
    module = import_module(f"convscope.{_HOMES[name]}")
    value = globals()[name] = getattr(module, _NAMES.get(name, name))
    return value


def __dir__() -> list[str]:
    return __all__
