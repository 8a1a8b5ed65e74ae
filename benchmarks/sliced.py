"""The first rows of a table, as a table: ``python -m benchmarks.sliced FROM TO ROWS``."""

from __future__ import annotations

import sys
from pathlib import Path


def main(source: Path, target: Path, rows: int) -> None:
    """Copy rows, in row groups of the size the source has."""
    import pyarrow.parquet as parquet

    table = parquet.ParquetFile(source)
    group = table.metadata.row_group(0).num_rows
    left = rows
    with parquet.ParquetWriter(target, table.schema_arrow) as writer:
        for batch in table.iter_batches(group):
            writer.write_batch(batch.slice(0, left))
            left -= len(batch)
            if left <= 0:
                return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
