"""The start page: go on, begin anew, open a file, one of the recent ones, or a template."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QWidget,
)

from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing
from app.ui import scale, theme
from app.ui.labels import ElidedLabel, Heading, Icon, TintedLabel, Title, emptied, icon_button, search_field
from app.ui.layouts import ScrollArea, column, keep_width, row, turn
from app.ui.past_times import moment
from app.ui.startpage import thumbnails
from app.ui.startpage.tiles import Card, RecentRow, Tile, TileGrid
from app.ui.training.runs import shown

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_NARROW = 860  # below this, recent files stand above the templates instead of beside them
_LEFT = 310
_LEFT_SHARE = 0.3
_SEARCH, _BESIDE_SEARCH = 240, 150  # the field, and what the icon, the cross and the room around them take
_TABS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class StartPage(QFrame):
    """Lies over the window; ``StartDesk`` does what its signals say. The last argument: in a new window."""

    left = Signal()
    new_wanted = Signal(bool)
    open_wanted = Signal(bool)
    data_wanted = Signal(bool)  # whether it is a folder
    template_wanted = Signal(str, bool)
    file_wanted = Signal(object, bool)  # Path
    last_wanted = Signal(object, bool)  # Path: of a file, or of the folder of a run
    forget_wanted = Signal(object)  # Path

    def __init__(self, parent: BaseWindow) -> None:
        super().__init__(parent)
        self.setObjectName("StartPage")
        self.setAccessibleName("Start page")
        self.setAutoFillBackground(True)
        self._project = Project()
        self._name = ""
        self._last: tuple[Path, ...] = ()  # what "go on" may open; nothing for the drawing behind this page
        self._window = parent
        self._painted = False
        self._idle = QTimer(self, interval=0)
        self._idle.timeout.connect(self._slice)
        tip = "Words of a title, a sentence or a file name. Enter opens the first one found."
        self.search = search_field("Search drawings", "Search drawings", tip, self._filter)
        self.search.returnPressed.connect(self._open_first)
        self.close_button = icon_button("close", "Back to the drawing (Escape)", self.left.emit)
        self.go_on = RecentRow("", "", icon="netloom", lines=3)
        self.go_on.chosen.connect(self._go_on)
        self.new = RecentRow("New drawing", "An empty canvas", icon="new")
        self.new.chosen.connect(self.new_wanted)
        self.open = RecentRow("Open a drawing…", "Or drop one here", icon="open")
        self.open.chosen.connect(self.open_wanted)
        self.own = RecentRow("Use my own data…", "Or drop a file or folder", icon="family-sources")
        self.own.chosen.connect(self._ask_for_data)
        self.recent: list[RecentRow] = []
        self.cards: list[Card] = []
        self._names: dict[Card, str] = {}
        self._groups: list[tuple[Heading, TileGrid]] = []
        self._build()
        theme.notifier.changed.connect(self._dress)
        self._dress()

    # Building

    def _build(self) -> None:
        self._recent_title = Heading("Recent files")
        self._no_recent = TintedLabel("Files that you open or save come here.", "text.soft", wrap=True)
        self._recent_box = QWidget()
        column(of=self._recent_box, spacing=8)
        recent = column(self._recent_title, self._no_recent, self._recent_box, margins=(0, 6, 0, 0), spacing=8)
        self._side = QWidget()
        scale.leave(self._side)
        column(self.go_on, self.new, self.open, self.own, recent, 1, of=self._side, spacing=8)
        self._shelf = QWidget()
        self._shelf.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._nothing = TintedLabel("No drawing has these words. Escape clears the search.", "text", wrap=True)
        self._nothing.hide()
        groups = [part for topic, names in templates.topics() for part in self._made_group(topic, names)]
        column(self._nothing, *groups, 1, of=self._shelf, spacing=8)
        self._content = QWidget()
        self._body = row(self._side, (self._shelf, 1), of=self._content, margins=(24, 4, 20, 24), spacing=28)
        self.area = _Area()
        # Of its own: asked for a widget that Qt has made, the bindings create all types of widgets, in 8 ms.
        ground = QWidget()
        self.area.setViewport(ground)
        self.area.setWidget(self._content)
        for each in (ground, self._content):
            each.setAutoFillBackground(False)
        column(self._head(), (self.area, 1), of=self, spacing=0)

    def _head(self) -> QHBoxLayout:
        self._title = Title("Netloom", 1.6)
        self._title.setContentsMargins(0, 0, 6, 0)
        self._motto = ElidedLabel("Draw a neural network, train it and look inside it.")
        scale.leave(self.search)
        icon = Icon("netloom", "accent", 30)
        parts = (icon, self._title, (self._motto, 1), self.search, self.close_button)
        return row(*parts, margins=(24, 12, 14, 10), spacing=10)

    def _made_group(self, topic: str, names: tuple[str, ...]) -> tuple[QWidget, ...]:
        """The heading of a topic and the grid of its cards; nothing for one without any."""
        cards = []
        for name in names:
            try:
                title, about = templates.heading(name)
            except UnreadableDrawing:
                continue
            card = Card(title, about, found_by=f"{topic} {name}")
            card.chosen.connect(partial(self.template_wanted.emit, name))
            self._names[card] = name
            cards.append(card)
        if not cards:
            return ()
        heading, grid = Heading(topic), TileGrid(cards)
        grid.laid_out = self._wake
        self.cards += cards
        self._groups.append((heading, grid))
        return heading, grid

    def _dress(self) -> None:
        theme.give_ground(self, theme.color("window"))
        self._share_room()
        self._wake()
        self.update()

    # What it shows

    def refresh(self, window: BaseWindow) -> None:
        """Show what somebody would go on with, and the recent files as they are now."""
        self._project, self._name = window.qdocument.project, window.files.name
        self._last = window.runs.last
        if self._last:
            self._show_go_on(self._last[0].name, "", Project())  # what it is, is looked up in a moment
            self.go_on.show()
        else:
            self._show_open()
        self.show_recent(tuple(Path(text) for text in window.settings.values.recent))
        self.search.clear()
        self.area.verticalScrollBar().setValue(0)
        self._wake()

    def _show_open(self) -> None:
        """Let "go on" lead to the drawing that is open behind the page."""
        self._last = ()
        document = self._window.qdocument.document
        focused = self.go_on.hasFocus()
        self.go_on.setVisible(bool(document.project.graph.nodes))
        if focused and self.go_on.isHidden():
            self.new.setFocus(Qt.FocusReason.OtherFocusReason)
        words = "It is open, with unsaved changes" if document.dirty else "It is open behind this page"
        self._show_go_on(self._name, words, document.project)

    def _show_go_on(self, name: str, words: str, project: Project, second: str = "") -> None:
        self._project = project
        self.go_on.title = f"Go on with {name}"
        self.go_on.say(words)
        self.go_on.say_more(second)

    def _look_up_last(self) -> None:
        """Show the first place of ``_last`` that is still there, and how far its drawing was trained."""
        while self._last:
            place = self._last[0]
            found = self._window.runs.look_up(place)
            if found is not None:
                self._show_go_on(found.name, found.trained or shown(place.parent), found.project, _changed(place))
                return
            self._last = self._last[1:]
        self._show_open()

    def _ask_for_data(self, _elsewhere: bool) -> None:
        """No dialog of the system takes both files and folders."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("A &file or zip…").triggered.connect(lambda: self.data_wanted.emit(False))
        menu.addAction("A f&older…").triggered.connect(lambda: self.data_wanted.emit(True))
        menu.popup(self.own.mapToGlobal(self.own.rect().bottomLeft()))

    def _go_on(self, elsewhere: bool) -> None:
        wanted = self._last[:1]
        self._look_up_last()
        if self._last[:1] != wanted:
            return  # it has gone since the page was shown, and nobody asked for the one that is named now
        if wanted:
            self.last_wanted.emit(wanted[0], elsewhere)
        else:
            self.left.emit()

    def show_recent(self, paths: tuple[Path, ...]) -> None:
        """Show these files. Whether each is still there is looked up later, one after the other."""
        rows = emptied(self._recent_box)
        self.recent.clear()
        for path in paths:
            tile = RecentRow(path.name, shown(path.parent), found_by=str(path), forget=f"Take {path.name} off the list")
            tile.path = path
            tile.chosen.connect(partial(self._choose_file, tile))
            tile.forgotten.connect(partial(self._forget, tile))
            rows.addWidget(tile)
            self.recent.append(tile)
        self._no_recent.setVisible(not paths)
        self._recent_box.setVisible(bool(paths))
        self._filter()

    def _choose_file(self, row: RecentRow, elsewhere: bool) -> None:
        self._look_up(row)  # it may have gone, or come back, since the page was shown
        if not row.off:
            self.file_wanted.emit(row.path, elsewhere)

    def _forget(self, row: RecentRow) -> None:
        index = self.recent.index(row)
        self.forget_wanted.emit(row.path)
        others = tuple(other.path for other in self.recent if other is not row)
        self.show_recent(others)
        next_one = self.recent[min(index, len(others) - 1)] if others else self.new
        next_one.setFocus(Qt.FocusReason.OtherFocusReason)
        self._wake()

    # Pictures, one in each idle moment

    def _wake(self) -> None:
        if self._painted and not self.isHidden():
            self._idle.start()

    def _slice(self) -> None:
        """Make one picture: of what is seen first, so that scrolling down costs the rest."""
        tile = self._next()
        if tile is None:
            self._idle.stop()
        elif isinstance(tile, Card):
            self._draw_card(tile)
        elif tile is self.go_on:
            if self._last:
                self._look_up_last()
            size, ratio = self.go_on.picture_size(), self.devicePixelRatioF()
            self._put(tile, thumbnails.draw("open", self._project, size, ratio))
        elif isinstance(tile, RecentRow):
            self._look_up(tile)

    def _next(self) -> Tile | None:
        wanted: list[Tile] = [self.go_on, *self.recent, *self.cards]
        return next((tile for tile in wanted if tile.isVisible() and tile.drawn_for != self._drawing(tile)), None)

    def _drawing(self, tile: Tile) -> object:
        """What a picture of this tile would be drawn for now."""
        wide = tile.width() if isinstance(tile, Card) else tile.height()
        about = (id(self._project), self._last) if tile is self.go_on else None
        return theme.current().name, wide, self.devicePixelRatioF(), about

    def _draw_card(self, card: Card) -> None:
        name, size, ratio = self._names[card], card.picture_size(card.width()), self.devicePixelRatioF()
        picture = thumbnails.kept(name, size, ratio)
        self._put(card, picture or thumbnails.draw(name, templates.load(name), size, ratio))

    def _put(self, tile: Tile, picture: QPixmap | None) -> None:
        tile.drawn_for = self._drawing(tile)
        if picture is not None:
            tile.show_picture(picture)

    def _look_up(self, row: RecentRow) -> None:
        """See whether the file is there, when it was written and what it looks like."""
        picture = None
        size, ratio = row.picture_size(), self.devicePixelRatioF()
        try:
            found = row.path.stat()
            row.off = False
            row.say_more(_changed(row.path))
            if found.st_size <= thumbnails.MOST_BYTES:
                left = self._window.runs.look_up(row.path)
                if left is None:
                    row.say_more("It cannot be read as a drawing.")
                else:
                    key = thumbnails.key_of(row.path)
                    picture = thumbnails.kept(key, size, ratio) or thumbnails.draw(key, left.project, size, ratio)
                    row.say_more(" · ".join(filter(None, (left.result, _changed(row.path)))))
        except (OSError, ValueError):
            row.off = True
            row.picture = None
            row.say_more("This file is not there any more.")
        self._put(row, picture)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:  # the page is to be seen first, then its pictures come
            self._painted = True
            self._wake()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._idle.stop()

    # Search

    def tiles(self) -> list[Tile]:
        """All that can be chosen now, from top to bottom."""
        return [*(tile for tile in (self.go_on, self.new, self.open, self.own) if not tile.isHidden()), *self._found()]

    def _found(self) -> list[Tile]:
        return [tile for tile in (*self.recent, *self.cards) if not tile.isHidden()]

    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        for tile in (*self.recent, *self.cards):
            tile.setVisible(all(map(tile.is_found_by, words)))
        for heading, grid in self._groups:
            some = any(not card.isHidden() for card in grid.cards)
            heading.setVisible(some)
            grid.setVisible(some)
            grid.lay()
        self._nothing.setVisible(bool(words) and not self._found())
        self._recent_title.setVisible(not words or any(not row.isHidden() for row in self.recent))
        self._no_recent.setVisible(not self.recent and not words)
        self._wake()

    def _open_first(self) -> None:
        if self.search.text().strip() and (found := self._found()):
            found[0].click()

    # Keys

    def take_focus(self) -> None:
        """Give the keys to what is chosen most: the drawing that is open, else a new one."""
        first = self.go_on if not self.go_on.isHidden() else self.new
        first.setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, text = event.key(), event.text()
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if key == Qt.Key.Key_Escape:
            if self.search.text():
                self.search.clear()
            else:
                self.left.emit()
        elif key in steps:
            self._step(*steps[Qt.Key(key)])
        elif text.isprintable() and text.strip() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
            self.search.setText(self.search.text() + text)
        else:
            event.accept()  # nothing on this page is for the drawing below it

    def _step(self, dx: int, dy: int) -> None:
        """Give the focus to the next tile in a direction; from the first ones, up leads to the search."""
        now = QApplication.focusWidget()
        start = _rect(now, self) if now is not None and self.isAncestorOf(now) else QRect()
        best: tuple[float, QWidget] | None = None
        places: list[QWidget] = [self.search, *self.tiles()]
        for tile in places:
            if tile is now:
                continue
            away = _away(start, _rect(tile, self), dx, dy)
            if away is not None and (best is None or away < best[0]):
                best = (away, tile)
        if best is not None:
            best[1].setFocus(Qt.FocusReason.TabFocusReason)
            if best[1] is not self.search:
                self.area.ensureWidgetVisible(best[1], 0, 40)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays on the page: what lies below it cannot be seen."""
        order: list[QWidget] = [self.search, self.close_button]
        for tile in self.tiles():
            order.append(tile)
            if isinstance(tile, RecentRow) and tile.forget_button is not None:
                order.append(tile.forget_button)
        now = QApplication.focusWidget()
        index = order.index(now) if now in order else (-1 if forward else 0)
        target = order[(index + (1 if forward else -1)) % len(order)]
        target.setFocus(_TABS[0] if forward else _TABS[1])
        if self._content.isAncestorOf(target):
            self.area.ensureWidgetVisible(target, 0, 40)
        return True

    # Room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()
        self._wake()

    def _share_room(self) -> None:
        """Recent files beside the templates, where both have room. Large type takes no more than its part of it."""
        narrow = self.width() < _NARROW
        turn(self._body, narrow)
        keep_width(self._side, None if narrow else max(_LEFT, min(scale.px(_LEFT), round(self.width() * _LEFT_SHARE))))
        self._motto.setVisible(self.width() >= scale.letters_px(760))
        beside = self._title.sizeHint().width() + scale.px(_BESIDE_SEARCH)
        keep_width(self.search, max(scale.px(60), min(scale.letters_px(_SEARCH), self.width() - beside)))


class _Area(ScrollArea):
    """Leaves the keys to the page; the focus brings with it what is to be seen."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


def _rect(widget: QWidget, page: QWidget) -> QRect:
    return QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())


def _away(start: QRect, end: QRect, dx: int, dy: int) -> float | None:
    """How far ``end`` is in a direction, with steps aside counted more; None if it lies elsewhere."""
    if dx:
        ahead = (end.left() - start.right()) if dx > 0 else (start.left() - end.right())
        aside = max(0, end.top() - start.bottom(), start.top() - end.bottom())
        drift = abs(end.center().y() - start.center().y())
    else:
        ahead = (end.top() - start.bottom()) if dy > 0 else (start.top() - end.bottom())
        aside = max(0, end.left() - start.right(), start.left() - end.right())
        drift = abs(end.center().x() - start.center().x())
    if ahead < -2 or (dx and aside > 0 and aside > 4 * max(ahead, 1)):
        return None
    return ahead + 3 * aside + 0.2 * drift


def _changed(place: Path) -> str:
    try:
        return f"Changed {moment(place.stat().st_mtime)}"
    except OSError:
        return ""
