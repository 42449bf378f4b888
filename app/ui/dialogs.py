"""Questions and messages. None of them runs an event loop of its own: the answer comes as a call."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, qVersion
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.ui import icons, scale, theme
from app.ui.actions import specs
from app.ui.docks import PANELS
from app.ui.filedialog import dress
from app.ui.labels import TintedLabel, Title
from app.ui.layouts import Piece, column, row

AROUND = (16, 14, 16, 12)  # the margins of a dialog
_ENDING = re.compile(r"\*\.(\w+)")  # in the words for a kind of file
Answer = tuple[str, QMessageBox.ButtonRole, Callable[[], object] | None]


def ask(parent: QWidget, title: str, text: str, details: str, answers: Sequence[Answer]) -> QMessageBox:
    """Put a question; the first answer is the one for Enter, one with the role RejectRole is for Escape."""
    return _open(parent, ("help", "accent"), title, text, details, answers)


def tell(parent: QWidget, title: str, text: str, details: str = "", answers: Sequence[Answer] = ()) -> QMessageBox:
    """Show a sentence about something that did not work."""
    closing = [("Close", QMessageBox.ButtonRole.RejectRole, None)]
    return _open(parent, ("warning", "warning"), title, text, details, answers or closing)


def not_saved(parent: QWidget, what: str, path: Path, error: OSError | str, again: Callable[[], object]) -> QMessageBox:
    """Say that a file could not be written. ``again`` asks for another place, for the same as was chosen before."""
    reason = error if isinstance(error, str) else error.strerror or str(error)
    role = QMessageBox.ButtonRole
    answers: list[Answer] = [("Save elsewhere…", role.AcceptRole, again), ("Close", role.RejectRole, None)]
    sentence = f"{what} could not be saved to {path}: {reason}."
    return tell(parent, "Not saved", sentence, "A file that was there is as it was.", answers)


def _open(
    parent: QWidget, icon: tuple[str, str], title: str, text: str, details: str, answers: Sequence[Answer]
) -> QMessageBox:
    """``icon`` is the name of the picture and its tint."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIconPixmap(icons.pixmap(icon[0], scale.px(40), theme.color(icon[1]), parent.devicePixelRatioF()))
    box.setWindowTitle(title)
    # Plain text: names and paths come from files and must not be read as markup.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(details)
    calls: dict[QPushButton, Callable[[], object] | None] = {}
    for index, (words, role, call) in enumerate(answers):
        button = box.addButton(words, role)
        calls[button] = call
        if index == 0:
            box.setDefaultButton(button)
        if role == QMessageBox.ButtonRole.RejectRole:
            box.setEscapeButton(button)

    def answered(button: QPushButton) -> None:
        call = calls.get(button)
        if call is not None:
            call()

    box.buttonClicked.connect(answered)
    box.open()
    return box


def choose_file(
    parent: QWidget,
    title: str,
    place: Path,
    filters: str,
    chosen: Callable[[Path], object],
    *,
    saving: bool = False,
    ending: str = "",
) -> QFileDialog:
    """Ask for a file, in the dialog of the system where there is one. ``ending`` is added to a name without one before
    the dialog asks whether to overwrite; another kind of file that is chosen there brings its own."""
    dialog = QFileDialog(parent, title, str(place.parent if saving else place), filters)
    if saving:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(place.name)
        dialog.filterSelected.connect(partial(_take_ending, dialog))
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _opened(dialog, chosen)


def _take_ending(dialog: QFileDialog, kind: str) -> None:
    """Give a name that is still to be saved the ending of the kind that was chosen: ``curves.png`` becomes
    ``curves.csv``."""
    endings = _ENDING.findall(kind)
    if not endings:
        return
    dialog.setDefaultSuffix(endings[0])
    path = Path(next(iter(dialog.selectedFiles()), ""))
    ending = path.suffix[1:]
    if ending not in endings and ending in _ENDING.findall(" ".join(dialog.nameFilters())):
        dialog.selectFile(str(path.with_suffix(f".{endings[0]}")))


def choose_folder(parent: QWidget, title: str, place: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask for a folder."""
    dialog = QFileDialog(parent, title, str(place))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _opened(dialog, chosen)


def _opened(dialog: QFileDialog, chosen: Callable[[Path], object]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dress(dialog)
    dialog.open()
    return dialog


def show_list(parent: QWidget, title: str, text: str, entries: Iterable[str]) -> QDialog:
    """Several sentences that can be read in peace and copied."""
    lines = list(entries)
    field = QPlainTextEdit("\n".join(lines), readOnly=True)
    field.setAccessibleName(title)
    field.setMinimumSize(560, 240)
    buttons = _closing()
    copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
    copy.setAutoDefault(False)
    copy.setToolTip("Copy everything as plain text")
    copy.clicked.connect(lambda: QApplication.clipboard().setText("\n".join(lines)))
    return _shown(parent, title, TintedLabel(text, "text", wrap=True), field, buttons=buttons)


def _closing() -> QDialogButtonBox:
    """A row of buttons that holds Close already; without the pictures that the style would give it."""
    buttons = QDialogButtonBox()
    close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
    close.setDefault(True)
    close.setToolTip("Close this page (Escape)")
    return buttons


def _shown(
    parent: QWidget, title: str, *parts: Piece, size: QSize | None = None, buttons: QDialogButtonBox | None = None
) -> QDialog:
    """A dialog with these parts below each other, and the buttons at its end."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    buttons = buttons if buttons is not None else _closing()
    buttons.rejected.connect(dialog.reject)
    column(*parts, buttons, of=dialog, margins=AROUND, spacing=10)
    if size is not None:
        dialog.resize(size)
    dialog.show()
    return dialog


def table_of(name: str, heads: Sequence[str]) -> QTableWidget:
    """A table for reading: the first column as wide as its words, whole rows to be selected. ``name`` is for a screen
    reader."""
    table = QTableWidget(0, len(heads))
    table.setHorizontalHeaderLabels(heads)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)  # Tab goes on to the buttons, arrows go from row to row
    table.setAccessibleName(name)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    return table


# What has no action of its own: gestures of the mouse, and keys that the canvas reads itself.
GESTURES: tuple[tuple[str, str], ...] = (
    ("Drag from the palette, or double-click it", "a new layer, wired after the selected one where it fits"),
    ("Drag from port to port", "a wire; what does not fit is explained"),
    ("Drop a layer on a wire", "it is inserted"),
    ("Double-click a block", "go inside; the path above the canvas leads back"),
    ("Arrow in the header of a block", "show its inside in its place, or close it again"),
    ("Alt+Down, Alt+Up", "into the selected block, and back"),
    ("Middle button or Space and drag", "move the view"),
    ("Wheel, or two fingers apart", "zoom at the pointer; Shift and the wheel move the view sideways"),
    ("Drag to the edge of the canvas", "the view moves along, the faster the closer"),
    ("Alt while dragging", "nothing snaps: it stays where you put it"),
    ("Ctrl while dragging", "what is dragged stays, and a copy of it goes there"),
    ("Click or drag in the minimap", "look at that place; the wheel zooms"),
    ("Drag on the empty canvas", "select with a frame; Shift adds"),
    ("Tab, or double-click the canvas", "search for a layer to add; after the selected one, if there is one"),
    ("Arrow keys", "walk along the wires; with Shift, select one more; with Ctrl, move what is selected"),
    ("Enter", "what would help the selected layer, or the inside of the block"),
    ("C", "join the selected layers in the order in which they were selected"),
    ("Backspace", "the same as Delete"),
    ("Menu, or Shift and F10", "what can be done with what is selected"),
    ("Alt+Left, Alt+Right", "from a layer to a wire that arrives or leaves; up and down to the others there"),
    ("Tab on a selected wire", "insert a layer into it"),
    ("Drag the title or border of a frame", "it moves with what stands in it; its handles make it larger or smaller"),
    ("Double-click the title of a frame, or a note", "write it; Ctrl+Enter keeps the words of a note"),
    ("Alt+Shift and arrow keys", "make the selected frame or note larger or smaller"),
    ("Drop files on the window", "open them, each further one in a window of its own"),
    ("Ctrl and click on the start page", "open in a new window"),
    ("Escape", "cancel what was begun; leave the presentation"),
)


class _Wrapping(QStyledItemDelegate):
    """Rows as high as their words need beside the padding, which Qt forgets where words are just too long."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        narrower = QStyleOptionViewItem(option)
        narrower.rect.setWidth(option.rect.width() - scale.px(20))
        return super().sizeHint(narrower, index)


def show_keys(parent: QWidget) -> QDialog:
    """What to press for what."""
    rows = [(gesture, meaning) for gesture, meaning in GESTURES]
    for spec in specs():
        if spec.keys:
            keys = " or ".join(
                QKeySequence(each).toString(QKeySequence.SequenceFormat.NativeText) for each in spec.keys
            )
            rows.append((keys, spec.tip[:1].lower() + spec.tip[1:]))
    rows += [(panel.keys, f"show {panel.title}") for panel in PANELS if panel.keys]
    table = table_of("Keys and gestures", ("do", "get"))
    table.setRowCount(len(rows))
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # rows are measured with it in place
    table.setStyleSheet("QTableView::item { padding: 3px 12px 3px 4px; }")
    table.setItemDelegate(_Wrapping(table))
    for line, texts in enumerate(rows):
        for place, text in enumerate(texts):
            table.setItem(line, place, QTableWidgetItem(text))
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return _shown(parent, "Keys and gestures", table, size=QSize(700, 600))


def _version(name: str) -> str:
    """The version of a package, asked without loading it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "from its source folder" if name == "netloom" else "not installed"


def show_about(parent: QWidget, device: str) -> QDialog:
    """What the program is, the versions of its parts, and where it computes: what a question about a problem should
    say."""
    picture = QLabel(pixmap=icons.pixmap("netloom", scale.px(56), theme.color("accent"), parent.devicePixelRatioF()))
    title = Title("Netloom", 1.7)
    from app.ui.inspector.facts import FactsTable

    table = FactsTable()
    facts = {
        "Netloom": _version("netloom"),
        "torch": _version("torch"),
        "Qt": f"{qVersion()} ({QGuiApplication.platformName()})",
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "Computes on": device or "torch is still loading",
    }
    table.show_rows([(name, value, "") for name, value in facts.items()])
    table.setMinimumWidth(320)
    words = column(title, TintedLabel("Draw a neural network, train it and look inside it.", "text"), table, 1)
    words.insertSpacing(2, 8)
    both = row(picture, (words, 1), spacing=16)
    both.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
    return _shown(parent, "About Netloom", both)
