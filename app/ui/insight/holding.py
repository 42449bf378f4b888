"""Panels that show a view and whose colour scales can be held, layer by layer, while the values change."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QBoxLayout, QWidget

from app.ui.insight.panel import COMING, LookPanel
from app.ui.insight.tilesview import TilesView
from app.ui.insight.views import Painted, Scale, Shown, ViewOf
from app.ui.qdocument import QDocument
from app.ui.session import Session


class PictureRow(QWidget):
    """The pictures of one view, side by side where there is room, else below each other; or a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.views: list[TilesView] = []
        self.first = self._another()

    def _another(self) -> TilesView:
        made = TilesView()
        self.views.append(made)
        self._row.addWidget(made, 1)
        return made

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

    def show_pictures(self, pictures: tuple[Painted, ...], caption: str) -> None:
        """Show these and no others."""
        while len(self.views) < len(pictures):
            self._another()
        for index, each in enumerate(self.views):
            each.setVisible(index < len(pictures))
            if index < len(pictures):
                picture = pictures[index]
                each.show_tiles(picture.tiles, caption if index == 0 else "", picture.colours)
                # Several maps need more room than one, and bars less than maps.
                count = picture.tiles.columns or 1
                self._row.setStretch(index, 2 if picture.tiles.layout == "grid" and count > 1 else 1)
        self._turn()

    def resizeEvent(self, event: Any) -> None:
        self._turn()
        super().resizeEvent(event)

    def _turn(self) -> None:
        """Below each other only where that gives each one more room than a narrow column."""
        high = self.height() > 1.2 * self.width()
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if high else QBoxLayout.Direction.LeftToRight)


class HoldingPanel(LookPanel):
    """Shows one view in ``pictures``. A scale that is ticked there holds for this layer until it is unticked, or
    another drawing is opened."""

    def __init__(self, session: Session, qdocument: QDocument) -> None:
        super().__init__(session, qdocument)
        self.pictures = PictureRow()
        self.view = self.pictures.first
        self._scales: dict[tuple[str, str], dict[int, Scale]] = {}
        self._followed: list[TilesView] = []
        self._follow_holds()

    def view_name(self) -> str:
        """Which view is shown."""
        raise NotImplementedError(f"{type(self).__name__} must say which view it shows")

    def view_of(self, node: str, settings: tuple[tuple[str, Any], ...] = ()) -> ViewOf:
        """What to ask for: the view of this node, on the scales that are held."""
        held = self._held(node)
        scales = tuple(held.get(index) for index in range(max(held, default=-1) + 1))
        return ViewOf(self.view_name(), node or None, self.session.sample, settings, scales)

    def _held(self, node: str) -> dict[int, Scale]:
        return self._scales.get((self.view_name(), node), {})

    def show_picture(self, shown: Shown) -> None:
        """Show the picture of the layer that is looked at."""
        held = self._held(self.node)
        for index, picture in enumerate(shown.pictures):
            if not picture.held:  # its values have become others, such as colours: no scale of before would fit them
                held.pop(index, None)
        self.pictures.show_pictures(shown.pictures, shown.caption)
        self._follow_holds()
        for view, picture in zip(self.pictures.views, shown.pictures, strict=False):
            view.hold.setChecked(picture.held)
            view.hold.setEnabled(True)

    def _follow_holds(self) -> None:
        for index, view in enumerate(self.pictures.views):
            if view not in self._followed:
                self._followed.append(view)
                view.hold.clicked.connect(lambda on, index=index: self._hold(index, on))

    def forget(self) -> None:
        self._scales.clear()
        self.pictures.say(COMING)

    def node_changed(self) -> None:
        for view in self.pictures.views:
            view.hold.setEnabled(False)  # until the picture is that of the layer
        super().node_changed()

    def _hold(self, index: int, on: bool) -> None:
        tiles = self.pictures.views[index].tiles
        held = self._scales.setdefault((self.view_name(), self.node), {})
        if on and tiles is not None:
            held[index] = Scale(tiles.low, tiles.high, tiles.colormap, tiles.layout)
        else:
            held.pop(index, None)
        self.ask()
