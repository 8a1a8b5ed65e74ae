"""How a panel was made, in words, in Python and as a command; names no folder of this machine."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from convscope.address import is_library
from convscope.render.loading_words import without_root
from convscope.render.look.run import Call
from convscope.render.pictures.says_synthesis import recipe_words
from convscope.render.words import number

COMMANDS = {"curves": ""}
"""Functions that are no command of their own, or one of another name."""


NO_IMAGE = ("weights", "synthesize")
"""Functions that look at no image."""
OF_LAYERS = ("activations", "weights")
"""Commands that take layers, not a target."""
OF_ATLAS = ("activations", "occlude", "synthesize")
"""Functions that take an atlas."""


@dataclass(frozen=True)
class Names:
    """What stands for the network and the pictures in code."""

    spec: str
    weights: str
    image: str
    images: str
    atlas: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    """What else the network is loaded with, by name."""

    @property
    def loading(self) -> dict[str, str]:
        """What ``load`` is given beside the spec."""
        return ({"weights": self.weights} if self.weights else {}) | dict(self.given)

    @property
    def network(self) -> str:
        """The command line's words for the network."""
        flags = (f"--{name} {shlex.quote(value)}" for name, value in self.loading.items())
        return " ".join([shlex.quote(self.spec), *flags])

    @property
    def load(self) -> str:
        """Python's words for the network."""
        said = (f"{name}={_quoted(value)}" for name, value in self.loading.items())
        return f"convscope.load({', '.join([_quoted(self.spec), *said])})"


def names_of(
    spec: str,
    weights: str | None,
    image: str,
    images: str = "",
    *,
    atlas: str = "",
    given: Mapping[str, str] | None = None,
) -> Names:
    """Names as they were typed, without the folders that lead to them from a machine's root.

    >>> names_of("/home/me/nets.py:small", None, "a/cat.png").spec
    'nets.py:small'
    >>> names_of("bundled:photos", None, "china/s3/0001", "bundled:photos").images
    'bundled:photos'
    """
    short = spec if is_library(spec) else without_root(spec)
    kept = "" if weights is None or spec.startswith("bundled:") else without_root(weights)
    named = images if is_library(images) else without_root(images)
    return Names(short, kept, without_root(image), named, without_root(atlas), given or {})


def python_of(call: Call, names: Names) -> str:
    """The lines that compute a panel's result.

    >>> print(python_of(Call("gradient", "class:cat"), names_of("bundled:photos", None, "a.png")))
    import convscope
    <BLANKLINE>
    net = convscope.load("bundled:photos")
    image = convscope.read_image("a.png", net.preprocessing)
    convscope.gradient(net, image, "class:cat")
    """
    lines = ["import convscope", "", f"net = {names.load}"]
    given = _quoted(names.images) if call.function == "ranks" else "image"
    if call.function in NO_IMAGE:
        given = ""
    elif call.function != "ranks":
        lines.append(f"image = convscope.read_image({_quoted(names.image)}, net.preprocessing)")
    if call.beside:
        lines.append(f"beside = convscope.heatmap(net, image, {_quoted(call.target)})")
    parts = [
        "net",
        given,
        _quoted(call.target),
        "beside" * bool(call.beside),
        _options(call.options),
        _atlas(names) if call.function in OF_ATLAS else "",
    ]
    return "\n".join([*lines, f"convscope.{call.function}({', '.join(filter(None, parts))})"])


def _atlas(names: Names) -> str:
    return f"atlas=convscope.open_atlas({_quoted(names.atlas)})" if names.atlas else ""


def _quoted(text: str) -> str:
    """A string of Python in double quotes; JSON's are that."""
    return json.dumps(text, ensure_ascii=False)


def _options(options: Any) -> str:
    changed = changed_options(options)
    if not changed:
        return ""
    said = ", ".join(f"{name}={_literal(value)}" for name, value in changed.items())
    return f"convscope.{type(options).__name__}({said})"


def _literal(value: Any) -> str:
    if is_dataclass(value):
        return _options(value) or f"convscope.{type(value).__name__}()"
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' * (len(value) == 1)})"
    return _quoted(value) if isinstance(value, str) else repr(value)


def changed_options(options: Any) -> dict[str, Any]:
    """Options that differ from their defaults."""
    if options is None:
        return {}
    return {
        one.name: getattr(options, one.name)
        for one in fields(options)
        if getattr(options, one.name) != one.default
    }


def command_of(call: Call, names: Names) -> str:
    """The command that does the same; empty where there is none.

    >>> command_of(Call("gradient", "class:cat"), names_of("bundled:photos", None, "a.png"))
    'convscope gradient bundled:photos a.png class:cat'
    """
    command = COMMANDS.get(call.function, call.function)
    if not command or getattr(call.options, "recipe", None) is not None:
        return ""
    given = {"ranks": names.images, **dict.fromkeys(NO_IMAGE, "")}.get(call.function, names.image)
    target = shlex.quote(call.target)
    said = f"--layers {target}" if call.function in OF_LAYERS else target
    parts = [shlex.quote(given)] * bool(given) + [said]
    if call.function in OF_ATLAS:
        parts += _beside(names)
    return " ".join(["convscope", command, names.network, *parts, *_flags(call.options)])


def _beside(names: Names) -> list[str]:
    return [f"--atlas {shlex.quote(names.atlas)}"] * bool(names.atlas)


def _flags(options: Any) -> list[str]:
    said = []
    for name, value in changed_options(options).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            said.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, tuple):
            said += [f"--{flag} {shlex.quote(str(one))}" for one in value]
        else:
            said.append(f"--{flag} {shlex.quote(str(value))}")
    return said


def facts(call: Call, provenance: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Everything behind a panel as name and value: what differs from the defaults comes first."""
    given = dict(provenance.get("options", {}))
    if isinstance(given.get("recipe"), Mapping):
        given["recipe"] = recipe_words(provenance)
    changed = changed_options(call.options)
    order = [*changed, *(name for name in given if name not in changed)]
    options = [(name.replace("_", " "), _said(given.get(name))) for name in order if name in given]
    weights = str(provenance.get("weights", ""))[:8]
    known = [
        ("method", str(provenance.get("method", call.function))),
        *options,
        ("weights", weights),
        ("image", without_root(str(provenance.get("image") or ""))),
    ]
    versions = [(k, str(v)) for k, v in provenance.get("versions", {}).items()]
    return tuple((name, value) for name, value in [*known, *versions] if value)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    return "" if value is None else str(value)


def page_python(names: Names, target: str, options: Any) -> str:
    """The lines that make the whole page."""
    head = python_of(Call("", target), names).rpartition("\n")[0]
    said = _options(options)
    given = [f"options={said}" if said else "", _atlas(names) or _images(names)]
    parts = ["net", "image", _quoted(target), 'out="look"', *filter(None, given)]
    return f"{head}\nconvscope.look({', '.join(parts)})"


def _images(names: Names) -> str:
    return f"images={_quoted(names.images)}" if names.images else ""


def page_command(names: Names, target: str, options: Any) -> str:
    """The command that makes the whole page."""
    parts = [shlex.quote(names.image), shlex.quote(target), "--out look"]
    ranked = [f"--images {shlex.quote(names.images)}"] * bool(names.images)
    beside = _beside(names) or ranked
    return " ".join(["convscope look", names.network, *parts, *beside, *_flags(options)])
