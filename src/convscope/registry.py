"""One registry for every extension point: explicit names, sorted listing, no duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from convscope.errors import UsageError, nearest

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one kind under explicit names.

    >>> shapes = Registry[int]("shape")
    >>> shapes.register("square", 4)
    4
    >>> shapes["square"], list(shapes)
    (4, ['square'])
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str, entry: T) -> T:
        """Add an entry; a name that is taken is refused, never overwritten.

        Raises:
            UsageError: the name is taken.
        """
        if name in self._entries:
            raise UsageError(f"There is a {self.kind} named {name!r} already; choose another name.")
        self._entries[name] = entry
        return entry

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            raise UsageError(
                f"No {self.kind} {name!r}. There are: {', '.join(self)}. "
                f"{nearest(name, self._entries)}".rstrip()
            )
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))
