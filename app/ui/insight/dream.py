"""The dream panel: a picture that excites one unit more and more, and how much it does."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, QStandardPaths, Qt, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.core.document import Change
from app.core.paths import report_at
from app.insight.numbers import NumberFormat
from app.insight.views import views
from app.ui import scale, theme
from app.ui.dialogs import choose_file
from app.ui.insight.panel import LookPanel, classifier
from app.ui.insight.slow import Grown, SlowRun
from app.ui.insight.views import Request, ViewOf
from app.ui.inspector.boxes import IntBox, LimitTip
from app.ui.labels import Tinted, button
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api import Int

WHOLE = -1  # the number in the box that stands for the whole layer
FORM_WIDTH = 272
NARROW = 440  # of the panel: below that the picture stands below the fields
_ANY = 16_777_215  # Qt's own limit of a size: none
SAVED_SIDE = 768  # pixels of the longer side of a saved picture, about
WELCOME = "Press Dream: beginning with {start}, a picture grows that {what} answers to most."
FROM_PICTURE, FROM_NOISE = "Begin with a picture of yours instead of noise", "Begin with noise again"
NOTHING = "There is no layer that learns here. Add one, and you can see what it dreams of."


class DreamPanel(LookPanel):
    """Chooses what to dream of, starts and stops it, and shows the picture as it grows."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.what = Tinted("", "text")
        self.what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bold = self.what.font()
        bold.setBold(True)
        self.what.setFont(bold)
        self.channel_label = QLabel("channel")
        self.channel = IntBox(WHOLE, WHOLE)
        self.channel.setSpecialValueText("whole layer")
        self.steps, self.seed = _box("steps"), _box("seed")
        self.begin_label = Tinted("noise", "text.soft")
        self.begin_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.choose = button("Picture…", FROM_PICTURE, self._choose_picture)
        self.start = button("Dream", "Climb to what excites this unit most", self.toggle, "dream")
        self.save = button("Save…", "Save the picture as a PNG file", self.save_as)
        self.save.setEnabled(False)
        self.picture = _Picture()
        self._image = ""
        self._began_with: tuple[str, int] | None = None
        self._began_from = ""  # the file that the dream began with; none: noise
        self._outdated = False  # what is being dreamt belongs to a drawing that is no longer open
        self._build()
        self._run: SlowRun | None = None
        session.torch_ready.connect(self._refresh)
        qdocument.changed.connect(self._opened)
        self.channel.valueChanged.connect(lambda _: self._refresh())
        self.node_changed()

    def _build(self) -> None:
        tips = (
            (self.channel_label, self.channel, "Which channel, feature or class, counted from 0"),
            (QLabel("steps"), self.steps, f"{_declared('steps').help}, at most {_declared('steps').high:,} times"),
            (QLabel("seed"), self.seed, _declared("seed").help),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.what, 0, 0, 1, 2)
        for row, (label, box, tip) in enumerate(tips, 1):
            label.setToolTip(tip)
            box.setToolTip(tip)
            box.setAccessibleName(label.text())
            LimitTip(box)
            label.setBuddy(box)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        begin = QHBoxLayout()
        begin.setSpacing(6)
        begin.addWidget(self.begin_label, 1)
        begin.addWidget(self.choose)
        grid.addWidget(QLabel("begin with"), 4, 0)
        grid.addLayout(begin, 4, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.save)
        grid.setContentsMargins(0, 0, 0, 0)
        fields = QWidget()
        fields.setLayout(grid)
        # In a low panel, as with large type, the fields can be scrolled and the buttons stay in sight.
        scroll = QScrollArea()
        scroll.setWidget(fields)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        scroll.setMinimumHeight(0)
        form = self._form = QWidget()
        scale.leave(form)  # how wide it is follows from the panel, too
        form.setFixedWidth(scale.letters_px(FORM_WIDTH))
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(scroll)
        column.addLayout(buttons)
        column.addStretch(1)
        layout = self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(8)
        layout.addWidget(form)
        layout.addWidget(self.picture, 1)

        theme.notifier.changed.connect(self._arrange)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The picture beside the fields, or below them in a narrow panel."""
        if self.visibleRegion().isEmpty():
            return  # behind another tab it has a size that means nothing
        narrow = self.width() < scale.letters_px(NARROW)
        ways = QBoxLayout.Direction
        self._layout.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._form.setMaximumWidth(_ANY if narrow else scale.letters_px(FORM_WIDTH))
        self._form.setMinimumWidth(0 if narrow else scale.letters_px(FORM_WIDTH))

    # What to dream of

    def wanted(self) -> dict[str, Request | None]:
        return {}

    def take(self, key: str, content: object) -> None:
        raise AssertionError("the dream panel asks the looker for nothing")

    def usual_node(self) -> str:
        return super().usual_node() if self._home else classifier(self.qdocument) or super().usual_node()

    def node_changed(self) -> None:
        node, count = self.node, self._units()
        self.what.setText(node or "no layer")
        self.channel_label.setText(self._word_for(node))
        self.channel.setAccessibleName(self.channel_label.text())
        with QSignalBlocker(self.channel):
            kept = self.channel.value()
            self.channel.setRange(WHOLE, max(count - 1, WHOLE))
            # A class is what most people want to see first; of other layers the first channel.
            self.channel.setValue(kept if WHOLE < kept < count else min(0, count - 1))
        self._refresh()

    def _units(self) -> int:
        """How many channels, features or classes the node has; 0 if that is not known."""
        report = report_at(self.qdocument.document.report, self.node)
        shape = next(iter(report.outputs.values()), None) if report is not None else None
        if shape is None or not shape.sizes:
            return 0
        return shape.sizes[0] if shape.rank == 3 else shape.sizes[-1]

    def _word_for(self, node: str) -> str:
        """What one of the node's answers is called."""
        if node and node == classifier(self.qdocument):
            return "class"
        report = report_at(self.qdocument.document.report, node)
        shape = next(iter(report.outputs.values()), None) if report is not None else None
        return "channel" if shape is None or shape.rank == 3 else "unit" if shape.rank == 1 else "feature"

    def _unit(self) -> str:
        """What is dreamt of, in words."""
        if self.channel.value() == WHOLE:
            return f"{self.node} as a whole"
        return f"{self.channel_label.text()} {self.channel.value()} of {self.node}"

    @Slot()
    def _refresh(self) -> None:
        dreaming = self.dreaming
        self.start.setText(" Stop" if dreaming else " Dream")
        self.start.setEnabled(dreaming or bool(self.node))
        if dreaming or self.picture.dreamt is not None or self._began_with == (self.node, self.channel.value()):
            return  # a dream stays until the next one, and a sentence about one until something else is chosen
        self._began_with = None
        self.save.setEnabled(False)
        self.picture.say(WELCOME.format(start=self._start_words(), what=self._unit()) if self.node else NOTHING)

    def _start_words(self) -> str:
        return Path(self._image).name if self._image else "noise"

    @Slot(object)
    def _opened(self, change: Change) -> None:
        """What was dreamt in another drawing is not kept, nor what is still being dreamt of it, nor the picture that it
        was to begin with, which may be none for this one."""
        if not change.opened:
            return
        self._began_with = None
        self.picture.say("")
        self._begin_from("")
        if self._run is not None and self.dreaming:
            self._outdated = True
            self._run.stop()
        self._refresh()

    def _choose_picture(self) -> None:
        if self._image:
            self._begin_from("")
        else:
            kinds = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp);;All files (*)"
            choose_file(
                self, "Begin with a picture", pictures_folder(), kinds, lambda path: self._begin_from(str(path))
            )

    def _begin_from(self, image: str) -> None:
        """Begin with this file from now on; with noise if there is none."""
        self._image = image
        self.begin_label.setText(self._start_words())
        self.begin_label.setToolTip(image)
        self.choose.setText("Noise" if image else "Picture…")
        self.choose.setToolTip(FROM_NOISE if image else FROM_PICTURE)
        self._refresh()

    # Dreaming

    def toggle(self) -> None:
        """Start the dream, or stop it."""
        if self._run is not None and self.dreaming:
            self._run.stop()
            return
        channel = self.channel.value()
        self._began_with = (self.node, channel)
        self._began_from = Path(self._image).name if self._image else ""
        self.save.setEnabled(False)
        self.picture.say("The dream begins…")
        settings = {"steps": self.steps.value(), "seed": self.seed.value(), "image": self._image}
        if channel != WHOLE:
            settings["channel"] = channel
        wish = ViewOf("dream", self.node, settings=tuple(settings.items()))
        self._run = self.session.slow.start(wish, self._on_grown, self._on_ended)
        self._refresh()

    @property
    def dreaming(self) -> bool:
        """Whether a dream of this panel is on, or about to begin."""
        return self._run is not None and not self._run.done

    def _on_grown(self, dreamt: Grown) -> None:
        if self._outdated:
            return
        self.picture.show_dream(dreamt, self._words_of_it())
        self.save.setEnabled(True)

    def _words_of_it(self) -> str:
        node, channel = self._began_with or (self.node, self.channel.value())
        what = f"{node} as a whole" if channel == WHOLE else f"{self._word_for(node)} {channel} of {node}"
        return f"{what}, begun with {self._began_from}" if self._began_from else what

    def _on_ended(self, sentence: str) -> None:
        outdated, self._outdated = self._outdated, False
        if outdated:
            pass
        elif sentence:
            self.picture.say(sentence)
            self.save.setEnabled(False)
        elif self.picture.dreamt is None:
            self._began_with = None
        self._refresh()

    # Saving

    def save_as(self) -> None:
        """Ask for a file and write the picture there, enlarged with crisp dots."""
        dreamt = self.picture.dreamt
        if dreamt is None:
            return
        node, channel = self._began_with or (self.node, WHOLE)
        node = node.replace("/", "-")
        name = f"dream-{node}.png" if channel == WHOLE else f"dream-{node}-{channel}.png"
        kinds = "PNG picture (*.png)"
        choose_file(self, "Save the dream", pictures_folder() / name, kinds, self.save_to, saving=True, ending="png")

    def save_to(self, path: Path) -> bool:
        """Write the picture; False, and a sentence in the panel's note, if that fails."""
        dreamt = self.picture.dreamt
        if dreamt is None:
            return False
        from app.insight.pictures import save_png
        from app.insight.strips import enlarged
        from app.ui.insight.maps import to_bytes

        target = path if path.suffix.lower() == ".png" else path.with_name(path.name + ".png")
        pixels = to_bytes(dreamt.image)
        try:
            save_png(target, enlarged(pixels, max(1, SAVED_SIDE // max(pixels.shape[:2]))))
        except OSError as error:
            self.picture.note(f"The picture could not be saved to {target}: {error.strerror or error}.")
            return False
        self.picture.note(f"Saved as {target.name}")
        return True


def _declared(name: str) -> Int:
    """A setting of the view, with its limits and its help."""
    return next(param for param in views()["dream"].options if isinstance(param, Int) and param.name == name)


def _box(name: str) -> IntBox:
    param = _declared(name)
    box = IntBox(param.low, param.high)
    box.setValue(param.default)
    return box


def pictures_folder() -> Path:
    """Where the dialogs begin: in the folder for pictures, if there is one."""
    place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation))
    return place if place.is_dir() else Path.home()


class _Picture(QWidget):
    """The picture with crisp dots, the curve of the score beside it, and a line of words."""

    def __init__(self) -> None:
        super().__init__()
        self.dreamt: Grown | None = None
        self.sentence = ""
        self._image: QImage | None = None
        self._title = ""
        self._note = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self._theme_changed)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 80)

    def _theme_changed(self, _: theme.Theme) -> None:
        self.update()

    def say(self, sentence: str) -> None:
        """Show a sentence and no picture."""
        self.dreamt = self._image = None
        self.sentence = sentence
        self.setAccessibleName(sentence)
        self.update()

    def note(self, text: str) -> None:
        """Say something about the picture that is shown."""
        self._note = text
        self.update()

    def show_dream(self, dreamt: Grown, title: str) -> None:
        """Show the picture as it is now."""
        from app.ui.insight.maps import to_bytes, to_image

        self.dreamt, self._title, self._note = dreamt, title, ""
        self._image = to_image(to_bytes(dreamt.image))
        self.setAccessibleName(f"Dream of {title}, step {dreamt.step} of {dreamt.steps}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("window"))
            area = self.rect().adjusted(10, 4, -12, -4)
            if self.dreamt is None or self._image is None:
                painter.setPen(theme.color("text.soft"))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
                return
            line = painter.fontMetrics().height()
            width, height = self._image.width(), self._image.height()
            zoom = min(area.height() / height, area.width() * 0.5 / width)
            zoom = float(int(zoom)) if zoom >= 1 else zoom
            box = QRectF(area.left(), area.top(), width * zoom, height * zoom)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
            painter.drawImage(box, self._image)
            painter.setPen(theme.color("border"))
            painter.drawRect(box.adjusted(-1, -1, 0, 0))
            right = QRectF(box.right() + 18, area.top(), min(area.right() - box.right() - 18, 460.0), area.height())
            self._paint_words(painter, right, line)
            self._paint_curve(painter, right.adjusted(0, 2 * line + 8, 0, -(line + 4)), line)

    def _paint_words(self, painter: QPainter, area: QRectF, line: int) -> None:
        dreamt = self.dreamt
        assert dreamt is not None
        metrics = painter.fontMetrics()
        bold = painter.font()
        plain = painter.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"Dream of {self._title}")
        painter.setFont(plain)
        painter.setPen(theme.color("text.soft"))
        answer = NumberFormat(dreamt.scores)(dreamt.scores[-1])
        text = f"step {dreamt.step} of {dreamt.steps} · answer {answer} · {dreamt.caption}"
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area.adjusted(0, line + 2, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)
        foot = self._note or "The line is the answer of the unit to the picture, step by step."
        foot = metrics.elidedText(foot, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, foot)

    def _paint_curve(self, painter: QPainter, area: QRectF, line: int) -> None:
        """The answer of the unit at each step, with the numbers at both ends of the scale."""
        dreamt = self.dreamt
        assert dreamt is not None
        scores = [score for score in dreamt.scores if isfinite(score)]
        if len(scores) < 2 or area.height() < 2 * line:
            return
        low, high = min(*scores, 0.0), max(scores)
        high = high if high > low else low + 1
        number = NumberFormat(dreamt.scores)
        said = {value: number(value) for value in (low, high)}
        margin = max(painter.fontMetrics().horizontalAdvance(text) for text in said.values()) + 10
        plot = area.adjusted(margin, line / 2, -4, -line / 2)

        def point(index: int, score: float) -> QPointF:
            x = plot.left() + plot.width() * index / max(dreamt.steps, 1)
            return QPointF(x, plot.bottom() - (score - low) / (high - low) * plot.height())

        painter.setPen(theme.color("plot.text"))
        for value, text in said.items():
            box = QRectF(area.left(), point(0, value).y() - line / 2, margin - 6, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(theme.color("plot.grid"))
        for value in {low, min(0.0, high), high}:  # 0 is not in the picture where every answer is below it
            painter.drawLine(QPointF(plot.left(), point(0, value).y()), QPointF(plot.right(), point(0, value).y()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("plot.train"), 2))
        painter.drawPolyline(QPolygonF([point(index, score) for index, score in enumerate(scores)]))
