"""Print how long functions and files are, room by room (CONTRIBUTING.md, "Size")."""

from __future__ import annotations

import argparse
import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONG_BODY = 60
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Size:
    """What is counted in one file."""

    room: str
    lines: int
    docstring_lines: int
    bodies: tuple[tuple[int, str], ...]
    """Lines of each function's body without its docstring, and where it is."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "src" / "convscope")
    folder = parser.parse_args().folder
    sizes = [measure(path, folder) for path in sorted(folder.rglob("*.py"))]
    print(table(sizes))


def measure(path: Path, folder: Path) -> Size:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    place = path.relative_to(folder)
    return Size(
        room=place.parts[0].removesuffix(".py"),
        lines=text.count("\n"),
        docstring_lines=sum(_docstring_lines(node) for node in ast.walk(tree)),
        bodies=tuple((_body_lines(node), f"{place}:{node.lineno}") for node in _functions(tree)),
    )


def table(sizes: list[Size]) -> str:
    rooms = sorted({size.room for size in sizes})
    rows = [_row(room, [size for size in sizes if size.room == room]) for room in rooms]
    head = f"{'':14} files  lines  median  longest  functions  median  p90  longest  docstrings"
    long = sorted(body for size in sizes for body in size.bodies if body[0] > LONG_BODY)
    tail = [f"{where}: a body of {lines} lines needs a reason" for lines, where in long]
    return "\n".join([head, *rows, _row("all", sizes), *tail])


def _row(name: str, sizes: list[Size]) -> str:
    lines = [size.lines for size in sizes]
    bodies = [count for size in sizes for count, _ in size.bodies]
    share = sum(size.docstring_lines for size in sizes) / max(sum(lines), 1)
    return (
        f"{name:14} {len(sizes):5} {sum(lines):6} {_quantile(lines, 0.5):7} {max(lines):8} "
        f"{len(bodies):10} {_quantile(bodies, 0.5):7} {_quantile(bodies, 0.9):4} "
        f"{max(bodies, default=0):8} {share:10.0%}"
    )


def _quantile(values: list[int], share: float) -> int:
    """The smallest value that at least this share of them does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else 0


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _body_lines(node: Function) -> int:
    first = node.body[1:] if _docstring(node) else node.body
    return (node.end_lineno or 0) - first[0].lineno + 1 if first else 0


def _docstring_lines(node: ast.AST) -> int:
    found = _docstring(node)
    return (found.end_lineno or 0) - found.lineno + 1 if found else 0


def _docstring(node: ast.AST) -> ast.stmt | None:
    """The docstring of a module, class or function, or None."""
    if not isinstance(node, ast.Module | ast.ClassDef | Function) or not node.body:
        return None
    first = node.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first if is_text and isinstance(first.value.value, str) else None  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
