"""A loss to which nothing leads can be mended by more than its removal."""

from __future__ import annotations

import pytest

from app.core.checks.check import check
from app.core.checks.fixes import command_at, words_at
from app.core.checks.problems import RemoveNode
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Graph, Node, Project
from app.core.inference import infer
from app.training.events import EpochDone, Finished
from app.training.loop import train
from nodes.api.registry import layers
from tests.support.drawings import node
from tests.training.nets import FAST

LOSSES = sorted(layer.id for layer in layers().values() if layer.role == "loss")
COMPARING = [id for id in LOSSES if {port.name for port in layers()[id].inputs} == {"prediction", "target"}]


def alone(loss: str, *others: Node) -> Project:
    return Project(graph=Graph.of([*others, node("loss", loss)]))


def offers(project: Project) -> list[tuple[str, Project]]:
    """The buttons of the loss, with the drawing that each leads to; that which removes is not among them."""
    problem = next(each for each in check(project, infer(project)).problems if each.node == "loss")
    found = []
    for fix in problem.fixes:
        command = command_at(project, MAIN, "loss", fix)
        if command is not None and not isinstance(fix, RemoveNode):
            found.append((words_at(project, MAIN, "loss", fix), command.apply(project)))
    return found


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_alone_can_be_given_data(loss: str) -> None:
    """Fails if a loss that stands alone can only be removed, two buttons say the same, or data that is put there does
    not lead to the loss."""
    made = offers(alone(loss))
    assert made
    assert len({words for words, _ in made}) == len(made)
    for _, mended in made:
        assert mended.graph.into("loss")


@pytest.mark.parametrize("loss", COMPARING)
@pytest.mark.parametrize("with_data", [False, True])
def test_one_click_makes_a_drawing_that_trains(loss: str, with_data: bool) -> None:
    """Fails if what is put before a loss leaves a problem or a note about the function before it, or cannot be
    trained, or its loss does not fall."""
    project = alone(loss, *([node("digits", "Digits")] if with_data else []))
    (mended,) = [after for words, after in offers(project) if "a layer that learns" in words]
    checked = check(mended, infer(mended))
    assert not checked.problems
    assert {note.code for note in checked.notes} <= {"label_number"}
    events = list(train(compile_net(mended), FAST.with_settings(epochs=5, optimizer="Adam", lr=0.01)))
    assert isinstance(events[-1], Finished)
    told = [event.train_loss for event in events if isinstance(event, EpochDone)]
    assert told[-1] < told[0]


def test_where_layers_stand_they_are_wired_and_none_is_put_there() -> None:
    """Fails if a new net is offered beside the one that somebody has drawn."""
    project = alone("CrossEntropyLoss", node("digits", "Digits"), node("fc", "Linear"))
    assert not any("a layer that learns" in words for words, _ in offers(project))
