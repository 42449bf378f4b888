"""The widget that shows ``Tiles``: crisp maps, or bars, with their scale; or a sentence where there is nothing to show.

numpy is not needed before there is something to show, and so the window starts without it.
"""

from __future__ import annotations

from math import ceil
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QToolTip, QWidget

from app.insight.breaking import unbroken
from app.ui import scale, theme
from app.ui.insight.picture_note import foot_height, height_for, paint_foot

if TYPE_CHECKING:
    import numpy as np

    from app.insight.arithmetic.number import NumberPlace
    from app.insight.tiles import Tiles
    from app.ui.insight.map_grid import MapGrid
    from app.ui.insight.plotview import PlotView
    from app.ui.sound_player import HearBar

_MARGIN = 10
_AROUND = 6  # above and below
_LEGEND_WIDE = 320  # lines that have many names are at least so wide
_LINE = Qt.TextFlag.TextSingleLine  # else Qt wraps what it has shortened itself, where a part of a point is missing
PLOT_HIGH = 140  # pixels at 100 % that a plot has at least; where there is less the panel scrolls


class TilesView(QWidget):
    """One picture with title, scale and note. Values are enlarged by whole factors and never blurred.

    ``pointed`` is sent with the place of a number that somebody clicks; ``lassoed`` and ``sample_pointed`` with the
    points of a plot that are marked or clicked.
    """

    pointed = Signal(object)
    lassoed = Signal(object)
    sample_pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, holds: bool = True) -> None:
        super().__init__(parent)
        self._holds = holds  # whether the scale can be held
        self._tiles: Tiles | None = None
        self._colours: np.ndarray | None = None
        self._caption = ""
        self._sentence = ""
        self._scaled = False  # whether a plot has colours that stand for numbers
        self._grid: MapGrid | None = None
        self._grid_at = QRect()
        self._plot_at = QRect()  # of lines, points or a table
        self._image: QImage | None = None
        self.plot: PlotView | None = None  # made when one is first shown
        self.hold = QCheckBox("Hold scale", self)
        self.hold.setToolTip("Keep the colour scale of this layer while its values change, so that pictures compare")
        self.hold.hide()
        self.hear: HearBar | None = None  # made when something can be heard for the first time
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        theme.notifier.changed.connect(self._lay_out_anew)

    @property
    def tiles(self) -> Tiles | None:
        """What is shown, if it is a picture."""
        return self._tiles

    @property
    def sentence(self) -> str:
        """What is said instead of a picture, if there is none."""
        return self._sentence

    @property
    def caption(self) -> str:
        """What is said of the state of the weights, after the title."""
        return self._caption

    def show_tiles(self, tiles: Tiles, caption: str = "", colours: np.ndarray | None = None) -> None:
        """Show maps. ``colours`` are those of ``tile_colours``, if somebody has made them already."""
        caption = caption if tiles.learned else ""
        self._tiles, self._caption, self._sentence = tiles, caption, ""
        self._colours = colours
        # What is plotted has no scale of colours that could be held, and neither has the arithmetic of a number, nor a
        # picture in its own colours.
        coloured = tiles.colormap == "rgb" and (tiles.low, tiles.high) == (0, 1)
        plain = tiles.plotted or tiles.layout == "plot" or tiles.number is not None or coloured
        self.hold.setVisible(self._holds and not plain)
        self._show_plot(tiles)
        self._show_sound(tiles)
        self.updateGeometry()
        self._place_hold()
        self._lay_out_anew()
        self.setAccessibleName(". ".join(filter(None, (tiles.title, caption, tiles.note))))

    def say(self, sentence: str) -> None:
        """Show a sentence instead of a picture."""
        self._tiles, self._sentence = None, sentence
        self.hold.hide()
        self._show_sound(None)
        if self.plot is not None:
            self.plot.hide()
        self._lay_out_anew()
        self.setAccessibleName(sentence)

    def _show_sound(self, tiles: Tiles | None) -> None:
        """Let what can be heard be played, at the right end of the line of the title."""
        sound = tiles.sound if tiles is not None else None
        if sound is not None and self.hear is None:
            from app.ui.sound_player import HearBar

            self.hear = HearBar(self)
        if self.hear is not None:
            self.hear.show_sound(sound)

    def _show_plot(self, tiles: Tiles) -> None:
        """Let a plot be shown by the widget that can be zoomed and lassoed."""
        if tiles.layout == "plot":
            if self.plot is None:
                from app.ui.insight.plotview import PlotView

                self.plot = PlotView(self)
                self.plot.lassoed.connect(self.lassoed)
                self.plot.pointed.connect(self.sample_pointed)
            self._place_plot(tiles)
            self.plot.show_tiles(tiles)
        if self.plot is not None:
            self.plot.setVisible(tiles.layout == "plot")

    def _place_plot(self, tiles: Tiles) -> None:
        """Below the title, above the note, beside the scale."""
        from app.ui.insight import maps

        assert self.plot is not None, "it is shown"
        metrics = QFontMetrics(self.font())
        area = self.rect().adjusted(_MARGIN, _AROUND, -_MARGIN, -_AROUND)
        top = area.top() + max(metrics.height(), self.hold.height() - 9) + 6
        note = foot_height(tiles.note, area.width(), area.height(), metrics) if tiles.note else 0
        self._scaled = tiles.plot is not None and tiles.plot.ground and tiles.colormap != "rgb"
        scale = maps.scale_width(tiles, metrics) + 14 if self._scaled else 0
        high = max(40, area.bottom() - top - note)
        wide = min(area.width() - scale, self.plot.widest(high)) if self._scaled else area.width()
        self.plot.setGeometry(area.left(), top, max(60, wide), high)  # the scale stands beside it

    def sizeHint(self) -> QSize:
        return QSize(480, 180)

    def readable_height(self) -> int:
        """How high this has to be for a table, lines or words in a plane to be read; 0 for maps and bars."""
        tiles = self._tiles
        if tiles is None or not tiles.plotted:
            return 0
        from app.ui.insight.labelled_painting import PLANE_LINES, readable_height

        metrics = QFontMetrics(self.font())
        line = metrics.height()
        high = readable_height(tiles, line) if tiles.layout == "table" else PLANE_LINES * line
        if tiles.layout == "lines":
            from app.insight.plots import legend_height

            wide = max(self.width(), scale.letters_px(_LEGEND_WIDE)) - 2 * _MARGIN
            high += legend_height(tiles, wide, line, lambda word: float(metrics.horizontalAdvance(word)))
        return ceil(high + 3 * line)

    def height_for_note(self) -> int:
        """How high this has to be for all that is said below the picture; 0 where one line is enough."""
        if self._tiles is None:
            return 0
        from app.ui.insight import maps

        high = height_for(maps.note(self._tiles), self.width() - 2 * _MARGIN, QFontMetrics(self.font()))
        return high + 2 * _AROUND if high else 0

    def minimumSizeHint(self) -> QSize:
        plotted = self._tiles is not None and self._tiles.layout == "plot"
        return QSize(160, scale.letters_px(PLOT_HIGH) if plotted else 80)

    def _place_hold(self) -> None:
        """At the right end of the line of the title."""
        self.hold.adjustSize()
        self.hold.move(self.width() - _MARGIN - self.hold.width(), 3)
        if self.hear is not None:
            self.hear.adjustSize()
            room = self.hold.width() + 8 if not self.hold.isHidden() else 0
            self.hear.move(self.width() - _MARGIN - room - self.hear.width(), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_hold()
        self._lay_out_anew()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._place_hold()
            self._lay_out_anew()
        super().changeEvent(event)

    def _lay_out_anew(self) -> None:
        self._image = None
        self._grid = None
        if self._tiles is not None and self._tiles.layout == "plot" and self.plot is not None:
            self._place_plot(self._tiles)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("window"))
            area = self.rect().adjusted(_MARGIN, _AROUND, -_MARGIN, -_AROUND)
            if self._tiles is None:
                painter.setPen(theme.color("text.soft"))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                width = min(area.width(), 620)
                box = QRect(area.center().x() - width // 2, area.top(), width, area.height())
                painter.drawText(box, flags, self._sentence)
            else:
                self._paint_tiles(painter, area, self._tiles)

    def _paint_tiles(self, painter: QPainter, area: QRect, tiles: Tiles) -> None:
        from app.ui.insight import maps

        metrics = QFontMetrics(self.font())
        top = self._paint_title(painter, area, tiles, metrics)
        body = QRect(area.left(), top, area.width(), area.bottom() - top)
        # A table may turn out to go on at the right, which the note then says.
        note = maps.note(tiles, groups=2 if tiles.columns and tiles.note else 1)
        foot = foot_height(note, area.width(), area.height(), metrics)
        if tiles.layout != "grid":
            body.adjust(0, 0, 0, -foot if note else 0)
        # One size for the source, whether or not a line below the maps turns out to be needed.
        beside = body.adjusted(0, 0, 0, -foot)
        left = maps.source_width(tiles, beside, metrics)
        scale = maps.scale_width(tiles, metrics) + 14
        if tiles.layout == "grid":
            self._arrange(body.width() - left - scale, body.height(), foot, bool(note), metrics)
            assert self._grid is not None
            note = maps.note(tiles, self._grid.shown, self._grid.groups)
            body.adjust(0, 0, 0, -foot if note else 0)
        if note:
            painter.setPen(theme.color("text.soft"))
            paint_foot(painter, QRectF(area.left(), body.bottom() + 3, area.width(), foot - 2), note, metrics)
        if tiles.source is not None:
            maps.paint_source(painter, beside, tiles, metrics)
        body.adjust(left, 0, 0, 0)
        if tiles.plotted:
            self._plot_at = body
            _plotting(tiles).paint(painter, body, tiles, metrics)
            return
        if tiles.layout == "plot":
            if self._scaled:
                end = self.plot.geometry().right() + 14 if self.plot is not None else body.right() - scale
                left = min(end, body.right() - scale + 12)
                maps.paint_scale(painter, QRect(left, body.top(), scale, body.height()), tiles, metrics)
            return
        if tiles.layout == "bars":
            self._plot_at = body
            maps.paint_bars(painter, body, tiles, metrics)
            return
        self._paint_grid(painter, body, tiles, metrics)
        # The scale stands beside the maps, not at the far edge of a wide panel.
        at = min(body.right() - scale + 12, self._grid_at.right() + 14)
        maps.paint_scale(painter, QRect(at, body.top(), scale, body.height()), tiles, metrics)

    def _arrange(self, width: int, height: int, line: int, note: bool, metrics: QFontMetrics) -> None:
        """Find places for the maps, with a line kept free below them if there is something to say."""
        from app.ui.insight import maps

        if self._grid is not None or self._tiles is None:
            return
        ratio = self.devicePixelRatioF()
        for kept in (line,) if note else (0, line):
            self._grid = maps.arranged(
                self._tiles, round(width * ratio), round((height - kept) * ratio), metrics, ratio
            )
            if self._grid.shown == self._tiles.count:
                return

    def _paint_title(self, painter: QPainter, area: QRect, tiles: Tiles, metrics: QFontMetrics) -> int:
        """Title, then the state of the weights in softer ink. The height at which the body begins."""
        area = area.adjusted(0, 0, -self._beside_title(), 0)
        font = painter.font()
        bold = painter.font()
        bold.setBold(True)
        painter.setFont(bold)
        wide = QFontMetrics(bold)
        title = wide.elidedText(tiles.title, Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(area.left(), area.top(), area.width(), metrics.height()), _LINE, title)
        used = wide.horizontalAdvance(title) + 14
        painter.setFont(font)
        if self._caption and used < area.width() - 60:
            painter.setPen(theme.color("text.soft"))
            text = metrics.elidedText(self._caption, Qt.TextElideMode.ElideRight, area.width() - used)
            painter.drawText(QRectF(area.left() + used, area.top(), area.width() - used, metrics.height()), _LINE, text)
        return area.top() + max(metrics.height(), self.hold.height() - 9) + 6

    def _beside_title(self) -> int:
        """How much of the line of the title the check box and the play button take at its right end."""
        used = 0 if self.hold.isHidden() else self.hold.width() + 8
        return used + (0 if self.hear is None or self.hear.isHidden() else self.hear.width() + 8)

    def _paint_grid(self, painter: QPainter, body: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
        from app.ui.insight import maps

        ratio, grid = self.devicePixelRatioF(), self._grid
        assert grid is not None
        if self._image is None:
            colours = self._colours if self._colours is not None else maps.tile_colours(tiles)
            self._image = maps.grid_image(colours, grid, theme.color("window"), theme.color("border"))
            self._image.setDevicePixelRatio(ratio)
        height, width = grid.size
        self._grid_at = QRect(body.left(), body.top(), ceil(width / ratio), ceil(height / ratio))
        painter.drawImage(QPointF(body.left(), body.top()), self._image)
        if not grid.label:
            return
        painter.setPen(theme.color("text.soft"))
        step_across = grid.step[1] / ratio
        for index, word in enumerate(tiles.labels[: grid.shown]):
            down, right = grid.corner(index)
            x, y = body.left() + right / ratio, body.top() + (down + grid.tile[0]) / ratio
            wide, high = (grid.tile[1] + grid.wider) / ratio, grid.label / ratio
            if grid.wider or high > 1.5 * metrics.height():  # in as many lines as there was found to be need for
                flags = Qt.AlignmentFlag.AlignLeft if grid.wider else Qt.AlignmentFlag.AlignHCenter
                painter.drawText(QRectF(x, y, wide, high), flags | Qt.TextFlag.TextWordWrap, unbroken(word))
                continue
            text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, int(step_across))
            painter.drawText(QRectF(x, y, wide, high), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, text)

    # What is under the pointer

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.words_at(event.pos().x(), event.pos().y()) or self.said_at(event.pos().y())
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        there = self.place_at(event.position().toPoint().x(), event.position().toPoint().y())
        self.setCursor(Qt.CursorShape.PointingHandCursor if there is not None else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        there = self.place_at(point.x(), point.y()) if event.button() == Qt.MouseButton.LeftButton else None
        if there is not None:
            self.pointed.emit(there)
            return
        super().mousePressEvent(event)

    def place_at(self, x: int, y: int) -> NumberPlace | None:
        """Where the number that is drawn at this place stands in the net, if that is known."""
        tiles = self._tiles
        cell = self._cell_at(x, y) if tiles is not None and tiles.cells is not None else None
        return tiles.cells.place(cell) if cell is not None and tiles is not None and tiles.cells is not None else None

    def _cell_at(self, x: int, y: int) -> int | None:
        """Which number is drawn there, counted through all maps."""
        tiles = self._tiles
        assert tiles is not None
        if tiles.layout == "bars":
            from app.ui.insight import maps

            plot = maps.bars_plot(self._plot_at, tiles, QFontMetrics(self.font()))
            count = tiles.maps.size
            at = int((x - plot.left()) / plot.width() * count) if plot.width() > 0 else -1
            inside = plot.top() - QFontMetrics(self.font()).height() <= y <= self._plot_at.bottom()
            return at if inside and x >= plot.left() and 0 <= at < count else None
        found = self.map_cell_at(x, y)
        if found is None:
            return None
        index, row, column = found
        height, width = tiles.size
        return (index * height + row) * width + column

    def _under(self, x: int, y: int, grid: MapGrid) -> tuple[int, float, float] | None:
        """The map there, and how far the place is from its corner."""
        ratio = self.devicePixelRatioF()
        right, down = (x - self._grid_at.left()) * ratio, (y - self._grid_at.top()) * ratio
        return grid.under(down, right) if right >= 0 and down >= 0 else None

    def words_at(self, x: int, y: int) -> str:
        """Which value is drawn at this place: ``filter 3, row 2, column 1: −0.213``; empty beside the maps."""
        tiles = self._tiles
        if tiles is not None and tiles.plotted:
            return _plotting(tiles).words_at(tiles, self._plot_at, x, y, QFontMetrics(self.font()))
        found = self.map_cell_at(x, y)
        if tiles is None or found is None:
            return ""
        from app.ui.insight import maps

        said = maps.words(tiles, *found)
        return f"{said}. A click tells how it was made." if self.place_at(x, y) is not None else said

    def said_at(self, y: int) -> str:
        """The whole title or note, where the line that has no room for all of it is below the pointer."""
        if self._tiles is None:
            return ""
        if y < _AROUND + QFontMetrics(self.font()).height():
            return self._whole_title(self._tiles.title)
        room = self.rect().adjusted(_MARGIN, _AROUND, -_MARGIN, -_AROUND)
        foot = foot_height(self._tiles.note, room.width(), room.height(), QFontMetrics(self.font()))
        return self._tiles.note if y > self.height() - foot - _MARGIN else ""

    def _whole_title(self, title: str) -> str:
        """Title and state of the weights, if they are cut where they stand; empty if all of them is seen."""
        bold = self.font()
        bold.setBold(True)
        wide = QFontMetrics(bold).horizontalAdvance(title)
        wide += 14 + QFontMetrics(self.font()).horizontalAdvance(self._caption) if self._caption else 0
        cut = wide > self.width() - 2 * _MARGIN - self._beside_title()
        return ", ".join(filter(None, (title, self._caption))) if cut else ""

    def map_cell_at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """The map, row and column that are drawn at this place; None beside the maps."""
        tiles, grid = self._tiles, self._grid
        if tiles is None or grid is None or tiles.layout != "grid":
            return None
        found = self._under(x, y, grid)
        if found is None:
            return None
        index, below, across = found
        rows, columns = tiles.size
        return index, min(int(below / grid.zoom), rows - 1), min(int(across / grid.zoom), columns - 1)


def _plotting(tiles: Tiles) -> ModuleType:
    """What draws tiles that are no maps: ``paint`` and ``words_at``."""
    from app.ui.insight import labelled_painting, plots

    return plots if tiles.layout == "lines" else labelled_painting
