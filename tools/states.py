"""The main states of the program, one after the other in one window: for pictures to look at, and approved ones.

Each state is a function that brings the window from the one before to where its picture is taken. ``QUICK`` states
need no torch; a test takes them again and compares them with the approved pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.ui.window import MainWindow

THEMES = ("dark", "light", "high_contrast")
WIDTH, HEIGHT = 1366, 768  # the smallest laptop the window is made for
APPROVED = Path(__file__).parents[1] / "tests" / "approved"
REDUCED = 2  # approved pictures are smaller by so much
_EPOCHS = 5
_REST = 0.16  # seconds in which nothing has changed; the minimap waits 0.12


@dataclass(frozen=True)
class State:
    """One state: how to get there, and how to clear away afterwards what would be in the next one's way."""

    name: str
    show: Callable[[Stage], None]
    leave: Callable[[Stage], None] = lambda stage: None
    again: bool = False  # for each theme: what lies over the window for a moment does not change its colours


class Stage:
    """A window, and time for it to work."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def wait(self, seconds: float = 0.3) -> None:
        """Let the window work for a while, and then until nothing waits: a busy machine may use up the time alone."""
        from PySide6.QtCore import QAbstractEventDispatcher, QEventLoop

        self.until(lambda: False, seconds)
        dispatcher = QAbstractEventDispatcher.instance()
        for _ in range(1000):  # a timer that is always due must not hold this up for ever
            if not dispatcher.processEvents(QEventLoop.ProcessEventsFlag.AllEvents):
                break

    def until(self, done: Callable[[], object], seconds: float = 180.0) -> bool:
        """Let the window work until something is so; False if it takes too long."""
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            QApplication.processEvents()
            time.sleep(0.005)
        return True

    def open(self, template: str) -> None:
        """Open a template, whatever has become of the drawing before."""
        from app.core.storage.templates import load
        from app.ui.canvas.arranging import with_places

        self.window.start.leave()
        self.window.qdocument.new(with_places(load(template)))
        self.wait(0.1)

    def picture(self) -> QImage:
        """What is on the screen in the place of the window, its dialogs and menus with it."""
        from PySide6.QtGui import QImage

        window = self.window
        place = window.mapToGlobal(window.rect().topLeft())
        seen = window.screen().grabWindow(0, place.x(), place.y(), window.width(), window.height())
        return seen.toImage().convertToFormat(QImage.Format.Format_RGB32)

    def rested(self) -> QImage:
        """What is on the screen once it no longer changes."""
        self.wait(_REST)
        seen = self.picture()
        for _ in range(20):
            self.wait(_REST)
            before, seen = seen, self.picture()
            if seen == before:
                break
        return seen


# -- states that need no torch -----------------------------------------------------------------------------------------


def _start(stage: Stage) -> None:
    stage.window.start.show()
    page = stage.window.start.page
    stage.until(lambda: page is not None and page._next() is None)


def _selected(stage: Stage) -> None:
    stage.open("lenet_digits")
    stage.window.canvas.select(("conv1",))
    stage.window.show_panel("training")


def _problems(stage: Stage) -> None:
    from app.core.commands import Connect, SetSetting
    from app.core.graph.model import Wire

    window = stage.window
    stage.open("lenet_digits")
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (30, 30)))
    window.qdocument.do(Connect("", (Wire("digits", "label", "fc1", "x"),)))
    window.show_panel("problems")
    window.canvas.select(("conv2",))


def _code(stage: Stage) -> None:
    stage.open("lenet_digits")
    stage.window.canvas.select(("conv1",))
    stage.window.show_panel("code")


def _block(stage: Stage) -> None:
    stage.open("googlenet")
    stage.window.show_panel("training")
    blocks = list(stage.window.qdocument.project.blocks)
    stage.window.canvas.enter(blocks[0])
    stage.window.canvas.select(list(stage.window.canvas.scene.nodes)[1:2])


def _expanded(stage: Stage) -> None:
    stage.open("googlenet")
    canvas = stage.window.canvas
    name = next(name for name, figure in canvas.scene.nodes.items() if figure.look.expandable)
    canvas.select((name,))
    canvas.toggle_expanded()
    canvas.frame_selection()


def _large(stage: Stage) -> None:
    stage.open("resnet152")
    canvas = stage.window.canvas
    canvas.zoom_reset()
    first = next(name for name, figure in canvas.scene.nodes.items() if figure.look.expandable)
    canvas.reveal(first)
    stage.wait(0.4)


def _frames(stage: Stage) -> None:
    from app.core.commands import AddFrames
    from app.core.graph.frames import Frame, framing

    stage.open("lenet_digits")
    canvas = stage.window.canvas
    nodes = canvas.scene.nodes

    def around(*names: str) -> tuple[float, float, float, float]:
        rect = canvas.scene.bounds(names)
        return framing((rect.left(), rect.top(), rect.width(), rect.height()))

    names = list(nodes)
    first = Frame("frame1", "Looks for edges", False, "green").at(around(*names[1:4]))
    other = Frame("frame2", "Decides", False, "purple").at(around(*names[-4:-1]))
    words = "# LeNet-5\n\nReads **8×8** digits.\n\n- two convolutions\n- three dense layers\n\n`x = relu(conv(x))`"
    below = canvas.scene.bounds().bottom() + 60
    note = Frame("note1", words, True, "yellow", (nodes[names[0]].x, below), (300.0, 200.0))
    stage.window.qdocument.do(AddFrames("", (first, other, note)))
    stage.wait(1.0 if stage.window.session.torch_loaded else 0.0)  # pictures make nodes higher
    canvas.tidy()
    canvas.select((), ("frame1",))


def _search(stage: Stage) -> None:
    from PySide6.QtCore import QPointF

    stage.open("lenet_digits")
    canvas = stage.window.canvas
    canvas.open_search(QPointF(canvas.width() * 0.45, canvas.height() * 0.25))
    canvas.popups.box.edit.setText("norm")


def _close_search(stage: Stage) -> None:
    stage.window.canvas.popups.close()


def _commands(stage: Stage) -> None:
    stage.window.command_box.ask()


def _close_commands(stage: Stage) -> None:
    stage.window.command_box.close_box()


def _question(stage: Stage) -> None:
    from app.core.commands import SetTitle

    stage.open("lenet_digits")
    stage.window.qdocument.do(SetTitle(text="LeNet-5 of mine"))
    stage.window.files.new()


def _close_dialogs(stage: Stage) -> None:
    from PySide6.QtWidgets import QApplication, QDialog

    for dialog in QApplication.topLevelWidgets():
        if isinstance(dialog, QDialog) and dialog.isVisible():
            dialog.reject()


QUICK = (
    State("start", _start, lambda stage: stage.window.start.leave()),
    State("selected", _selected),
    State("problems", _problems),
    State("code", _code),
    State("block", _block),
    State("expanded", _expanded),
    State("large", _large),
    State("frames", _frames),
    State("search", _search, _close_search, again=True),
    State("commands", _commands, _close_commands, again=True),
    State("question", _question, _close_dialogs, again=True),
)
# What a test compares, at each interface scale: between them they show every panel that does without torch.
COMPARED: dict[int, dict[str, tuple[str, ...]]] = {
    100: {
        "start": ("dark",),
        "selected": THEMES,
        "problems": THEMES,
        "code": ("light",),
        "expanded": ("dark",),
        "frames": ("light",),
        "question": ("high_contrast",),
    },
    200: {"start": ("light",), "selected": ("dark",), "problems": ("high_contrast",)},
}


# -- states with torch -------------------------------------------------------------------------------------------------


def _trained(stage: Stage) -> None:
    window = stage.window
    stage.open("lenet_digits")
    stage.until(lambda: window.session.torch_loaded)
    project = window.qdocument.project
    window.qdocument.new(replace(project, recipe=project.recipe.with_setting("epochs", _EPOCHS)))
    window.canvas.select(())
    window.train()
    stage.until(lambda: window.session.busy, 20.0)
    stage.until(lambda: not window.session.busy)
    window.show_panel("training")
    stage.wait(1.5)


def _panel(name: str, selected: str = "conv1") -> Callable[[Stage], None]:
    def show(stage: Stage) -> None:
        stage.window.canvas.select((selected,))
        stage.window.show_panel(name)
        stage.wait(2.0)

    return show


def _dream(stage: Stage) -> None:
    _panel("dream", "conv2")(stage)
    stage.window.dream.toggle()
    stage.wait(6.0)


def _drawing(stage: Stage) -> None:
    stage.open("lenet_digits")
    stage.window.canvas.select(())
    stage.window.show_panel("training")
    stage.until(lambda: stage.window.session.torch_loaded)
    stage.wait(2.0)


def _help(stage: Stage) -> None:
    stage.open("lenet_digits")
    stage.window.canvas.select(("conv1",))
    stage.window.explain()
    stage.wait(0.5)


def _keys(stage: Stage) -> None:
    stage.window.show_keys()


def _doctor(stage: Stage) -> None:
    stage.window.show_doctor()
    stage.wait(1.5)


SLOW = (
    State("drawing", _drawing),
    State("trained", _trained),
    State("filters", _panel("filters")),
    State("activations", _panel("activations")),
    State("dream", _dream),
    State("help", _help, _close_dialogs),
    State("keys", _keys, _close_dialogs),
    State("doctor", _doctor, _close_dialogs),
)


def reduced(picture: QImage, pixels: int = 1) -> QImage:
    """A picture as small as approved ones are; ``pixels`` of the screen stand for one of the window."""
    from PySide6.QtCore import Qt

    way = Qt.TransformationMode.SmoothTransformation
    size = picture.size() / (REDUCED * pixels)
    return picture.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, way)


def prepare(percent: int = 100) -> None:
    """Let windows that open from now on look the same each time, at an interface scale in percent. Qt runs already."""
    from PySide6.QtGui import QCursor
    from PySide6.QtWidgets import QApplication

    from app.ui import scale, theme

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setCursorFlashTime(0)  # a picture must not depend on when it was taken
    QCursor.setPos(WIDTH - 2, HEIGHT - 2)  # nothing lies under the mouse
    theme.apply(app, THEMES[0])
    scale.apply(percent)


def open_window() -> Stage:
    """A window with LeNet-5 in the corner of the screen."""
    from app.ui.window import MainWindow

    window = MainWindow("lenet_digits")
    window.move(0, 0)
    window.show()
    return on_stage(window)


def on_stage(window: MainWindow) -> Stage:
    """A window in the size of the pictures."""
    window.resize(WIDTH, HEIGHT)
    stage = Stage(window)
    stage.until(window.isActiveWindow, 20.0)
    stage.wait(0.1)
    window.docks.arrange()  # it depends on the size that the window had before
    stage.wait(0.2)
    return stage


def close_window(stage: Stage) -> None:
    """End the window without a question."""
    _close_dialogs(stage)
    stage.window.session.close()
    stage.window._close_now()
    stage.wait(0.1)


def take(stage: Stage, states: Mapping[str, tuple[str, ...]], keep: Callable[[str, str, QImage], None]) -> None:
    """Go through states, each in some themes, and hand each picture on with the name of the state and of the theme."""
    for state in (*QUICK, *SLOW):
        for index, name in enumerate(states.get(state.name, ())):
            stage.window.choose_theme(name)
            if not index or state.again:
                state.show(stage)
            keep(state.name, name, stage.rested())
            if state.again:
                state.leave(stage)
        if state.name in states:
            state.leave(stage)
