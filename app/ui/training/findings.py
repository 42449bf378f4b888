"""What was noticed in a training, newest first, each with buttons for what it recommends."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QWidget

from app.core.checks.severity import known
from app.training.events import Diagnosed
from app.ui import scale, theme
from app.ui.labels import emptied
from app.ui.layouts import column, keep_width
from app.ui.pace import later
from app.ui.training.retraining import Retraining

WIDTH = 280
HEIGHT = 64  # below the curves
WHY = "why:"  # no node is called so: a colon is no part of a name
_ANY = 16_777_215  # Qt's own limit of a size: none


class FindingsColumn(QScrollArea):
    """Takes no room while there is nothing to say."""

    linkActivated = Signal(str)

    def __init__(self, again: Retraining) -> None:
        super().__init__()
        self._again = again
        self._findings: tuple[Diagnosed, ...] = ()
        self._asked: set[str] = set()  # codes of which the reason is shown
        self._list = QWidget()
        self._rows = column(of=self._list, margins=(2, 0, 6, 0), spacing=4)
        self._timer = later(self, self._write)
        self.setWidget(self._list)
        self.setWidgetResizable(True)
        scale.leave(self)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("What was noticed in this training")
        theme.notifier.changed.connect(self._write)
        self.hide()

    def arrange(self, below: bool) -> None:
        """Stand ``below`` the curves in all their width, or beside them."""
        keep_width(self, None if below else scale.px(WIDTH))
        self.setMaximumHeight(scale.px(HEIGHT) if below else _ANY)

    @property
    def text(self) -> str:
        """The sentences, as they are shown."""
        return " ".join(finding.sentence for finding in reversed(self._findings))

    def show_findings(self, findings: Sequence[Diagnosed]) -> None:
        """Show these, the newest first."""
        if tuple(findings) != self._findings:
            self._findings = tuple(findings)
            self._write()
        self.setVisible(bool(findings))

    def renew(self) -> None:
        """The drawing has changed: what can still be done about the findings may be something else."""
        if any(finding.fixes for finding in self._findings):
            self._timer.start(0)

    def _write(self) -> None:
        emptied(self._list)
        self._rows.addWidget(self._label(f"<b style='color:{theme.color('warning').name()}'>Noticed</b>"))
        for finding in reversed(self._findings):
            link = ""
            if finding.node:
                name = escape(finding.node)
                style = f"color:{theme.color('link').name()}"
                link = f" <a href='{name}' style='{style}'>Show {name}</a>"
            reason = known(finding.code).why
            if reason and finding.code not in self._asked:
                style = f"color:{theme.color('link').name()}"
                link += f" <a href='{WHY}{escape(finding.code)}' style='{style}'>Why?</a>"
            self._rows.addWidget(self._label(f"{escape(finding.sentence)}{link}"))
            if reason and finding.code in self._asked:
                self._rows.addWidget(self._label(f"<i>{escape(reason)}</i>"))
            for made in self._again.buttons(finding):
                self._rows.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        self._rows.addStretch(1)

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, wordWrap=True, textFormat=Qt.TextFormat.RichText)
        label.linkActivated.connect(self._follow)
        return label

    def _follow(self, link: str) -> None:
        """Show why a finding happens, or ask for the node that is named."""
        if link.startswith(WHY):
            self._asked.add(link.removeprefix(WHY))
            self._timer.start(0)  # the label that was clicked is still at work
        else:
            self.linkActivated.emit(link)
