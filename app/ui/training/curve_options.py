"""How the curves are shown: logarithmic, smoothed, as a band; and the menu that chooses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

SMOOTHINGS = (1, 10, 50, 200, 1000)  # batches whose mean is drawn


@dataclass(frozen=True)
class Options:
    """``smooth`` is the number of batches whose mean is drawn, 1 for none. ``band``: the range of the batches instead
    of their curve."""

    logarithmic: bool = False
    smooth: int = 1
    band: bool = False


class OptionsMenu(QMenu):
    """Changes ``options`` and says so; the last entries zoom back and save."""

    def __init__(
        self,
        parent: QWidget,
        changed: Callable[[], object],
        whole: Callable[[], object],
        save: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self.options = Options()
        self._changed = changed
        self.setToolTipsVisible(True)
        self.logarithmic = self._switch("&Logarithmic scale", "Equal steps mean equal factors", "logarithmic")
        self.band = self._switch("&Band of the batches", "From the lowest to the highest loss of batches", "band")
        smooth = self.addMenu("&Smooth")
        group = QActionGroup(self)
        self.smooth: dict[int, QAction] = {}
        for count in SMOOTHINGS:
            words = "Each batch" if count == 1 else f"Mean of the last {count:,} batches"
            action = smooth.addAction(words)
            action.setCheckable(True)
            action.setChecked(count == 1)
            action.setActionGroup(group)
            action.triggered.connect(lambda _=False, count=count: self.change(smooth=count))
            self.smooth[count] = action
        self.addSeparator()
        self.whole = self.addAction("&Whole curves", whole)
        self.whole.setToolTip("Undo zooming: turn the wheel or drag a frame to zoom, double-click for the whole")
        self.save = self.addAction("&Export…", save)
        self.save.setToolTip("A picture (PNG, SVG), or all numbers (CSV)")

    def _switch(self, text: str, tip: str, name: str) -> QAction:
        action = self.addAction(text)
        action.setCheckable(True)
        action.setToolTip(tip)
        action.toggled.connect(lambda on: self.change(**{name: on}))
        return action

    def change(self, **values: bool | int) -> None:
        """Show the curves in another way."""
        after = replace(self.options, **values)  # type: ignore[arg-type]
        if after != self.options:
            self.options = after
            self._changed()
