"""From a source of painted points on the canvas to the plane on which they are painted."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.core.graph.model import Graph, Project
from tests.support.drawings import node
from tests.ui.shell.hands import Open


def test_the_inspector_leads_to_where_points_are_painted(open_window: Open, qtbot: Any) -> None:
    """Fails if a source of painted points shows a row of numbers and no way to paint any."""
    window = open_window()
    window.qdocument.new(Project(graph=Graph.of([node("digits", "Digits"), node("points", "PaintedPoints")])))
    window.inspector.show_selection("", ["digits"])
    assert not window.inspector.nodes.data.paint.isVisible()
    window.inspector.show_selection("", ["points"])
    qtbot.mouseClick(window.inspector.nodes.data.paint, Qt.MouseButton.LeftButton)
    plane = window.samples.collect.plane
    qtbot.waitUntil(plane.isVisible, timeout=10_000)
    qtbot.mouseClick(plane, Qt.MouseButton.LeftButton, pos=plane.at(0.5, 0.5).toPoint())
    points = window.qdocument.project.graph.nodes["points"].params["points"]
    assert len(points) == len(plane.points) * 3
    assert points[-3:-1] == pytest.approx((0.5, 0.5), abs=0.02)
