"""Whether a pass on disk and the pass asked for are the same one, and if not, in what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from convscope.atlas.capture import Capture
from convscope.atlas.manifest import plain
from convscope.atlas.options import AtlasOptions
from convscope.atlas.schema import FORMAT
from convscope.images.file import whole_path
from convscope.images.source import Source

MIXABLE = frozenset({"threads", "memory_format", "device", "flags", "kernel_flags", "versions"})
"""What ``allow_mixed`` lets differ: it changes the last digits, not the meaning."""

_PLACES = {
    ("images", "spec"),
    ("network", "spec"),
    ("network", "weights"),
    ("preprocessing", "mean_image", "file"),
}
"""Where things lie may differ: the hashes beside them say whether they are the same."""
_PLAIN = {
    ("network", "sha256"): "other weights",
    ("images", "list_sha256"): "other images",
    ("preprocessing", "mean_image"): "another mean image",
    ("tape",): "a network of other layers",
    ("classes",): "other classes",
    ("class_keys",): "other classes",
}
"""What nobody reads, hashes and long lists, in words."""


def identity(
    capture: Capture, source: Source, options: AtlasOptions, images: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that the bytes of the atlas depend on, as the manifest records it.

    The image list is hashed by names and labels; the images' own hashes are in their table.
    """
    chosen = {k: v for k, v in asdict(options).items() if k != "allow_mixed"}
    return plain(
        {
            **capture.provenance,
            "format": FORMAT,
            "options": chosen,
            "layers": [layer.name for layer in capture.layers],
            "images": {
                **images,
                "spec": whole_path(images.get("spec", source.name)),
                **listing(source),
            },
        }
    )


def labels(source: Source) -> tuple[str, ...]:
    """The distinct labels, sorted: the columns of the class means."""
    found = {source.label(index) for index in range(len(source))}
    return tuple(sorted(label for label in found if label is not None))


def differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What differs between two identities: ``(first key, sentence)``; where images lie may.

    >>> differences({"threads": 2}, {"threads": 4})
    [('threads', 'threads (2 there, 4 now)')]
    """
    said = [(one.path[0], _PLAIN.get(one.path, one.text)) for one in changes(there, now)]
    return list(dict.fromkeys(said))


@dataclass(frozen=True)
class Change:
    """One value that is not the same in two identities."""

    path: tuple[str, ...]
    there: Any
    now: Any

    @property
    def words(self) -> str:
        """Both values."""
        return f"{_short(self.there)} there, {_short(self.now)} now"

    @property
    def text(self) -> str:
        """With its name."""
        return f"{'.'.join(self.path)} ({self.words})"


def changes(there: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What differs between two identities, in the order of the second."""
    found = (Change(*one) for one in _walk(there, now, ()))
    return [one for one in found if one.path not in _PLACES]


def _walk(a: Any, b: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in b:
            yield from _walk(a.get(name), b[name], (*path, name))
    elif a != b:
        yield path, a, b


def _short(value: Any) -> str:
    if isinstance(value, list | tuple) and any(isinstance(one, float) for one in value):
        return f"[{', '.join(map(_short, value))}]"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:36]} ..."


def listing(source: Source) -> dict[str, Any]:
    """How many images there are, and a hash of their names and labels in order."""
    digest = hashlib.sha256()
    for index in range(len(source)):
        label = source.label(index)
        line = f"{source.uri(index)}\0{'' if label is None else label}\0"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return {"count": len(source), "list_sha256": digest.hexdigest()}
