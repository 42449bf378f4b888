"""The table in which samples are looked at: small pictures, curves, texts or rows, with the mouse and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.ui import scale, theme
from app.ui.data.sample_model import SampleModel

if TYPE_CHECKING:
    from app.insight.browsing import BrowsedSample

PICTURE, CURVE = QSize(64, 64), QSize(132, 56)  # of one sample; its class stands below
_SENTENCE = 150  # the width of a sentence beside a sample, at least
_LINES = 2  # that a low table has for a sample at least
GAP = 6
_COLUMN = 96  # the first width of a column, unless its name needs more
_FITTED = 100  # columns whose names are measured: a table may have thousands
_MOST_ROWS = 60  # that are read ahead


class SamplePainter(QStyledItemDelegate):
    """Paints one cell. What is left out is pale and struck through; what has another class has its old one, too."""

    def __init__(self, table: SampleTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        assert isinstance(model, SampleModel)
        number = model.number_at(index)
        if number is None:
            return
        glimpse = model.glimpse(number)
        if model.in_rows:
            self._paint_cell(painter, option, index, model, glimpse)
            return
        painter.save()
        self._paint_sample(painter, option, model, glimpse)
        painter.restore()

    def _paint_cell(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
        model: SampleModel,
        glimpse: BrowsedSample | None,
    ) -> None:
        self.initStyleOption(option, index)
        painter.save()
        chosen = _is_selected(option)
        if chosen:
            painter.fillRect(option.rect, theme.color("selection"))
        out = glimpse is not None and model.left_out(glimpse)
        text = option.text
        missing = text == "missing" and index.column() >= model.columnCount() - len(glimpse.cells if glimpse else ())
        changed = " → " in text and glimpse is not None and glimpse.name in model.corrections
        role = "warning" if missing or changed or (glimpse and glimpse.trouble) else "text.off" if out else "text"
        painter.setPen(theme.color("selection.text" if chosen else role))
        font = painter.font()
        font.setItalic(missing)
        font.setStrikeOut(out)
        painter.setFont(font)
        room = option.rect.adjusted(scale.px(5), 0, -scale.px(5), 0)
        shown = QFontMetrics(font).elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()

    def _paint_sample(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        model: SampleModel,
        glimpse: BrowsedSample | None,
    ) -> None:
        cell: QRect = option.rect
        chosen = _is_selected(option)
        if chosen:
            painter.fillRect(cell, theme.color("selection"))
        gap = scale.px(GAP) // 2
        words = QFontMetrics(painter.font()).height()
        beside = self._table.beside
        box = cell.adjusted(gap, gap, -gap, -gap if beside else -gap - words)
        if beside:  # what is said has all that the sample leaves
            box.setWidth(self._table.picture().width())
        painter.setPen(theme.color("selection.text" if chosen else "text.soft"))
        if glimpse is None:
            painter.fillRect(box, theme.color("field"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "…")
            return
        out = model.left_out(glimpse)
        if out:
            painter.setOpacity(0.3)
        if glimpse.trouble:
            painter.fillRect(box, theme.color("field"))
            painter.setPen(theme.color("warning"))
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                "cannot be read",
            )
        elif glimpse.picture is not None:
            paint_pixels(painter, box, glimpse.picture)
        elif glimpse.curve is not None:
            _paint_curve(painter, box, glimpse)
        painter.setOpacity(1.0)
        word, own = model.word_of(glimpse), model.own_word(glimpse)
        said = "left out" if out else word if word == own else f"{own} → {word}"
        strange = "warning" if out or word != own else "text"
        if beside:
            place = QRect(box.right() + 1 + gap, box.top(), cell.right() - box.right() - 2 * gap, box.height())
            roles = ("selection.text",) * 2 if chosen else ("text.off" if out else "text", strange)
            _paint_words(painter, place, glimpse.text, said, roles)
        else:
            painter.setPen(theme.color("selection.text" if chosen else strange))
            below = QRect(box.left(), box.bottom() + 1, box.width(), words)
            # Files in one folder differ in how their names end.
            file = not said and "/" in glimpse.name
            cut_at = Qt.TextElideMode.ElideLeft if file else Qt.TextElideMode.ElideRight
            fitting = QFontMetrics(painter.font()).elidedText(said or glimpse.name, cut_at, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, fitting)
        if out:
            painter.setPen(QPen(theme.color("error"), scale.px(2)))
            painter.drawLine(box.topLeft(), box.bottomRight())
        elif word != own:
            painter.setPen(QPen(theme.color("warning"), scale.px(2)))
            painter.drawRect(box.adjusted(0, 0, -1, -1))


def _is_selected(option: QStyleOptionViewItem) -> bool:
    from PySide6.QtWidgets import QStyle

    return bool(option.state & QStyle.StateFlag.State_Selected)


def image_of(pixels: object) -> QImage:
    """A picture (h, w) or (h, w, 3) uint8 for Qt."""
    from app.ui.insight.maps import to_image

    return to_image(pixels)  # type: ignore[arg-type]


def paint_pixels(painter: QPainter, box: QRect, pixels: object, *, left: bool = False) -> None:
    """A picture as large as there is room for, in the middle or at the left of it."""
    image = image_of(pixels)
    side = QSize(image.size())
    side.scale(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(0, 0, side.width(), side.height())
    place.moveCenter(box.center())
    if left:
        place.moveLeft(box.left())
    # Enlarged pixels stay pixels; what is made smaller is smoothed.
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, side.width() < image.width())
    painter.drawImage(place, image)


def _paint_words(painter: QPainter, place: QRect, sentence: str, word: str, roles: tuple[str, str]) -> None:
    """A sentence in as many lines as there is room for, and the class of the sample below it, each in its colour."""
    usual, bold = painter.font(), painter.font()
    bold.setBold(True)
    known = QFontMetrics(usual)
    line = known.height()
    rows = max(1, place.height() // line) - bool(word)
    lines: list[str] = []
    rest = " ".join(sentence.split())
    while rest and len(lines) < rows:
        fits = _fitting(known, rest, place.width()) if len(lines) < rows - 1 else rest
        wide = known.horizontalAdvance(fits) > place.width()  # Qt cuts off what just fits, too
        lines.append(known.elidedText(fits, Qt.TextElideMode.ElideRight, place.width()) if wide else fits)
        rest = rest[len(fits) :].lstrip()
    told = [(text, roles[0], usual) for text in lines]
    if word:
        told.append((QFontMetrics(bold).elidedText(word, Qt.TextElideMode.ElideRight, place.width()), roles[1], bold))
    top = place.top() + max(0, (place.height() - line * len(told)) // 2)
    for at, (text, role, font) in enumerate(told):
        painter.setPen(theme.color(role))
        painter.setFont(font)
        row = QRect(place.left(), top + at * line, place.width(), line)
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _fitting(known: QFontMetrics, text: str, width: int) -> str:
    """The first words of a text that fit into a line; of a word that is longer than that, all of it."""
    words = text.split(" ")
    fits = words[0]
    for word in words[1:]:
        if known.horizontalAdvance(f"{fits} {word}") > width:
            break
        fits = f"{fits} {word}"
    return fits


def _paint_curve(painter: QPainter, box: QRect, glimpse: BrowsedSample) -> None:
    painter.fillRect(box, theme.color("field"))
    curve = glimpse.curve
    assert curve is not None
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    roles = ("plot.train", "plot.validation", "plot.third", "plot.fourth")
    steps = max(1, len(curve) - 1)
    for line in range(curve.shape[1]):
        painter.setPen(QPen(theme.color(roles[line % len(roles)]), 1.2))
        points: list[QPointF] = []
        for at, value in enumerate(curve[:, line].tolist()):
            if value != value:  # a value is missing: the line has a gap there
                painter.drawPolyline(QPolygonF(points))
                points = []
            else:
                points.append(
                    QPointF(box.left() + at / steps * box.width(), box.bottom() - value * (box.height() - 2) - 1)
                )
        painter.drawPolyline(QPolygonF(points))


class SampleTable(QTableView):
    """Asks for what can be seen with ``wanted``. ``pointed`` carries the number of the sample that is current.

    ``leave_out_wanted`` (Delete) and ``class_wanted`` (the digit of a class, or -1 for that of the data) come from the
    keys; ``menu_wanted`` from a right click or the menu key, with the place on the screen.
    """

    wanted = Signal()
    pointed = Signal(int)
    leave_out_wanted = Signal()
    class_wanted = Signal(int)
    menu_wanted = Signal(object)
    paste_wanted = Signal()

    def __init__(self, model: SampleModel) -> None:
        super().__init__()
        self.samples = model
        self.setModel(model)
        self.setItemDelegate(SamplePainter(self))
        self.setAccessibleName("Samples")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(False)
        self.setMinimumHeight(40)  # less than Qt asks for: the panel is low
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(scale.px(20))
            header.setTextElideMode(Qt.TextElideMode.ElideRight)  # else a long name loses both of its ends
        model.modelReset.connect(self._reset)
        self.verticalScrollBar().valueChanged.connect(lambda _: self.wanted.emit())
        theme.notifier.changed.connect(self._dress)
        self.selectionModel().currentChanged.connect(self._current)
        self._dressing = False

    # Sizes

    @property
    def beside(self) -> int:
        """The least room beside a sample for the sentence that belongs to it; 0 without one: its class stands below."""
        browser = self.samples.browser
        return scale.letters_px(_SENTENCE) if browser is not None and browser.sentence else 0

    def cell(self) -> QSize:
        """How large one sample is shown, with what is said of it."""
        gap, beside, picture = scale.px(GAP), self.beside, self.picture()
        if not beside:
            return QSize(self._usual().width() + gap, picture.height() + gap + self.fontMetrics().height())
        # Sentences share all of the width.
        wide, whole = picture.width() + gap + beside, self.viewport().width()
        return QSize(max(wide, whole // max(1, whole // wide)), picture.height() + gap)

    def picture(self) -> QSize:
        """How large the picture or curve of a sample is shown: in a table that is lower, as high as that has room."""
        usual, line = self._usual(), self.fontMetrics().height()
        room = self._room() - scale.px(GAP) - (0 if self.beside else line)
        if not self.isVisible() or room >= usual.height():
            return usual
        high = max(room, _LINES * line)
        return QSize(usual.width() * high // usual.height() if self.beside else usual.width(), high)

    def _usual(self) -> QSize:
        curves = self.samples.browser is not None and self.samples.browser.kind == "curves"
        base = CURVE if curves else PICTURE
        return QSize(scale.px(base.width()), scale.px(base.height()))

    def _room(self) -> int:
        return self.viewport().height()

    def _dress(self) -> None:
        self._dressing = True
        rows = self.samples.in_rows
        self.setShowGrid(rows)
        # Samples are as wide as there is room: a bar that comes and goes while they are fitted would take some of it.
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if rows else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(policy)
        self.setSelectionBehavior(
            QAbstractItemView.SelectionBehavior.SelectRows if rows else QAbstractItemView.SelectionBehavior.SelectItems
        )
        self.horizontalHeader().setVisible(rows)
        self.verticalHeader().setVisible(rows)
        across, down = self.horizontalHeader(), self.verticalHeader()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Interactive if rows else QHeaderView.ResizeMode.Fixed)
        if rows:
            down.setDefaultSectionSize(self.fontMetrics().height() + scale.px(6))
            usual = scale.letters_px(_COLUMN)
            across.setDefaultSectionSize(usual)
            for column in range(min(self.samples.columnCount(), _FITTED)):
                across.resizeSection(column, min(max(usual, across.sectionSizeHint(column)), 2 * usual))
            across.setStretchLastSection(self.samples.browser is not None and self.samples.browser.kind == "texts")
        else:
            across.setStretchLastSection(False)
            cell = self.cell()
            down.setDefaultSectionSize(cell.height())
            across.setDefaultSectionSize(cell.width())
            self._fit()
        self._dressing = False

    def _fit(self) -> None:
        if not self.samples.in_rows:
            self.samples.set_across(max(1, self.viewport().width() // self.cell().width()))

    def _reset(self) -> None:
        if not self._dressing:
            self._dress()
        self.wanted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        place = self.samples.place_of(self.currentIndex()) if self.currentIndex().isValid() else -1
        super().resizeEvent(event)
        sections = self.horizontalHeader().defaultSectionSize(), self.verticalHeader().defaultSectionSize()
        if not self.samples.in_rows and self.cell().toTuple() != sections:
            self._dress()
        self._fit()
        if place >= 0 and not self.currentIndex().isValid():
            self.point_at(place)
        self.wanted.emit()

    # What can be seen

    def places_in_sight(self) -> range:
        """The places of the samples in sight, and as many below."""
        first = self.rowAt(0)
        if first < 0:
            return range(0)
        last = self.rowAt(self.viewport().height() - 1)
        last = self.samples.rowCount() - 1 if last < 0 else last
        last = min(last + min(_MOST_ROWS, last - first + 1), self.samples.rowCount() - 1)
        across = 1 if self.samples.in_rows else max(1, self.samples.columnCount())
        return range(first * across, min((last + 1) * across, self.samples.count))

    # Choosing

    def point_at(self, place: int) -> None:
        """Make the sample at this place the current one, and bring it into sight."""
        index = self.samples.index_of(place)
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            if self.samples.in_rows:
                flags |= QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, flags)
            self.scrollTo(index)

    def chosen(self) -> list[int]:
        """The numbers of the selected samples."""
        found = dict.fromkeys(self.samples.number_at(index) for index in self.selectedIndexes())
        return [number for number in found if number is not None]

    def _current(self, index: QModelIndex, _before: QModelIndex) -> None:
        number = self.samples.number_at(index)
        if number is not None:
            self.pointed.emit(number)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Left and right go on in the next line; Home and End go to the first and the last sample."""
        actions = QAbstractItemView.CursorAction
        index = self.currentIndex()
        if not index.isValid() and self.samples.count:
            return self.samples.index_of(0)
        place, last = self.samples.place_of(index), self.samples.count - 1
        if not self.samples.in_rows and action in (actions.MoveLeft, actions.MoveRight):
            return self.samples.index_of(min(max(place + (1 if action == actions.MoveRight else -1), 0), last))
        if not self.samples.in_rows and action == actions.MoveDown:
            return self.samples.index_of(min(place + self.samples.columnCount(), last))
        if action in (actions.MoveHome, actions.MoveEnd):
            return self.samples.index_of(0 if action == actions.MoveHome else last)
        return super().moveCursor(action, modifiers)

    # Keys and the menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.leave_out_wanted.emit()
        elif Qt.Key.Key_0 <= key <= Qt.Key.Key_9 and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.class_wanted.emit(key - Qt.Key.Key_0)
        elif key == Qt.Key.Key_R and not event.modifiers():
            self.class_wanted.emit(-1)
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            if index.isValid() and not self.selectionModel().isSelected(index):
                self.point_at(self.samples.place_of(index))
            self.menu_wanted.emit(event.globalPos())
        else:
            rect = self.visualRect(self.currentIndex())
            self.menu_wanted.emit(self.viewport().mapToGlobal(rect.center()))
