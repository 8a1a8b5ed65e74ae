"""The folder of a run as long as there is none: made when it is needed, gone if nothing began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convscope.atlas import store
from convscope.errors import UsageError


def check_place(out: Path, data: str | Path) -> None:
    """Refuse a place that no run can lie in.

    Raises:
        UsageError: it is a file, or lies among the images: a mean image would be one of them.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; a run is a folder. Give another name (--out).")
    images = Path(data).resolve()
    if images.is_dir() and out.resolve().is_relative_to(images):
        raise UsageError(
            f"{out} is the folder of the images, {data}, or lies in it: what a run writes would be "
            "taken for images. Give a folder beside it (--out)."
        )


@contextmanager
def made_if_begun(out: Path) -> Iterator[None]:
    """Make a folder and those above it; afterwards, remove what was made and is still empty.

    However it ends: a run that never began leaves nothing, one that did is not empty.

    >>> import tempfile
    >>> above = Path(tempfile.mkdtemp())
    >>> with made_if_begun(above / "a" / "run"):
    ...     list(above.iterdir()) == [above / "a"]
    True
    >>> list(above.iterdir())
    []
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        store.make_folder(out)
        yield
    finally:
        with suppress(OSError):  # there is something in it, and so in all above
            for folder in filter(Path.exists, made):
                folder.rmdir()
