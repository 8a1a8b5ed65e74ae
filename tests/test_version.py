from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path


def test_version_and_changelog_agree(root: Path) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == version("convscope")
