"""How the pictures were made, as the foot of every page says it; names no path, user or host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from convscope.atlas.manifest import report_command
from convscope.render.report.options import ReportOptions
from convscope.render.words import count


@dataclass(frozen=True)
class Provenance:
    """The facts behind a report."""

    title: str
    weights: str
    """First digits of the hash of the weights; empty where the atlas does not say."""
    image_hash: str
    images: str
    """``500 photographs``."""
    failed: int
    date: str
    versions: tuple[tuple[str, str], ...]
    preprocessing: tuple[tuple[str, str], ...]
    options: ReportOptions
    command: str
    python: str

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Everything, as name and value, for the page that says how this was made."""
        options = self.options
        known = [
            ("method", f"{options.method}, one cell"),
            ("gain", f"{options.gain}, per tile"),
            ("strongest patches", f"{options.ranks} of each channel, at most one an image"),
            ("network", self.title),
            ("weights", self.weights),
            ("images", f"{self.images} {self.image_hash}".strip()),
            ("made", self.date),
        ]
        return (
            *((name, value) for name, value in known if value),
            *self.preprocessing,
            *self.versions,
        )


def provenance(atlas: Any, options: ReportOptions, now: datetime | None = None) -> Provenance:
    """Gather the facts from the atlas and the options."""
    manifest: Mapping[str, Any] = atlas.manifest
    date = (now or datetime.now(UTC)).strftime("%d %b %Y %H:%M UTC").lstrip("0")
    name = atlas.path.name
    python = f'import convscope\n\natlas = convscope.open_atlas("{name}")\n{_network(manifest)}'
    return Provenance(
        title=options.title or _name(manifest) or name.removesuffix(".atlas"),
        weights=str(manifest.get("network", {}).get("sha256", ""))[:8],
        image_hash=str(manifest.get("images", {}).get("list_sha256", ""))[:8],
        images=count(int(atlas.images_read), noun(manifest)),
        failed=int(atlas.image_count) - int(atlas.images_read),
        date=date,
        versions=(("convscope", version("convscope")), *_versions(manifest)),
        preprocessing=tuple(_preprocessing(atlas.preprocessing)),
        options=options,
        command=options.command or report_command(manifest, name),
        python=python,
    )


def class_names(atlas: Any) -> Mapping[str, str]:
    """What people call a label, where the atlas knows the network's classes by key."""
    keys, names = atlas.manifest.get("class_keys"), atlas.manifest.get("classes")
    return dict(zip(keys, names, strict=True)) if keys and names else {}


def _network(manifest: Mapping[str, Any]) -> str:
    """The call that reports; code of the user's own has to be trusted again."""
    if report_command(manifest, "").endswith("--trust"):
        rebuilt = "net = convscope.rebuild(atlas.manifest, trust=True)\n"
        return f'{rebuilt}convscope.report(atlas, "report", net=net)'
    return 'convscope.report(atlas, "report")'


def noun(manifest: Mapping[str, Any]) -> str:
    """Files of a folder are called photographs; rows of a table and tiles are images."""
    spec = str(manifest.get("images", {}).get("spec", ""))
    return "image" if spec.endswith(".parquet") or spec.startswith("bundled:") else "photograph"


def _name(manifest: Mapping[str, Any]) -> str:
    """The network's name without the folders or the library it came from."""
    spec = str(manifest.get("network", {}).get("spec") or "")
    return re.split(r"[/\\:]", spec.rstrip("/"))[-1]


def _versions(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(manifest.get("versions", {}).items()):
        if name in ("torch", "numpy", "Pillow", "pillow", "python") and isinstance(value, str):
            yield name, value


def _preprocessing(given: Any) -> Iterator[tuple[str, str]]:
    height, width = given.size
    yield "network input", f"{height} × {width} px"
    yield "short side before the crop", "as it is" if given.resize is None else f"{given.resize} px"
    yield "mean", ", ".join(f"{value:.4g}" for value in given.mean)
    yield "standard deviation", ", ".join(f"{value:.4g}" for value in given.std)
