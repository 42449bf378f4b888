"""Getting a public set in the inspector: real clicks, a server on the loopback address, then the document."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.core.commands import SetSetting
from app.core.graph.model import Graph, Project
from app.data import download
from app.data.public_sets import downloads
from app.ui.inspector.get_row import GetRow
from app.ui.window import MainWindow
from nodes.api.downloads import Remote
from tests.data.test_idx import write
from tests.support.drawings import node
from tests.support.web_server import Server, serving
from tests.ui.shell.hands import Open

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A small MNIST in the place of the real one."""
    for part, count in (("train", 600), ("t10k", 30)):
        pixels = np.random.default_rng(count).integers(0, 256, (count, 28, 28))
        write(tmp_path / "s" / f"{part}-images-idx3-ubyte.gz", pixels)
        write(tmp_path / "s" / f"{part}-labels-idx1-ubyte.gz", np.arange(count) % 10)
    files = {each.name: each.read_bytes() for each in (tmp_path / "s").iterdir()}
    files = dict(sorted(files.items(), key=lambda each: -len(each[1])))
    known = tuple(Remote(name, len(data), hashlib.md5(data).hexdigest(), data[:2]) for name, data in files.items())
    with serving(Server(files)) as made:
        sets = {**downloads(), "mnist": replace(downloads()["mnist"], files=known, addresses=(made.url,))}
        monkeypatch.setattr("app.ui.inspector.get_row.downloads", lambda: sets)
        monkeypatch.setattr(download, "SHOWN", 0.0)
        yield made


def opened(open_window: Open) -> tuple[MainWindow, GetRow]:
    window = open_window()
    window.qdocument.new(Project(graph=Graph.of([node("data", "IDX"), node("other", "Digits")])))
    window.inspector.show_selection("", ["data"])
    return window, window.inspector.nodes.get_data


def path_of(window: MainWindow) -> str:
    return str(window.qdocument.project.graph.nodes["data"].params.get("path", ""))


def choose(row: GetRow, name: str) -> None:
    row.choice.setCurrentIndex(row.choice.findData(name))


def test_a_source_without_files_offers_its_sets(server: Server, open_window: Open) -> None:
    """Fails if the button stands beside a source that has its files or that no set is for, or hides its size."""
    window, row = opened(open_window)
    assert row.isVisible()
    names = [row.choice.itemText(at) for at in range(row.choice.count())]
    assert names == ["MNIST", "KMNIST", "Fashion-MNIST", "EMNIST"]
    choose(row, "fashion-mnist")
    assert row.get.text() == "Get (30.9 MB)"
    window.inspector.show_selection("", ["other"])
    assert not row.isVisible()
    window.inspector.show_selection("", ["data"])
    window.qdocument.do(SetSetting("", ("data",), "path", "/somewhere"))
    assert not row.isVisible()


def test_get_puts_the_files_into_the_node_as_one_step(server: Server, open_window: Open, qtbot: Any) -> None:
    """Fails if what was got is not looked at, or cannot be undone; or is got a second time."""
    window, row = opened(open_window)
    choose(row, "mnist")
    qtbot.mouseClick(row.get, LEFT)
    assert row.cancel.isVisible()
    qtbot.waitUntil(lambda: bool(path_of(window)), timeout=20_000)
    assert path_of(window).endswith("mnist")
    assert (Path(path_of(window)) / "train-images-idx3-ubyte.gz").read_bytes() == server.files[
        "train-images-idx3-ubyte.gz"
    ]
    qtbot.waitUntil(lambda: "630" in str(window.qdocument.document.report.main.nodes["data"].built), timeout=20_000)
    assert not row.isVisible()
    window.qdocument.undo()
    assert path_of(window) == ""
    asked = len(server.asked)
    assert row.isVisible()
    assert row.get.text() == "Use"
    qtbot.mouseClick(row.get, LEFT)
    assert path_of(window).endswith("mnist")
    assert len(server.asked) == asked


def test_cancel_keeps_what_has_come(server: Server, open_window: Open, qtbot: Any) -> None:
    """Fails if Cancel waits for a server that says nothing, or what has come is lost."""
    server.go = threading.Event()
    window, row = opened(open_window)
    choose(row, "mnist")
    qtbot.mouseClick(row.get, LEFT)
    qtbot.waitUntil(lambda: row.bar.value() > 0, timeout=20_000)
    window.inspector.show_selection("", ["other"])
    assert not row.isVisible()
    window.inspector.show_selection("", ["data"])
    assert row.cancel.isVisible()
    qtbot.mouseClick(row.cancel, LEFT)
    qtbot.waitUntil(lambda: not row.cancel.isVisible(), timeout=10_000)
    assert not server.go.is_set()
    assert row.said.text() == "Stopped. What has come of MNIST is kept."
    assert path_of(window) == ""
    server.go.set()
    server.asked.clear()
    qtbot.mouseClick(row.get, LEFT)
    qtbot.waitUntil(lambda: bool(path_of(window)), timeout=20_000)
    assert server.asked[0][1].startswith("bytes=")


def test_what_goes_wrong_is_said_beside_the_button(server: Server, open_window: Open, qtbot: Any) -> None:
    """Fails if a refusal is a dialog, a silence or a traceback, or the button does not come back."""
    server.status = 404
    window, row = opened(open_window)
    choose(row, "mnist")
    qtbot.mouseClick(row.get, LEFT)
    qtbot.waitUntil(lambda: row.get.isVisible(), timeout=20_000)
    assert "any more. MNIST was not got." in row.said.text()
    assert path_of(window) == ""


def test_the_keys_stay_at_the_button(server: Server, open_window: Open, qtbot: Any) -> None:
    """Fails if a button that goes gives the keys to some field below, which then scrolls into sight."""
    server.go = threading.Event()
    window, row = opened(open_window)
    choose(row, "mnist")
    before = window.focusWidget()
    qtbot.mouseClick(row.get, LEFT)
    assert window.focusWidget() is before
    qtbot.mouseClick(row.cancel, LEFT)
    qtbot.waitUntil(lambda: row.get.isVisible(), timeout=10_000)
    row.get.setFocus()
    qtbot.keyClick(row.get, Qt.Key.Key_Space)
    assert row.cancel.hasFocus()
    qtbot.keyClick(row.cancel, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: row.get.hasFocus(), timeout=10_000)


def test_the_address_is_a_choice_and_may_be_typed(server: Server, open_window: Open, qtbot: Any) -> None:
    """Fails if an address that is chosen is not the one that is asked, or one that takes no connection is given up
    without a sentence."""
    window, row = opened(open_window)
    choose(row, "mnist")
    assert row.address.itemText(1) == server.url
    row.address.setFocus()
    row.address.lineEdit().selectAll()
    qtbot.keyClicks(row.address.lineEdit(), "http://127.0.0.1:9/")
    qtbot.mouseClick(row.get, LEFT)
    qtbot.waitUntil(lambda: "127.0.0.1:9 takes no connection." in row.said.text(), timeout=20_000)
    assert server.asked == []
    row.address.setCurrentIndex(1)
    qtbot.mouseClick(row.get, LEFT)
    qtbot.waitUntil(lambda: bool(path_of(window)), timeout=20_000)
