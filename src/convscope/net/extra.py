"""Optional libraries: imported when a spec asks for them, named with their command when absent."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from convscope.errors import IntakeError
from convscope.net.torchvision_cpu import with_operators


def import_extra(name: str, spec: str) -> ModuleType:
    """Import a library that an extra installs, also where its torchvision lacks operators.

    Raises:
        IntakeError: it is not installed, or its import fails.
    """
    if find_spec(name) is None:
        raise IntakeError(
            f"{spec} needs {name}, which is not installed: pip install 'convscope[{name}]'"
        )
    try:
        return with_operators(partial(import_module, name))
    except (ImportError, RuntimeError, OSError) as error:
        raise IntakeError(
            f"{spec} needs {name}, and its import fails ({type(error).__name__}: {error}). "
            f"Reinstall it to match your torch: pip install --force-reinstall 'convscope[{name}]'"
        ) from error
