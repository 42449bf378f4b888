"""The file dialog of Qt, where the system has none, looks like the rest of the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QToolButton,
    QTreeView,
    QWidget,
)

from app.ui import theme
from app.ui.dialogs import choose_file
from app.ui.filedialog import dress
from app.ui.scale import show_at
from tests.support.patience import settle

TOOLS = ("backButton", "forwardButton", "toParentButton", "newFolderButton", "listModeButton", "detailModeButton")
KINDS = "Picture (*.png);;Drawing (*.svg);;Numbers of all curves (*.csv)"
FILTERS = "Netloom drawings (*.netloom);;All files (*)"


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Any]:
    """Puts on a theme and a scale; afterwards both are as before."""
    name, factor = theme.current().name, theme.scale()

    def it(wanted: str, scale: float) -> None:
        theme.apply(qapp, wanted)
        show_at(qapp, scale)

    yield it
    it(name, factor)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(4):
        (tmp_path / f"a drawing with a rather long name {index}.netloom").write_text("{}")
    return tmp_path


def wears(button: QToolButton, colour: str) -> bool:
    """Whether a button's picture is drawn in this colour alone: as far as its dots cover anything, up to rounding."""
    image: QImage = button.icon().pixmap(button.iconSize()).toImage()
    dots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    drawn, wanted = [dot for dot in dots if dot.alpha() > 127], QColor(colour)
    far = [
        max(abs(dot.red() - wanted.red()), abs(dot.green() - wanted.green()), abs(dot.blue() - wanted.blue()))
        for dot in drawn
    ]
    return len(drawn) > 8 and max(far) <= 2


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
@pytest.mark.parametrize("saving", [False, True])
def test_it_wears_the_theme(name: str, scale: float, saving: bool, look: Any, folder: Path, qtbot: Any) -> None:
    """Fails if black arrows stand on a dark ground, the two buttons wear Qt's own pictures, names are squeezed at large
    type, or the dialog is larger than the screen."""
    look(name, scale)
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    place = folder / "new.netloom" if saving else folder
    dialog = choose_file(parent, "A file", place, FILTERS, lambda _: None, saving=saving, ending="netloom")
    tree = dialog.findChild(QTreeView, "treeView")
    qtbot.waitUntil(lambda: tree.model().rowCount(tree.rootIndex()) == 4)
    settle()
    for tool in TOOLS:
        button = dialog.findChild(QToolButton, tool)
        assert button is not None, tool
        assert wears(button, theme.color("text").name()), tool
        assert button.iconSize().width() == round(16 * scale)
        assert button.toolTip()
    row = dialog.findChild(QDialogButtonBox, "buttonBox")
    assert row is not None
    assert len(row.buttons()) == 2
    assert all(button.icon().isNull() for button in row.buttons())
    screen = dialog.screen().availableGeometry()
    assert dialog.width() <= screen.width()
    assert dialog.height() <= screen.height()
    heads = tree.header()
    shown = [column for column in range(heads.count()) if not heads.isSectionHidden(column)]
    assert sum(heads.sectionSize(column) for column in shown) <= tree.viewport().width() + 1
    for column in shown[1:]:
        assert heads.sectionSize(column) >= tree.sizeHintForColumn(column)
    if scale == 1.0:
        assert heads.sectionSize(0) >= tree.sizeHintForColumn(0), "the names can be read in full"
    dialog.reject()


def test_another_theme_reaches_a_dialog_that_is_open(look: Any, folder: Path, qtbot: Any) -> None:
    """Fails if the pictures keep the colour in which the dialog was opened."""
    look("light", 1.0)
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    dialog = choose_file(parent, "A file", folder, FILTERS, lambda _: None)
    button = dialog.findChild(QToolButton, "backButton")
    assert button is not None
    assert wears(button, theme.color("text").name())
    light = theme.color("text").name()
    look("high_contrast", 1.0)
    assert wears(button, theme.color("text").name())
    assert theme.color("text").name() != light
    dialog.reject()


def test_a_dialog_of_the_system_is_left_alone(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the program takes it for granted that it has painted the dialog itself."""
    dialog = QFileDialog()
    qtbot.addWidget(dialog)
    size = dialog.size()
    monkeypatch.setattr(QFileDialog, "findChild", lambda *_: None)  # none of Qt's own parts are there
    dress(dialog)
    assert dialog.size() == size


@pytest.mark.parametrize("typed", ["", "Übung é"], ids=["the proposed name", "a name without ending"])
def test_the_kind_of_file_that_is_chosen_is_written(qtbot: Any, tmp_path: Path, typed: str) -> None:
    """Fails if a name keeps the ending of another kind than the chosen one, so that who asks for numbers gets a
    picture, or if its words are changed."""
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    found: list[Path] = []
    dialog = choose_file(parent, "Save", tmp_path / "a.b.png", KINDS, found.append, saving=True, ending="png")
    kinds, name = dialog.findChild(QComboBox, "fileTypeCombo"), dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(kinds, QComboBox)
    assert isinstance(name, QLineEdit)
    if typed:
        name.setText(typed)
    kinds.setFocus()
    for _ in range(2):
        qtbot.keyClick(kinds, Qt.Key.Key_Down)
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert found == [tmp_path / f"{typed or 'a.b'}.csv"]


def test_questions_of_qt_itself_have_plain_buttons(look: Any, qtbot: Any) -> None:
    """Fails if the question whether a file is to be replaced wears green ticks and red circles on its buttons, as no
    other question does."""
    look("light", 1.0)
    kinds = QMessageBox.StandardButton
    box = QMessageBox(QMessageBox.Icon.Warning, "Save", "a.png already exists.", kinds.Yes | kinds.No)
    qtbot.addWidget(box)
    box.show()
    assert [button.icon().isNull() for button in box.buttons()] == [True, True]
