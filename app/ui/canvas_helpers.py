"""What the window remembers and says of the canvas's helpers: minimap, snapping, align and distribute; and whether the
panels below it are large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui.actions import ALIGN, DISTRIBUTE, with_keys
from app.ui.canvas.aligning import LEAST_TO_ALIGN, LEAST_TO_DISTRIBUTE

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_FIRST = {
    LEAST_TO_ALIGN: "Select two or more layers first.",
    LEAST_TO_DISTRIBUTE: "Select three or more layers first.",
}


class CanvasHelpers(QObject):
    """The helpers of one window's canvas."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        kept, table = window.settings.values, window.actions_table
        table.unseen("minimap").setChecked(kept.minimap)
        table.unseen("snap").setChecked(kept.snap)
        window.canvas.minimap.wanted = kept.minimap
        window.canvas.snaps = kept.snap
        window.docks.large.changed.connect(self._large)
        window.canvas.selection_changed.connect(self._selected)
        self._selected(window.canvas.selected)

    def toggle_minimap(self) -> None:
        """Show or hide the minimap, also next time."""
        shown = self._window.actions_table["minimap"].isChecked()
        self._window.canvas.minimap.wanted = shown
        self._window.settings.change(minimap=shown)

    def toggle_snap(self) -> None:
        """Let what is dragged fall into line, or leave it where the hand puts it; also next time."""
        snaps = self._window.actions_table["snap"].isChecked()
        self._window.canvas.snaps = snaps
        self._window.settings.change(snap=snaps)
        self._window.say("What is dragged snaps into line." if snaps else "What is dragged stays where you put it.")

    def _large(self, on: bool) -> None:
        self._window.actions_table.unseen("large_panel").setChecked(on)

    def _selected(self, names: tuple[str, ...]) -> None:
        """Offer what makes sense; the tooltip of the rest says what it waits for."""
        table = self._window.actions_table
        for specs, least in ((ALIGN, LEAST_TO_ALIGN), (DISTRIBUTE, LEAST_TO_DISTRIBUTE)):
            enough = len(names) >= least
            for spec in specs:
                action = table.unseen(spec.name)
                action.setEnabled(enough)
                action.setToolTip(with_keys(spec.tip if enough else f"{spec.tip}. {_FIRST[least]}", action))
