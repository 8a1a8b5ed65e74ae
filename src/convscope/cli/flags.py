"""Flags shared by commands, and flags made from an options dataclass: its only source."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_origin, get_type_hints

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0: as torch decides.")]
Weights = Annotated[
    str | None, typer.Option(help="safetensors, or a state dict torch.load(weights_only) takes.")
]
Size = Annotated[
    str | None, typer.Option(help="Input of the network: 227, or 64,96 (h,w); see --resize.")
]
Resize = Annotated[
    str | None,
    typer.Option(
        help="Short side before the centre crop; none: pixels as they are. "
        "With --size alone: size / 0.875."
    ),
]
Mean = Annotated[str | None, typer.Option(help="One a channel on the 0..1 scale: .485,.456,.406.")]
Std = Annotated[str | None, typer.Option(help="One a channel on the 0..1 scale.")]
Interpolation = Annotated[str | None, typer.Option(help="nearest, bilinear, bicubic or lanczos.")]
Classes = Annotated[
    str | None, typer.Option(help="File of classes: key, tab, name, in the output's order.")
]
Scores = Annotated[
    str | None, typer.Option(help="Layer of the class scores, if the output is not a vector.")
]
Layers = Annotated[
    list[str] | None, typer.Option(help="Layers by name or pattern ('features.*'); repeatable.")
]
Model = Annotated[
    str,
    typer.Argument(
        help="bundled:photos, nets:NAME, torchvision:NAME, timm:NAME, MODULE:FACTORY, FILE or RUN."
    ),
]
ImageFile = Annotated[Path, typer.Argument(help="An image file.")]
Target = Annotated[
    str,
    typer.Argument(
        help="class:NAME (or key, or number), layer:channel, layer:channel@y,x for one cell, or a "
        "direction: layer:17-0.5*40, layer:random.7."
    ),
]
Picture = Annotated[Path, typer.Option(help="The PNG; the result goes beside it as .safetensors.")]
Trust = Annotated[
    bool, typer.Option("--trust", help="Run the factory that the manifest names as the network.")
]
Moved = Annotated[str | None, typer.Option(help="The network's spec, if it has moved.")]
Images = Annotated[str | None, typer.Option(help="Where the images are now, if they moved.")]

LOADING: dict[str, Any] = {
    "weights": Weights,
    "size": Size,
    "resize": Resize,
    "mean": Mean,
    "std": Std,
    "interpolation": Interpolation,
    "classes": Classes,
    "scores": Scores,
}
"""What ``load`` takes beside the spec."""


def with_options(
    cls: type[Any], *, skip: tuple[str, ...] = (), name: str = "options"
) -> Callable[..., Any]:
    """Give a command one flag for each field of an options dataclass, as its argument ``name``."""
    fields = [field for field in dataclasses.fields(cls) if field.name not in skip]
    hints = get_type_hints(cls)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(**values: Any) -> Any:
            chosen = {field.name: _frozen(values.pop(field.name)) for field in fields}
            return command(**{name: cls(**chosen)}, **values)

        own = [p for key, p in _signature(command).items() if key != name]
        made = [_parameter(field, hints[field.name]) for field in fields]
        run.__signature__ = inspect.Signature(own + made)  # type: ignore[attr-defined]
        return run

    return decorate


def with_changes(cls: type[Any], *, name: str = "changes") -> Callable[..., Any]:
    """Give a command a flag for each field of an options dataclass, silent unless it is given.

    Those that were given are its argument ``name``, a mapping.
    """
    fields = dataclasses.fields(cls)
    hints = get_type_hints(cls)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(**values: Any) -> Any:
            chosen = {field.name: _frozen(values.pop(field.name)) for field in fields}
            given = {key: value for key, value in chosen.items() if value not in (None, ())}
            return command(**{name: given}, **values)

        own = [p for key, p in _signature(command).items() if key != name]
        made = [_parameter(field, hints[field.name], unsaid=True) for field in fields]
        run.__signature__ = inspect.Signature(own + made)  # type: ignore[attr-defined]
        return run

    return decorate


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def with_loading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of ``load``, as one mapping ``loading``."""

    @wraps(command)
    def run(**values: Any) -> Any:
        loading = {name: values.pop(name) for name in LOADING}
        return command(loading=loading, **values)

    own = [p for name, p in _signature(command).items() if name != "loading"]
    made = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in LOADING.items()
    ]
    run.__signature__ = inspect.Signature(own + made)  # type: ignore[attr-defined]
    return run


def _signature(command: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The command's parameters, annotations resolved, all by keyword."""
    if hasattr(command, "__signature__"):
        return dict(command.__signature__.parameters)
    hints = get_type_hints(command, include_extras=True)
    return {
        name: parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
    }


def _parameter(
    field: dataclasses.Field[Any], hint: Any, *, unsaid: bool = False
) -> inspect.Parameter:
    unit = field.metadata.get("unit")
    text = field.metadata["help"] + (f" ({unit})" if unit else "")
    if get_origin(hint) is tuple:
        text, hint = f"{text}; repeatable", list[str]
    flag = f"--{field.name.replace('_', '-')}"
    if hint is bool and (field.default or unsaid):
        flag = f"{flag}/--no-{flag[2:]}"
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if unsaid else default,
        annotation=Annotated[hint | None if unsaid else hint, typer.Option(flag, help=text)],
    )
