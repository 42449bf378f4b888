"""What the tests of the window and its own panels share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.core.document import Document
from app.core.graph.model import Graph, Node, Project, Wire
from app.core.storage import templates
from app.ui import theme
from app.ui.inspector.panel import InspectorPanel
from app.ui.qdocument import QDocument
from app.ui.settings import Settings
from app.ui.window import MainWindow
from nodes.api.registry import find
from tests.support.patience import settle, wait_active
from tests.ui.shell.hands import Open, Show, throw_away


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    """Every test begins in the dark theme, whatever the one before chose."""
    if theme.current().name != "dark" or not qapp.styleSheet():
        theme.apply(qapp, "dark")


@pytest.fixture(autouse=True)
def _no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another one has trained, which a window would offer."""
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "netloom"))


@pytest.fixture
def lenet(qapp: QApplication) -> QDocument:
    """LeNet-5 in a document."""
    return QDocument(Document(templates.load("lenet_digits")))


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of nobody, in a folder of their own: one test takes ``tmp_path`` for data."""
    return Settings(tmp_path_factory.mktemp("settings") / "window.json")


@pytest.fixture
def single() -> Callable[..., QDocument]:
    """A document with one node of a type: ``single("Conv2d", out_channels=6)``, fed by an image."""

    def make(node_type: str, **params: Any) -> QDocument:
        layer = find(node_type)
        assert layer is not None
        nodes = [Node("input1", "Input", {"shape": (3, 32, 32)}), Node("it", node_type, {**layer.defaults(), **params})]
        wires = [Wire("input1", "output", "it", layer.inputs[0].name)] if layer.inputs else []
        return QDocument(Document(Project(graph=Graph.of(nodes, wires))))

    return make


@pytest.fixture
def show(qtbot: Any) -> Show:
    """An inspector on the screen, with these nodes selected."""

    def make(qdocument: QDocument, *names: str, where: str = "") -> InspectorPanel:
        panel = InspectorPanel(qdocument)
        qtbot.addWidget(panel)
        panel.resize(290, 700)
        panel.show_selection(where, names)
        panel.show()
        panel.activateWindow()
        wait_active(panel)
        return panel

    return make


@pytest.fixture
def open_window(qtbot: Any, settings: Settings) -> Iterator[Open]:
    """Windows on the screen, with settings of nobody; whatever is unsaved at the end is thrown away."""
    made: list[MainWindow] = []

    def make(what: str | Path | None = None) -> MainWindow:
        window = MainWindow(what, settings)
        made.append(window)
        window.move(0, 0)
        window.show()
        window.activateWindow()
        wait_active(window)
        return window

    yield make
    for window in made:
        throw_away(window)
    settle()


@pytest.fixture
def window(open_window: Open) -> MainWindow:
    return open_window()
