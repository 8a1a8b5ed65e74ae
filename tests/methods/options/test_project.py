from __future__ import annotations

import pytest

from convscope.errors import UsageError
from convscope.methods.options.project import ProjectOptions


@pytest.mark.parametrize("name", ["rule", "seed", "lrn", "gate"])
def test_a_word_that_is_no_choice_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=rf"No {name} 'deconvnett'\. There are: \w+, \w+"):
        ProjectOptions(**{name: "deconvnett"})  # type: ignore[arg-type]
