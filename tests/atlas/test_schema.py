from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from convscope.atlas import schema
from convscope.atlas.build import build_atlas
from convscope.images import open_images
from tests.atlas.fakes import FakeCapture, photographs


def test_every_column_has_a_meaning_and_is_documented() -> None:
    text = schema.markdown()
    for table in schema.EVERY:
        assert len({column.name for column in table.columns}) == len(table.columns)
        for column in table.columns:
            assert column.meaning
            assert f"| `{column.name}` |" in text


def test_the_files_have_the_schema(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("schema")
    source = open_images(photographs(folder / "images", 3))
    atlas = build_atlas(FakeCapture(), source, folder / "atlas")
    for table in schema.TABLES:
        assert pq.read_schema(atlas.path / table.file).equals(table.schema())
