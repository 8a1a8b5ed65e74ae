"""What a command that draws one result writes and prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from convscope.cli.output import emit
from convscope.errors import UsageError
from convscope.results.caption import caption_lines


def placed(out: Path, *inputs: object) -> Path:
    """Where the picture goes, checked before anything is computed.

    Args:
        out: as given.
        inputs: whatever the command was given that may be a file: none of them is written over.

    Raises:
        UsageError: the name is no PNG's, or the picture or the result would replace another file.
    """
    if out.suffix not in ("", ".png") or out.is_dir():
        raise UsageError(f"--out {out} is no name for a picture; give one that ends in .png.")
    picture = out.with_suffix(".png")
    keep_inputs("--out", picture, ".safetensors", *inputs)
    return picture


def keep_inputs(flag: str, picture: Path, beside: str, *inputs: object) -> None:
    """Refuse to write over what is not an earlier run's.

    Args:
        flag: how the picture was named, for the message.
        picture: where it goes.
        beside: suffix of the file that is written with it.
        inputs: whatever the command was given that may be a file.

    Raises:
        UsageError: an input would be written over, or a file that stands without its picture.
    """
    other = picture.with_suffix(beside)
    for path in (picture, other):
        for given in inputs:
            if isinstance(given, str | Path) and path.exists() and _is_file(given, path):
                raise UsageError(
                    f"{flag} {picture} would write over {given}, which this command reads. Give "
                    f"another name: {flag} NAME.png."
                )
    if other.exists() and not picture.exists():
        raise UsageError(
            f"{flag} {picture} would also write {other}, which is there without a picture, so it "
            f"is no earlier run's. Give another name: {flag} NAME.png, or remove it."
        )


def _is_file(given: str | Path, path: Path) -> bool:
    try:
        return path.samefile(given)
    except OSError:
        return False


def emit_result(
    command: str,
    result: Any,
    out: Path,
    numbers: Mapping[str, Any],
    lines: Iterable[str],
    *,
    as_json: bool,
) -> None:
    """Write a result and its picture, and print what it says and how it is to be read.

    Args:
        command: its name.
        result: with a note, a caption and provenance.
        out: the picture, as `placed` gave it; the result goes beside it.
        numbers: what the JSON object holds of the result itself.
        lines: what people are told before they are told how to read it.
        as_json: whether the JSON object is printed, and no lines.
    """
    from convscope.render.display import png_of
    from convscope.render.pictures.attribution import compared
    from convscope.storage import write_whole

    write_whole(out, png_of(result))
    saved = result.save(out.with_suffix(".safetensors"))
    body = {
        "picture": out,
        "result": saved,
        **numbers,
        "note": result.note,
        "caption": result.caption,
        "provenance": result.provenance,
    }

    def said() -> Iterator[str]:
        yield from lines
        yield from filter(None, [result.note, compared(result)])
        yield from caption_lines(result.caption)
        yield f"{out} and {saved}"

    emit(command, body, as_json=as_json, lines=said)
