from __future__ import annotations

from pathlib import Path

import numpy as np

from convscope.results.ablation import Ablation
from convscope.results.file import load_result
from tests.results.made_ablation import made_ablation, of_seeds


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    made = made_ablation()
    again = load_result(made.save(tmp_path / "one.safetensors"))
    assert isinstance(again, Ablation)
    np.testing.assert_array_equal(again.error, made.error)
    assert (again.names, again.specs, again.note) == (made.names, made.specs, made.note)
    assert again.caption == made.caption


def test_differences_are_to_the_whole_network_of_the_same_seed() -> None:
    made = of_seeds([[0.2, 0.3], [0.25, 0.28]], train_error=np.array([[0.1, 0.1], [0.0, 0.3]]))
    np.testing.assert_allclose(made.more, [[0, 0], [0.05, -0.02]])
    np.testing.assert_allclose(made.more_on_train, [[0, 0], [-0.1, 0.2]])
