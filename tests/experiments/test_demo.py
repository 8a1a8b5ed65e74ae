from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from convscope.errors import StorageError
from convscope.experiments.demo import demo
from convscope.images.photos import PhotoTiles
from convscope.methods.options.synthesize import SynthesizeOptions
from convscope.results.file import load_result

WEIGHTS = files("convscope.bundled") / "photos-end.safetensors"

pytestmark = pytest.mark.skipif(
    not WEIGHTS.is_file(), reason="the bundled weights are not there yet"
)


def test_the_demo_makes_an_atlas_and_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With three of the tiles, and one step of each picture; all of them take minutes."""
    monkeypatch.setattr(PhotoTiles, "__len__", lambda self: 3)
    monkeypatch.setattr(
        "convscope.experiments.demo.SYNTHESIS", SynthesizeOptions(starts=1, steps=1)
    )
    heard = []
    made = demo(tmp_path / "demo", device="cpu", progress=lambda *said: heard.append(said))
    assert made.complete
    assert made.path == tmp_path / "demo" / "report"
    overview = (made.path / "index.html").read_text(encoding="utf-8")
    assert 'href="../look/index.html"' in overview
    assert "for channels of relu4 and relu5" in overview
    assert len(list((made.path / "drawn/011").iterdir())) == 24
    page = (tmp_path / "demo" / "look" / "index.html").read_text(encoding="utf-8")
    assert "<h1>china</h1>" in page
    assert "Grad-CAM" in page
    assert 'href="../evolution/index.html"' in overview
    story = (tmp_path / "demo" / "evolution" / "index.html").read_text(encoding="utf-8")
    assert '<a href="../report/index.html">Layers</a>' in story
    assert "5 layers at 3 checkpoints, epochs 0 to 120, all seen through the same 3 images" in story
    assert not (tmp_path / "demo/evolution/atlases/epoch-120").exists()  # the demo's own serves
    assert (tmp_path / "demo" / "atlas" / "manifest.json").is_file()
    verdict = load_result(tmp_path / "demo" / "health.safetensors")
    said = (made.path / "health.html").read_text(encoding="utf-8")
    assert verdict.state == "trained"
    assert verdict.headline.partition(". ")[0] in said
    assert (tmp_path / "demo" / "health.png").is_file()
    assert heard[-1][0] == heard[-1][1]
    assert demo(tmp_path / "demo", device="cpu") == made


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        demo(tmp_path / "file", device="cpu")
