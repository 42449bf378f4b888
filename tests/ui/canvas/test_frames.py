"""Frames and notes under a real mouse and real keys; the document is asked what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.core.document import Change, Document
from app.core.graph.frames import Frame, holds, inside
from app.core.graph.model import Project
from app.ui import theme
from app.ui.canvas.frames.editor import TitleField, WordsField
from app.ui.canvas.frames.figures import HANDLE
from app.ui.canvas.frames.menu import ask_to_open
from app.ui.canvas.frames.words import NoteText
from app.ui.canvas.tools.frame import CURSORS
from app.ui.canvas.view import CanvasView
from app.ui.qdocument import QDocument
from tests.ui.canvas.hand import Hand, net

Open = Callable[[Project], CanvasView]
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
KEY = Qt.Key
TITLE_BAR = QPointF(300, -60)  # of FRAME
# Round conv1 and relu1 of the net, which stand at 240 and 480.
FRAME = Frame("frame1", "Features", False, "blue", (210.0, -80.0), (490.0, 230.0))
NOTE = Frame("note1", "# Hello\n\nSome **words**", True, "yellow", (760.0, 200.0), (260.0, 140.0))


def framed(*frames: Frame) -> Project:
    project = net()
    return replace(project, graph=project.graph.with_frames(*frames))


@pytest.fixture
def canvas(open_canvas: Open) -> CanvasView:
    return open_canvas(framed(FRAME, NOTE))


def frame_of(canvas: CanvasView, name: str = "frame1") -> Frame:
    return canvas.qdocument.document.graph(canvas.where).frames[name]


def at_of(canvas: CanvasView, name: str) -> tuple[float, float]:
    return canvas.qdocument.document.graph().nodes[name].position


def field_of(canvas: CanvasView) -> TitleField | WordsField:
    fields = [child for child in canvas.children() if isinstance(child, (TitleField, WordsField))]
    shown = [field for field in fields if field.isVisible()]
    assert len(shown) == 1
    return shown[0]


def test_frame_round_the_selection(canvas: CanvasView, hand: Hand) -> None:
    """Fails if Ctrl+Shift+F leaves out a selected node, asks for no title, or is not taken back by undo."""
    canvas.select(("flatten1", "fc1"))
    hand.key(KEY.Key_F, CTRL | SHIFT)
    new = frame_of(canvas, "frame2")
    for name in ("flatten1", "fc1"):
        assert inside((*at_of(canvas, name), 184.0, canvas.scene.nodes[name].height), new.rect)
    assert isinstance(field_of(canvas), TitleField)
    hand.type("The end")
    hand.key(KEY.Key_Return)
    assert frame_of(canvas, "frame2").text == "The end"
    assert canvas.selected_frames == ("frame2",)
    canvas.qdocument.undo()
    canvas.qdocument.undo()
    assert "frame2" not in canvas.qdocument.document.graph().frames


def test_frame_round_nothing_says_what_to_do(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    """Fails if the key does nothing and says nothing, or makes an empty frame."""
    with qtbot.waitSignal(canvas.status) as said:
        hand.key(KEY.Key_F, CTRL | SHIFT)
    assert "Select" in said.args[0]
    assert len(canvas.qdocument.document.graph().frames) == 2


def test_dragging_the_title_moves_what_stands_in_it(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a frame leaves its nodes behind, takes others along, or needs two steps of undo."""
    before = {name: at_of(canvas, name) for name in canvas.scene.nodes}
    hand.drag(TITLE_BAR, TITLE_BAR + QPointF(100, 140))
    assert frame_of(canvas).position == (310.0, 60.0)
    for name, (x, y) in before.items():
        moved = name in ("conv1", "relu1")
        assert at_of(canvas, name) == ((x + 100, y + 140) if moved else (x, y)), name
    canvas.qdocument.undo()
    assert frame_of(canvas) == FRAME
    assert {name: at_of(canvas, name) for name in before} == before
    assert canvas.qdocument.document.undo_title is None


def test_dragging_the_border_moves_too_and_the_inside_does_not(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a frame cannot be grasped at its border, or if its empty inside no longer begins a band."""
    border = QPointF(450, 150)
    hand.drag(border, border + QPointF(0, 100))
    assert frame_of(canvas).position == (210.0, 20.0)
    canvas.qdocument.undo()
    hand.drag(QPointF(440, 130), QPointF(450, 140))
    assert frame_of(canvas) == FRAME
    assert canvas.selected_frames == ()


def test_escape_takes_a_drag_back(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a cancelled drag moves the frame or leaves it hanging in the air."""
    hand.hold(TITLE_BAR, TITLE_BAR + QPointF(60, 60))
    assert canvas.scene.frames.lifted
    hand.key(KEY.Key_Escape)
    hand.release(TITLE_BAR + QPointF(60, 60))
    assert not canvas.scene.frames.lifted
    assert frame_of(canvas) == FRAME
    assert not canvas.qdocument.document.dirty


def test_a_node_is_dragged_together_with_a_selected_frame(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a drag at a selected node forgets the frames that are selected with it."""
    canvas.select(("fc1",), ("frame1",))
    start = hand.middle("fc1")
    hand.drag(start, start + QPointF(0, 120), keys=ALT)
    assert frame_of(canvas).position == (210.0, 40.0)
    assert at_of(canvas, "conv1") == (240.0, 120.0)
    assert at_of(canvas, "fc1")[1] == 120.0


@pytest.mark.parametrize(
    ("grip", "rect"),
    [
        (QPointF(700, 150), (210.0, -80.0, 530.0, 290.0)),
        (QPointF(210, 35), (250.0, -80.0, 450.0, 230.0)),
        (QPointF(455, -80), (210.0, -20.0, 490.0, 170.0)),
        (QPointF(210, 150), (250.0, -80.0, 450.0, 290.0)),
    ],
    ids=["se", "w", "n", "sw"],
)
def test_handles_move_their_sides_only(
    canvas: CanvasView, hand: Hand, grip: QPointF, rect: tuple[float, float, float, float]
) -> None:
    """Fails if a handle moves another side than its own, the nodes in the frame, or leaves no single step."""
    canvas.select((), ("frame1",))
    hand.drag(grip, grip + QPointF(40, 60))
    assert frame_of(canvas).rect == rect
    assert at_of(canvas, "conv1") == (240.0, 0.0)
    canvas.qdocument.undo()
    assert frame_of(canvas) == FRAME


def test_a_frame_cannot_be_turned_inside_out(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a corner dragged past the opposite one gives a frame of no or negative size."""
    canvas.select((), ("frame1",))
    hand.drag(QPointF(700, 150), QPointF(100, -200))
    width, height = frame_of(canvas).size
    assert (width, height) == (80.0, 48.0)
    assert frame_of(canvas).position == FRAME.position


def test_cursors_say_what_a_drag_would_do(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    """Fails if the mouse looks the same over title, handles and empty inside."""
    canvas.select((), ("frame1",))
    for place, sides in ((TITLE_BAR, ""), (QPointF(700, 150), "se"), (QPointF(210, 35), "w"), (QPointF(455, -80), "n")):
        hand.move(place)
        wanted = CURSORS[sides]  # type: ignore[index]
        qtbot.waitUntil(lambda wanted=wanted: canvas.cursor().shape() == wanted)  # type: ignore[misc]
    hand.move(QPointF(450, 130))
    qtbot.waitUntil(lambda: canvas.cursor().shape() == Qt.CursorShape.ArrowCursor)


def test_the_band_takes_frames_only_whole(canvas: CanvasView, hand: Hand) -> None:
    """Fails if touching a frame with the band selects it, or enclosing it does not."""
    hand.drag(QPointF(450, 300), QPointF(800, -130))
    assert not canvas.selected_frames
    hand.drag(QPointF(190, 300), QPointF(720, -130))
    assert list(canvas.selected_frames) == ["frame1"]
    assert set(canvas.selected) == {"conv1", "relu1"}


def test_delete_removes_the_frame_alone(canvas: CanvasView, hand: Hand) -> None:
    """Fails if removing a frame removes what stands in it, or undo does not bring it back."""
    hand.click(TITLE_BAR)
    hand.key(KEY.Key_Delete)
    graph = canvas.qdocument.document.graph()
    assert "frame1" not in graph.frames
    assert len(graph.nodes) == 6
    canvas.qdocument.undo()
    assert frame_of(canvas) == FRAME


def test_delete_takes_nodes_frames_and_wires_in_one_step(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a mixed selection needs several steps, or part of it stays."""
    canvas.select(("fc1",), ("frame1", "note1"))
    hand.key(KEY.Key_Delete)
    graph = canvas.qdocument.document.graph()
    assert "fc1" not in graph.nodes
    assert not graph.frames
    canvas.qdocument.undo()
    assert set(canvas.qdocument.document.graph().frames) == {"frame1", "note1"}
    assert canvas.qdocument.document.undo_title is None


def test_double_click_writes_the_title(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    """Fails if a title cannot be changed in its place, or Escape keeps what was written."""
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(TITLE_BAR))
    hand.type("Other")
    hand.key(KEY.Key_Escape)
    assert frame_of(canvas).text == "Features"
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(TITLE_BAR))
    hand.type("Other")
    hand.click(QPointF(900, 400))  # elsewhere
    assert frame_of(canvas).text == "Other"
    canvas.qdocument.undo()
    assert frame_of(canvas).text == "Features"


def test_keys_alone_make_change_move_and_remove_a_frame(canvas: CanvasView, hand: Hand) -> None:
    """Fails if somebody without a mouse cannot work with frames."""
    canvas.select(())
    hand.key(KEY.Key_F, CTRL | ALT)
    assert canvas.selected_frames == ("frame1",)
    hand.key(KEY.Key_Return)
    hand.type("By keys")
    hand.key(KEY.Key_Return)
    assert frame_of(canvas).text == "By keys"
    hand.key(KEY.Key_Down, CTRL)
    hand.key(KEY.Key_Down, CTRL)
    assert frame_of(canvas).position == (210.0, -60.0)
    assert at_of(canvas, "conv1") == (240.0, 20.0)
    hand.key(KEY.Key_Right, ALT | SHIFT)
    assert frame_of(canvas).size == (500.0, 230.0)
    hand.key(KEY.Key_Z, CTRL)
    hand.key(KEY.Key_Z, CTRL)
    assert frame_of(canvas).position == FRAME.position  # nudges in a row are one step
    hand.key(KEY.Key_F, CTRL | ALT)
    assert canvas.selected_frames == ("note1",)
    hand.key(KEY.Key_Delete)
    assert "note1" not in canvas.qdocument.document.graph().frames


def test_a_new_note_is_one_step_and_an_empty_one_is_none(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a note that nobody wrote litters the drawing, or one that was written takes two steps of undo."""
    hand.key(KEY.Key_N, CTRL | ALT)
    hand.key(KEY.Key_Escape)
    hand.key(KEY.Key_N, CTRL | ALT)
    hand.key(KEY.Key_Return, CTRL)
    assert not canvas.qdocument.document.dirty
    hand.key(KEY.Key_N, CTRL | ALT)
    hand.type("one")
    hand.key(KEY.Key_Return)
    hand.type("two")
    hand.key(KEY.Key_Return, CTRL)
    note = frame_of(canvas, "note2")
    assert note.text == "one\ntwo"
    assert note.is_note
    canvas.qdocument.undo()
    assert not canvas.qdocument.document.dirty


def test_a_note_grows_with_its_words(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    """Fails if words that were just written cannot be read."""
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(QPointF(900, 300)))
    field = field_of(canvas)
    assert isinstance(field, WordsField)
    field.setPlainText("word " * 120)
    hand.key(KEY.Key_Return, CTRL)
    note = frame_of(canvas, "note1")
    assert note.size[0] == 260.0
    words = NoteText(note.text, 260.0 - 24)
    assert words.size().height() < note.size[1]


def test_what_is_written_survives_a_click_elsewhere_but_not_another_drawing(
    canvas: CanvasView, hand: Hand, qtbot: QtBot
) -> None:
    """Fails if an open field writes its words into the next drawing, which may have a note of that name too."""
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(QPointF(900, 300)))
    hand.type("lost")
    canvas.qdocument.new(framed(NOTE))
    assert frame_of(canvas, "note1") == NOTE
    assert not canvas.framing.writing
    assert not canvas.qdocument.document.dirty


def test_saving_takes_what_is_being_written(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    """Fails if Ctrl+S in the middle of a note saves the note without its last words."""
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.at(QPointF(900, 300)))
    hand.type("!")
    hand.key(KEY.Key_S, CTRL)
    assert frame_of(canvas, "note1").text == NOTE.text + "!"


def _menu(canvas: CanvasView, place: QPointF) -> QMenu:
    spot: QPoint = canvas.camera.to_view(place).toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, canvas.mapToGlobal(spot))
    QApplication.sendEvent(canvas, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_the_menu_colours_a_frame(canvas: CanvasView) -> None:
    """Fails if the menu of a frame has no colours, or choosing one changes nothing."""
    menu = _menu(canvas, TITLE_BAR)
    colours = next(action.menu() for action in menu.actions() if action.text() == "Colour")
    assert isinstance(colours, QMenu)
    next(action for action in colours.actions() if action.text() == "Red").trigger()
    menu.close()
    assert frame_of(canvas).color == "red"


def test_a_link_is_opened_only_after_its_address_was_seen(
    open_canvas: Open, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """Fails if the menu leads to a file or program, or a click opens an address that was not shown whole."""
    opened: list[str] = []
    monkeypatch.setattr("app.ui.canvas.frames.menu.QDesktopServices.openUrl", lambda url: opened.append(url.toString()))
    text = "[a](https://example.org/x?y=1) [b](file:///etc/passwd) [c](javascript:alert(1))"
    canvas = open_canvas(framed(replace(NOTE, text=text)))
    menu = _menu(canvas, QPointF(1000, 330))
    leads = [action for action in menu.actions() if action.text().startswith("Open")]
    menu.close()
    assert len(leads) == 1
    assert not opened
    box = ask_to_open(canvas, "https://example.org/x?y=1")
    assert "https://example.org/x?y=1" in box.informativeText()
    assert not opened
    box.buttons()[0].click()
    assert opened == ["https://example.org/x?y=1"]


def test_markdown_is_words_and_nothing_else(qapp: QApplication) -> None:
    """Fails if a note from a stranger loads a picture or runs HTML."""
    asked: list[str] = []

    class Watched(NoteText):
        def loadResource(self, kind: int, name: object) -> object:
            asked.append(str(name))
            return super().loadResource(kind, name)  # type: ignore[arg-type]

    words = Watched("![x](file:///etc/passwd) <img src='http://a.b/c.png'> <script>alert(1)</script> **b**", 300)
    words.size()
    assert not asked
    assert "<script>" in words.toPlainText()
    assert "[picture: x]" in words.toPlainText()
    assert words.loadResource(2, "file:///etc/passwd") is None


def test_tidy_is_one_step_and_keeps_frames_together(canvas: CanvasView, hand: Hand) -> None:
    """Fails if Ctrl+L pulls a frame apart, or undo does not bring all of it back at once."""
    before = canvas.qdocument.project
    hand.key(KEY.Key_L, CTRL)
    frame = frame_of(canvas)
    for name, figure in canvas.scene.nodes.items():
        rect = (*at_of(canvas, name), figure.width, figure.height)
        assert inside(rect, frame.rect) == (name in ("conv1", "relu1")), name
    assert canvas.qdocument.document.undo_title.startswith("Tidy")  # type: ignore[union-attr]
    canvas.qdocument.undo()
    assert canvas.qdocument.project == before


def test_group_enter_unpack(canvas: CanvasView, hand: Hand) -> None:
    """Fails if grouping leaves the frame of the grouped layers outside, or unpacking loses it."""
    canvas.select(("conv1", "relu1"))
    hand.key(KEY.Key_G, CTRL)
    assert "frame1" not in canvas.qdocument.document.graph().frames
    block = next(iter(canvas.qdocument.project.blocks))
    canvas.enter(block)
    assert canvas.scene.frames["frame1"].frame.text == "Features"
    canvas.leave()
    canvas.select((next(n for n in canvas.scene.nodes if n.startswith("block")),))
    hand.key(KEY.Key_G, CTRL | SHIFT)
    frame = frame_of(canvas)
    assert frame.text == "Features"
    for name in ("conv1", "relu1"):
        assert holds(frame, (*at_of(canvas, name), 184.0, 90.0))


def test_the_scene_follows_undo_and_redo(canvas: CanvasView, hand: Hand) -> None:
    """Fails if the canvas goes on showing frames that the document no longer has."""
    hand.drag(TITLE_BAR, TITLE_BAR + QPointF(50, 50))
    hand.click(QPointF(900, 300))
    hand.key(KEY.Key_Delete)
    for _ in range(2):
        canvas.qdocument.undo()
        assert canvas.scene.frames.frames == dict(canvas.qdocument.document.graph().frames)
    for _ in range(2):
        canvas.qdocument.redo()
        assert canvas.scene.frames.frames == dict(canvas.qdocument.document.graph().frames)
    assert canvas.selected_frames == ()


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.15, 0.05])
@pytest.mark.parametrize("name", theme.NAMES)
def test_titles_are_seen_at_every_zoom(open_canvas: Open, qapp: QApplication, scale: float, name: str) -> None:
    """Fails if a frame loses its title while one zooms out, or in one of the themes."""
    canvas = open_canvas(framed(FRAME, NOTE))
    theme.apply(qapp, name)
    try:
        canvas.camera.scale = scale
        canvas.camera.look_at(QPointF(455, 0), canvas.width(), canvas.height())
        picture = canvas.grab().toImage()
        bar = canvas.camera.rect_to_view(canvas.scene.frames["frame1"].bar(scale))
        ground, letters = theme.color("frame.blue"), theme.text_on(theme.color("frame.blue"))
        colors = [
            picture.pixelColor(x, y)
            for x in range(int(bar.left()) + 4, int(bar.left()) + 60)
            for y in range(int(bar.top()) + 2, int(bar.bottom()) - 2)
            if picture.rect().contains(x, y)
        ]
        assert sum(color == ground for color in colors) > 20
        assert any(theme.contrast(color, letters) < 1.6 for color in colors)
    finally:
        theme.apply(qapp, "dark")


def test_a_screen_reader_hears_of_frames(canvas: CanvasView, hand: Hand) -> None:
    """Fails if a selected frame is not described."""
    hand.click(TITLE_BAR)
    assert "Frame Features, 2 layers in it." in canvas.accessibleDescription()


def test_frames_change_nothing_of_the_network(canvas: CanvasView, hand: Hand) -> None:
    """Fails if moving a frame alone, colouring or writing makes the network be worked out anew."""
    document: Document = canvas.qdocument.document
    changes: list[Change] = []
    stop = document.subscribe(changes.append)
    report = dict(document.report.main.nodes)
    canvas.select((), ("note1",))
    canvas.framing.recolour("green")
    hand.key(KEY.Key_Down, CTRL)
    stop()
    assert len(changes) == 2
    assert all(change.reported == frozenset() for change in changes)
    assert all(document.report.main.nodes[name] is each for name, each in report.items())


def test_a_canvas_with_only_a_note_shows_no_hint(open_canvas: Open) -> None:
    """Fails if the hint of an empty drawing is written across a note."""
    canvas = open_canvas(Project(graph=replace(Project().graph, frames={"note1": NOTE})))
    canvas.frame_all()
    assert canvas.camera.rect_to_view(canvas.scene.frames["note1"].rect).width() > 100
    assert isinstance(canvas.qdocument, QDocument)


@pytest.mark.parametrize("zoom", [0.4, 0.6, 1.0], ids=["afar", "smaller", "actual"])
def test_handles_cover_no_letter_of_the_title(canvas: CanvasView, hand: Hand, zoom: float) -> None:
    """Fails if a handle stands on the title of a selected frame, or does not move the upper side from its new place."""
    canvas.camera.scale = zoom
    canvas.select((), ("frame1",))
    figure, scale = canvas.scene.frames["frame1"], canvas.camera.scale
    above = {sides: place for sides, place in figure.handles(scale) if "n" in sides}
    assert above
    for place in above.values():
        assert place.y() + HANDLE / 2 / scale <= figure.bar(scale).top() + 1e-6
    hand.drag(above["n"], above["n"] + QPointF(0, -50))
    (_, top), (_, high) = frame_of(canvas).position, frame_of(canvas).size
    assert top < FRAME.position[1] - 20
    assert top + high == FRAME.position[1] + FRAME.size[1]
