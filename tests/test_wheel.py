from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

PACKED = {".py", ".css", ".html", ".js", ".jpg", ".json", ".png", ".safetensors", ".svg", ".typed"}
SIZE_LIMIT = 20_000_000


def test_wheel_holds_the_whole_package_and_nothing_else(root: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = root / "src" / "convscope"
    files = (path for path in package.rglob("*") if path.suffix in PACKED)
    assert inside >= {path.relative_to(root / "src").as_posix() for path in files}
    assert {name.partition("/")[0] for name in inside} == {"convscope"}
    assert wheel.stat().st_size < SIZE_LIMIT
