"""Names of layers in rows that are too narrow for them: each word keeps its beginning, so that rows still differ."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

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


class ShortNames(QStyledItemDelegate):
    """Draws the rows of a list with names shortened to the room that they have."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        area = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, widget)
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, widget) + 1
        metrics = option.fontMetrics
        if option.rect.isValid():  # not while a size is asked for
            room = area.width() - 2 * margin
            option.text = shortened(option.text, metrics.horizontalAdvance, room)
