"""A panel of maps whose colour scale can be held, layer by layer, while the values change."""

from __future__ import annotations

from PySide6.QtCore import Slot

from app.ui.insight.panel import COMING, LookPanel
from app.ui.insight.tilesview import TilesView
from app.ui.insight.views import Scale, Shown
from app.ui.qdocument import QDocument
from app.ui.session import Session


class HoldingPanel(LookPanel):
    """Shows the picture of one layer in ``view``. What is ticked there holds for this layer until it is unticked, or
    another drawing is opened."""

    def __init__(self, session: Session, qdocument: QDocument) -> None:
        super().__init__(session, qdocument)
        self.view = TilesView()
        self._scales: dict[str, Scale] = {}
        self.view.hold.clicked.connect(self._hold)

    def scale_of(self, node: str) -> Scale | None:
        """The scale on which this layer is to be shown; None for that of its values."""
        return self._scales.get(node)

    def show_picture(self, shown: Shown) -> None:
        """Show the picture of the layer that is looked at."""
        if not shown.held:  # its values have become others, such as colours: no scale of before would fit them
            self._scales.pop(self.node, None)
        self.view.show_tiles(shown.tiles, shown.caption, shown.colours)
        self.view.hold.setChecked(shown.held)
        self.view.hold.setEnabled(True)

    def forget(self) -> None:
        self._scales.clear()
        self.view.say(COMING)

    def node_changed(self) -> None:
        self.view.hold.setEnabled(False)  # until the picture is that of the layer
        super().node_changed()

    @Slot(bool)
    def _hold(self, on: bool) -> None:
        tiles = self.view.tiles
        if on and tiles is not None:
            self._scales[self.node] = Scale(tiles.low, tiles.high, tiles.colormap, tiles.layout)
        else:
            self._scales.pop(self.node, None)
        self.ask()
