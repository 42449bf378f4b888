"""Names of layers in rows that are too narrow for them: on several lines, and a word that is too long for a line keeps
its beginning, so that rows still differ."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

_LEAST = 2  # letters that are left of a word


def shortened(name: str, width_of: Callable[[str], int], room: int) -> str:
    """``name`` with its longest words cut until it fits: ``Transposed convo… 2-D``.

    An ellipsis at the end or in the middle of the whole would leave the same letters of several names.
    """
    words = name.split(" ")
    kept = [len(word) for word in words]

    def spelled() -> str:
        return " ".join(word if count == len(word) else f"{word[:count]}…" for word, count in zip(words, kept))

    while width_of(spelled()) > room:
        longest = max(range(len(words)), key=lambda index: (kept[index], index))
        if kept[longest] <= _LEAST:
            break
        # The ellipsis takes the place of a letter: less than two are never saved.
        kept[longest] -= 2 if kept[longest] == len(words[longest]) else 1
    return spelled()


def broken(name: str, width_of: Callable[[str], int], room: int) -> str:
    """``name`` on as many lines as it needs in ``room``; only words that no line can hold are cut.

    A size such as ``2-D`` stays with the word before it as long as both have room.
    """
    lines: list[str] = []
    for word in name.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width_of, room))
    return "\n".join(lines)


class ShortNames(QStyledItemDelegate):
    """Draws the rows of a list with names broken and shortened to the room that they have."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        area = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, widget)
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, widget) + 1
        metrics = option.fontMetrics
        if option.rect.isValid():  # not while Qt asks for the size of a row
            room = area.width() - 2 * margin
            option.text = broken(option.text, metrics.horizontalAdvance, room).replace("\n", "\N{LINE SEPARATOR}")

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As high as the lines of the name in the width of the list."""
        hint = super().sizeHint(option, index)
        tree = option.widget
        if not isinstance(tree, QTreeView):
            return hint
        deep, at = 1, index.parent()
        while at.isValid():
            deep, at = deep + 1, at.parent()
        own = QStyleOptionViewItem(option)
        self.initStyleOption(own, index)
        words = own.fontMetrics.horizontalAdvance(own.text)
        around = hint.width() - words  # icon, margins and padding
        room = tree.viewport().width() - deep * tree.indentation() - around
        lines = broken(own.text, own.fontMetrics.horizontalAdvance, room).count("\n")
        return QSize(hint.width(), hint.height() + lines * (own.fontMetrics.lineSpacing() + 2))
