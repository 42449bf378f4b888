"""Draws one node, fully or in short."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.ui import icons, theme
from app.ui.canvas import geometry as g
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.ink import LARGEST_PIXELS, READABLE, TEXT_PIXELS, TITLE_PIXELS, Ink
from app.ui.canvas.node_words import NodeLook, PortLook
from app.ui.problems.entries import Kind

_ROOM = g.NODE_WIDTH - 2 * (g.INSET + 3)
_ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WHOLE = Qt.TextFlag.TextDontClip  # large letters may reach into the space between two lines


@lru_cache(maxsize=64)
def _header_path(width: float) -> QPainterPath:
    """The top of a node: round above, straight below."""
    radius = g.RADIUS
    path = QPainterPath(QPointF(0, g.HEADER))
    path.lineTo(0, radius)
    path.arcTo(0, 0, 2 * radius, 2 * radius, 180, -90)
    path.lineTo(width - radius, 0)
    path.arcTo(width - 2 * radius, 0, 2 * radius, 2 * radius, 90, -90)
    path.lineTo(width, g.HEADER)
    path.closeSubpath()
    return path


def paint_badge(painter: QPainter, ink: Ink, at: QPointF, radius: float = g.BADGE_RADIUS, kind: Kind = "error") -> None:
    """The badge with an exclamation mark: round for what is wrong here, a diamond for what a training found, a triangle
    for what is worth knowing."""
    x, y = at.x(), at.y()
    painter.setPen(
        QPen(ink.canvas, radius * 0.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.setBrush(ink.badges[kind])
    if kind == "error":
        painter.drawEllipse(at, radius, radius)
    elif kind == "finding":
        out = radius * 1.16
        painter.drawPolygon([QPointF(x, y - out), QPointF(x + out, y), QPointF(x, y + out), QPointF(x - out, y)])
    else:
        low, side = y + radius * 0.86, radius * 1.12
        painter.drawPolygon([QPointF(x, y - radius * 1.1), QPointF(x + side, low), QPointF(x - side, low)])
    painter.setPen(QPen(ink.on_badges[kind], radius * 0.22, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x, y - radius * 0.5), QPointF(x, y + radius * 0.08))
    painter.drawPoint(QPointF(x, y + radius * 0.48))


def paint_port(painter: QPainter, ink: Ink, at: QPointF, look: PortLook, bypassed: bool, radius: float) -> None:
    """A port: a disc in the colour of what flows; a ring if optional or unknown; long if it takes many wires."""
    tint = theme.wire(look.kind)
    if bypassed:
        tint = theme.mixed(tint, ink.bypassed_body, 0.45)
    hollow = look.optional or look.kind is None
    painter.setPen(QPen(tint, 1.8) if hollow else QPen(ink.port_edge, 1.4))
    painter.setBrush(ink.port_edge if hollow else tint)
    if look.variadic:
        painter.drawRoundedRect(
            QRectF(at.x() - radius, at.y() - radius * 1.6, 2 * radius, radius * 3.2), radius, radius
        )
    else:
        painter.drawEllipse(at, radius, radius)


def _rows(look: NodeLook) -> list[tuple[str, str]]:
    """What stands left and right on each line of ports."""
    rows = []
    for index in range(look.rows):
        left = look.inputs[index].label if index < len(look.inputs) else ""
        right = look.outputs[index].label if index < len(look.outputs) else ""
        rows.append((left, right))
    if look.card_in_row:
        # With one output beside the shape; with several in the last line, whose output has the shorter words.
        line = look.rows - 1 if len(look.outputs) > 1 else 0
        rows[line] = (look.card, rows[line][1])
    return rows


def _left_of(look: NodeLook) -> float:
    """Where the icon in the header begins; before it stands the toggle of a block."""
    return 25.0 if look.expandable else 8.0


def _foot(look: NodeLook) -> str:
    """What stands below the ports."""
    if look.card_in_row:
        return look.foot
    return " · ".join(part for part in (look.card, look.foot) if part)


class NodePainter:
    """Draws nodes in the colours of one theme."""

    def __init__(self, ink: Ink) -> None:
        self.ink = ink

    def frame(self, painter: QPainter, figure: NodeFigure) -> None:
        """What all nodes of one family and height have in common: shadow, box, header and icon."""
        ink, look = self.ink, figure.look
        ground, on_ground = ink.header(look.category, look.pale)
        body = QRectF(0, 0, figure.width, figure.height)
        painter.setPen(Qt.PenStyle.NoPen)
        if not ink.plain and not look.bypassed:
            shadow = QColor(theme.color("node.shadow"))
            for spread, alpha in ((3.5, 16), (2.0, 26), (0.5, 40)):
                shadow.setAlpha(alpha)
                painter.setBrush(shadow)
                painter.drawRoundedRect(body.adjusted(-spread, 1 - spread, spread, 3 + spread), 9, 9)
        painter.setBrush(ink.room if figure.inside is not None else ink.bypassed_body if look.bypassed else ink.body)
        painter.drawRoundedRect(body, g.RADIUS, g.RADIUS)
        painter.setBrush(ground)
        painter.drawPath(_header_path(figure.width))
        painter.setPen(QPen(ink.border, 1.0, Qt.PenStyle.DashLine if look.bypassed else Qt.PenStyle.SolidLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), g.RADIUS - 0.5, g.RADIUS - 0.5)
        icons.paint(painter, icons.family_name(look.category), QRectF(_left_of(look), 6, 16, 16), on_ground)

    def full(self, painter: QPainter, figure: NodeFigure, scale: float) -> None:
        """Everything on the frame. The painter's origin is the node's top left corner, one unit is one unit.

        At a smaller ``scale`` letters are drawn larger, as far as there is room, so that they stay readable.
        """
        ink, look = self.ink, figure.look
        large = ink.letters(scale)
        if large:
            self._large(painter, figure, scale, large)
        else:
            size = self._letters(look, scale)
            self._header(painter, figure, ink.header(look.category, look.pale)[1], scale, size)
            if figure.inside is None:
                self._lines(painter, look, size)
                self._strip(painter, figure, scale)
        for port, place in figure.ports():
            paint_port(painter, ink, place, port, look.bypassed, g.PORT_RADIUS)
        if figure.badge is not None:
            paint_badge(painter, ink, QPointF(figure.width - 3, 3), kind=figure.badge)

    def _letters(self, look: NodeLook, scale: float) -> int:
        """The size of the text: readable on the screen, but no larger than the fullest line allows."""
        wanted = round(READABLE / scale)
        if wanted <= TEXT_PIXELS:
            return TEXT_PIXELS
        widths = [self.ink.width(left) + self.ink.width(right) for left, right in _rows(look)]
        widths.append(self.ink.width(_foot(look)))
        fitting = int(TEXT_PIXELS * (_ROOM - 10) / max(*widths, 1.0))
        return max(TEXT_PIXELS, min(wanted, fitting, LARGEST_PIXELS))

    def _header(self, painter: QPainter, figure: NodeFigure, on_ground: QColor, scale: float, size: int) -> None:
        ink, look = self.ink, figure.look
        right = self._marks(painter, figure, on_ground, figure.width - (14.0 if figure.troubled else 9.0))
        left = _left_of(look) + 23.0
        room = right - left
        wide = ink.title_metrics.horizontalAdvance(look.title)
        title_size = TITLE_PIXELS
        while (
            title_size < min(LARGEST_PIXELS + 1, round((READABLE + 1) / scale)) and wide * (title_size + 1) < room * 13
        ):
            title_size += 1
        wide *= title_size / TITLE_PIXELS
        title = look.title
        if wide > room:
            title = ink.title_metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.setFont(ink.title_fonts[title_size])
        painter.setPen(on_ground)
        painter.drawText(QRectF(left, 0, room, g.HEADER), _ALIGN_LEFT, title)
        # Expanded there is room for what else stands below the ports.
        words = (
            look.type_word
            if figure.inside is None
            else " · ".join(filter(None, (look.type_word, look.card, look.foot)))
        )
        size = min(size, int(TEXT_PIXELS * (room - wide - 10) / max(ink.width(words), 1.0)))
        if words != look.title and size >= TEXT_PIXELS:
            faint = QColor(on_ground)
            faint.setAlphaF(1.0 if ink.plain else 0.82)
            painter.setFont(ink.text_fonts[size])
            painter.setPen(faint)
            painter.drawText(QRectF(left, 0, room, g.HEADER), _ALIGN_RIGHT, words)

    def _marks(
        self, painter: QPainter, figure: NodeFigure, tint: QColor, right: float, size: int = TEXT_PIXELS
    ) -> float:
        """The signs in the header: of a block that can be expanded, of repetition, of muting, of a setting
        that varies. Gives what is left of
        ``right`` for the name."""
        look = figure.look
        if look.expandable:
            icon = "chevron-right" if figure.inside is None else "chevron-down"
            icons.paint(painter, icon, QRectF(6.5, 6.5, 15, 15), tint)
        if look.repeat > 1:
            right = self._pill(painter, f"×{look.repeat}", right, tint, size)
        if look.bypassed:
            icons.paint(painter, "mute", QRectF(right - 15, 6.5, 15, 15), tint)
            right -= 20
        if look.varied:
            icons.paint(painter, "vary", QRectF(right - 15, 6.5, 15, 15), tint)
            right -= 20
        return right

    def _large(self, painter: QPainter, figure: NodeFigure, scale: float, size: int) -> None:
        """What fits in letters of this size: the name, on each line of ports what fits, one line below, the picture."""
        ink, look = self.ink, figure.look
        on_ground = ink.header(look.category, look.pale)[1]
        left, right = _left_of(look) + 21.0, figure.width - (14.0 if figure.troubled else 6.0)
        right = self._marks(painter, figure, on_ground, right, size)
        painter.setFont(ink.title_fonts[size])
        painter.setPen(on_ground)
        title = ink.small_metrics(size).elidedText(look.title, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRectF(left, 0, right - left, g.HEADER), _ALIGN_LEFT, title)
        if figure.inside is None:
            self._large_lines(painter, look, size)
            self._strip(painter, figure, scale, captioned=False)

    def _large_lines(self, painter: QPainter, look: NodeLook, size: int) -> None:
        ink, left, grown = self.ink, g.INSET + 1, size / TEXT_PIXELS
        room = g.NODE_WIDTH - 2 * left
        painter.setFont(ink.text_fonts[size])
        painter.setPen(ink.soft if look.bypassed else ink.text)
        foot = look.card if look.card and not look.card_in_row else look.foot
        for index, (words, label) in enumerate(_rows(look)):
            line = QRectF(left, g.HEADER + g.PADDING + index * g.ROW, room, g.ROW)
            both = (ink.width(words) + ink.width(label)) * grown + 10 <= room
            if label and (both or not words or words == look.card):
                painter.drawText(line, _ALIGN_RIGHT | _WHOLE, self._cut(label, room, grown))
            if words and (both or not label or words != look.card):
                painter.drawText(line, _ALIGN_LEFT | _WHOLE, self._cut(words, room, grown))
            elif words:
                foot = words  # the settings say more than the number of weights
        if look.has_foot and foot:
            painter.setPen(ink.soft)
            line = QRectF(left, g.HEADER + g.PADDING + look.rows * g.ROW - 1, room, g.FOOT)
            painter.drawText(line, _ALIGN_LEFT | _WHOLE, self._cut(foot, room, grown))

    def _pill(self, painter: QPainter, text: str, right: float, tint: QColor, size: int) -> float:
        """A small framed text in the header; gives what is left of it to the right edge of the next."""
        width = self.ink.width(text) * size / TEXT_PIXELS + 10
        painter.setPen(QPen(tint, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        high = max(17.0, size + 4.0)
        box = QRectF(right - width, g.HEADER / 2 - high / 2, width, high)
        painter.drawRoundedRect(box, 8, 8)
        painter.setFont(self.ink.text_fonts[size])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        return right - width - 6

    def _lines(self, painter: QPainter, look: NodeLook, size: int) -> None:
        ink = self.ink
        left = g.INSET + 3
        painter.setFont(ink.text_fonts[size])
        grown = size / TEXT_PIXELS
        painter.setPen(ink.soft if look.bypassed else ink.text)
        for index, (words, label) in enumerate(_rows(look)):
            line = QRectF(left, g.HEADER + g.PADDING + index * g.ROW, _ROOM, g.ROW)
            if label:
                painter.drawText(line, _ALIGN_RIGHT, self._cut(label, _ROOM, grown))
            room = _ROOM - (ink.width(label) * grown + 8 if label else 0)
            if words and room > 24:
                painter.drawText(line, _ALIGN_LEFT, self._cut(words, room, grown))
        if look.has_foot:
            line = QRectF(left, g.HEADER + g.PADDING + look.rows * g.ROW - 1, _ROOM, g.FOOT)
            if look.shares is not None:
                icons.paint(painter, "link", QRectF(left, line.top() + 3, 13, 13), ink.soft)
                line.setLeft(left + 17)
            painter.setPen(ink.soft)
            painter.drawText(line, _ALIGN_LEFT, self._cut(_foot(look), line.width(), grown))

    def _cut(self, text: str, room: float, grown: float) -> str:
        """The text, with an ellipsis if letters that are ``grown`` times as large do not fit into ``room``."""
        if self.ink.width(text) * grown <= room:
            return text
        return self.ink.text_metrics.elidedText(text, Qt.TextElideMode.ElideRight, room / grown)

    def _strip(self, painter: QPainter, figure: NodeFigure, scale: float, captioned: bool = True) -> None:
        picture = figure.strip
        if picture is None or picture.isNull() or not figure.shows_strip:
            return
        ink, look = self.ink, figure.look
        top = g.body_height(look.rows, look.has_foot) - g.PADDING + 1
        room = QRectF(g.INSET, top, g.NODE_WIDTH - 2 * g.INSET, figure.height - top - g.PADDING)
        if figure.shows_caption and captioned:
            line = QRectF(room.left() + 3, room.bottom() - g.CAPTION + 1, room.width() - 6, g.CAPTION)
            room.setBottom(room.bottom() - g.CAPTION)
            fitting = int(TEXT_PIXELS * line.width() / max(ink.width(figure.caption), 1.0))
            size = max(TEXT_PIXELS, min(round(READABLE / scale), fitting, LARGEST_PIXELS))
            painter.setFont(ink.text_fonts[size])
            painter.setPen(ink.soft)
            words = self._cut(figure.caption, line.width(), size / TEXT_PIXELS)
            painter.drawText(line, _ALIGN_LEFT, words)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.strip)
        painter.drawRoundedRect(room, 3, 3)
        self._picture(painter, figure, room)

    def _picture(self, painter: QPainter, figure: NodeFigure, room: QRectF) -> None:
        picture = figure.strip
        if picture is None:
            return
        fit = min(room.width() / picture.width(), room.height() / picture.height())
        width, height = picture.width() * fit, picture.height() * fit
        box = QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)
        # Few large dots stay dots; a fine picture is smoothed.
        shrinks = fit * painter.transform().m11() < 1.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawImage(box, picture)

    def short_frame(self, painter: QPainter, figure: NodeFigure, scale: float) -> None:
        """The box of ``short``. Units are pixels."""
        ink, look = self.ink, figure.look
        ground = ink.header(look.category, look.pale)[0]
        radius = max(g.RADIUS * scale, 2.0)
        painter.setPen(QPen(ink.border if look.bypassed else theme.mixed(ground, ink.canvas, 0.35), 1.0))
        painter.setBrush(ground)
        box = QRectF(0, 0, figure.width * scale, figure.height * scale)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def small_box(self, painter: QPainter, figure: NodeFigure, scale: float) -> None:
        """An expanded block in short: its box, and its name in a header as high as letters need. Units are pixels."""
        ink, look = self.ink, figure.look
        ground, on_ground = ink.header(look.category, look.pale)
        radius = max(g.RADIUS * scale, 2.0)
        box = QRectF(0, 0, figure.width * scale, figure.height * scale).adjusted(0.5, 0.5, -0.5, -0.5)
        header = QRectF(box.left(), box.top(), box.width(), g.HEADER * scale)
        painter.setPen(QPen(theme.mixed(ground, ink.canvas, 0.35), 1.0))
        painter.setBrush(ink.room)
        painter.drawRoundedRect(box, radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(header, radius, radius)
        sizes = (ceil(ink.least),) if ink.least else (12, 11, 10, 9)
        size = next((size for size in sizes if size + 2 <= header.height()), 0)
        if size:
            title = f"{look.title}  ×{look.repeat}" if look.repeat > 1 else look.title
            room = header.adjusted(5, 0, -5, 0)
            painter.setFont(ink.small_fonts[size])
            painter.setPen(on_ground)
            title = ink.small_metrics(size).elidedText(title, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, _ALIGN_LEFT, title)
        if figure.badge is not None:
            paint_badge(painter, ink, QPointF(box.right() - 1, 1), max(5.0, g.BADGE_RADIUS * scale), figure.badge)

    def short(self, painter: QPainter, figure: NodeFigure, scale: float) -> None:
        """Name, shape and strip on the family colour, with letters that stay readable. Units are pixels."""
        ink, look = self.ink, figure.look
        width, height = g.NODE_WIDTH * scale, figure.height * scale
        on_ground = ink.header(look.category, look.pale)[1]
        box = QRectF(0, 0, width, height)
        words = box.adjusted(3, 1, -3, -1)
        if figure.shows_strip and height > 26:
            lower = box.adjusted(3, max(14.0, g.HEADER * scale, ink.least + 3), -3, -3)
            if lower.height() > 10:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink.strip)
                painter.drawRect(lower)
                self._picture(painter, figure, lower)
                words.setBottom(lower.top())
        size, title = self._title_for(look.title, words.width())
        shape = look.outputs[0].label if len(look.outputs) == 1 and look.outputs[0].kind != "number" else ""
        below = ceil(ink.least) if ink.least else 10  # the size of the second line
        two = bool(shape) and words.height() >= 2 * below + 7
        two = two and ink.small_metrics(below).horizontalAdvance(shape) <= words.width()
        painter.setPen(on_ground)
        painter.setFont(ink.small_fonts[size])
        if two:
            middle, line = words.center().y(), below + 4
            painter.drawText(
                QRectF(words.left(), middle - line, words.width(), line), Qt.AlignmentFlag.AlignCenter, title
            )
            painter.setFont(ink.small_fonts[below])
            painter.drawText(QRectF(words.left(), middle, words.width(), line - 1), Qt.AlignmentFlag.AlignCenter, shape)
        elif words.height() >= max(8.0, ink.least) and title != "…":
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, title)
        if figure.badge is not None:
            paint_badge(painter, ink, QPointF(width - 1, 1), max(5.0, g.BADGE_RADIUS * scale), figure.badge)

    def _title_for(self, title: str, room: float) -> tuple[int, str]:
        """The largest letters in which the title fits into ``room``, and the title, cut if even the smallest do not."""
        if self.ink.least:
            size = ceil(self.ink.least)
            return size, self.ink.small_metrics(size).elidedText(title, Qt.TextElideMode.ElideRight, room)
        wide = self.ink.small_metrics(12).horizontalAdvance(title)
        for size in (12, 11, 10, 9):
            if wide * size <= room * 12:
                return size, title
        return 9, self.ink.small_metrics(9).elidedText(title, Qt.TextElideMode.ElideRight, room)
