"""The column of samples beside a picture, and the line above it that names the one that is chosen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.insight.view import PART_WORDS
from app.ui import scale
from app.ui.insight.samples import COLUMNS, FEW_COLUMNS, GAP, SIDE, SampleChooser
from app.ui.insight.views import NothingToShow, Thumbnails
from app.ui.labels import TintedLabel
from app.ui.layouts import ScrollArea, column
from app.ui.session import Session
from nodes.api import cut

NARROW = 480  # of the panel, at 100 %
_BAR = 16  # pixels at 100 %, of what scrolls them


class SamplesColumn(QWidget):
    """Chooses the sample that everybody looks at. Hidden while there is none to choose from."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.samples = SampleChooser()
        self.samples.chosen.connect(session.choose_sample)
        session.sample_changed.connect(self._chosen)
        self.legend = TintedLabel("Samples", "text.soft")
        scale.leave(self)
        column(self.legend, (ScrollArea(self.samples), 1), of=self, spacing=4)
        self.hide()

    def arrange(self, room: int | None = None) -> None:
        """Be as wide as the samples. Beside pictures in a panel that is no wider than ``room``, half as many stand side
        by side."""
        columns = COLUMNS if room is None or room >= scale.letters_px(NARROW) else FEW_COLUMNS
        self.legend.setWordWrap(columns == FEW_COLUMNS)
        self.samples.arrange(columns)
        self.setFixedWidth(columns * scale.px(SIDE + GAP) + scale.px(_BAR))

    def take(self, content: object) -> None:
        """Show the samples that came, or nothing: else one of the drawing before would go on being named."""
        if isinstance(content, Thumbnails):
            self.samples.show_samples(content, self._session.sample if self._session.chosen is None else -1)
            self.legend.setToolTip(content.note or "Samples that the training does not see")
            self._name_sample()
            self.setVisible(bool(content.names))
        elif isinstance(content, NothingToShow):
            self.hide()

    def forget(self) -> None:
        """Show nothing more of the drawing before."""
        self.samples.show_samples(Thumbnails(None, ()))
        self.hide()

    def _chosen(self, index: int) -> None:
        if self._session.chosen is not None:
            self.samples.choose_none()
        else:
            self.samples.choose(index)
        self._name_sample()

    def _name_sample(self) -> None:
        names, chosen = self.samples.names, self._session.chosen
        if names and chosen is not None:
            part = f", {PART_WORDS[chosen.part]}" if chosen.part else ""
            self.legend.setText(f"{cut(chosen.name, 40)}{part}")
        elif names:
            self.legend.setText(f"Sample {self.samples.current + 1} of {len(names)}: {names[self.samples.current]}")
