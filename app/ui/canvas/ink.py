"""Pens, brushes, fonts and levels of detail of the canvas, made once for each theme."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QGuiApplication, QPen

from app.ui import theme
from app.ui.problems.entries import Kind

TEXT_PIXELS = 12  # 9 points at 96 dots per inch: the smallest that is written at 100 %
TITLE_PIXELS = 13
READABLE = 10.4  # pixels of the screen: letters are not smaller, if there is room for them
LARGEST_PIXELS = 15  # of text on a node that is seen from further away


class Level(IntEnum):
    """How much of a node is drawn."""

    FAR = 0  # boxes and straight lines
    MIDDLE = 1  # name, shape, strip
    FULL = 2  # everything


FULL_FROM = 0.55
MIDDLE_FROM = 0.215


def level_of(scale: float) -> Level:
    """What is drawn at this zoom."""
    if scale >= FULL_FROM:
        return Level.FULL
    return Level.MIDDLE if scale >= MIDDLE_FROM else Level.FAR


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


class Ink:
    """Everything that painting needs of the theme in use."""

    def __init__(self) -> None:
        used = theme.current()
        self.theme = used
        get = used.color
        self.canvas, self.dots = get("canvas"), get("canvas.grid.strong")
        self.body, self.muted_body = get("node.body"), get("node.muted")
        self.border, self.hover, self.selected = get("node.border"), get("node.hover"), get("node.selected")
        self.text, self.soft = get("node.text"), get("node.text.soft")
        self.strip, self.running = get("node.strip"), get("node.running")
        self.badges: dict[Kind, QColor] = {
            "error": get("badge"),
            "finding": get("accent"),
            "warning": get("badge.warning"),
        }
        self.on_badges = {kind: theme.text_on(ground) for kind, ground in self.badges.items()}
        self.on_badges["error"] = get("badge.text")
        self.error, self.accent = get("wire.error"), get("accent")
        self.port_edge = get("canvas")
        self.outline = used.outline
        self.plain = used.name == "high_contrast"  # no shadows, no half-tones
        # The ground of an unfolded block: a little of its family's colour says that one is inside of something.
        self.room = self.canvas if self.plain else theme.mixed(self.canvas, theme.family("block"), 0.08)
        self.title_fonts = {size: font(size, QFont.Weight.DemiBold) for size in range(TITLE_PIXELS, LARGEST_PIXELS + 2)}
        self.text_fonts = {size: font(size) for size in range(TEXT_PIXELS, LARGEST_PIXELS + 1)}
        self.title_font = self.title_fonts[TITLE_PIXELS]
        self.text_font = self.text_fonts[TEXT_PIXELS]
        self.badge_font = font(TITLE_PIXELS, QFont.Weight.Bold)
        self.small_fonts = {size: font(size, QFont.Weight.DemiBold) for size in range(9, 14)}
        self.title_metrics = QFontMetricsF(self.title_font)
        self.text_metrics = QFontMetricsF(self.text_font)
        self.small_metrics = {size: QFontMetricsF(f) for size, f in self.small_fonts.items()}
        self.no_pen = QPen(Qt.PenStyle.NoPen)
        self.no_brush = QBrush(Qt.BrushStyle.NoBrush)
        self._widths: dict[str, float] = {}
        self._header: dict[tuple[str, bool], tuple[QColor, QColor]] = {}
        self._wire_pens: dict[tuple[str, float], QPen] = {}

    def width(self, text: str) -> float:
        """How wide a text is in the small font."""
        found = self._widths.get(text)
        if found is None:
            if len(self._widths) > 5000:
                self._widths.clear()
            found = self._widths[text] = self.text_metrics.horizontalAdvance(text)
        return found

    def header(self, category: str, muted: bool = False) -> tuple[QColor, QColor]:
        """The colour of a node's header, and of what is written on it."""
        key = (category, muted)
        found = self._header.get(key)
        if found is None:
            ground = theme.family(category)
            if muted:
                ground = theme.mixed(ground, self.muted_body, 0.72)
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
