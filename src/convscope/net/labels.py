"""Names of a network's classes, matched by key or name, never by their position in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convscope.errors import IntakeError


@dataclass(frozen=True)
class Classes:
    """The classes of a network in the order of its output.

    >>> birds = Classes(("n01443537", "n02012849"), ("goldfish", "crane"))
    >>> birds.name("n02012849"), birds.number("goldfish"), birds.number("zebra")
    ('crane', 0, None)
    """

    keys: tuple[str, ...]
    """One short unique word a class, as folders or a label column spell it (``n01443537``)."""
    names: tuple[str, ...]
    """What people call it; two classes may share a name (ImageNet has two cranes)."""

    def name(self, label: str) -> str:
        """The name behind a label; a label that no class has is its own name."""
        return self.names[self.keys.index(label)] if label in self.keys else label

    def number(self, label: str) -> int | None:
        """The output a label belongs to: by key, else by name.

        None where no class has the label, or where it is the name of several.
        """
        if label in self.keys:
            return self.keys.index(label)
        return self.names.index(label) if self.names.count(label) == 1 else None


def read_classes(path: str | Path) -> Classes:
    """Read lines of key, tab, name in the order of the output; a line without tab is both.

    Raises:
        IntakeError: no such file, an empty line between others, or a key that comes twice.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").rstrip().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IntakeError(f"The classes in {path} cannot be read: {error}.") from None
    _check(path, lines)
    pairs = [tuple(part.strip() for part in line.split("\t", 1)) for line in lines]
    return Classes(tuple(pair[0] for pair in pairs), tuple(pair[-1] for pair in pairs))


def classes_from_metadata(metadata: Mapping[str, str], folder: Path) -> Classes | None:
    """The classes a safetensors header names: ``classes``, else ``classes_file`` beside it.

    A file that is not there any more is no error: the weights alone were moved.

    >>> classes_from_metadata({"classes": "cat, dog"}, Path()).names
    ('cat', 'dog')
    """
    if words := metadata.get("classes"):
        names = tuple(word.strip() for word in words.split(","))
        return Classes(names, names)
    # The last part alone: a header may not point anywhere else on this machine.
    path = folder / Path(metadata.get("classes_file", "")).name
    return read_classes(path) if path.is_file() else None


def _check(path: str | Path, lines: list[str]) -> None:
    keys = [line.split("\t", 1)[0].strip() for line in lines]
    if not keys or not all(keys):
        line = keys.index("") + 1 if keys else 1
        raise IntakeError(
            f"Line {line} of {path} has no key. A classes file has one line for each output of the "
            "network, in order: key, tab, name."
        )
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise IntakeError(
            f"{path} has {twice[0]!r} as the key of {keys.count(twice[0])} classes; a key belongs "
            "to one."
        )
