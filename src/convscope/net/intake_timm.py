"""``timm:NAME``: the models of timm. No downloads."""

from __future__ import annotations

from convscope.errors import IntakeError, nearest
from convscope.net.built import Built
from convscope.net.extra import import_extra


def build_timm(name: str) -> Built:
    """A model of timm with random weights, and the preprocessing of its ``pretrained_cfg``.

    A tag chooses among several trainings' preprocessing: ``timm:resnet18.tv_in1k``.

    Raises:
        IntakeError: timm is absent, or has no such model or tag.
    """
    timm = import_extra("timm", f"timm:{name}")
    base, _, tag = name.partition(".")
    if base not in timm_names():
        raise IntakeError(f"timm has no model {name!r}. {nearest(base, timm_names())}".rstrip())
    tagged = timm.list_pretrained(f"{base}.*")
    if tag and name not in tagged:
        known = ", ".join(tagged) or "none with a tag"
        raise IntakeError(f"timm has no {name!r}. Of {base} there are: {known}.")
    module = timm.create_model(name, pretrained=False)
    return Built(module, module.pretrained_cfg)


def timm_names() -> list[str]:
    """The models of timm, without tags."""
    names: list[str] = import_extra("timm", "timm:NAME").list_models()
    return names
