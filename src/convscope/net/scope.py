"""Which module call is running: a stack fed by global hooks, while tracing only."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)


@dataclass(frozen=True)
class Scope:
    """The n-th call (from 1) of a module in one forward; the root module's path is empty."""

    path: str
    call: int


class Scopes:
    """The running module calls, innermost last."""

    def __init__(self, root: nn.Module) -> None:
        self.names = {id(part): name for name, part in root.named_modules()}
        self.stack: list[Scope | None] = []
        self.calls: Counter[str] = Counter()
        self.failed_in = ""
        """The innermost module call that ended by an exception."""
        self._thread = threading.get_ident()

    @property
    def innermost(self) -> Scope:
        """The innermost running call of a module the network owns."""
        return next((scope for scope in reversed(self.stack) if scope), Scope("", 1))

    def enter(self, module: nn.Module) -> None:
        """A module call begins."""
        name = self.names.get(id(module))
        if name is not None:
            self.calls[name] += 1
        self.stack.append(None if name is None else Scope(name, self.calls[name]))

    @contextmanager
    def watching(self, returned: Callable[[Scope, Any], None]) -> Iterator[None]:
        """Follow module calls; ``returned(scope, output)`` is told of each that ends."""

        def before(module: nn.Module, args: Any) -> None:
            if threading.get_ident() == self._thread:
                self.enter(module)

        def after(module: nn.Module, args: Any, output: Any) -> None:
            if threading.get_ident() == self._thread:
                scope = self.stack.pop()
                if output is None and not self.failed_in and sys.exc_info()[0] is not None:
                    self.failed_in = scope.path if scope else type(module).__name__
                if scope is not None:
                    returned(scope, output)

        handles = [
            register_module_forward_pre_hook(before),
            register_module_forward_hook(after, always_call=True),
        ]
        try:
            yield
        finally:
            # A BaseException skips always_call hooks: the stack does not outlive the run.
            self.stack.clear()
            for handle in handles:
                handle.remove()
