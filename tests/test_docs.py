from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from convscope.methods.method import METHODS
from convscope.results.caption import CAPTIONS
from docs._ext import inventory, pages


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages.pages()


def test_every_public_name_is_on_the_page_of_names(generated: dict[str, str]) -> None:
    missing = [
        name for name in inventory.public_names() if f"convscope.{name}" not in generated["api.md"]
    ]
    assert missing == []


def test_every_option_has_help_and_a_row(generated: dict[str, str]) -> None:
    fields = [
        (cls.__name__, option)
        for cls in inventory.option_classes()
        for option in inventory.options(cls)
    ]
    assert [f"{cls}.{option.name}" for cls, option in fields if not option.help] == []
    assert [
        option.name for _, option in fields if f"| `{option.name}` |" not in generated["options.md"]
    ] == []


def test_every_method_is_on_the_page_of_methods(generated: dict[str, str]) -> None:
    looks = {look.name: look for look in inventory.looks()}
    assert set(METHODS) <= set(looks)
    assert set(looks) == set(inventory.CAPTIONS_OF)
    parts = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", generated["methods.md"], re.S | re.M))
    for name, look in looks.items():
        assert look.options is not None, name
        for option in inventory.options(look.options):
            assert f"| `{option.name}` |" in parts[name], (name, option.name)
        assert look.help in parts[name], name
        assert "Source" in look.text or "source" in look.text, name


def test_every_caption_is_on_the_page_of_methods(generated: dict[str, str]) -> None:
    for key, caption in CAPTIONS.items():
        assert f"| {key} | {' | '.join(caption)} |" in generated["methods.md"], key


def test_a_methods_file_says_what_its_pictures_say() -> None:
    """The three sentences: in the file as in the one list, but for capitals and full stops."""
    for look in inventory.looks():
        caption = CAPTIONS[inventory.CAPTIONS_OF[look.name][0]]._asdict()
        written = {key: _bare(text) for key, text in inventory.sentences(look.text).items()}
        assert written == {key: _bare(text) for key, text in caption.items()}, look.name


def _bare(text: str) -> str:
    return text.rstrip(".").casefold()


def test_every_command_is_documented_and_in_the_readme(
    root: Path, generated: dict[str, str]
) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    names = [name for name in inventory.commands() if name]
    assert [name for name in names if f"## `convscope {name}`" not in generated["cli.md"]] == []
    assert [name for name in names if f"convscope {name}" not in readme] == []


def test_every_command_in_the_readme_exists(root: Path) -> None:
    names = inventory.commands()
    if not names:
        pytest.skip("there is no command line yet")
    readme = (root / "README.md").read_text(encoding="utf-8")
    written = set(re.findall(r"^convscope ([a-z][a-z-]*)", readme, re.MULTILINE))
    assert written <= set(names)


def test_every_error_is_in_the_tree_and_the_table(generated: dict[str, str]) -> None:
    page = generated["errors.md"]
    rows = {
        cls.__name__: f"| `{cls.__name__}` | {cls.exit_code} |" for cls in inventory.error_classes()
    }
    assert [name for name, row in rows.items() if row not in page] == []
    drawn = dict(re.findall(r"^[│├└─ ]*(\w+Error) +(\d)  ", page, re.MULTILINE))
    assert drawn == {cls.__name__: str(cls.exit_code) for cls in inventory.error_classes()}


def test_every_column_is_on_the_page_of_the_schema(generated: dict[str, str]) -> None:
    if inventory.schema() is None:
        pytest.skip("there is no schema yet")
    missing = [name for name in inventory.columns() if f"`{name}`" not in generated["schema.md"]]
    assert missing == []


def test_rooms_of_the_architecture_are_those_of_the_contract(root: Path) -> None:
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = re.split(r"```", text)[1].strip().splitlines()
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {entry["id"]: entry for entry in settings["tool"]["importlinter"]["contracts"]}
    rooms = [re.sub(r"[()]", "", layer) for layer in contracts["rooms"]["layers"]]
    assert [re.split(r" {2,}", line)[0] for line in drawn] == rooms
