"""Panels that show a view and whose colour scales can be held, layer by layer, while the values change."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.insight.view import SampleChoice
from app.ui.insight.brush import Brush
from app.ui.insight.panel import COMING, LookPanel
from app.ui.insight.tilesview import TilesView
from app.ui.insight.views import ColouredPicture, NothingToShow, Scale, ViewOf, ViewPictures
from app.ui.layouts import row, turn
from app.ui.qdocument import QDocument
from app.ui.scale import set_least_width
from app.ui.session import Session

if TYPE_CHECKING:
    from app.insight.tiles import Tiles  # needs numpy, which comes with the first pictures

WIDE, NARROW, SLIM = 320, 210, 160  # at least, of one among several pictures
FEW_NAMES = 6  # of lines
LONG = 2.5  # times as wide as high, from which on a map in a narrow column is too low to be read


class PictureRow(QWidget):
    """The pictures of one view, side by side where there is room, else below each other; or a sentence.

    ``samples_wanted`` carries the source and the numbers of samples whose points were lassoed, and what they are;
    ``sample_chosen`` one that was clicked. ``pointed`` is sent with the place of a number that somebody clicks, and
    ``painted`` is that of ``Brush``.
    """

    samples_wanted = Signal(str, object, str)
    sample_chosen = Signal(object)
    pointed = Signal(object)
    painted = Signal(object, bool)

    def __init__(self) -> None:
        super().__init__()
        self._row = row(of=self, spacing=0)
        self.views: list[TilesView] = []
        self.stacked = False
        self.first = self._another()

    def _another(self) -> TilesView:
        made = TilesView(holds=not self.views)
        made.lassoed.connect(partial(self._lassoed, made))
        made.sample_pointed.connect(partial(self._pointed, made))
        made.pointed.connect(self.pointed)
        Brush(made).painted.connect(self.painted)
        self.views.append(made)
        self._row.addWidget(made, 1)
        return made

    def _lassoed(self, view: TilesView, found: Any) -> None:
        plot = view.tiles.plot if view.tiles is not None else None
        if plot is not None and plot.node and len(plot.numbers):
            self.samples_wanted.emit(plot.node, plot.numbers[found], "from a plot")

    def _pointed(self, view: TilesView, at: int) -> None:
        plot = view.tiles.plot if view.tiles is not None else None
        if plot is not None and at < min(len(plot.numbers), len(plot.names)):
            self.sample_chosen.emit(SampleChoice(int(plot.numbers[at]), plot.names[at], plot.part))

    @property
    def shown(self) -> list[TilesView]:
        """Those that show something now."""
        return [each for each in self.views if not each.isHidden()]

    def say(self, sentence: str) -> None:
        """Show a sentence instead of pictures."""
        self.first.say(sentence)
        for each in self.views[1:]:
            each.hide()
            each.say("")

    def show_pictures(self, pictures: tuple[ColouredPicture, ...], caption: str) -> None:
        """Show these and no others."""
        while len(self.views) < len(pictures):
            self._another()
        for index, each in enumerate(self.views):
            each.setVisible(index < len(pictures))
            if index < len(pictures):
                picture = pictures[index]
                each.show_tiles(picture.tiles, caption if index == 0 else "", picture.colours)
                # Several maps need more room than one, bars less than maps, and a long legend more than a short one.
                tiles = picture.tiles
                wide = tiles.layout == "grid" and (tiles.columns or 1) > 1
                wide |= tiles.layout == "lines" and len(tiles.labels) > FEW_NAMES
                self._row.setStretch(index, 2 if wide else 1)
                # Where there is no room for all of them, the panel scrolls: none becomes too small to be read.
                slim = pictures[0].tiles.number is not None  # there are words beside them
                least = WIDE if _is_long(tiles) else SLIM if slim else WIDE if wide else NARROW
                set_least_width(each, 0 if len(pictures) == 1 else least)
        self._turn()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._turn()
        super().resizeEvent(event)

    def stack(self, stacked: bool) -> None:
        """Show the pictures below each other whatever the form of the room."""
        self.stacked = stacked
        self._turn()

    def least_width(self) -> int:
        """How wide the pictures are at least, side by side."""
        return sum(each.minimumWidth() for each in self.shown)

    def _turn(self) -> None:
        """Below each other only where that gives each one more room than a narrow column."""
        high = self.stacked or self.height() > 1.2 * self.width()
        turn(self._row, high)


def _is_long(tiles: Tiles) -> bool:
    """Whether it is one map that is much wider than high, such as a sound or its letters over time."""
    count, high, wide = tiles.maps.shape[:3]
    return tiles.layout == "grid" and count == 1 and wide >= LONG * high > LONG


class HoldingPanel(LookPanel):
    """Shows one view in ``pictures``. The scale of the first picture, if it is ticked, holds for this view and layer
    until it is unticked, or another drawing is opened. ``pointed`` is sent with the place of a number that somebody
    clicks: there is more to say about it."""

    pointed = Signal(object)

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.pictures = PictureRow()
        self.view = self.pictures.first
        self.pictures.sample_chosen.connect(session.choose_of_data)
        self.pictures.pointed.connect(self.pointed)
        self._scales: dict[tuple[str, str], Scale] = {}
        self._pictured: tuple[str, str] | None = None  # the view and the layer of the last picture
        self.view.hold.clicked.connect(self._hold)

    def view_name(self) -> str:
        """Which view is shown."""
        raise NotImplementedError(f"{type(self).__name__} must say which view it shows")

    def view_of(self, node: str, settings: tuple[tuple[str, Any], ...] = ()) -> ViewOf:
        """What to ask for: the view of this node, on the scale that is held."""
        scale = self._scales.get((self.view_name(), node))
        return ViewOf(self.view_name(), node or None, self.session.sample, settings, scale, self.session.chosen)

    def take(self, key: str, content: object) -> None:
        if isinstance(content, ViewPictures):
            self.show_picture(content)
        elif isinstance(content, NothingToShow):
            self.pictures.say(content.sentence)

    def wish(self) -> ViewOf | None:
        """The view that is shown, as it could be asked for again; None if there is nothing to look at."""
        return self.view_of(self.node) if self.node else None

    def show_picture(self, shown: ViewPictures) -> None:
        """Show the picture of the layer that is looked at."""
        if not shown.held:  # its values have become others, such as colours: no scale of before would fit them
            self._scales.pop((self.view_name(), self.node), None)
        self.pictures.show_pictures(shown.pictures, shown.caption)
        self._pictured = self.view_name(), self.node
        self.view.hold.setChecked(shown.held)
        self.view.hold.setEnabled(True)

    def forget(self) -> None:
        self._scales.clear()
        self.pictures.say(COMING)

    def node_changed(self) -> None:
        # Not until the picture is that of the layer. If it is already, no other may come: the layer was shown before it
        # was selected, or one was moved.
        pictured = self._pictured == (self.view_name(), self.node) and self.view.tiles is not None
        self.view.hold.setEnabled(pictured)
        super().node_changed()

    @Slot(bool)
    def _hold(self, on: bool) -> None:
        tiles = self.view.tiles
        if on and tiles is not None:
            scale = Scale(tiles.low, tiles.high, tiles.colormap, tiles.layout)
            self._scales[self.view_name(), self.node] = scale
        else:
            self._scales.pop((self.view_name(), self.node), None)
        self.ask()
