"""Questions and messages. None of them runs an event loop of its own: the answer comes as a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import icons, scale, theme
from app.ui.actions import specs
from app.ui.docks import PANELS
from app.ui.filedialog import dress
from app.ui.labels import Tinted

Answer = tuple[str, QMessageBox.ButtonRole, Callable[[], object] | None]


def ask(parent: QWidget, title: str, text: str, details: str, answers: Sequence[Answer]) -> QMessageBox:
    """Put a question; the first answer is the one for Enter, one with the role RejectRole is for Escape."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIconPixmap(icons.pixmap("help", scale.px(40), theme.color("accent"), parent.devicePixelRatioF()))
    return _open(box, title, text, details, answers)


def tell(parent: QWidget, title: str, text: str, details: str = "", answers: Sequence[Answer] = ()) -> QMessageBox:
    """Show a sentence about something that did not work."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIconPixmap(icons.pixmap("warning", scale.px(40), theme.color("warning"), parent.devicePixelRatioF()))
    return _open(box, title, text, details, answers or [("Close", QMessageBox.ButtonRole.RejectRole, None)])


def _open(box: QMessageBox, title: str, text: str, details: str, answers: Sequence[Answer]) -> QMessageBox:
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
    the dialog asks whether to overwrite."""
    dialog = QFileDialog(parent, title, str(place.parent if saving else place), filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if saving:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(place.name)
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dress(dialog)
    dialog.open()
    return dialog


def choose_folder(parent: QWidget, title: str, place: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask for a folder."""
    dialog = QFileDialog(parent, title, str(place))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dress(dialog)
    dialog.open()
    return dialog


def show_list(parent: QWidget, title: str, text: str, entries: Iterable[str]) -> QDialog:
    """Several sentences that can be read in peace and copied."""
    lines = list(entries)
    dialog = _dialog(parent, title)
    field = QPlainTextEdit("\n".join(lines))
    field.setReadOnly(True)
    field.setAccessibleName(title)
    field.setMinimumSize(560, 240)
    buttons = _closing(dialog)
    copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
    copy.setAutoDefault(False)
    copy.setToolTip("Copy everything as plain text")
    copy.clicked.connect(lambda: QApplication.clipboard().setText("\n".join(lines)))
    layout = dialog.layout()
    assert layout is not None
    layout.addWidget(Tinted(text, "text", wrap=True))
    layout.addWidget(field)
    layout.addWidget(buttons)
    dialog.show()
    return dialog


def _closing(dialog: QDialog) -> QDialogButtonBox:
    """A row of buttons that holds Close already; without the pictures that the style would give it."""
    buttons = QDialogButtonBox()
    close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
    close.setDefault(True)
    close.setToolTip("Close this page (Escape)")
    buttons.rejected.connect(dialog.reject)
    return buttons


def _dialog(parent: QWidget, title: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(16, 14, 16, 12)
    layout.setSpacing(10)
    return dialog


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
    table = QTableWidget(len(rows), 2)
    table.setHorizontalHeaderLabels(["do", "get"])
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # rows are measured with it in place
    table.setStyleSheet("QTableView::item { padding: 3px 12px 3px 4px; }")
    table.setItemDelegate(_Wrapping(table))
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setAccessibleName("Keys and gestures")
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    for line, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.setItem(line, column, QTableWidgetItem(text))
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    dialog = _dialog(parent, "Keys and gestures")
    buttons = _closing(dialog)
    layout = dialog.layout()
    assert layout is not None
    layout.addWidget(table)
    layout.addWidget(buttons)
    dialog.resize(700, 600)
    dialog.show()
    return dialog


def show_about(parent: QWidget, facts: Sequence[tuple[str, str]]) -> QDialog:
    """What the program is, and the versions of its parts."""
    dialog = _dialog(parent, "About Netloom")
    picture = QLabel()
    picture.setPixmap(icons.pixmap("netloom", scale.px(56), theme.color("accent"), parent.devicePixelRatioF()))
    title = Tinted("Netloom", "text")
    font = title.font()
    font.setPointSizeF(font.pointSizeF() * 1.7)
    font.setBold(True)
    title.setFont(font)
    words = QVBoxLayout()
    words.addWidget(title)
    words.addWidget(Tinted("Draw a neural network, train it and look inside it.", "text"))
    words.addSpacing(8)
    from app.ui.inspector.facts import FactsTable

    table = FactsTable()
    table.show_rows([(name, value, "") for name, value in facts])
    table.setMinimumWidth(320)
    words.addWidget(table)
    words.addStretch(1)
    row = QHBoxLayout()
    row.setSpacing(16)
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    buttons = _closing(dialog)
    layout = dialog.layout()
    assert isinstance(layout, QVBoxLayout)
    layout.addLayout(row)
    layout.addWidget(buttons)
    dialog.show()
    return dialog
