"""Long random sequences of gestures, keys and edits from elsewhere on a real canvas.

After each step everything that is shown equals the document; at the end, undo leads back to the first drawing and redo
to the last. ``--hypothesis-profile=long`` runs many more than every test run does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.core.checks.problems import Problem
from app.core.document import Document
from app.core.graph.frames import COLORS
from app.core.graph.model import MAIN, block_of
from app.ui.canvas.arranging import with_places
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.menu import menu_at
from app.ui.canvas.scene import PortAt, Scene
from app.ui.canvas.tools.drop import MIME
from app.ui.canvas.view import CanvasView
from app.ui.problems.entries import ProblemEntry
from tests.support.edits import STARTS, any_edit
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import NONE, Hand, net
from tests.ui.canvas.sameness import Versions, check_canvas, check_screen
from tests.ui.canvas.steps import Steps, precondition, rule, take

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
K = Qt.Key
# Every key of the canvas but the menu key (it opens a menu that takes the mouse) and Space, which is held.
KEYS: tuple[tuple[Qt.Key, Qt.KeyboardModifier], ...] = (
    *((key, held) for key in (K.Key_Delete, K.Key_Backspace) for held in (NONE, CTRL)),
    *(
        (key, CTRL)
        for key in (K.Key_C, K.Key_X, K.Key_V, K.Key_V, K.Key_D, K.Key_A, K.Key_L, K.Key_G, K.Key_G, K.Key_B)
    ),
    *((key, CTRL) for key in (K.Key_B, K.Key_B, K.Key_Z, K.Key_Z, K.Key_Y, K.Key_F, K.Key_Plus, K.Key_Minus, K.Key_0)),
    *((key, CTRL | SHIFT) for key in (K.Key_F, K.Key_G, K.Key_G, K.Key_X, K.Key_Y, K.Key_Z)),
    *((key, CTRL | ALT) for key in (K.Key_N, K.Key_F)),
    *((key, SHIFT) for key in (K.Key_X, K.Key_Y, K.Key_F)),
    *((key, NONE) for key in (K.Key_M, K.Key_C, K.Key_F, K.Key_F1, K.Key_Tab, K.Key_Return, K.Key_Escape)),
    *(
        (key, held)
        for key in (K.Key_Left, K.Key_Right, K.Key_Up, K.Key_Down)
        for held in (NONE, CTRL, SHIFT, ALT, CTRL | SHIFT, SHIFT | ALT)
    ),
)
STEPS = st.sampled_from([QPointF(dx, dy) for dx in (-300, -30, 0, 4, 120, 400) for dy in (-150, -10, 0, 8, 200)])
HELD = st.sampled_from([NONE, NONE, NONE, SHIFT, CTRL, ALT])
EDGE = 12


class Fingers(Steps):
    """What hands can do to a canvas, in any order."""

    canvas: ClassVar[CanvasView]
    looks: ClassVar[bool] = False  # whether the pixels on the screen are compared, too

    def begin(self, data: st.DataObject) -> None:
        start = self.one_of(data, STARTS)
        canvas = self.canvas
        canvas.popups.close()
        if canvas.find_bar_shown() is not None:
            canvas.find_bar.hide()
        QGuiApplication.clipboard().clear()
        canvas.resize(1500, 700)
        canvas.qdocument.new(with_places(start()))
        canvas.camera.scale = 1.0
        canvas.camera.x, canvas.camera.y = -40.0, -300.0
        canvas.update()
        self.first = canvas.qdocument.project
        self.versions = Versions()
        self.hand = Hand(canvas)

    # -- what is there ---------------------------------------------------------------------------------------------

    @property
    def scene(self) -> Scene:
        return self.canvas.scene

    @property
    def document(self) -> Document:
        return self.canvas.qdocument.document

    def one_of(self, data: st.DataObject, values: Any) -> Any:
        return data.draw(st.sampled_from(list(values)))

    def seen(self, point: QPointF) -> bool:
        """Whether a point of the drawing is on the canvas; the view is moved if it is not."""
        if not self.inner.contains(self.canvas.camera.to_view(point)):
            self.canvas.camera.look_at(point, self.canvas.width(), self.canvas.height())
            self.canvas.update()
        return self.inner.contains(self.canvas.camera.to_view(point))

    @property
    def inner(self) -> QRectF:
        return QRectF(self.canvas.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE))

    def inside(self, point: QPointF) -> QPointF:
        """The point, or the nearest one that is on the canvas."""
        at, box = self.canvas.camera.to_view(point), self.inner
        return self.canvas.camera.to_scene(
            QPointF(min(max(at.x(), box.left()), box.right()), min(max(at.y(), box.top()), box.bottom()))
        )

    def handle(self, data: st.DataObject) -> QPointF:
        """A place on a node's header."""
        name = self.one_of(data, self.scene.nodes)
        return self.hand.middle(name)

    def port(self, data: st.DataObject, is_output: bool | None = None) -> PortAt | None:
        found = [
            PortAt(figure.name, look.name, out)
            for figure in self.scene.nodes.values()
            for out in (False, True)
            for look in (figure.look.outputs if out else figure.look.inputs)
            if is_output is None or out == is_output
        ]
        return self.one_of(data, found) if found else None

    # -- edits from elsewhere --------------------------------------------------------------------------------------

    @rule(data=st.data())
    def edit_from_a_panel(self, data: st.DataObject) -> None:
        """The inspector, the list of problems, the menu: any command."""
        self.canvas.qdocument.do(data.draw(any_edit(self.document.project, self.document.report)))

    @rule(data=st.data())
    def edit_in_what_is_shown(self, data: st.DataObject) -> None:
        self.canvas.qdocument.do(data.draw(any_edit(self.document.project, self.document.report, self.canvas.where)))

    @rule(count=st.integers(1, 3), back=st.booleans())
    def undo_or_redo(self, count: int, back: bool) -> None:
        for _ in range(count):
            self.canvas.qdocument.undo() if back else self.canvas.qdocument.redo()

    # -- selecting -------------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        nodes, frames = list(self.scene.nodes), list(self.scene.frames.by_name)
        some = st.lists(st.sampled_from(nodes), max_size=4, unique=True) if nodes else st.just([])
        framed = st.lists(st.sampled_from(frames), max_size=2, unique=True) if frames else st.just([])
        self.canvas.select(data.draw(some), data.draw(framed))

    @precondition(lambda self: self.scene.wires)
    @rule(data=st.data(), adding=st.booleans())
    def select_a_wire(self, data: st.DataObject, adding: bool) -> None:
        self.canvas.select_wire(self.one_of(data, self.scene.wires), adding)

    @precondition(lambda self: self.scene.opened)
    @rule(data=st.data())
    def select_inside(self, data: st.DataObject) -> None:
        path: tuple[str, ...] = (self.one_of(data, self.scene.opened),)
        while (spot := spot_of(self.scene, path)) is not None and spot.figure.inside is not None:
            names = list(spot.figure.inside.scene.nodes)
            if not names or (len(path) > 1 and data.draw(st.booleans())):
                break
            path = (*path, self.one_of(data, names))
        self.canvas.expanded_blocks.select(path)

    # -- keys ------------------------------------------------------------------------------------------------------

    @rule(key=st.sampled_from(KEYS))
    def press_a_key(self, key: tuple[Qt.Key, Qt.KeyboardModifier]) -> None:
        QTest.keyClick(self.canvas, *key)

    @rule(key=st.sampled_from(KEYS))
    def press_another_key(self, key: tuple[Qt.Key, Qt.KeyboardModifier]) -> None:
        QTest.keyClick(self.canvas, *key)

    @rule(
        text=st.sampled_from(["relu", "conv", "Head", "# x", "zzz"]), end=st.sampled_from([K.Key_Return, K.Key_Escape])
    )
    def write(self, text: str, end: Qt.Key) -> None:
        """Into whatever field is open: a search, a title, a note, the find bar."""
        field = QApplication.focusWidget()
        if field is None or field is self.canvas:
            return
        QTest.keyClicks(field, text)
        QTest.keyClick(field, end, CTRL if self.canvas.framing.writing else NONE)

    # -- mouse -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.scene.nodes)
    @rule(data=st.data(), step=STEPS, held=HELD, ends=st.sampled_from(["release", "release", "escape", "undo", "edit"]))
    def drag_a_node(self, data: st.DataObject, step: QPointF, held: Qt.KeyboardModifier, ends: str) -> None:
        start = self.handle(data)
        if self.seen(start):
            self._drag(data, start, self.inside(start + step), held, ends)

    @precondition(lambda self: self.scene.nodes and self.scene.wires)
    @rule(data=st.data())
    def drop_a_node_on_a_wire(self, data: st.DataObject) -> None:
        start, line = self.handle(data), self.one_of(data, self.scene.wires.values())
        if self.seen(start):
            middle = line.path.pointAtPercent(0.5) + QPointF(0, -20)
            self._drag(data, start, self.inside(middle), NONE, "release")

    @rule(data=st.data(), ends=st.sampled_from(["release", "release", "release", "escape", "edit"]))
    def draw_a_wire(self, data: st.DataObject, ends: str) -> None:
        start, end = self.port(data), self.port(data)
        if start is not None and end is not None and self.seen(self.scene.place_of(start)):
            self._drag(data, self.scene.place_of(start), self.inside(self.scene.place_of(end)), NONE, ends)

    @rule(data=st.data(), step=STEPS)
    def drop_a_wire_in_space(self, data: st.DataObject, step: QPointF) -> None:
        start = self.port(data)
        if start is None or not self.seen(self.scene.place_of(start)):
            return
        place = self.scene.place_of(start)
        self._drag(data, place, self.inside(place + step), NONE, "release")

    @precondition(lambda self: len(self.scene.frames))
    @rule(data=st.data(), step=STEPS, corner=st.booleans(), ends=st.sampled_from(["release", "release", "escape"]))
    def drag_a_frame(self, data: st.DataObject, step: QPointF, corner: bool, ends: str) -> None:
        figure = self.one_of(data, list(self.scene.frames))
        start = figure.rect.bottomRight() if corner else figure.bar(self.canvas.camera.scale).center()
        if self.seen(start):
            self._drag(data, start, self.inside(start + step), NONE, ends)

    @rule(data=st.data(), x=st.integers(20, 1400), y=st.integers(20, 650), step=STEPS, held=HELD)
    def drag_anywhere(self, data: st.DataObject, x: int, y: int, step: QPointF, held: Qt.KeyboardModifier) -> None:
        start = self.inside(self.canvas.camera.to_scene(QPointF(x, y)))
        self._drag(data, start, self.inside(start + step), held, "release")

    def _drag(self, data: st.DataObject, start: QPointF, end: QPointF, held: Qt.KeyboardModifier, ends: str) -> None:
        canvas = self.canvas
        canvas.popups.close()  # it may lie over the place
        # In pixels: the view may move while the button is down.
        begin, last = canvas.camera.to_view(start), canvas.camera.to_view(end)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, held, begin.toPoint())
        for share in (0.2, 0.6, 1.0):
            at = QPointF((begin + (last - begin) * share).toPoint())
            left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
            moved = QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, left, held)
            QApplication.sendEvent(canvas, moved)
        if ends == "escape":
            QTest.keyClick(self.canvas, K.Key_Escape)
        elif ends == "undo":
            self.canvas.qdocument.undo()
        elif ends == "edit":
            self.canvas.qdocument.do(data.draw(any_edit(self.document.project, self.document.report)))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, held, last.toPoint())

    @rule(x=st.integers(20, 1400), y=st.integers(20, 650), held=HELD, twice=st.booleans())
    def click_anywhere(self, x: int, y: int, held: Qt.KeyboardModifier, twice: bool) -> None:
        point = self.inside(self.canvas.camera.to_scene(QPointF(x, y)))
        self._click(point, held, twice)

    @precondition(lambda self: self.scene.nodes)
    @rule(data=st.data(), held=HELD, twice=st.booleans())
    def click_a_node(self, data: st.DataObject, held: Qt.KeyboardModifier, twice: bool) -> None:
        point = self.handle(data)
        if self.seen(point):
            self._click(point, held, twice)

    @precondition(lambda self: any(figure.toggle is not None for figure in self.scene.nodes.values()))
    @rule(data=st.data())
    def click_a_toggle(self, data: st.DataObject) -> None:
        toggles = [figure.toggle for figure in self.scene.nodes.values() if figure.toggle is not None]
        point = self.one_of(data, toggles).center()
        if self.seen(point):
            self._click(point, NONE, False)

    def _click(self, point: QPointF, held: Qt.KeyboardModifier, twice: bool) -> None:
        self.canvas.popups.close()
        self.hand.click(point, keys=held)
        if twice:
            QTest.mouseDClick(self.canvas, Qt.MouseButton.LeftButton, held, self.hand.at(point))

    @rule(x=st.integers(20, 1400), y=st.integers(20, 650))
    def hover(self, x: int, y: int) -> None:
        self.hand.hover(self.inside(self.canvas.camera.to_scene(QPointF(x, y))))

    @rule(data=st.data(), x=st.integers(20, 1400), y=st.integers(20, 650))
    def choose_from_the_menu(self, data: st.DataObject, x: int, y: int) -> None:
        canvas = self.canvas
        canvas.popups.close()
        place = QPointF(x, y)
        if self.scene.nodes and self.one_of(data, [True, False]):
            point = self.handle(data)
            if not self.seen(point):
                return
            place = canvas.camera.to_view(point)
        menu = menu_at(canvas, place)
        entries: list[QAction] = []
        for action in menu.actions():
            sub = action.menu()
            entries += sub.actions() if sub is not None else [action]  # type: ignore[attr-defined]
        entries = [each for each in entries if each.isEnabled() and not each.isSeparator()]
        entries = [each for each in entries if not each.text().startswith("Open http")]
        if entries:
            self.one_of(data, entries).trigger()
        menu.deleteLater()

    @rule(data=st.data(), step=STEPS, drops=st.booleans())
    def drag_from_the_palette(self, data: st.DataObject, step: QPointF, drops: bool) -> None:
        canvas = self.canvas
        kind = self.one_of(data, ["Conv2d", "ReLU", "Linear", "Add", "In", "nobody"])
        if self.scene.wires and self.one_of(data, [True, False]):
            place = self.one_of(data, self.scene.wires.values()).path.pointAtPercent(0.5)
        else:
            place = canvas.middle() + step
        at = canvas.camera.to_view(self.inside(place)).toPoint()
        mime = QMimeData()
        mime.setData(MIME, kind.encode())
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        entering = QDragEnterEvent(at, copy, mime, left, NONE)
        canvas.dragEnterEvent(entering)
        if not entering.isAccepted():
            return
        canvas.dragMoveEvent(QDragMoveEvent(at, copy, mime, left, NONE))
        if drops:
            canvas.dropEvent(QDropEvent(QPointF(at), copy, mime, left, NONE))
        else:
            canvas.dragLeaveEvent(None)  # type: ignore[arg-type]

    # -- other orders ----------------------------------------------------------------------------------------------

    @rule(data=st.data(), placed=st.booleans(), step=STEPS)
    def add_a_layer(self, data: st.DataObject, placed: bool, step: QPointF) -> None:
        kind = self.one_of(data, ["Conv2d", "ReLU", "Flatten", "Linear", "Add", "CrossEntropyLoss", "In", "Out", "x"])
        block = self.one_of(data, [None, None, *self.document.project.blocks])
        self.canvas.add_layer(
            kind if block is None else f"block:{block}", self.canvas.middle() + step if placed else None
        )

    @precondition(lambda self: any(figure.look.problems for figure in self.scene.nodes.values()))
    @rule(data=st.data())
    def press_a_remedy(self, data: st.DataObject) -> None:
        names = [name for name, figure in self.scene.nodes.items() if figure.look.problems]
        self.canvas.open_quick_fixes(self.one_of(data, names))
        buttons = self.canvas.popups.card.buttons
        if buttons and self.one_of(data, [True, True, True, False]):
            QTest.mouseClick(self.one_of(data, buttons), Qt.MouseButton.LeftButton)

    @rule(data=st.data())
    def go_somewhere(self, data: st.DataObject) -> None:
        """Into a block or out of it, or to a problem, as the list of problems does."""
        canvas = self.canvas
        blocks = [b for figure in self.scene.nodes.values() if (b := block_of(figure.node.type)) is not None]
        way = data.draw(st.sampled_from(["in", "in", "out", "where", "reveal", "reveal"]))
        if way == "in" and blocks:
            canvas.enter(self.one_of(data, blocks))
        elif way == "where":
            canvas.where = self.one_of(data, [MAIN, *self.document.project.blocks, "nobody"])
        elif way == "reveal" and self.document.report.problems:
            canvas.where = MAIN
            canvas.reveal(self.one_of(data, self.document.report.problems).node)
        else:
            canvas.leave()

    @rule(data=st.data())
    def other_orders(self, data: st.DataObject) -> None:
        canvas, align = self.canvas, self.canvas.align
        order: Callable[[], object] = self.one_of(
            data,
            [
                align.left,
                align.centre,
                align.down,
                align.across,
                canvas.own_copy,
                canvas.group,
                canvas.unpack,
                canvas.toggle_expanded,
                canvas.framing.add_frame,
                canvas.framing.select_contents,
                lambda: canvas.framing.recolour(data.draw(st.sampled_from(COLORS))),
                canvas.framing.finish,
                canvas.duplicate,
                canvas.cut,
                canvas.paste,
                canvas.tidy,
            ],
        )
        order()

    @rule(dx=st.integers(-300, 300), factor=st.sampled_from([0.25, 0.5, 0.8, 1.25, 2.0]), whole=st.booleans())
    def look_elsewhere(self, dx: int, factor: float, whole: bool) -> None:
        if whole:
            self.canvas.frame_all()
        else:
            self.canvas.pan_by(dx, dx / 3)
            self.canvas.zoom_by(factor)

    @rule(width=st.sampled_from([700, 1100, 1500]))
    def resize(self, width: int) -> None:
        self.canvas.resize(width, 700)

    @precondition(lambda self: self.scene.nodes)
    @rule(data=st.data(), height=st.sampled_from([0, 12, 40]), failed=st.booleans())
    def a_picture_comes(self, data: st.DataObject, height: int, failed: bool) -> None:
        """What a training shows in a node."""
        name = self.one_of(data, self.scene.nodes)
        picture = QImage(60, height, QImage.Format.Format_RGB32) if height else None
        if picture is not None:
            picture.fill(Qt.GlobalColor.darkCyan)
        self.canvas.set_strip(name, picture, "filters")
        said = ProblemEntry("finding" if height else "warning", Problem(name, "It failed.", "failed"))
        self.canvas.show_said({name: (said,)} if failed else {})

    # -- what must hold --------------------------------------------------------------------------------------------

    def check(self) -> None:
        assert self.canvas.tool is None
        check_canvas(self.canvas)
        self.versions.check(self.scene)

    @rule()
    def the_screen_shows_the_canvas(self) -> None:
        self.canvas.popups.close()
        # After a zoom pictures may be stretched for a moment.
        if self.looks and not self.canvas._quick.isActive():
            check_screen(self.canvas)

    def end(self) -> None:
        self.canvas.popups.close()
        document, last = self.document, self.document.project
        while document.redo():
            pass
        newest = document.project
        while document.undo():
            check_canvas(self.canvas)
        assert document.project is self.first
        assert not document.dirty
        while document.redo():
            check_canvas(self.canvas)
        assert document.project is newest
        assert last is newest or document.undo()


def test_hands_on_a_canvas(open_canvas: Open) -> None:
    """Fails if anything that hands, keys or panels do leaves the canvas another than its document, or escapes undo."""

    class Here(Fingers):
        canvas = open_canvas(net())
        looks = QGuiApplication.platformName() == "xcb"

    Here.canvas.minimap.wanted = False  # it follows later, and stands over the canvas
    usual = settings.default
    assert usual is not None
    many = usual.max_examples > 50
    seed = 0 if usual.derandomize else random.randrange(10**9)
    for number in range(usual.max_examples // 8 if many else 8):
        take(Here, seed + number, 60 if many else 30)
