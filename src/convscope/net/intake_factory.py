"""``package.module:factory`` and ``path/to/file.py:factory``: networks from your own code."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from convscope.address import LIBRARIES
from convscope.errors import ConvscopeError, IntakeError, nearest
from convscope.net.built import Built, settings_of
from convscope.net.net import Net
from convscope.net.torchvision_cpu import with_operators
from convscope.preprocess import Preprocessing

_brought: dict[str, Path] = {}
"""Modules that lay beside a factory's file, and the folder they came from."""


def build_factory(place: str, name: str) -> Built:
    """Call a factory without arguments; it returns a module, ``(module, Preprocessing)`` or a Net.

    The preprocessing may also be the factory's or the module's attribute ``preprocessing``, or the
    module's ``pretrained_cfg``, as timm has it. The file's folder (for a package, the current one)
    is on ``sys.path`` while the code is imported and called, and no longer.

    Args:
        place: ``package.module``, or the path of a Python file.
        name: the factory: a function, a class, or a module that is there already.

    Raises:
        IntakeError: nothing there by that name, or the code raised.
    """
    folder = Path(place).resolve().parent if place.endswith(".py") else Path.cwd()
    try:
        with _on_path(folder):
            made, factory = with_operators(partial(_call, place, name))
    except ConvscopeError:
        raise
    except (Exception, SystemExit) as error:  # a script may parse arguments when imported
        raise _raised(f"{place}:{name}", error, folder) from error
    return _as_built(made, factory, f"{place}:{name}")


def _call(place: str, name: str) -> tuple[Any, Any]:
    factory = _factory(place, name)
    return factory if isinstance(factory, nn.Module | Net) else factory(), factory


def _factory(place: str, name: str) -> Any:
    module = _module(place)
    if not hasattr(module, name):
        public = [word for word, value in vars(module).items() if callable(value)]
        raise IntakeError(f"{place} has no {name!r}. {nearest(name, public)}".rstrip())
    factory = getattr(module, name)
    if not callable(factory) and not isinstance(factory, Net):
        raise IntakeError(
            f"{place}:{name} is of type {type(factory).__name__}. Give a function that takes "
            "nothing and returns the network."
        )
    return factory


def _module(place: str) -> ModuleType:
    if place.endswith(".py"):
        return _from_file(Path(place))
    try:
        return import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise  # something that the module itself imports
        raise IntakeError(
            f"No module {error.name!r} for {place}: not installed, and not in the current folder. "
            f"Give path/to/file.py:factory for code elsewhere. {nearest(place, LIBRARIES)}".rstrip()
        ) from None


def _from_file(path: Path) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        beside = [file.name for file in path.parent.glob("*.py")]
        raise IntakeError(f"No file {path}. {nearest(path.name, beside)}".rstrip())
    # A name of its own: two folders may both have a model.py.
    name = f"convscope_factory_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise IntakeError(f"{path} cannot be imported as Python. Give a file of Python code.")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """Have a folder on ``sys.path``, and none of its modules as another folder brought it."""
    for name in [n for n, origin in _brought.items() if origin != folder and _lies_in(n, folder)]:
        sys.modules.pop(name, None)
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        _brought.update({n: folder for n in set(sys.modules) - before if _lies_in(n, folder)})


def _lies_in(name: str, folder: Path) -> bool:
    """Whether a module was found by its top-level name directly in this folder."""
    top = name.partition(".")[0]
    return (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file()


def _as_built(made: Any, factory: Any, spec: str) -> Built:
    if isinstance(made, Net):
        return Built(made.module, settings_of(made.preprocessing), made.labels, made.keys)
    own = None
    if isinstance(made, tuple) and len(made) == 2:
        made, own = made
    if not isinstance(made, nn.Module):
        raise IntakeError(
            f"{spec} returned an object of type {type(made).__name__}. A factory returns a "
            "torch.nn.Module, a pair (module, Preprocessing), or a Net."
        )
    candidates = (
        own,
        getattr(factory, "preprocessing", None),
        getattr(made, "preprocessing", None),
    )
    stated = next((given for given in candidates if given is not None), None)
    return Built(made, _settings(stated, made, spec))


def _settings(stated: Any, module: nn.Module, spec: str) -> Mapping[str, Any] | None:
    if isinstance(stated, Preprocessing):
        return settings_of(stated)
    if stated is not None:
        raise IntakeError(
            f"The preprocessing of {spec} is of type {type(stated).__name__}. Give a "
            "convscope.preprocess.Preprocessing(size, resize, mean=..., std=...)."
        )
    config = getattr(module, "pretrained_cfg", None)
    return _of_its_channels(config, module) if isinstance(config, Mapping) else None


def _of_its_channels(config: Mapping[str, Any], module: nn.Module) -> dict[str, Any]:
    """Timm's settings; without mean and std where ``in_chans`` made them those of other inputs."""
    first = config.get("first_conv")
    weight = module.state_dict().get(f"{first}.weight") if isinstance(first, str) else None
    foreign = weight is not None and weight.shape[1] != len(config.get("mean", ()))
    return {k: v for k, v in config.items() if not (foreign and k in ("mean", "std"))}


def _raised(spec: str, error: BaseException, folder: Path) -> IntakeError:
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    return IntakeError(
        f"{spec} raised {text}{_line(error, folder)}. It is imported, and called without arguments."
    )


def _line(error: BaseException, folder: Path) -> str:
    """The last line of the user's own code that the error came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_own(f.filename, folder)]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def _is_own(filename: str, folder: Path) -> bool:
    path = Path(filename)
    ours = filename == __file__ or "site-packages" in path.parts
    return path.is_relative_to(folder) and not ours
