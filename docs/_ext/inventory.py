"""Everything that has to be documented, found by looking at the installed package."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from types import ModuleType

import convscope
from convscope import errors


@dataclass(frozen=True)
class Option:
    """One field of an options dataclass."""

    name: str
    type: str
    default: str
    unit: str
    help: str


def public_names() -> list[str]:
    return sorted(getattr(convscope, "__all__", []))


def rooms() -> list[str]:
    return [info.name for info in pkgutil.iter_modules(convscope.__path__)]


def error_classes() -> list[type[errors.ConvscopeError]]:
    """The tree of errors in the order it is defined in."""
    return [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.ConvscopeError)
    ]


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(convscope.__path__, "convscope."):
        if not info.name.endswith("__main__"):
            yield import_module(info.name)


def option_classes() -> list[type]:
    """Every frozen dataclass whose name ends in ``Options``, in the order of their modules."""
    return [
        value
        for module in modules()
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and name.endswith("Options")
        and value.__module__ == module.__name__
        and dataclasses.is_dataclass(value)
    ]


CAPTIONS_OF = {
    "ablate": ("ablation",),
    "activations": ("activations", "activations_signed"),
    "caricature": ("caricature",),
    "class_pictures": ("class_pictures",),
    "compare": ("comparison",),
    "curves": ("curves",),
    "dream": ("dream",),
    "evolve": ("evolution",),
    "fool": ("fooling", "fooling_noise"),
    "gradient": (
        *("gradient", "input_gradient", "smoothgrad", "integrated", "guided", "deconvnet"),
    ),
    "health": ("health",),
    "heatmap": (
        *("heatmap", "heatmap_unit", "heatmap_against"),
        *("guided_gradcam", "guided_gradcam_unit", "guided_gradcam_against"),
    ),
    "invert": ("inversion",),
    "learncurve": ("learning",),
    "occlude": ("occlusion",),
    "project": ("deconvnet", "guided", "gradient"),
    "ranks": ("ranks", "patches"),
    "sanity": ("sanity",),
    "synthesize": ("synthesis",),
    "weights": ("filters",),
}
"""The captions that stand with a method's results; the first is the one its file states."""


@dataclass(frozen=True)
class Look:
    """One file that promises a picture: a method, the doctor, an experiment."""

    name: str
    text: str
    """Its docstring: what it is, source, formula, and the three sentences."""
    options: type | None
    help: str
    """Of the command of the same name; empty where there is none."""


LOOKING = ("methods", "doctor", "experiments")
"""Rooms with files that promise pictures."""


def looks() -> list[Look]:
    """Every file of these rooms whose docstring holds the three sentences, by name."""
    told, found = commands(), []
    for room in LOOKING:
        package = import_module(f"convscope.{room}")
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            text = inspect.getdoc(import_module(info.name)) or ""
            if "\nShows: " in text:
                folder, _, name = info.name.rpartition(".")
                command = told.get(name.replace("_", "-"), "")
                found.append(Look(name, text, _options_of(folder, name), command))
    return sorted(found, key=lambda look: look.name)


def _options_of(folder: str, name: str) -> type | None:
    """The options of a file: in a file of its name, or the only ones of its folder."""
    homes = (f"{folder}.options.{name}", f"{folder}.options")
    return next((cls for cls in option_classes() if cls.__module__ in homes), None)


def sentences(text: str) -> dict[str, str]:
    """The three sentences of a docstring, by the names that captions have for them."""
    said = re.findall(
        r"^(Shows|Does not show|Easily misread): (.*?)(?=^[A-Z][a-z ]+: |\Z)", text, re.S | re.M
    )
    return {key.lower().replace(" ", "_"): " ".join(words.split()) for key, words in said}


def options(cls: type) -> list[Option]:
    texts = attribute_docstrings(cls)
    return [
        Option(
            name=field.name,
            type=str(field.type),
            default=_default(field),
            unit=str(field.metadata.get("unit") or ""),
            help=str(field.metadata.get("help") or texts.get(field.name, "")),
        )
        for field in dataclasses.fields(cls)
    ]


def attribute_docstrings(cls: type) -> dict[str, str]:
    """The string literal under each attribute of a class body."""
    body = ast.parse(inspect.cleandoc("\n" + inspect.getsource(cls))).body[0].body
    return {
        above.target.id: inspect.cleandoc(below.value.value)
        for above, below in pairwise(body)
        if isinstance(above, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def commands() -> dict[str, str]:
    """Each command's ``--help``, by its name; the program's own under the empty name."""
    if find_spec("convscope.cli") is None:
        return {}
    from typer.main import get_command

    app = import_module("convscope.cli").app
    names = getattr(get_command(app), "commands", {})
    return {name: _help(app, name) for name in ("", *sorted(names))}


def schema() -> ModuleType | None:
    """The module that defines the atlas's columns."""
    has_atlas = find_spec("convscope.atlas") and find_spec("convscope.atlas.schema")
    return import_module("convscope.atlas.schema") if has_atlas else None


def columns() -> list[str]:
    """Every column of every file of an atlas."""
    return [column.name for table in schema().EVERY for column in table.columns]


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is not MISSING:
        return repr(field.default)
    return "required" if field.default_factory is MISSING else repr(field.default_factory())


def _help(app: object, name: str) -> str:
    from typer.testing import CliRunner

    plain = {"COLUMNS": "90", "TERMINAL_WIDTH": "90", "NO_COLOR": "1", "TERM": "dumb"}
    result = CliRunner().invoke(app, [*name.split(), "--help"], env=plain, prog_name="convscope")
    if result.exit_code:
        raise RuntimeError(f"`convscope {name} --help` ended with {result.exit_code}") from (
            result.exception
        )
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())
