"""Run the learner's experiment on CIFAR-10 and write its page into the documentation.

    python scripts/learncurve_docs.py ../shared/data/cifar10-train.parquet

About 1.5 million images pass through the network forwards and backwards: 12 trainings and a floor
for each of three seeds, of 200 to 10,000 images and 1 to 16 epochs. That is under an hour on two
quiet cores. Stopped, the same command goes on. It writes ``docs/learncurve.md`` and
``docs/images/learncurve.png``, and leaves trainings and the page that opens from disk in ``--out``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from convscope.cli.loading import set_threads
from convscope.cli.output import progress_bar
from convscope.experiments.learning.learncurve import learncurve
from convscope.experiments.learning.options import LearncurveOptions
from convscope.progress import silent
from convscope.render.canvas import sheet_png
from convscope.render.learning.markdown import learning_markdown
from convscope.render.learning.picture import learning_canvas
from convscope.storage import write_whole

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURE = "images/learncurve.png"


def main() -> None:
    """Read the command line, run, write."""
    reader = argparse.ArgumentParser(description="The learner's experiment, for the documentation.")
    reader.add_argument("data", type=Path)
    reader.add_argument("--out", type=Path, default=Path("curve"))
    reader.add_argument("--docs", type=Path, default=DOCS)
    reader.add_argument("--sizes", default="200,1000,5000,10000")
    reader.add_argument("--epochs", default="1,4,16")
    reader.add_argument("--seeds", type=int, default=3)
    reader.add_argument("--threads", type=int, default=2)
    given = reader.parse_args()
    set_threads(given.threads)
    options = LearncurveOptions(sizes=(given.sizes,), epochs=(given.epochs,), seeds=given.seeds)  # type: ignore[arg-type]
    with progress_bar(quiet=False) as progress:
        found = learncurve(given.data, given.out, options, progress=progress or silent)
    command = (
        f"convscope learncurve {given.data.name} --sizes {given.sizes} --epochs {given.epochs} "
        f"--seeds {given.seeds} --out curve"
    )
    write_whole(given.docs / PICTURE, sheet_png(learning_canvas(found)))
    page = learning_markdown(found, command, PICTURE)
    write_whole(given.docs / "learncurve.md", page.encode())


if __name__ == "__main__":
    main()
