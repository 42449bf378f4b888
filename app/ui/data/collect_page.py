"""Samples of one's own: drawn on a pad, pasted, or painted as points, each with a class."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.core.commands import SetSetting
from app.core.graph.model import MAIN
from app.data.collecting import collected, keep, keep_sound, why_no_class
from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Runner
from app.ui import scale
from app.ui.data.pad import AS_IT_IS, BRUSHES, CENTRED, DrawingPad, PixelPreview
from app.ui.data.page_stack import PageStack
from app.ui.data.points_pad import POINTS, PointsPad
from app.ui.dialogs import choose_folder
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import ElidedLabel, TintedLabel, eliding_button
from app.ui.layouts import column, row, turn
from app.ui.qdocument import QDocument
from nodes.api import cut, listed
from nodes.api.registry import find

if TYPE_CHECKING:
    import numpy as np

FOLDER = "My own pictures"
LONGEST_SIDE = 1024  # pixels of a picture that is pasted; a larger one is made smaller
_NARROW = 560
_HOW = "Name the class, draw, and press Enter or Add. A few dozen of each class are enough for a first try."


class _ClassField(QLineEdit):
    """The name of a class. A picture in the clipboard is no text for it, so ``picture_pasted`` tells of that; Enter
    is its own and never also that of the page, which would add once more."""

    picture_pasted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        said = QGuiApplication.clipboard().mimeData() if event.matches(QKeySequence.StandardKey.Paste) else None
        if said is not None and said.hasImage() and not said.hasText():
            self.picture_pasted.emit()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


class CollectPage(QWidget):
    """``collected`` carries the folder after each new picture; ``use_wanted`` that it is to be used as data."""

    collected = Signal(object)
    use_wanted = Signal(object)

    def __init__(self, runner: Runner, qdocument: QDocument) -> None:
        super().__init__()
        self._runner, self._qdocument = runner, qdocument
        self._node = ""
        self._folder: Path | None = None
        self._written: list[Path] = []  # what may be taken back
        self.pictures, self.points = QWidget(), QWidget()
        self._make_pictures()
        self._make_points()
        self._stack = PageStack()
        self._stack.addWidget(self.pictures)
        self._stack.addWidget(self.points)
        column((self._stack, 1), of=self)
        self._show_folder()

    # Pictures

    def _make_pictures(self) -> None:
        self.pad, self.seen = DrawingPad(), PixelPreview()
        self.pad.changed.connect(self._show_seen)
        self.word = _ClassField()
        self.word.setPlaceholderText("Class, such as 7 or cat")
        self.word.setAccessibleName("Class")
        self.word.setToolTip("The class of what you draw or paste; each has a folder of its own")
        self.word.returnPressed.connect(self.add)
        self.word.picture_pasted.connect(self.paste)
        self.brush = CalmCombo("Brush", "How thick the brush is", BRUSHES.items())
        self.brush.setCurrentIndex(1)
        self.brush.currentIndexChanged.connect(lambda _: setattr(self.pad, "brush", self.brush.currentData()))
        self.add_button = eliding_button("Add", "Keep the picture in the folder of its class (Enter)", self.add)
        self.clear = eliding_button("Clear", "Begin anew (Delete on the pad)", self.pad.clear)
        self.paste_button = eliding_button("Paste", "The picture in the clipboard (Ctrl+V)", self.paste)
        self.camera = eliding_button("Camera", "A picture of what the camera sees", self.look)
        self.microphone = eliding_button("Record", "One second of the microphone, kept at once", self.listen)
        self.back = eliding_button("Take back", "Remove the picture that was added last", self.take_back)
        self.folder_button = eliding_button("Folder…", "Where the pictures are kept", self._choose_folder)
        self.use = eliding_button("Use as data", "Read this folder as data of the drawing", self._use)
        self.counts, self.where = ElidedLabel(""), ElidedLabel("")
        self.said = TintedLabel(_HOW, "text.soft", wrap=True)
        self.how = TintedLabel(CENTRED, "text.soft", wrap=True)
        form = column(
            row((self.word, 1), self.add_button, self.back, spacing=6),
            row(self.clear, self.paste_button, self.camera, self.microphone, self.brush, 1, spacing=6),
            row((self.where, 1), self.folder_button, self.use, spacing=6),
            self.counts,
            self.said,
            1,
            spacing=4,
        )
        self.how.setAlignment(Qt.AlignmentFlag.AlignTop)
        side = column(self.seen, (self.how, 1), spacing=4)
        self._sides = row((self.pad, 2), (side, 2), (form, 5), of=self.pictures, spacing=10)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange(self.width())

    def arrange(self, width: int) -> None:
        """Stand in so much room, also while it is behind another page, of which Qt tells it nothing."""
        narrow = width < scale.letters_px(_NARROW)
        for sides in (self._sides, self._plane_sides):
            turn(sides, narrow)

    def _show_seen(self) -> None:
        self.seen.show_pixels(None if self.pad.empty else self.pad.pixels())
        self.how.setText(AS_IT_IS if self.pad.pasted else CENTRED)

    @property
    def folder(self) -> Path:
        """Where pictures are kept: the chosen folder, else one beside the drawing."""
        if self._folder is not None:
            return self._folder
        path = self._qdocument.document.path
        from app.ui.insight.saving import pictures_folder

        return path.with_name(f"{path.stem} pictures") if path is not None else pictures_folder() / FOLDER

    def _choose_folder(self) -> None:
        place = self.folder
        start = next((each for each in (place, *place.parents) if each.is_dir()), Path.home())
        choose_folder(self, "Keep pictures in", start, self.set_folder)

    def set_folder(self, folder: Path) -> None:
        """Keep pictures there from now on."""
        self._folder = folder
        self._written.clear()
        self._show_folder()

    def _show_folder(self) -> None:
        self.where.say(f"Kept in {self.folder}")
        self.back.setEnabled(bool(self._written))
        if self.isVisible():
            self._runner.start(partial(_count, self.folder), heard=self._on_counted)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_folder()

    def _on_counted(self, bundle: Bundle) -> None:
        known = bundle.pictures[0].content
        self.counts.say(" · ".join(f"{cut(word, 20)} {count:,}" for word, count in known.items()) or "No picture yet.")
        self.use.setEnabled(any(known.values()))

    def add(self) -> None:
        """Keep what is on the pad."""
        word = self.word.text().strip()
        why_not = "Draw something first, or paste a picture." if self.pad.empty else why_no_class(word)
        if why_not:
            self.said.setText(why_not)
            return
        kind = "pasted" if self.pad.pasted else "drawn"
        self._runner.start(
            partial(_keep, self.folder, word, self.pad.pixels(), kind), heard=self._on_kept, ended=self._on_ended
        )
        self.pad.clear()
        self.pad.setFocus()

    def _on_kept(self, bundle: Bundle) -> None:
        for picture in bundle.pictures:
            content = picture.content
            if isinstance(content, Path):
                self._written.append(content)
                self.said.setText(f"Kept as {content.parent.name}/{content.name}.")
                self._show_folder()
                self.collected.emit(self.folder)
            else:
                self.said.setText(str(content))

    def _on_ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self.said.setText(ended.sentence)

    def take_back(self) -> None:
        """Remove the picture that was added last; no other file is ever removed."""
        if not self._written:
            return
        last = self._written.pop()
        try:
            last.unlink(missing_ok=True)
            self.said.setText(f"{last.parent.name}/{last.name} was removed.")
        except OSError as error:
            self.said.setText(f"{last} cannot be removed: {error.strerror or error}.")
        self._show_folder()
        self.collected.emit(self.folder)

    def paste(self) -> None:
        """Take the picture in the clipboard; keep it at once if its class is named already."""
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self.said.setText("There is no picture in the clipboard. Copy one first; files are dropped on the window.")
            return
        self.pad.paste(_bounded(image))
        self.said.setText("Pasted. Name its class and press Add.")
        if self.word.text().strip():
            self.add()
        else:
            self.word.setFocus()

    def look(self) -> None:
        """Take a picture with the camera onto the pad; keep it at once if its class is named already."""
        self.said.setText("The camera is asked…")
        self._runner.start(_look, heard=self._on_looked, ended=self._on_ended)

    def _on_looked(self, bundle: Bundle) -> None:
        for picture in bundle.pictures:
            content = picture.content
            if isinstance(content, str):
                self.said.setText(content)
                continue
            from app.ui.data.sample_table import image_of

            self.pad.paste(_bounded(image_of(content)))
            self.said.setText("This is what the camera saw. Name its class and press Add.")
            if self.word.text().strip():
                self.add()

    def listen(self) -> None:
        """Record a second of sound as a sample of the class that is named."""
        word = self.word.text().strip()
        why_not = why_no_class(word)
        if why_not:
            self.said.setText(why_not)
            return
        self.said.setText("Recording: say it now…")
        self.microphone.setEnabled(False)
        self._runner.start(partial(_listen, self.folder, word), heard=self._on_kept, ended=self._on_heard)

    def _on_heard(self, ended: Ended) -> None:
        self.microphone.setEnabled(True)
        self._on_ended(ended)

    def _use(self) -> None:
        self.use_wanted.emit(self.folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste) and self._stack.currentIndex() == 0:
            self.paste()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._stack.currentIndex() == 0:
            self.add()
        else:
            super().keyPressEvent(event)

    # Points

    def _make_points(self) -> None:
        self.plane = PointsPad()
        self.plane.painted.connect(self._painted)
        self.colour = CalmCombo("Class of the points", "The class of the points that you paint")
        self.colour.currentIndexChanged.connect(lambda at: setattr(self.plane, "place", max(at, 0)))
        self.all_away = eliding_button(
            "Remove all", "Begin with an empty plane; Undo brings the points back", self._no_points
        )
        self.points_said = TintedLabel("", "text", wrap=True)
        how = TintedLabel(
            "Left button: points of this class. Right button: take one away. They are kept in the drawing.",
            "text.soft",
            wrap=True,
        )
        form = column(row(self.colour, self.all_away, 1, spacing=6), self.points_said, how, 1, spacing=6)
        self._plane_sides = row((self.plane, 2), (form, 3), of=self.points, spacing=10)

    def show_node(self, node: str) -> None:
        """The source that is looked at: points are painted for one that is made of them."""
        self._node = node
        drawn = self._qdocument.project.graph.nodes.get(node)
        paints = drawn is not None and drawn.type == POINTS
        self._stack.setCurrentIndex(1 if paints else 0)
        if paints:
            self._show_points()
        else:
            self._show_folder()

    def _show_points(self) -> None:
        drawn = self._qdocument.project.graph.nodes[self._node]
        layer = find(POINTS)
        settings = {**(layer.defaults() if layer is not None else {}), **drawn.params}
        flat, words = settings["points"], [word.strip() for word in settings["words"].split(",") if word.strip()]
        self.plane.show_points([(flat[at], flat[at + 1], int(flat[at + 2])) for at in range(0, len(flat) - 2, 3)])
        places = [place for _, _, place in self.plane.points]
        count = max(max(places, default=-1) + 2, len(words), 2)  # one more class than there is can be begun
        names = [words[place] if place < len(words) else str(place) for place in range(count)]
        chosen = max(0, self.colour.currentIndex())
        self.colour.blockSignals(True)
        self.colour.clear()
        self.colour.addItems([f"class {name}" for name in names])
        self.colour.setCurrentIndex(min(chosen, count - 1))
        self.colour.blockSignals(False)
        self.plane.place = self.colour.currentIndex()
        told = [f"{names[place]}: {places.count(place):,}" for place in range(count) if places.count(place)]
        self.points_said.setText(listed(told) or "No point is painted yet.")

    def _painted(self, points: object) -> None:
        self._set_points([value for point in points for value in point])  # type: ignore[attr-defined]

    def _no_points(self) -> None:
        self._set_points([])

    def _set_points(self, flat: list[float]) -> None:
        self._qdocument.do_step(SetSetting(MAIN, (self._node,), "points", tuple(flat)))
        self._show_points()


def _bounded(image: QImage) -> QImage:
    if max(image.width(), image.height()) <= LONGEST_SIDE:
        return image
    ways = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(LONGEST_SIDE, LONGEST_SIDE, *ways)


def _look() -> Iterator[Picture]:
    from app.data.recording import NoDevice, picture

    try:
        yield Picture("seen", picture())
    except NoDevice as reason:
        yield Picture("seen", str(reason))


def _listen(folder: Path, word: str) -> Iterator[Picture]:
    from app.data.recording import RATE, sound

    try:
        yield Picture("kept", keep_sound(folder, word, sound(), RATE))
    except ValueError as reason:
        yield Picture("kept", str(reason))


def _count(folder: Path) -> Iterator[Picture]:
    yield Picture("counts", collected(folder))


def _keep(folder: Path, word: str, pixels: np.ndarray, kind: str) -> Iterator[Picture]:
    try:
        yield Picture("kept", keep(folder, word, pixels, kind))
    except ValueError as reason:
        yield Picture("kept", str(reason))
