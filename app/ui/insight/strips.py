"""Small living pictures inside the nodes of the canvas: filters of convolutions, what other layers answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter

from app.core.document import Change
from app.core.graph.model import MAIN, Node
from app.ui import theme
from app.ui.canvas.view import CanvasView
from app.ui.insight.subject_cache import TrainedRun
from app.ui.insight.views import StripMode, StripPictures, StripsOf
from app.ui.pace import later
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api.registry import find

KEY = "strips"
SIZE = (498, 132)  # three times the room inside a node: maps grow by whole factors, and zooming in stays sharp
# Each picture takes a little of the training's time, and a person looks at a few nodes at once.
MOST_NODES = 24
SMALLEST_SCALE = 0.25  # below this the canvas paints no strips
# Before the training a net is built only to be looked at, after every edit; a large one would make drawing sluggish.
MOST_WEIGHTS = 3_000_000
MOST_WORK = 300_000_000
LOOK_MS = 250
_FURTHER = ("frozen", "lr_factor")  # settings of a layer that count in the next training
_DULL = {"reshape", "regularization", "augmentation", "losses", "ports"}  # their pictures say nothing new


class LiveStrips(QObject):
    """Keeps the strips of one canvas up to date. ``mode_changed`` carries what they show from now on."""

    mode_changed = Signal(str)

    def __init__(self, session: Session, qdocument: QDocument, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._session, self._qdocument, self._canvas = session, qdocument, canvas
        self._shown: set[str] = set()
        self._held: dict[str, tuple[QImage | None, str]] = {}  # by node, what it would show of its own
        self._mode: StripMode = "answers"
        self._before: StripMode | None = None  # what they showed before they followed what is painted
        self._painted: tuple[tuple[str, object], ...] = ()
        self._look = later(self, self.ask, LOOK_MS)
        canvas.installEventFilter(self)
        session.state_changed.connect(self.ask)
        session.model_ready.connect(self.ask)
        session.torch_ready.connect(self.ask)
        session.sample_changed.connect(self.ask)
        qdocument.changed.connect(self._on_document)
        theme.notifier.changed.connect(self.ask)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """After each paint the nodes in view may be others."""
        if event.type() in (QEvent.Type.Paint, QEvent.Type.Hide) and not self._look.isActive():
            self._look.start()
        return False

    @property
    def mode(self) -> StripMode:
        """What the pictures show."""
        return self._mode

    def choose(self, mode: StripMode) -> None:
        """Show this from now on. What has no picture of that kind has none."""
        if mode != self._mode:
            self._mode = mode
            self._before = None
            self._clear(set(self._shown))
            self.mode_changed.emit(mode)
            self.ask()

    @Slot(object)
    def follow(self, painted: tuple[tuple[str, object], ...] | None) -> None:
        """Show where these painted pixels arrive; ``painted`` are the settings of the view that is called path. None:
        what was shown before somebody painted."""
        before = self._before
        if painted is None:
            if before is not None and self._mode == "path":
                self.choose(before)
            return
        self._painted = painted
        if self._mode == "path":
            self.ask()
            return
        before = self._mode
        self.choose("path")
        self._before = before

    def _clear(self, names: set[str]) -> None:
        for name in names:
            if name in self._held:
                self._held[name] = (None, "")
            else:
                self._canvas.set_strip(name, None)
        self._shown -= names

    @Slot(str, object, str)
    def hold(self, name: str, picture: QImage | None, caption: str) -> None:
        """Show this picture inside a node and no other, until None is to be held there."""
        figure = self._canvas.scene.nodes.get(name)
        if figure is None:
            self._held.pop(name, None)
        elif picture is None:
            self._canvas.set_strip(name, *self._held.pop(name, (None, "")))
            self.ask()
        else:
            self._held.setdefault(name, (figure.strip, figure.caption))
            self._canvas.set_strip(name, picture, caption)

    @Slot()
    def ask(self) -> None:
        """Ask for pictures of the nodes in view."""
        names = self.nodes_in_view() if self._session.torch_loaded else []
        view = None
        if names:
            graph = self._qdocument.project.graph
            convolutions = frozenset(name for name in names if _category(graph.nodes[name].type) == "convolution")
            paper = tuple(_rgb(theme.color(role)) for role in ("node.strip", "node.text", "node.border"))
            view = StripsOf(
                tuple(names),
                convolutions,
                self._session.sample,
                SIZE,
                paper,  # type: ignore[arg-type]
                chosen=self._session.chosen,
                mode=self._mode,
                painted=self._painted,
            )
        self._session.looker.show(KEY, view, self._on_seen)

    def nodes_in_view(self) -> list[str]:
        """The nodes that can have a strip and can be seen, at most ``MOST_NODES``."""
        canvas, session = self._canvas, self._session
        if not canvas.isVisible() or canvas.where != MAIN or canvas.camera.scale < SMALLEST_SCALE:
            return []
        project = self._qdocument.project
        reference = session.run.project if session.busy and session.run is not None else None
        if reference is None and isinstance(session.origin_of(None), TrainedRun) and session.trained is not None:
            reference = session.trained.project
        if reference is None:
            report = self._qdocument.document.report.main
            if report.parameters > MOST_WEIGHTS or report.multiply_adds > MOST_WORK:
                return []
        names = []
        room = canvas.rect()
        for name, figure in canvas.scene.nodes.items():
            node = project.graph.nodes.get(name)
            if node is None or _category(node.type) in _DULL or node.bypassed:
                continue
            if reference is not None:
                old = reference.graph.nodes.get(name)
                if old is None or not _shows_the_same(old, node):
                    continue
            if canvas.camera.rect_to_view(figure.rect).intersects(room):
                names.append(name)
                if len(names) == MOST_NODES:
                    break
        return names

    def _on_seen(self, _: str, content: object) -> None:
        if not isinstance(content, StripPictures):
            return
        from app.ui.insight.maps import to_image

        for name, pixels in content.pictures.items():
            picture = _written(content.numbers[name]) if name in content.numbers else to_image(pixels)
            if name in self._held:
                self._held[name] = (picture, content.captions[name])
                continue
            self._canvas.set_strip(name, picture, content.captions[name])
        self._shown |= content.pictures.keys()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        facts = change.diffs.get(MAIN)
        if change.opened:
            self._shown.clear()
            self._held.clear()
        elif facts is not None:
            # What a layer with other settings would show is not known yet, and in a net that was never trained nothing
            # at all is known behind a layer that does not fit.
            old, new = change.before.graph.nodes, change.after.graph.nodes
            changed = self._shown.intersection(facts.changed)
            blank = {name for name in changed if name not in old or not _shows_the_same(old[name], new[name])}
            if self._session.trained is None and not self._session.busy:
                nodes = self._qdocument.document.report.main.nodes
                blank |= {name for name in self._shown if name in nodes and not nodes[name].outputs}
            self._clear(blank)
        if not self._look.isActive():
            self._look.start()


def _written(number: str) -> QImage:
    """A number as large as a strip has room for."""
    width, height = SIZE
    picture = QImage(width, height, QImage.Format.Format_RGB888)
    picture.fill(theme.color("node.strip"))
    painter = QPainter(picture)
    font = QFont(painter.font())
    font.setPixelSize(round(0.7 * height))
    wide = QFontMetrics(font).horizontalAdvance(number)
    font.setPixelSize(min(font.pixelSize(), round(font.pixelSize() * 0.94 * width / max(wide, 1))))
    painter.setFont(font)
    painter.setPen(theme.color("node.text"))
    painter.drawText(picture.rect(), Qt.AlignmentFlag.AlignCenter, number)
    painter.end()
    return picture


def _shows_the_same(old: Node, new: Node) -> bool:
    """Whether what a layer has learned fits it still: how it is trained further says nothing of that."""
    return old.same_meaning(new) or _learned(old).same_meaning(_learned(new))


def _learned(node: Node) -> Node:
    return node.without_params(*_FURTHER)


def _category(node_type: str) -> str:
    layer = find(node_type)
    return layer.category if layer is not None else "ports"


def _rgb(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()
