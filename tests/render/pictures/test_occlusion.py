from __future__ import annotations

import numpy as np

from convscope.render.pictures.occlusion import occlusion_pictures, occlusion_png
from tests.render.looks import occlusion


def test_the_row_has_the_five_panels_of_the_paper_in_its_order() -> None:
    pictures = occlusion_pictures(occlusion())
    assert [one.name for one in pictures] == [
        "The square", "Strongest map", "Its projection", "Probability", "Label",
    ]  # fmt: skip
    assert {one.pixels.shape for one in pictures} == {(144, 144, 3)}
    assert all(one.says for one in pictures)
    assert occlusion_png(occlusion())[1:4] == b"PNG"


def test_what_changes_nothing_is_the_ground_and_an_increase_is_yellow() -> None:
    _, summed, _, asked, _ = occlusion_pictures(occlusion())
    assert (summed.pixels[:48] == 128).all()
    assert (asked.pixels[24:48, 0] == 128).all()
    red, _, blue = summed.pixels[-1, -1].tolist()
    assert red > 160
    assert red > blue
    red, _, blue = summed.pixels[60, 60].tolist()
    assert blue > red
    assert summed.scale is not None
    assert (summed.scale.low, summed.scale.high) == ("−6", "+6")


def test_a_sweep_that_changes_nothing_is_all_ground_and_says_so() -> None:
    still = occlusion(unit_sums=np.full((6, 6), 10, np.float32))
    summed = occlusion_pictures(still)[1]
    assert (summed.pixels == 128).all()
    assert summed.scale is None
    assert "nothing changes it" in summed.measure


def test_without_classes_there_is_no_label_map_and_the_unit_is_shown() -> None:
    none = np.zeros((6, 6, 0), np.float32)
    unit = occlusion(scores=none, base_scores=none[0, 0], target="relu2:3", target_number=-1)
    names = [one.name for one in occlusion_pictures(unit)]
    assert names == ["The square", "Strongest map", "Its projection", "Activation"]


def test_a_projection_without_patches_takes_the_whole_panel() -> None:
    bare = occlusion(patches=np.zeros((0, 20, 20, 3), np.uint8))
    panel = occlusion_pictures(bare)[2]
    assert panel.pixels.shape == (144, 144, 3)
    assert "patches" not in panel.measure
    assert "three strongest patches" in occlusion_pictures(occlusion())[2].measure


def test_the_square_is_said_to_lower_the_target_where_it_lies() -> None:
    values = np.full((6, 6), 3, np.float32)
    raised = occlusion_pictures(occlusion(values=values))[0]
    assert raised.says == "The image with the square where it raises cat least"
    values[2, 3] = 1
    lowered = occlusion_pictures(occlusion(values=values))[0]
    assert lowered.says == "The image with the square where it lowers cat most"
    assert lowered.measure == "8 × 8 px, every 8 px; here where it lowers the score most"
    unit = occlusion_pictures(occlusion(values=values, target_number=-1))[0]
    assert unit.measure.endswith("lowers the unit most")
