"""A Sphinx extension that writes the generated pages before Sphinx looks for its sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docs._ext.pages import pages


def setup(app: Any) -> dict[str, Any]:
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "generated"))
    app.connect("autodoc-process-docstring", keep_colons, priority=400)
    return {"parallel_read_safe": True}


def write(folder: Path) -> None:
    """Write each page, touching only what changed so that a second build is quick."""
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def keep_colons(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put an empty comment first: napoleon would read "Op kind: conv" as a type and its meaning."""
    if what in ("attribute", "property", "data"):
        lines[:0] = ["..", ""]
