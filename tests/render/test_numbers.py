from __future__ import annotations

import json

import numpy as np

from convscope.render.numbers import as_json, described, rows
from tests.render.looks import attribution, occlusion


def test_every_number_of_a_result_has_a_row() -> None:
    found = dict(rows(occlusion()))
    assert found["unit sums"] == "6 × 6, from 4 to 12, mean 9.89"
    assert found["base value"] == "2"
    assert found["target"] == "cat"
    assert "shown" not in found
    assert "provenance" not in found


def test_json_holds_small_arrays_and_says_where_large_ones_are() -> None:
    drawn = occlusion(values=np.full((6, 6), np.nan, np.float32))
    said = json.loads(json.dumps(as_json(drawn), allow_nan=False))
    assert said["kind"] == "Occlusion"
    assert said["unit_sums"] == drawn.unit_sums.tolist()
    assert said["values"] == [[None] * 6] * 6
    large = as_json(attribution())
    assert large["array"] == {"shape": [3, 48, 48], "dtype": "float32", "in": "safetensors"}


def test_what_has_no_finite_value_is_its_shape() -> None:
    assert described(np.full((2, 3), np.nan)) == "2 × 3"
    assert described(np.zeros((0, 4))) == "0 × 4"
    assert described({"a": 1.5}) == "a 1.5"
    assert described((1, 2)) == "1, 2"
    assert described(None) == ""
