"""The pages that are generated: each a function from what `inventory` finds to Markdown."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import convscope
from convscope import errors
from convscope.doctor import thresholds
from convscope.results.caption import CAPTIONS
from docs._ext import inventory

ROOT = Path(__file__).resolve().parents[2]
# Documents of the repository's root that are pages too, and the page each becomes.
DOCUMENTS = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "GLOSSARY.md": "glossary.md",
}


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "api.md": api(),
        "methods.md": methods(),
        "options.md": options(),
        "cli.md": cli(),
        "schema.md": schema(),
        "errors.md": error_tree(),
        "thresholds.txt": thresholds.markdown() + "\n",
        "confusion.txt": confusion() + "\n",
        **{page: document(name) for name, page in DOCUMENTS.items()},
    }


def api() -> str:
    parts = [_member(name) for name in inventory.public_names()]
    return _page("Python", "What `import convscope` offers; everything else is internal.", parts)


def methods() -> str:
    lead = (
        "The ways to look at one image, one unit or one class, and at networks as wholes: where "
        "each comes from, what it computes, what it shows and what it does not. Each is a function "
        "of [the package](api.md) under the same name. [What the pictures show](../shows.md) says "
        "it with less arithmetic."
    )
    return _page("Methods", lead, [_look(look) for look in inventory.looks()])


def _look(look: inventory.Look) -> str:
    """A method's file as text: its docstring, the sentences of its pictures, options, command."""
    first, _, rest = look.text.partition("\n")
    body = re.split(r"^Shows: ", rest.strip(), flags=re.MULTILINE)[0]
    captions = inventory.CAPTIONS_OF.get(look.name, ())
    head = "| picture | shows | does not show | easily misread |\n|---|---|---|---|"
    parts = [f"## {look.name}", first, body.strip(), "\n".join([head, *map(_caption, captions)])]
    if look.options is not None:
        parts.append("\n".join(_option_rows(look.options)))
    if look.help:
        parts.append(f"```text\n{look.help}\n```")
    return "\n\n".join(parts)


def _caption(key: str) -> str:
    return f"| {key} | {' | '.join(CAPTIONS[key])} |"


def options() -> str:
    parts = [_options_table(cls) for cls in inventory.option_classes()]
    lead = (
        "One frozen dataclass for each method. Its fields are the flags of the command and what "
        "the provenance of a result records."
    )
    return _page("Options", lead, parts)


def confusion() -> str:
    """What the doctor said of networks in known states."""
    rows = json.loads((ROOT / "docs" / "health-confusion.json").read_text(encoding="utf-8"))
    right = sum(row["right"] for row in rows)
    head = ["| network | state | verdict | |", "|---|---|---|---|"]
    lines = [
        f"| {row['net']} | {row['state']} | {row['verdict']} ({row['certainty']}) | "
        f"{'' if row['right'] else 'wrong'} |"
        for row in rows
    ]
    return "\n".join([f"{right} of {len(rows)} right.", "", *head, *lines])


def cli() -> str:
    parts = [
        f"## `{' '.join(('convscope', name)).strip()}`\n\n```text\n{text}\n```"
        for name, text in inventory.commands().items()
    ]
    lead = (
        "What the program says of itself. Exit codes are those of [the errors](errors.md); 130 and "
        "143 mean interrupted."
    )
    return _page("Commands", lead, parts)


def schema() -> str:
    module = inventory.schema()
    lead = (
        "The files of an atlas and every column in them; see [reading](../reading.md) for examples."
    )
    return _page("The atlas on disk", lead, [module.markdown()] if module else [])


def error_tree() -> str:
    rows = [
        f"| `{cls.__name__}` | {cls.exit_code} | {inspect.getdoc(cls)} |"
        for cls in inventory.error_classes()
    ]
    table = "\n".join(["| class | exit code | when |", "|---|---|---|", *rows])
    return _page("Errors", inspect.cleandoc(errors.__doc__ or ""), [table])


def document(name: str) -> str:
    """A document of the repository's root, its links to other such documents turned to pages."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for other, page in DOCUMENTS.items():
        text = text.replace(f"]({other})", f"]({page})")
    return text


def _member(name: str) -> str:
    value = getattr(convscope, name)
    kind = "class" if inspect.isclass(value) else "function" if callable(value) else "data"
    members = "\n   :members:\n   :inherited-members:" if kind == "class" else ""
    return f"```{{eval-rst}}\n.. auto{kind}:: convscope.{name}{members}\n```"


def _options_table(cls: type) -> str:
    text = inspect.getdoc(cls) or ""
    first = re.split(r"\n\s*\n", text)[0]
    return "\n".join([f"## {cls.__name__}", "", first, "", *_option_rows(cls)])


def _option_rows(cls: type) -> list[str]:
    rows = [
        f"| `{option.name}` | `{_cell(option.type)}` | `{_cell(option.default)}` | {option.unit} "
        f"| {_cell(option.help)} |"
        for option in inventory.options(cls)
    ]
    head = ["| option | type | default | unit | meaning |", "|---|---|---|---|---|"]
    return [*head, *rows]


def _cell(text: str) -> str:
    """Text that can stand in a table."""
    return " ".join(text.replace("|", "\\|").split())


def _page(title: str, lead: str, parts: list[str]) -> str:
    return "\n\n".join([f"# {title}", lead, *parts]) + "\n"
