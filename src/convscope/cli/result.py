"""What a command that draws one result writes and prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from convscope.cli.output import emit
from convscope.results.caption import caption_lines


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
        out: the picture; the result goes beside it.
        numbers: what the JSON object holds of the result itself.
        lines: what people are told before they are told how to read it.
        as_json: whether the JSON object is printed, and no lines.
    """
    from convscope.render.display import png_of
    from convscope.render.picture_attribution import compared
    from convscope.storage import write_whole

    picture = out.with_suffix(".png")
    write_whole(picture, png_of(result))
    saved = result.save(out.with_suffix(".safetensors"))
    body = {
        "picture": picture,
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
        yield f"{picture} and {saved}"

    emit(command, body, as_json=as_json, lines=said)
