"""Layers that are frozen before anything has trained them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.checks.fixes import command_at
from app.core.commands import SetSetting
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Project
from app.core.storage.templates import open_file_or_template
from app.training.events import Diagnosed, Finished
from app.training.frozen_layers import frozen_by_chance
from app.training.loop import train
from app.training.trained_diagnosis import looked_back
from tests.training.nets import FAST, moody_net


def frozen(*names: str, **settings: object) -> Project:
    project = SetSetting(MAIN, names, "frozen", True).apply(moody_net())
    for name, value in settings.items():
        project = SetSetting(MAIN, names, name, value).apply(project)
    return replace(project, recipe=replace(FAST, epochs=1))


def said(project: Project, **how: object) -> list[Diagnosed]:
    events = list(train(compile_net(project), project.recipe, **how))  # type: ignore[arg-type]
    assert isinstance(events[-1], Finished), events[-1]
    return [each for each in events if isinstance(each, Diagnosed) and each.code == "frozen_random"]


def test_it_is_said_once_with_a_button_that_unfreezes() -> None:
    """Fails if a layer that nothing trains is passed over in silence, or the button leaves it frozen."""
    project = frozen("conv1")
    (told,) = said(project)
    assert told.node == "conv1"
    assert told.sentence.startswith("conv1 is frozen with random weights")
    command = command_at(project, MAIN, "conv1", told.fixes[0])
    assert command is not None
    assert not said(command.apply(project))


def test_several_are_one_sentence_and_one_button() -> None:
    """Fails if each is told by itself, or the button forgets one of them."""
    names = tuple(name for name, node in moody_net().graph.nodes.items() if node.type in ("Conv2d", "Linear"))[:2]
    project = frozen(*names)
    (told,) = said(project)
    assert f"{', '.join(names)} are frozen" in told.sentence
    (fix,) = told.fixes
    command = command_at(project, MAIN, names[0], fix)
    assert command is not None
    assert not any(node.params.get("frozen") for node in command.apply(project).graph.nodes.values())


@pytest.mark.parametrize("how", ["constant", "a norm", "none"])
def test_what_is_no_chance_is_not_told(how: str) -> None:
    """Fails if weights that somebody has chosen, or a norm that begins with 1 and 0, are called random."""
    project = frozen("conv1", init="constant") if how == "constant" else replace(moody_net(), recipe=FAST)
    if how == "a norm":
        norm = next(name for name, node in project.graph.nodes.items() if node.type.startswith("BatchNorm"))
        project = SetSetting(MAIN, (norm,), "frozen", True).apply(project)
    assert not said(replace(project, recipe=replace(FAST, epochs=1)))


def test_weights_that_were_loaded_are_not_random(tmp_path: Path) -> None:
    """Fails if a transfer is warned of, one is not where the frozen layer is what the file did not have, a run that
    is continued hears it again, or who looks back at a run does not."""
    project = frozen("conv1")
    net = compile_net(project)
    model = net.model(project.recipe.seed)
    with torch.no_grad():
        model.conv1.weight.add_(0.1)  # type: ignore[union-attr, operator]
    assert not said(project, model=model)
    other = net.model(project.recipe.seed)
    with torch.no_grad():
        list(other.parameters())[-1].add_(0.1)
    assert [each.node for each in said(project, model=other)] == ["conv1"]
    assert len(said(project, out=tmp_path / "run")) == 1
    assert "frozen_random" in {each.code for each in looked_back(tmp_path / "run")[0]}
    list(train(net, project.recipe, model=model, out=tmp_path / "other"))
    assert "frozen_random" not in {each.code for each in looked_back(tmp_path / "other")[0]}
    longer = replace(project, recipe=replace(project.recipe, epochs=2))
    assert not said(longer, resume=tmp_path / "run")


def test_a_layer_in_a_block_is_named_by_its_path() -> None:
    """Fails if blocks are not looked into, or one that is used several times is not told by instance."""
    project = open_file_or_template("resnet18")[0].project
    block = next(name for name, b in project.blocks.items() if any(n.type == "Conv2d" for n in b.graph.nodes.values()))
    inside = next(n.name for n in project.blocks[block].graph.nodes.values() if n.type == "Conv2d")
    project = SetSetting(block, (inside,), "frozen", True).apply(project)
    paths = frozen_by_chance(compile_net(project))
    assert paths
    assert all(path.endswith(f"/{inside}") for path in paths)
    assert len(set(paths)) == len(paths)
