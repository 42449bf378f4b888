"""What an augmentation makes of a sample, in the inspector: the sample and eight results, renewed with each setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.core.graph.model import MAIN, Node, Project
from app.core.graph.roles import role_of
from app.core.graph.topology import upstream
from app.jobs.messages import Bundle, Ended, Picture
from app.ui import scale, theme
from app.ui.labels import Heading, TintedLabel, eliding_button
from app.ui.layouts import column, row
from app.ui.pace import later
from app.ui.qdocument import QDocument

if TYPE_CHECKING:
    from app.insight.augmented import AugmentedSample
    from app.jobs.runner import Job, Runner

WAIT_MS = 200  # after an edit, so that typing a number does not read samples for each digit
# Columns where all stand in a row; of pictures, in the first of which the sample stands alone; and of curves and long
# labels, which need room.
_ROW, _WIDE, _NARROW = 9, 5, 3
_LEAST = 64  # pixels of a cell's side, for a row of all
_MOST = 96  # pixels of a cell's side
_GAP = 6


class AugmentedStrip(QWidget):
    """The sample, framed, and beside and below it what became of it, on one scale."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: AugmentedSample | None = None
        self._images: list[QImage] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.notifier.changed.connect(self.update)

    @property
    def shown(self) -> AugmentedSample | None:
        """What is seen."""
        return self._shown

    def show_results(self, found: AugmentedSample) -> None:
        """Show these; the first is the sample itself."""
        from app.ui.insight.maps import to_bytes, to_image

        self._shown = found
        self._images = [to_image(to_bytes(picture)) for picture in found.pictures]
        words = "; ".join(self._words(place) for place in range(self._count)) if found.labels else ""
        results = f"The sample and {self._count - 1} results"
        self.setAccessibleName(f"{results}: {words}" if words else results)
        self.updateGeometry()
        self.update()

    @property
    def _count(self) -> int:
        return 0 if self._shown is None else max(len(self._shown.pictures), len(self._shown.curves))

    def _words(self, place: int) -> str:
        assert self._shown is not None
        name = "the sample" if place == 0 else f"result {place}"
        return f"{name}: {self._shown.labels[place]}" if self._shown.labels else name

    def _label_height(self) -> int:
        lines = max((len(label.split(", ")) for label in self._shown.labels), default=0) if self._shown else 0
        return lines * self.fontMetrics().height() + 1 if lines else 0

    def _columns(self, width: int) -> int:
        assert self._shown is not None
        lines = [line for label in self._shown.labels for line in label.split(", ")]
        longest = max(map(self.fontMetrics().horizontalAdvance, lines), default=0)
        rooms = {columns: (width + scale.px(_GAP)) / columns - scale.px(_GAP) for columns in (_ROW, _WIDE)}
        if rooms[_ROW] >= max(scale.px(_LEAST), longest + 2):
            return _ROW
        return _WIDE if self._images and rooms[_WIDE] >= longest + 2 else _NARROW

    def _side(self, width: int) -> tuple[float, float]:
        """Width and height of a cell, without its label."""
        gap, columns = scale.px(_GAP), self._columns(width)
        wide = max(8.0, min((width - (columns - 1) * gap) / columns, scale.px(_MOST)))
        if self._images:
            form = self._images[0].height() / max(1, self._images[0].width())
            return (wide, wide * form) if form <= 1 else (wide, wide * min(form, 2.0))
        return wide, wide * 0.6

    def cell(self, place: int) -> QRectF:
        """Where the sample (0) or a result stands."""
        gap, (wide, high) = scale.px(_GAP), self._side(self.width())
        columns = self._columns(self.width())
        down, right = divmod(place, columns)
        if columns == _WIDE and place:
            down, right = (place - 1) // (_WIDE - 1), 1 + (place - 1) % (_WIDE - 1)
        return QRectF(right * (wide + gap) + 1, down * (high + gap + self._label_height()) + 1, wide - 2, high - 2)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._shown is None:
            return 0
        rows = -(-self._count // self._columns(width))
        return round(rows * (self._side(width)[1] + self._label_height() + scale.px(_GAP)))

    def sizeHint(self) -> QSize:
        width = scale.px(240)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.px(96), self.heightForWidth(scale.px(96)))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            for place in range(self._count):
                self._paint(painter, place, self.cell(place))

    def _paint(self, painter: QPainter, place: int, cell: QRectF) -> None:
        assert self._shown is not None
        painter.fillRect(cell, theme.color("field"))
        if self._images:
            image = self._images[place]
            size = QSize(image.size()).scaled(cell.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            room = QRectF(0, 0, size.width(), size.height())
            room.moveCenter(cell.center())
            # Small pictures keep their pixels; a photo that is shown smaller is smoothed.
            smooth = image.width() > size.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(room, image)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for number, line in enumerate(self._shown.curves[place]):
                color = theme.color("accent" if number == 0 else "text.soft")
                painter.setPen(QPen(color, scale.px(1) + 0.3))
                step = cell.width() / max(1, len(line) - 1)
                points = [
                    QPointF(cell.left() + step * at, cell.bottom() - float(value) * cell.height())
                    for at, value in enumerate(line)
                ]
                painter.drawPolyline(QPolygonF(points))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        first = place == 0
        painter.setPen(QPen(theme.color("accent" if first else "border"), 2 if first else 1))
        painter.drawRect(cell)
        if self._shown.labels:
            room = QRectF(cell.left(), cell.bottom() + 2, cell.width(), self._label_height())
            metrics, end = painter.fontMetrics(), Qt.TextElideMode.ElideRight
            lines = [metrics.elidedText(line, end, int(room.width())) for line in self._shown.labels[place].split(", ")]
            painter.setPen(theme.color("text.soft"))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, "\n".join(lines))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            under = [place for place in range(self._count) if self.cell(place).contains(QPointF(event.pos()))]
            QToolTip.showText(event.globalPos(), self._words(under[0]) if under else "", self)
            return True
        return super().event(event)


class AugmentedRow(QWidget):
    """Hidden for what is no augmentation. Samples are read beside the window, one wish at a time, and only while the
    row is in sight."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._runner: Runner | None = None
        self._name = ""
        self._wish: object = None  # what is shown, or will be
        self._seed = self._sample = 0
        self._fresh = False  # whether the wish has not been asked for yet
        self._job: Job | None = None
        self._asked: object = None
        self.strip = AugmentedStrip()
        self.said = TintedLabel("", "text.soft", wrap=True)
        self.again = eliding_button("Again", "Other random numbers for the same sample", self._again)
        self.other = eliding_button("Next sample", "The same for another sample of the data", self._next)
        self._buttons = QWidget()
        row((self.again, 1), (self.other, 1), of=self._buttons)
        column(Heading("Preview"), self.strip, self._buttons, self.said, of=self, margins=(0, 4, 0, 4), spacing=4)
        self._timer = later(self, self._go)
        self.hide()

    def use(self, runner: Runner) -> None:
        """Read samples with these jobs; without them there is no preview."""
        self._runner = runner

    def show_node(self, where: str, node: Node | None) -> None:
        """Show what this node makes of a sample; nothing for None."""
        if node is None or self._runner is None or where != MAIN or role_of(node) != "augmentation" or node.bypassed:
            self.hide()
            return
        if node.name != self._name:
            self._name, self._seed, self._sample = node.name, 0, 0
            self._say("")
        self._renew(WAIT_MS)
        self.show()

    def _again(self) -> None:
        self._seed += 1
        self._renew(0)

    def _next(self) -> None:
        self._sample += 1
        self._renew(0)

    def _renew(self, delay_ms: int) -> None:
        project = self._qdocument.project
        wish = (self._name, self._seed, self._sample, _what_matters(project, self._name), project.recipe)
        if wish != self._wish:
            self._wish, self._fresh = wish, True
            self._timer.start(delay_ms)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fresh and not self._timer.isActive():
            self._timer.start(0)

    def _go(self) -> None:
        if self._job is not None or self._runner is None or not self._fresh or not self.isVisible():
            return  # the end of the job, or its being seen, goes on from here
        self._fresh, self._asked = False, self._wish
        project, name, sample, seed = self._qdocument.project, self._name, self._sample, self._seed
        self._job = self._runner.start(lambda: _look(project, name, sample, seed), heard=self._hear, ended=self._end)

    def _hear(self, bundle: Bundle) -> None:
        for picture in bundle.pictures if self._asked == self._wish else ():
            found = picture.content
            if isinstance(found, str):
                self._say(found)
                continue
            self.strip.show_results(found)
            behind = f", behind {' and '.join(found.behind)}" if found.behind else ""
            faint = " They can hardly be told from it: raise its settings, or try again." if found.faint else ""
            self.said.setText(
                f"{found.source}, {found.sample}{behind}. Framed: as it is; the others: in training.{faint}"
            )
            self.strip.show()
            self._buttons.show()

    def _end(self, ended: Ended) -> None:
        self._job = None
        if ended.outcome == "failed" and self._asked == self._wish:
            self._say(ended.sentence)
        if self._fresh:
            self._timer.start(0)

    def _say(self, sentence: str) -> None:
        self.strip.hide()
        self._buttons.hide()
        self.said.setText(sentence)


def _what_matters(project: Project, name: str) -> object:
    """What a preview depends on: the nodes that lead to the augmentation, and their wires."""
    graph = project.graph
    found = sorted({name, *upstream(graph, [name])} & graph.nodes.keys())
    nodes = [(n.name, n.type, tuple(n.params.items()), n.bypassed) for n in map(graph.nodes.__getitem__, found)]
    wires = sorted(str(wire) for each in found for wire in graph.into(each))
    seen = {key: known for key, known in project.schemas.items() if any(key[0] == kind for _, kind, _, _ in nodes)}
    return nodes, wires, seen


def _look(project: Project, name: str, sample: int, seed: int) -> Iterator[Picture]:
    from app.insight.augmented import augmented  # brings torch, so in the thread

    yield Picture("augmented", augmented(project, name, sample, seed))
