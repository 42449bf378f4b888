"""Pens, brushes, fonts and levels of detail of the canvas, made once for each theme."""

from __future__ import annotations

from enum import IntEnum
from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QGuiApplication, QPen

from app.ui import theme
from app.ui.problems.entries import Kind

TEXT_PIXELS = 12  # 9 points at 96 dots per inch: the smallest that is written at 100 %
TITLE_PIXELS = 13
READABLE = 10.4  # pixels of the screen: letters are not smaller, if there is room for them
LARGEST_PIXELS = 15  # of text on a node that is seen from further away
LARGEST_IN_ROW = 20  # of text that a whole room reads: no more has room in a line of a node


class Detail(IntEnum):
    """How much of a node is drawn."""

    FAR = 0  # boxes and straight lines
    MIDDLE = 1  # name, shape, strip
    FULL = 2  # everything


FULL_FROM = 0.55
MIDDLE_FROM = 0.215


def level_of(scale: float) -> Detail:
    """What is drawn at this zoom."""
    if scale >= FULL_FROM:
        return Detail.FULL
    return Detail.MIDDLE if scale >= MIDDLE_FROM else Detail.FAR


def font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The program's font at a size in pixels, spaced for a zoomed canvas."""
    result = QFont(QGuiApplication.font())
    result.setPixelSize(pixels)
    result.setWeight(weight)
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    result.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    # In an exported PDF, "flatten" with a ligature could not be found or copied as it is spelt.
    result.setFeature(QFont.Tag("liga"), 0)
    return result


class _Fonts(dict[int, QFont]):
    """Fonts of one weight by their size in pixels, made when they are first asked for."""

    def __init__(self, weight: QFont.Weight) -> None:
        super().__init__()
        self._weight = weight

    def __missing__(self, pixels: int) -> QFont:
        self[pixels] = made = font(pixels, self._weight)
        return made


class Ink:
    """Everything that painting needs of the theme in use.

    ``least`` is how many pixels of the screen the letters on nodes have at least, or 0 to have as much on a node as can
    be read from close by; what does not fit in such letters is left out.
    """

    def __init__(self, least: float = 0.0) -> None:
        self.least = least
        used = theme.current()
        self.theme = used
        get = used.color
        self.canvas, self.dots = get("canvas"), get("canvas.grid.strong")
        self.body, self.bypassed_body = get("node.body"), get("node.muted")
        self.border, self.hover, self.selected = get("node.border"), get("node.hover"), get("node.selected")
        self.text, self.soft = get("node.text"), get("node.text.soft")
        self.strip = get("node.strip")
        self.badges: dict[Kind, QColor] = {
            "error": get("badge"),
            "finding": get("accent"),
            "warning": get("badge.warning"),
        }
        self.on_badges = {kind: theme.text_on(ground) for kind, ground in self.badges.items()}
        self.on_badges["error"] = get("badge.text")
        self.error = get("wire.error")
        self.port_edge = get("canvas")
        self.outline = used.outline
        self.plain = used.name == "high_contrast"  # no shadows, no half-tones
        # The ground of an expanded block: a little of its family's colour says that one is inside of something.
        self.room = self.canvas if self.plain else theme.mixed(self.canvas, theme.family("block"), 0.08)
        self.title_fonts = _Fonts(QFont.Weight.DemiBold)
        self.text_fonts = _Fonts(QFont.Weight.Normal)
        self.title_font = self.title_fonts[TITLE_PIXELS]
        self.text_font = self.text_fonts[TEXT_PIXELS]
        self.small_fonts = _Fonts(QFont.Weight.DemiBold)
        self.title_metrics = QFontMetricsF(self.title_font)
        self.text_metrics = QFontMetricsF(self.text_font)
        self._metrics: dict[int, QFontMetricsF] = {}
        self.no_brush = QBrush(Qt.BrushStyle.NoBrush)
        self._widths: dict[str, float] = {}
        self._header: dict[tuple[str, bool], tuple[QColor, QColor]] = {}
        self._wire_pens: dict[tuple[str, float], QPen] = {}

    def small_metrics(self, pixels: int) -> QFontMetricsF:
        """Widths of the bold letters of this size."""
        found = self._metrics.get(pixels)
        if found is None:
            found = self._metrics[pixels] = QFontMetricsF(self.small_fonts[pixels])
        return found

    def letters(self, scale: float) -> int:
        """The size of letters at this zoom, in units of the drawing, that is asked for by ``least``; 0 without it, and
        where the usual letters are as large."""
        wanted = ceil(self.least / scale) if self.least else 0
        return wanted if wanted > TEXT_PIXELS else 0

    def level(self, scale: float) -> Detail:
        """What is drawn at this zoom, in letters that are large enough."""
        found = level_of(scale)
        return Detail.MIDDLE if found == Detail.FULL and self.letters(scale) > LARGEST_IN_ROW else found

    def width(self, text: str) -> float:
        """How wide a text is in the small font."""
        found = self._widths.get(text)
        if found is None:
            if len(self._widths) > 5000:
                self._widths.clear()
            found = self._widths[text] = self.text_metrics.horizontalAdvance(text)
        return found

    def header(self, category: str, bypassed: bool = False) -> tuple[QColor, QColor]:
        """The colour of a node's header, and of what is written on it."""
        key = (category, bypassed)
        found = self._header.get(key)
        if found is None:
            ground = theme.family(category)
            if bypassed:
                ground = theme.mixed(ground, self.bypassed_body, 0.72)
            found = self._header[key] = (ground, theme.text_on(ground))
        return found

    def wire_pen(self, kind: str | None, fits: bool, width: float) -> QPen:
        """The pen of a wire, ``width`` units of the drawing wide."""
        name = (kind or "unknown") if fits else "error"
        key = (name, width)
        found = self._wire_pens.get(key)
        if found is None:
            if len(self._wire_pens) > 200:
                self._wire_pens.clear()
            found = QPen(theme.wire(name), width)
            found.setCapStyle(Qt.PenCapStyle.RoundCap)
            if not fits:
                found.setCapStyle(Qt.PenCapStyle.FlatCap)
                found.setDashPattern([4.0, 2.6])
            elif kind is None:
                found.setDashPattern([1.2, 3.0])
            self._wire_pens[key] = found
        return found


def cosmetic(color: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen that is ``width`` pixels wide at every zoom."""
    pen = QPen(color, width, style)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
