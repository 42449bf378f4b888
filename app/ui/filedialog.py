"""The look of Qt's own file dialog, which is used where the system offers none: as the rest of the window."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QSplitter,
    QToolButton,
    QTreeView,
)

from app.ui import icons, scale

# Qt's own pictures for these are black arrows, which a dark window swallows.
_ICONS = {
    "backButton": "chevron-left",
    "forwardButton": "chevron-right",
    "toParentButton": "chevron-up",
    "newFolderButton": "add",
    "listModeButton": "columns",
    "detailModeButton": "rows",
}
_NAMES, _REST = QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.ResizeToContents
_KIND = 2  # the column of QFileSystemModel that says of which type a file is
_SIZE = (780, 480)  # pixels at 100 %


def dress(dialog: QFileDialog) -> None:
    """Give the dialog the icons, sizes and plain buttons of the rest. One of the system is left as it is."""
    row = dialog.findChild(QDialogButtonBox, "buttonBox")
    if row is None:
        return
    for button in row.buttons():
        button.setIcon(QIcon())
    side = scale.px(16)
    for name, icon in _ICONS.items():
        tool = dialog.findChild(QToolButton, name)
        if isinstance(tool, QToolButton):
            icons.put(tool, icon)
            tool.setIconSize(QSize(side, side))
            tool.setAutoRaise(True)
            scale.leave(tool)
    for name in ("listView", "treeView", "sidebar"):
        view = dialog.findChild(QAbstractItemView, name)
        if isinstance(view, QAbstractItemView):
            view.setIconSize(QSize(side, side))
            scale.leave(view)
    table = dialog.findChild(QTreeView, "treeView")
    if isinstance(table, QTreeView):
        # Names get what sizes and dates leave; else these are cut off at large type, and half of the width is empty.
        heads = table.header()
        heads.setStretchLastSection(False)
        for column in range(heads.count()):
            heads.setSectionResizeMode(column, _NAMES if column == 0 else _REST)
        heads.hideSection(_KIND)  # "plain text document" of every drawing
    parts = dialog.findChild(QSplitter, "splitter")
    if isinstance(parts, QSplitter):
        places = scale.px(150)
        parts.setSizes([places, scale.px(_SIZE[0]) - places])
    room = dialog.screen().availableSize()
    dialog.resize(min(scale.px(_SIZE[0]), room.width()), min(scale.px(_SIZE[1]), room.height() - scale.px(30)))
