"""The pages of a report: templates filled and written."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from convscope.render import words
from convscope.render.report.condition import kind_words
from convscope.render.report.site import Site
from convscope.results.caption import CAPTIONS
from convscope.storage import write_whole


@cache
def environment() -> Environment:
    """Templates that escape everything and refuse unknown names."""
    made = Environment(
        loader=PackageLoader("convscope.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(words=words, kind_words=kind_words, methods=CAPTIONS)
    made.filters.update(number=words.number, percent=words.percent, breakable=breakable)
    return made


def breakable(text: str) -> Markup:
    """Text whose long names of layers stay whole while they fit, and else break at their marks.

    >>> breakable("at relu_3:<b>, 99.5 %")
    Markup('at <span class="whole">relu_<wbr>3:<wbr>&lt;b&gt;,</span> 99.5 %')
    """
    return Markup(" ").join(map(_marked, text.split(" ")))


def _marked(word: str) -> Markup:
    whole = escape(word)
    parts = re.sub(r"(?<=\w)[._:/](?!(?<=\d.)\d)(?=\S)", r"\g<0><wbr>", str(whole))
    return Markup(f'<span class="whole">{parts}</span>') if parts != str(whole) else whole


def write_page(out: Path, name: str, template: str, site: Site, **context: Any) -> None:
    """Fill a template and write it; ``root`` is the way back to the report's folder."""
    root = "../" * name.count("/")
    text = environment().get_template(template).render(site=site, root=root, **context)
    write_whole(out / name, text.encode())


def write_static(out: Path) -> None:
    """Copy the styles and scripts."""
    for entry in files("convscope.render").joinpath("static").iterdir():
        write_whole(out / "static" / entry.name, entry.read_bytes())
