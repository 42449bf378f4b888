"""Makes one step of undo out of a drag on a number, and none out of one that is taken back."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel

from app.core.graph.model import Project
from app.core.history import Mark
from app.ui.inspector.editor import Editor
from app.ui.inspector.scrub import TIP
from app.ui.qdocument import QDocument


class DragSteps(QObject):
    """Follows the drags on an editor's numbers and on its label, and lives as long as the editor."""

    def __init__(self, qdocument: QDocument, editor: Editor, label: QLabel) -> None:
        super().__init__(editor)
        self._document = qdocument.document
        self._qdocument = qdocument
        self._mark: Mark[Project] | None = None
        for scrub in editor.scrubs():
            scrub.begun.connect(self._begin)
            scrub.ended.connect(self._end)
        if editor.scrubs():
            editor.scrubs()[0].add_handle(label)
            label.setToolTip(f"{label.toolTip()}<br><i>{TIP}.</i>")

    def _begin(self) -> None:
        self._document = self._qdocument.document  # the window may show another one by now
        self._mark = self._document.mark()

    def _end(self, keep: bool) -> None:
        mark, self._mark = self._mark, None
        if not keep and mark is not None and self._document is self._qdocument.document:
            self._document.return_to(mark)
        self._document.seal()
