"""The panel: what goes in, what is done to the net, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QListWidgetItem, QSizePolicy, QStackedWidget, QWidget

from app.insight.numbers import percent
from app.insight.poke import Poke
from app.insight.view import SampleChoice
from app.jobs.messages import Ended, Picture
from app.ui import scale
from app.ui.data.pad import DrawingPad
from app.ui.data.page_stack import PageOrSentence
from app.ui.dialogs import choose_file
from app.ui.insight.panel import COMING, LookPanel
from app.ui.insight.tilesview import TilesView
from app.ui.insight.views import NothingToShow, ViewRequest
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import TintedLabel, eliding_button, embolden, icon_button
from app.ui.latest_job import LatestJob
from app.ui.layouts import ScrollArea, column, row
from app.ui.poke.pixels import TOOLS, PixelPad
from app.ui.poke.poke_controls import DoneList, PokeControls
from app.ui.poke.poke_request import AskPoke, PokeAnswer, with_values
from app.ui.predict.bars import Bars, number_words
from app.ui.predict.row_form import RowForm
from app.ui.qdocument import QDocument
from app.ui.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

KEY = "poke"
NOTHING = (
    "Here a copy of the network can be poked: paint on its input, switch units off, set a weight, prune; and every "
    "layer, the answer and the accuracy react. Draw a network with data first, such as a template."
)
OTHERS = "Only pictures and rows are changed here. Another sample is chosen in Activations."
TEXTS = "Texts are written in Predict; Show in views brings them here."
NO_INPUT = "Nothing comes in from outside: this drawing has no input."
NARROW = 860  # of the panel
ROW = 190  # least height of a row of a narrow one
BESIDE_KNOBS = 330  # least width of the picture and the answer beside the controls, with what lies between
OUTSIDE = -1_000_000  # numbers of samples that were drawn on begin here
_PIXELS, _DRAW, _ROW, _NONE = range(4)


class UnitMaps(TilesView):
    """Maps of a layer; a click chooses one."""

    def __init__(self, picked: Any) -> None:
        super().__init__(holds=False)
        self._picked = picked

    def mousePressEvent(self, event: QMouseEvent) -> None:
        tiles, grid = self.tiles, self._grid
        if tiles is None or grid is None or tiles.layout != "grid" or tiles.count < 2:
            return
        ratio = self.devicePixelRatioF()
        right, down = (event.position().x() - self._grid_at.left(), event.position().y() - self._grid_at.top())
        found = grid.under(down * ratio, right * ratio) if right >= 0 and down >= 0 else None
        if found is not None:
            self._picked(found[0])


class PokePanel(LookPanel):
    """Everything that is done stands in ``session.pokes``; this shows it, and what comes of it."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.pokes = session.pokes
        self.answer: PokeAnswer | None = None
        self._number = OUTSIDE
        self._job = LatestJob(session.runner, self, self._take_read, self._read_ended)
        self._columns = 0  # of the arrangement; 0 before there is one
        self._make()
        self._build()
        self.pokes.changed.connect(self._changed)
        session.sample_changed.connect(lambda _: self.ask())
        session.torch_ready.connect(self.ask)
        session.model_ready.connect(self.ask)
        session.state_changed.connect(lambda _: self.ask())
        self._stack.say(COMING)

    def _make(self) -> None:
        self.pixels = PixelPad()
        self.pixels.edited.connect(self._painted)
        self.pixels.finished.connect(self.pokes.finish)
        self.pad = DrawingPad()
        self.pad.changed.connect(self._drawn)
        self.pad.finished.connect(self.pokes.finish)
        self.form = RowForm()
        self.form.edited.connect(self._typed)
        self.no_input = TintedLabel(TEXTS, "text.soft", wrap=True)
        self.tool = CalmCombo("Tool", "What the mouse does to the picture")
        for name, (title, tip) in TOOLS.items():
            self.tool.addItem(title, name)
            self.tool.setItemData(self.tool.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.tool.addItem("Draw anew", "draw")
        self.tool.setItemData(self.tool.count() - 1, "Draw on an empty pad", Qt.ItemDataRole.ToolTipRole)
        self.tool.currentIndexChanged.connect(self._tool_changed)
        self.tool.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.tool.setMinimumWidth(64)
        self.open = icon_button("open", "Put another picture in", self._open)
        self.back = icon_button("refresh", "The sample as it came", self._original)
        self.knobs = PokeControls()
        self.knobs.put.connect(lambda poke, dragging: self.pokes.put(poke, dragging=dragging))
        self.knobs.taken_back.connect(self.pokes.remove)
        self.knobs.looked.connect(self._looked)
        self.knobs.let_go.connect(self.pokes.finish)
        self.undo = icon_button("undo", "Undo the last poke (Ctrl+Z in this panel)", self.pokes.undo)
        self.redo = icon_button("redo", "Do it again (Ctrl+Y in this panel)", self.pokes.redo)
        self.reset = eliding_button("Reset", "Take everything back: the network as it is", self.pokes.reset)
        self.take_back = eliding_button(
            "Take back", "Do what is chosen in the list no longer (Delete)", self._take_back
        )
        self.list = DoneList()
        self.list.setAccessibleName("What was done")
        self.list.setMinimumWidth(90)
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.list.setToolTip("What was done to the copy; the trained network stays as it is")
        self.list.currentRowChanged.connect(lambda _: self._show_buttons())
        self.title = TintedLabel("", "text", wrap=True)
        embolden(self.title)
        self.quality = TintedLabel("", "text", wrap=True)
        self.caption = TintedLabel("", "text.soft", wrap=True)
        self.bars = Bars()
        self.bars.setToolTip("The answer now; a line shows what it was before")
        self.layers = Bars()
        self.layers.setToolTip("How much each layer changed: the norm of the difference by the norm before")
        self.maps = UnitMaps(self.knobs.choose_unit)
        tip = "The layer that is looked at: how it changed, or what it answers now"
        self.which = CalmCombo("Map", tip, (("difference", "difference"), ("now", "now")))
        self.which.currentIndexChanged.connect(lambda _: self._show_maps())

    def _build(self) -> None:
        self._inputs = QStackedWidget()
        none = QWidget()
        column(self.no_input, 1, of=none)
        for page in (self.pixels, self.pad, self.form, none):
            self._inputs.addWidget(page)
        full = QWidget()
        # Children from the start: they are arranged when the panel is first seen, which may be never.
        self._given, self._list, self._answer, self._changes, self._maps = (QWidget(full) for _ in range(5))
        column((self._inputs, 1), row((self.tool, 1), self.open, self.back, spacing=4), of=self._given, spacing=4)
        column(
            (self.list, 1),
            row(self.undo, self.redo, self.take_back, self.reset, 1, spacing=4),
            of=self._list,
            spacing=4,
        )
        column(self.title, self.quality, (ScrollArea(self.bars), 1), self.caption, of=self._answer, spacing=4)
        head = TintedLabel("Change of each layer", "text.soft")
        head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column(head, (ScrollArea(self.layers), 1), of=self._changes, spacing=4)
        column(row(self.which, 1), (self.maps, 1), of=self._maps, spacing=2)
        self._knobs = ScrollArea(self.knobs)
        self._knobs.setParent(full)
        self._grid = QGridLayout(full)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(8)
        self._stack = PageOrSentence(full)
        column((self._stack, 1), of=self, margins=(10, 6, 8, 6))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.width()
        middle = self.knobs.minimumSizeHint().width() + scale.letters_px(BESIDE_KNOBS)
        self._arrange(6 if width >= scale.letters_px(NARROW) else 3 if width >= middle else 2)

    def _arrange(self, columns: int) -> None:
        """All side by side; in a narrow panel in rows of three or two. What a panel is opened for is in the first one:
        what is given and, where there is room, what can be done, beside what comes of it."""
        if columns == self._columns:
            return
        self._columns = columns
        parts = {
            6: [self._given, self._knobs, self._list, self._answer, self._changes, self._maps],
            3: [self._given, self._knobs, self._answer, self._changes, self._list, self._maps],
            2: [self._given, self._answer, self._knobs, self._list, self._changes, self._maps],
        }[columns]
        shares = {6: (4, 7, 4, 6, 5, 6), 3: (4, 6, 5), 2: (1, 1)}[columns]
        for part in parts:
            self._grid.removeWidget(part)
        place = 0
        for part in parts:
            # Buttons are wider than half of a narrow panel, and would take the width of what comes of them.
            wide = columns if columns == 2 and part in (self._knobs, self._list) else 1
            self._grid.addWidget(part, *divmod(place, columns), 1, wide)
            place += wide
        rows = place // columns
        for place in range(6):
            self._grid.setColumnStretch(place, shares[place] if place < columns else 0)
            self._grid.setRowMinimumHeight(place, scale.letters_px(ROW) if 1 < rows > place else 0)

    # What is asked

    def wanted(self) -> dict[str, ViewRequest | None]:
        if not self.qdocument.project.graph.nodes or self._job.on:
            return {KEY: None}
        hand, (sample, chosen) = self.pokes.now, self.pokes.base
        return {KEY: AskPoke(hand.pokes, self.node, sample, chosen, hand.drawn, self.knobs.chosen_weight())}

    def ask(self) -> None:
        if not self.qdocument.project.graph.nodes:
            self._stack.say(NOTHING)
        super().ask()

    def _changed(self) -> None:
        self._show_list()
        self.ask()

    def _looked(self) -> None:
        """Another unit or weight is looked at: what is done to it is known, its value comes."""
        self.knobs.show_facts(self.knobs.facts, self.pokes.now.pokes)
        self.ask()

    def forget(self) -> None:
        super().forget()
        self.answer = None
        with QSignalBlocker(self.pad):
            self.pad.clear()
        self.knobs.show_facts(None, ())
        self._stack.say(COMING)

    # What goes in

    def _put_in(self, values: np.ndarray, said: str, dragging: bool = True) -> None:
        answer = self.answer
        if answer is not None and answer.input:
            self._number -= 1
            batch = with_values(answer.batch, answer.input, values)
            self.pokes.draw(SampleChoice(self._number, "your input", values=batch), said, dragging=dragging)

    def _painted(self, values: object, said: str) -> None:
        made: Any = values
        self._put_in(made, said)

    def _drawn(self) -> None:
        answer = self.answer
        if answer is None or answer.picture is None:
            return
        if self.pad.empty:
            self._original()
            return
        from app.insight.typed_samples import drawn_picture

        known: Any = answer.known
        picture, _ = drawn_picture(self.pad.ink(), answer.picture.shape, known)
        self._put_in(picture.numpy(), "drawn anew")

    def _typed(self) -> None:
        import numpy as np

        values = self.form.values()
        self._put_in(np.array([values.get(name, 0.0) for name in self.form.names], np.float32), "numbers typed", False)

    def _original(self) -> None:
        with QSignalBlocker(self.pad):
            self.pad.clear()
        self.pokes.draw(None)
        self.pokes.finish()

    def _tool_changed(self) -> None:
        name = self.tool.currentData()
        if name != "draw":
            self.pixels.tool = name
        self.pixels.setToolTip(self.tool.itemData(self.tool.currentIndex(), Qt.ItemDataRole.ToolTipRole))
        self._show_input()

    def _open(self) -> None:
        choose_file(
            self,
            "Which picture goes in?",
            Path.home(),
            "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp)",
            self.take_file,
        )

    def takes(self, place: QPoint) -> bool:
        """Whether a file that is dropped at this place of the screen is for the copy."""
        inside = self.in_sight and self.visibleRegion().contains(self.mapFromGlobal(place))
        return inside and self.answer is not None and self.answer.picture is not None

    def take_file(self, path: Path) -> None:
        """Put this picture in."""
        answer = self.answer
        if answer is None or answer.picture is None or self._job.on:
            return
        sizes = answer.picture.shape
        self._job.start(lambda: _read(path, sizes))

    def _take_read(self, picture: Picture) -> None:
        self._put_in(picture.content, str(picture.key), False)

    def _read_ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self.caption.setText(ended.sentence)
        else:
            self.ask()

    # What is done

    def _take_back(self) -> None:
        chosen: QListWidgetItem | None = self.list.currentItem()
        if chosen is None:
            return
        poke: Poke | None = chosen.data(Qt.ItemDataRole.UserRole)
        if poke is None:
            self._original()
        else:
            self.pokes.remove(poke)

    def _show_list(self) -> None:
        hand = self.pokes.now
        entries: list[tuple[str, Poke | None]] = [(f"input: {hand.said}", None)] if hand.drawn is not None else []
        entries += [(poke.said, poke) for poke in hand.pokes]
        before = self.list.currentRow()
        with QSignalBlocker(self.list):
            self.list.clear()
            for said, poke in entries:
                item = QListWidgetItem(said)
                item.setData(Qt.ItemDataRole.UserRole, poke)
                item.setToolTip(said)
                self.list.addItem(item)
            self.list.setCurrentRow(min(before, len(entries) - 1))
        self._show_buttons()
        self.knobs.show_facts(self.knobs.facts, hand.pokes)

    def _show_buttons(self) -> None:
        self.undo.setEnabled(self.pokes.can_undo)
        self.redo.setEnabled(self.pokes.can_redo)
        self.reset.setEnabled(bool(self.list.count()))
        self.take_back.setEnabled(self.list.currentItem() is not None)
        self.back.setEnabled(self.pokes.now.drawn is not None)

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z and Ctrl+Y in this panel are about the pokes, not about the drawing."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._step_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self._step_of(event)
        if step is not None:
            step()
        elif event.key() == Qt.Key.Key_Delete and self.list.hasFocus():
            self._take_back()
        else:
            super().keyPressEvent(event)

    def _step_of(self, event: QKeyEvent) -> Any:
        if event.matches(QKeySequence.StandardKey.Undo):
            return self.pokes.undo
        return self.pokes.redo if event.matches(QKeySequence.StandardKey.Redo) else None

    # What comes of it

    def take(self, key: str, content: object) -> None:
        if isinstance(content, NothingToShow):
            if self.answer is None:
                self._stack.say(content.sentence)
            else:
                self.title.setText(content.sentence)
        elif isinstance(content, PokeAnswer):
            self._show(content)

    def _show(self, answer: PokeAnswer) -> None:
        self.answer = answer
        self._stack.say("")
        effect = answer.effect
        self._show_input()
        self.knobs.show_facts(answer.facts, self.pokes.now.pokes, answer.weight)
        # What does not fit here would be cut off: a form scrolls up and down only.
        self._knobs.setMinimumWidth(self.knobs.minimumSizeHint().width() + scale.px(14))
        self._show_list()
        if answer.weight is None and self.knobs.chosen_weight() is not None:
            self.ask()  # only now it is known which weights there are
        before, after = effect.before.tolist(), effect.after.tolist()
        from app.insight.poke_pictures import quality_words, short_words

        if effect.classes:
            old, new = (max(range(len(each)), key=each.__getitem__) for each in (before, after))
            self.title.setText(effect.words[new] if old == new else f"{effect.words[old]} → {effect.words[new]}")
            rows = [(word, share, percent(share)) for word, share in zip(effect.words, after)]
            self.bars.show_rows(rows, before, new)
        else:
            self.title.setText("What the network says")
            said = [
                number_words(a) if a == b else f"{number_words(b)} → {number_words(a)}" for b, a in zip(before, after)
            ]
            self.bars.show_words(list(zip(effect.words, said)))
        self.quality.setText(quality_words(effect.quality) if effect.quality is not None else effect.why_not)
        self.caption.setText(" ".join(filter(None, (answer.caption, answer.trouble))))
        shares = [1.0 if node.share is None else node.share for node in effect.nodes]
        most = max([*shares, 1e-9])
        self.layers.show_rows(
            [(node.node, share / most, short_words(node)) for node, share in zip(effect.nodes, shares)]
        )
        self._show_maps()

    def _show_maps(self) -> None:
        answer = self.answer
        if answer is None:
            return
        poked = bool(self.pokes.now.pokes) or self.pokes.now.drawn is not None
        tiles = answer.difference if self.which.currentData() == "difference" and poked else answer.now
        if tiles is not None:
            self.maps.show_tiles(tiles)
        else:
            self.maps.say("Select a layer on the canvas to see its maps.")

    def _show_input(self) -> None:
        answer = self.answer
        if answer is None:
            return
        drawing = self.tool.currentData() == "draw"
        page = _DRAW if drawing else _PIXELS
        if answer.picture is None:
            page = _ROW if answer.row is not None else _NONE
        written = not any(value.is_floating_point() for value in answer.batch.values())
        self.no_input.setText(NO_INPUT if not answer.batch else TEXTS if written else OTHERS)
        self._inputs.setCurrentIndex(page)
        for part in (self.tool, self.open):
            part.setVisible(answer.picture is not None)
        if answer.picture is not None:
            self.pixels.show_values(answer.picture)
        elif answer.row is not None:
            self.form.ask_for(answer.names)
            if not any(field.hasFocus() for field in self.form.fields.values()):
                self.form.show_values(dict(zip(answer.names, answer.row.tolist())))


def _read(path: Path, sizes: tuple[int, int, int]) -> Iterator[Picture]:
    from app.insight.images import load_image

    yield Picture(path.name, load_image(path, sizes))
