from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.errors import StorageError
from convscope.render.evolution.page import evolution_report
from convscope.render.evolution.picture import cell, evolution_figure
from convscope.render.evolution.site import GAP, SIDE, WIDE, sheet, site_of
from convscope.render.strip import small
from convscope.results.file import load_result
from tests.results.made_evolution import evolution


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "evolution"
    return evolution_report(evolution(), out, views=[("../report/index.html", "Layers")])


def test_the_numbers_below_a_pair_are_explained_where_each_strip_begins(page: Path) -> None:
    blocks = page.read_text(encoding="utf-8").split('<section class="block"')[1:]
    for block in blocks:
        before = block.split('<div class="strip-scroll"')[0]
        assert "Below each pair, at left: its activation; at right: how alike" in before
        assert "that of epoch 9, 1.00 if the same" in before


def test_a_sheet_has_every_unit_at_every_checkpoint_where_the_page_says() -> None:
    made, site = evolution(), site_of(evolution())
    for layer, block in enumerate(site.blocks):
        pixels = sheet(made, layer)
        assert pixels.shape == (block.height, block.width, 3)
        for row, unit in zip(block.rows, made.units_of(layer).tolist(), strict=True):
            for column, one in enumerate(row.cells):
                drawn, patch = cell(made, unit, column)
                here = pixels[one.y : one.y + SIDE, one.x : one.x + WIDE]
                assert (here[:, :SIDE] == small(drawn, SIDE)).all()
                assert (here[:, SIDE + GAP :] == small(patch, SIDE)).all()


def test_cells_say_what_they_show() -> None:
    conv1, conv2 = site_of(evolution()).blocks
    said = conv1.rows[0].cells
    assert said[1].says == "conv1:5 at epoch 4: 2.5 on dog; projection 0.90 like the last"
    assert [one.is_same for one in said] == [False, False, True]
    assert conv2.rows[0].cells[0].says == "conv2:7 at epoch 0: no image fires it"
    assert conv1.rows[1].says == ("projection from 4", "nine images from 4", "1 jump")


FOLDER = re.compile(rb"/home/me|[A-Z]:\\\\+me")


def test_nothing_of_the_page_names_a_folder_of_this_machine(tmp_path: Path) -> None:
    """Specs, checkpoints, images, the mean image: in no file of what one hands on."""
    made = evolution()
    provenance = made.provenance | {
        "network": "/home/me/nets.py:tiny",
        "subject": ["/home/me/a.safetensors", "C:\\me\\b.safetensors"],
        "options": {**made.provenance["options"], "model": "/home/me/nets.py:tiny"},
        "changed": {"model": "/home/me/nets.py:tiny"},
        "preprocessing": {"size": [24, 24], "mean_image": {"file": "/home/me/mean.npy"}},
    }
    page = evolution_report(replace(made, provenance=provenance), tmp_path / "page")
    files = [file for file in page.parent.rglob("*") if file.is_file()]
    assert {"evolution.json", "evolution.safetensors", "strip.svg"} <= {file.name for file in files}
    for file in files:
        assert not FOLDER.search(file.read_bytes()), file.name
    text = unescape(page.read_text(encoding="utf-8"))
    assert "convscope evolve a.safetensors b.safetensors photos --model nets.py:tiny" in text
    strip = evolution_figure(replace(made, provenance=provenance))
    assert strip.title == "Evolution of nets.py:tiny"
    assert not FOLDER.search(strip.svg.encode())


def test_the_page_can_be_pasted(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    command = re.findall(r'id="page-command">([^<]*)<', text)[0]
    assert unescape(command) == "convscope evolve run photos --layers 'conv*' --seed 3"
    python = unescape(re.findall(r'id="page-python">([^<]*)<', text)[0])
    assert 'evolve("run", "photos", convscope.EvolveOptions(layers=(' in python


def test_the_page_links_to_the_report_and_shows_the_number_of_the_start(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert '<a href="../report/index.html">Layers</a>' in text
    assert '<b data-values="−0.05|0.80|1.00">0.80</b>' in text
    assert 'aria-valuetext="epoch 4"' in text
    assert text.count('class="cell now"') == 3


def test_numbers_and_the_strip_lie_beside_it(page: Path) -> None:
    folder = page.parent
    back = load_result(folder / "evolution.safetensors")
    assert (back.images == evolution().images).all()
    said = json.loads((folder / "evolution.json").read_text(encoding="utf-8"))
    assert said["kept"] == evolution().kept.tolist()
    with Image.open(folder / "strip.png") as strip:
        assert strip.size[0] > 500
    assert (folder / "strip.svg").read_text(encoding="utf-8").startswith("<svg")
    with Image.open(folder / "img/evolution-001.jpg") as units:
        assert units.size == (3 * (WIDE + GAP) - GAP, SIDE)


def test_it_may_lie_with_its_atlases_and_be_written_again(tmp_path: Path) -> None:
    (tmp_path / "atlases/epoch-000").mkdir(parents=True)
    evolution_report(evolution(), tmp_path)
    evolution_report(evolution(alike=0.9), tmp_path)
    assert "0.9 or more" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "atlases/epoch-000").is_dir()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(StorageError, match=r"holds other files.*folder of its own"):
        evolution_report(evolution(), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(StorageError, match=r"mine\.txt"):
        evolution_report(evolution(), tmp_path / "mine.txt")


def test_hostile_labels_are_text(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    labels = tuple((hostile,) * 3 for _ in range(3))
    made = evolution(labels=labels, layers=(hostile, "conv2"))
    text = evolution_report(made, tmp_path / "page").read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert np.size(re.findall("&lt;img src=x", text)) > 3
