"""Nothing runs off the window, is cut, or lies on something else: every panel at every size, scale and state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QTransform
from PySide6.QtWidgets import QApplication, QTabBar, QToolButton

from app.core.commands import AddFrames, Disconnect, SetRecipe
from app.core.graph.frames import Frame
from app.core.graph.model import MAIN
from app.ui import scale, theme
from app.ui.docks import PANELS
from app.ui.labels import TintedLabel
from app.ui.presentation import HALVES
from app.ui.training.curves import Curves
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press
from tests.ui.shell.walk import faults

# A small laptop with the title bar of its desktop, half of it, a large screen and half of that. Those of one scale
# follow each other, because a change of the scale dresses every widget anew.
SIZES = sorted(
    (
        *((1366, 736, percent) for percent in (75, 100, 150, 200)),
        *((683, 736, percent) for percent in (75, 100, 125, 200)),
        *((1920, 1048, percent) for percent in (75, 200)),
        *((960, 1048, percent) for percent in (150, 200)),
    ),
    key=lambda size: size[2],
)


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    yield
    scale.apply(100)
    theme.apply(qapp, "dark")


def walked(window: MainWindow, panels: tuple[str, ...] = ()) -> str:
    """The faults at all sizes and scales, with these panels in front one after the other; each is named once."""
    found: dict[str, str] = {}
    for width, height, percent in SIZES:
        window.scaling.choose(percent)
        window.resize(width, height)
        settle()
        for panel in panels or ("",):
            if panel:
                window.show_panel(panel)
                window.canvas.select(("conv1",) if panel == "inspector" else ())
                settle()
            for fault in faults(window):
                found.setdefault(fault, f"{width}×{height} at {percent} %, {panel}: {fault}")
        assert window.size() == QSize(width, height), f"{width}×{height} at {percent} % becomes {window.size()}"
    return "\n".join(found.values())


def trained(window: MainWindow, qtbot: Any, epochs: int = 2) -> MainWindow:
    """The window after a training."""
    window.qdocument.do(SetRecipe(setting="epochs", value=epochs))
    window.train()
    qtbot.waitUntil(lambda: window.training.story.ending is not None and window.session.state == "idle")
    return window


@pytest.mark.slow
def test_every_panel_after_a_training(window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel needs more width than it has, a number, word or tab is cut, or Train falls off the toolbar."""
    trained(window, qtbot)
    assert walked(window, tuple(window.docks.docks)) == ""


@pytest.mark.slow
def test_every_panel_of_a_drawing_that_cannot_run(window: MainWindow, qtbot: Any) -> None:
    """Fails if sentences of problems, or the buttons that mend them, run off."""
    for wire in [wire for wire in window.qdocument.project.graph.wires if wire.target in ("conv2", "loss")]:
        window.qdocument.do(Disconnect("", (wire,)))
    window.train()
    qtbot.waitUntil(lambda: window.training.note.isVisible() or window.banner.isVisible())
    assert walked(window, ("problems", "training", "inspector", "code")) == ""


@pytest.mark.slow
def test_the_start_page(window: MainWindow) -> None:
    """Fails if cards, recent files or buttons of the start page run off."""
    window.start.show()
    settle()
    assert window.start.shown
    assert walked(window) == ""


def test_panels_stand_below_the_canvas_only_while_it_is_narrow(window: MainWindow, qtbot: Any) -> None:
    """Fails if the canvas is squeezed between panels, an arrangement is lost, or half a small screen is too narrow."""
    docks = window.docks
    window.resize(1366, 736)
    settle()
    before, sides = docks.saved(), {name: docks.docks[name].geometry() for name in ("layers", "inspector")}
    window.scaling.choose(200)
    window.resize(683, 736)
    settle()
    assert window.width() == 683
    assert docks.compact
    assert window.canvas.width() >= 683 - 4
    window.show_panel("inspector")
    settle()
    assert docks.docks["inspector"].geometry().top() > window.canvas.mapTo(window, window.canvas.rect().center()).y()
    assert docks.saved() != b""
    docks.docks["dream"].close()
    window.scaling.choose(100)
    window.resize(1366, 736)
    qtbot.waitUntil(lambda: {name: docks.docks[name].geometry() for name in sides} == sides)
    assert not docks.compact
    assert docks.docks["dream"].isHidden(), "what was closed meanwhile stays closed"
    docks.docks["dream"].show()
    settle()
    assert len(docks.saved()) == len(before)


@pytest.mark.parametrize("width", [683, 720, 768])
def test_half_a_small_screen_shows_layers_by_name(
    open_window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Fails if the canvas between two panels has room for plain boxes only, a tab of the row below it is out of sight,
    or a name in the list of layers is cut or takes a second line."""
    window = open_window("lenet_digits")
    window.resize(width, 736)
    settle()
    window.canvas.frame_all()
    written = Written(monkeypatch)
    window.canvas.painter.renew()
    window.canvas.grab()
    assert {text for text, _ in written.texts} >= set(window.canvas.scene.nodes)
    monkeypatch.undo()
    there = [dock for dock in window.docks.docks.values() if not dock.isHidden()]
    assert len(there) == len(window.docks.docks) - sum(panel.roomy for panel in PANELS)
    (row,) = [bar for bar in window.findChildren(QTabBar) if bar.count() == len(there)]
    for place in range(row.count()):
        assert row.rect().contains(row.tabRect(place)), row.tabText(place)
        # Qt keeps the places of tabs: a click would find another one than is seen there.
        assert row.tabRect(place).size() == row.tabSizeHint(place)
    window.show_panel("layers")
    settle()
    tree = window.layers.tree
    for group in (tree.topLevelItem(place) for place in range(tree.topLevelItemCount())):
        assert group is not None
        metrics = QFontMetrics(group.font(0))
        for item in (group, *(group.child(place) for place in range(group.childCount()))):
            assert tree.visualItemRect(item).width() > metrics.horizontalAdvance(item.text(0)) + 40


def test_one_plot_at_a_time_where_there_is_no_room_for_two(window: MainWindow, qtbot: Any) -> None:
    """Fails if the accuracy cannot be seen in a small window without scrolling, or nothing says which plot is shown."""
    trained(window, qtbot)
    window.show_panel("training")
    window.scaling.choose(200)
    window.resize(683, 736)
    settle()
    curves = window.training.curves
    assert curves is not None
    buttons = {made.text(): made for made in curves.switch.findChildren(QToolButton)}  # type: ignore[attr-defined]
    assert buttons["Loss"].isChecked()
    qtbot.mouseClick(buttons["Accuracy"], Qt.MouseButton.LeftButton)
    settle()
    assert buttons["Accuracy"].isChecked()
    assert not buttons["Loss"].isChecked()
    view = curves.accuracy.view.viewport()  # type: ignore[attr-defined]
    assert view.visibleRegion().boundingRect().size() == view.size()
    qtbot.mouseClick(window.training.switch, Qt.MouseButton.LeftButton)
    settle()
    assert window.training.recipe.isVisible()
    assert not curves.isVisible()
    window.scaling.choose(100)
    window.resize(1366, 736)
    settle()
    assert curves.isVisible()
    assert window.training.recipe.isVisible()
    assert not curves.switch.isVisible()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("size", "percent"), [((1366, 768), 200), ((683, 768), 200), ((683, 768), 100)])
def test_a_whole_curve_is_seen_without_scrolling(
    window: MainWindow, qtbot: Any, size: tuple[int, int], percent: int
) -> None:
    """Fails if the curves must be scrolled to on a small screen, while a training rests or after it, or the numbers
    below them are cut at their foot: pyqtgraph leaves four fifths of the height of letters."""
    window.scaling.choose(percent)
    window.resize(*size)
    window.qdocument.do(SetRecipe(setting="epochs", value=20))
    window.train()
    qtbot.waitUntil(lambda: bool(window.training.story.done))
    window.session.pause()
    qtbot.waitUntil(lambda: window.session.state == "paused")
    window.show_panel("training")
    for _ in ("paused", "stopped"):
        settle()
        curves = window.training.curves
        assert isinstance(curves, Curves)
        plot = curves.loss
        seen = plot.view.viewport()
        assert seen.visibleRegion().boundingRect() == seen.rect()
        axis = plot.view.getPlotItem().getAxis("bottom")
        letters = QFontMetrics(axis.style["tickFont"]).height()
        assert axis.height() >= letters
        ends = axis.mapRectToScene(axis.boundingRect()).bottom()
        assert ends <= plot.view.sceneRect().bottom() + 1
        left = plot.view.getPlotItem().getAxis("left")
        assert left.height() >= 2 * letters, "no two numbers stand one above the other"
        assert faults(window) == []
        window.session.stop()
        qtbot.waitUntil(lambda: window.session.state == "idle")


@pytest.mark.parametrize(
    ("size", "percent"), [((1366, 768), 75), ((1366, 768), 200), ((1920, 1080), 100), ((683, 768), 200)]
)
def test_a_presentation(window: MainWindow, qtbot: Any, size: tuple[int, int], percent: int) -> None:
    """Fails if Train or the way out falls off its bar, or a panel that stands below the canvas is cut."""
    trained(window, qtbot, epochs=1)
    window.scaling.choose(percent)
    press(qtbot, window, "F11")
    settle()
    window.resize(*size)
    found = []
    for half in HALVES:
        window.presentation.show_half(half)
        settle()
        found += [f"{half}: {fault}" for fault in faults(window)]
    press(qtbot, window, "F11")
    assert "\n".join(found) == ""


class Written:
    """Keeps the letters that are painted: the text, and how many pixels of the screen they are high."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[tuple[str, float]] = []
        draw = QPainter.drawText

        def spy(painter: QPainter, *parts: Any) -> Any:
            text = next(part for part in reversed(parts) if isinstance(part, str))
            lines: QTransform = painter.transform()
            self.texts.append((text, painter.font().pixelSize() * lines.m22()))
            return draw(painter, *parts)

        monkeypatch.setattr(QPainter, "drawText", spy)


def test_what_can_be_done_on_the_start_page_is_read_whole(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if words beside the small pictures of the start page are cut at 200 %, instead of taking another line, or
    are written below the end of their button."""
    window.scaling.choose(200)
    window.resize(1366, 736)
    window.start.show()
    settle()
    page = window.start.page
    assert page is not None
    written = Written(monkeypatch)
    for tile in (page.go_on, page.new, page.open, page.own):
        written.texts.clear()
        tile.grab()
        assert [text for text, _ in written.texts] == [part for part in (tile.title, tile.words, tile.second) if part]
        assert tile.height() >= tile.heightForWidth(tile.width())
        assert tile.width() >= tile.minimumSizeHint().width()


@pytest.mark.parametrize(("width", "percent", "columns"), [(1366, 200, 4), (683, 200, 2), (1366, 100, 4)])
def test_samples_to_choose_from_follow_the_scale(
    window: MainWindow, qtbot: Any, width: int, percent: int, columns: int
) -> None:
    """Fails if the small pictures stay as small as at 100 % in a column twice as wide, a click finds another one than
    is seen there, or they take the room of what the layer answers in half a screen."""
    trained(window, qtbot, epochs=1)
    window.show_panel("activations")
    panel = window.activations
    qtbot.waitUntil(lambda: panel.side.isVisible() and len(panel.samples.names) > columns)
    window.scaling.choose(percent)
    window.resize(width, 736)
    settle()
    samples = panel.samples
    assert samples.place(0).width() == 34 * percent // 100
    assert samples.place(columns).top() > samples.place(columns - 1).bottom(), "so many stand side by side"
    place = samples.place(columns - 1)
    assert samples.visibleRegion().contains(place)
    assert panel.side.width() - place.right() < 30 * percent // 100, "room is left empty beside them"
    assert panel.side.width() < 0.4 * panel.width()
    qtbot.mouseClick(samples, Qt.MouseButton.LeftButton, pos=place.center())
    assert window.session.sample == columns - 1
    assert faults(window) == []


@pytest.mark.parametrize("name", ["lenet_digits", "resnet18", "googlenet"])
def test_letters_on_layers_are_a_fiftieth_of_the_screen(
    open_window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Fails if a name, a shape or a setting on a layer is smaller than what the last row of a hall can read."""
    window = open_window(name)
    press(qtbot, window, "F11")
    settle()
    least = 0.02 * window.screen().size().height()
    canvas = window.canvas
    written = Written(monkeypatch)
    for factor in (1.0, 0.8, 0.8, 0.6):
        canvas.zoom_by(factor)
        canvas.painter.renew()  # so that nothing is a picture from before
        written.texts.clear()
        canvas.grab()
        small = [text for text in written.texts if text[1] < least - 0.5]
        assert small == []
        assert written.texts or factor < 1, "nothing is written at all"
    monkeypatch.undo()
    seen = canvas.camera.rect_to_view(canvas.scene.bounds())
    assert not seen.intersected(QRectF(canvas.rect())).isEmpty()
    press(qtbot, window, "F11")
    settle()
    written = Written(monkeypatch)
    canvas.zoom_reset()
    canvas.painter.renew()
    canvas.grab()
    assert min(size for _, size in written.texts) < least, "letters stay large after the presentation"


def test_titles_of_frames_are_a_fiftieth_of_the_screen(
    open_window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the title of a frame is smaller than the letters on layers in it, at any zoom, is cut by its own bar, or
    stays large after the presentation."""
    window = open_window("lenet_digits")
    frames = [
        Frame("features", "Features", position=(-30.0, -60.0), size=(1250.0, 380.0)),
        Frame("scores", "From features to scores", position=(-30.0, 340.0), size=(980.0, 240.0)),
    ]
    window.qdocument.do(AddFrames(MAIN, tuple(frames)))
    press(qtbot, window, "F11")
    settle()
    least = 0.02 * window.screen().size().height()
    canvas = window.canvas
    written = Written(monkeypatch)
    titles = {frame.text for frame in frames}
    for factor in (1.0, 2.0, 0.5, 0.6, 0.6, 0.6):
        canvas.zoom_by(factor)
        canvas.painter.renew()
        written.texts.clear()
        canvas.grab()
        sizes = {text: size for text, size in written.texts if text in titles}
        assert sizes, "no title is written in full"
        assert min(sizes.values()) >= least - 0.5
        for name in canvas.scene.frames.by_name:
            bar = canvas.scene.frames[name].bar(canvas.camera.scale)
            assert bar.height() * canvas.camera.scale > max(sizes.values())
        canvas.frame_all() if factor == 2.0 else None
    press(qtbot, window, "F11")
    settle()
    canvas.zoom_by(0.3)
    canvas.painter.renew()
    written.texts.clear()
    canvas.grab()
    assert min(size for text, size in written.texts if text in titles) < least


def test_a_panel_that_has_nothing_to_show_says_why_where_it_is_seen(window: MainWindow) -> None:
    """Fails if the sentence stands in the middle of the room that pictures will need, below what is seen of a panel in
    half a screen."""
    window.resize(683, 700)
    settle()
    for name in ("predict", "results", "poke"):
        window.show_panel(name)
        settle()
        seen = [
            label for label in getattr(window, name).findChildren(TintedLabel) if label.isVisible() and label.text()
        ]
        assert len(seen) == 1, name
        (message,) = seen
        assert message.visibleRegion().boundingRect() == message.rect(), name


@pytest.mark.parametrize(("width", "words"), [(683, "Search"), (1366, "Search drawings")])
def test_the_words_in_an_empty_search_fit_in_it(window: MainWindow, width: int, words: str) -> None:
    """Fails if what is searched is cut in half a screen at 200 %, or stays short where there is room for it again."""
    window.scaling.choose(200)
    for each in (1366 if width == 683 else 683, width):
        window.resize(each, 736)
        window.start.show()
        settle()
    assert window.start.page is not None
    search = window.start.page.search
    assert search.placeholderText() == words
    assert search.fontMetrics().horizontalAdvance(words) < search.width() - 2 * scale.px(8)


def test_what_stands_on_an_action_of_the_start_page_is_above_its_end(window: MainWindow) -> None:
    """Fails if a small screen at 200 % cuts the words below the last of the actions."""
    window.scaling.choose(200)
    window.resize(1366, 736)
    window.start.show()
    settle()
    page = window.start.page
    assert page is not None
    for tile in (page.go_on, page.new, page.open, page.own):
        assert tile.visibleRegion().boundingRect() == tile.rect(), tile.title
