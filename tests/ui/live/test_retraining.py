"""What a finding recommends has a button: it does that, as one step of undo, and trains again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.checks.problems import FixElsewhere, SetTraining
from app.core.commands import SetRecipe
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.events import Diagnosed, EpochDone, Failed, Finished
from app.ui.training.panel import TrainingPanel
from nodes.api import InsertBefore, UseInstead
from tests.support.patience import settle
from tests.training.nets import autoencoder, digits_net
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk

FAST = Recipe(optimizer="SGD", lr=5.0, epochs=2, batch_size=256, device="cpu")


def shown(qtbot: QtBot, here: Desk) -> TrainingPanel:
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 240)
    panel.show()
    settle()
    return panel


def offers(widget: QWidget) -> list[QPushButton]:
    """The buttons that can be seen in a part of the panel."""
    return [each for each in widget.findChildren(QPushButton) if each.isVisible()]


def diverged(qtbot: QtBot, desk: Make, project: Project) -> tuple[Desk, TrainingPanel, Failed]:
    here = desk(project)
    panel = shown(qtbot, here)
    here.session.train()
    failed = here.until_ended()
    assert isinstance(failed, Failed)
    here.until(lambda: offers(panel.mending))
    return here, panel, failed


def test_train_again_with_sets_the_number_and_trains(qtbot: QtBot, desk: Make) -> None:
    """Fails if the number of the sentence has no button, if it takes more than one step to undo, or trains nothing."""
    project = replace(autoencoder(), recipe=FAST)
    here, panel, failed = diverged(qtbot, desk, project)
    assert "Train again with 0.5" in failed.sentence
    (again,) = offers(panel.mending)
    assert again.text().strip() == "Train again with 0.5"
    assert "Undo" in again.toolTip()
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert here.qdocument.project.recipe.lr == 0.5
    assert isinstance(here.until_ended(), Finished)
    assert not panel.mending.isVisible()
    assert not panel.note.isVisible()
    here.qdocument.undo()
    assert here.qdocument.project == project
    assert here.qdocument.document.undo_title is None


def test_a_loss_with_a_rate_of_its_own_gets_another_one(qtbot: QtBot, desk: Make) -> None:
    """Fails if the button lowers the rate of the recipe, which this loss does not read, so that all ends in the same
    way again; or if it takes more than one step to undo."""
    project = autoencoder()
    loss = project.graph.nodes["loss"].with_param("lr", 5.0)
    project = replace(project, graph=project.graph.with_nodes(loss), recipe=replace(FAST, lr=0.01))
    here, panel, failed = diverged(qtbot, desk, project)
    assert "The own learning rate 5 of loss is too high. Train again with 0.5." in failed.sentence
    (again,) = offers(panel.mending)
    assert again.text().strip() == "Train again with 0.5"
    assert again.toolTip().startswith("Set own learning rate of loss to 0.5 and train again.")
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert here.qdocument.project.graph.nodes["loss"].params["lr"] == 0.5
    assert here.qdocument.project.recipe.lr == 0.01
    assert isinstance(here.until_ended(), Finished)
    here.qdocument.undo()
    assert here.qdocument.project == project


def test_the_reason_stands_once_in_the_panel(qtbot: QtBot, desk: Make) -> None:
    """Fails if the sentence above the curves stands beside them again."""
    _, panel, failed = diverged(qtbot, desk, replace(autoencoder(), recipe=FAST))
    assert failed.sentence in panel.note.text()
    assert failed.sentence not in panel.findings.text


def test_weights_of_no_use_are_not_offered_to_go_on_with(qtbot: QtBot, desk: Make) -> None:
    """Fails if Continue stands beside a run that would end in the same way again."""
    here, panel, failed = diverged(qtbot, desk, replace(autoencoder(), recipe=FAST))
    assert failed.useless
    assert not panel.train_on.isVisible()
    here.qdocument.do(SetRecipe(setting="epochs", value=9))
    assert not panel.train_on.isVisible()


def test_an_edit_that_is_recommended_is_done_and_trained(qtbot: QtBot, desk: Make) -> None:
    """Fails if a layer that is recommended has to be put in by hand, or the drawing is not trained with it."""
    project = digits_net(
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 16, "init": "constant", "init_value": 0.0}),
        ("root", "Power", {"exponent": 0.5}),
        ("fc2", "Linear", {"out_features": 10}),
    )
    here, panel, _ = diverged(qtbot, desk, replace(project, recipe=replace(FAST, lr=1e-6)))
    (again,) = offers(panel.mending)
    assert again.text().strip() == "Insert Softplus before root, train again"
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert isinstance(here.until_ended(), Finished)
    assert here.session.trained is not None
    assert "softplus1" in here.session.trained.project.graph.nodes
    here.qdocument.undo()
    assert "softplus1" not in here.qdocument.project.graph.nodes


def test_a_training_that_is_on_makes_way(qtbot: QtBot, desk: Make) -> None:
    """Fails if the button of a finding does nothing while the run goes on, or trains twice."""
    project = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}), loss="NLLLoss")
    here = desk(replace(project, recipe=replace(FAST, lr=0.01, epochs=LONG)))
    panel = shown(qtbot, here)
    here.session.train()
    here.until(lambda: any(found.code == "below" for found in here.of(Diagnosed)))
    here.until(lambda: offers(panel.findings))
    first = here.session.run
    use = next(each for each in offers(panel.findings) if "Cross-entropy" in each.text())
    QTest.mouseClick(use, Qt.MouseButton.LeftButton)
    here.until(lambda: here.session.run is not first and here.session.state == "running")
    assert here.qdocument.project.graph.nodes["loss"].type == "CrossEntropyLoss"
    here.events.clear()
    here.until(lambda: here.of(EpochDone))
    assert all(done.train_loss >= 0 for done in here.of(EpochDone))
    assert panel.findings.text == ""
    here.endings.clear()
    here.session.stop()
    here.until_ended()
    assert here.session.state == "idle"


FINDINGS = [
    (Diagnosed("relu1", "Dead.", "dead", (SetTraining("lr", 0.0002), UseInstead("LeakyReLU"))), 2),
    (Diagnosed(None, "By heart.", "overfitting", (SetTraining("epochs", 2), SetTraining("weight_decay", 0.001))), 2),
    (Diagnosed(None, "Once.", "batch_size", (SetTraining("batch_size", 64),)), 1),
    (Diagnosed(None, "By heart.", "overfitting", (FixElsewhere("fc2", InsertBefore("Dropout", "x")),)), 1),
]


@pytest.mark.parametrize(("finding", "count"), FINDINGS)
def test_every_recommendation_has_a_button_that_can_be_undone(
    finding: Diagnosed, count: int, qtbot: QtBot, desk: Make
) -> None:
    """Fails if one of several recommendations has no button, or its button needs another number of steps than one."""
    here = desk(load("mlp_digits"), epochs=1)
    panel = shown(qtbot, here)
    before = here.qdocument.project
    for place in range(count):
        panel.findings.show_findings([])
        panel.findings.show_findings([finding])
        settle()
        made = offers(panel.findings)
        assert len(made) == count
        QTest.mouseClick(made[place], Qt.MouseButton.LeftButton)
        assert here.qdocument.project != before
        assert isinstance(here.until_ended(), Finished)
        here.qdocument.undo()
        assert here.qdocument.project == before


def test_a_setting_of_a_rule_is_called_as_beside_its_field(qtbot: QtBot, desk: Make) -> None:
    """Fails if the button says no-better.watch, or does not set it."""
    here = desk(load("mlp_digits"), epochs=1, stopping="no-better", watch="metric")
    panel = shown(qtbot, here)
    panel.findings.show_findings([Diagnosed(None, "None.", "watch", (SetTraining("no-better.watch", "loss"),))])
    settle()
    (made,) = offers(panel.findings)
    assert made.text().strip() == "Train again with watched loss"
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    assert isinstance(here.until_ended(), Finished)
    assert here.qdocument.project.recipe.value("no-better.watch") == "loss"


def test_a_button_goes_with_its_layer(qtbot: QtBot, desk: Make) -> None:
    """Fails if a fix is offered for a layer that the drawing no longer has."""
    from app.core.commands import RemoveNodes
    from app.core.graph.model import MAIN

    here = desk(load("mlp_digits"))
    panel = shown(qtbot, here)
    panel.findings.show_findings([Diagnosed("relu1", "Dead.", "dead", (UseInstead("LeakyReLU"),))])
    settle()
    assert len(offers(panel.findings)) == 1
    here.qdocument.do(RemoveNodes(MAIN, ("relu1",)))
    here.until(lambda: not offers(panel.findings))
