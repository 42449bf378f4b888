"""What a picture of the drawing should show and be: asked with a small preview beside the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPushButton,
    QWidget,
)

from app.ui import theme
from app.ui.export.render import PicturePart, Style, most_scale, paint, percent, pixels, why_too_large
from app.ui.inspector.boxes import IntBox, LimitTip
from app.ui.labels import TintedLabel
from app.ui.layouts import column, row

_FORMS = {"svg": "SVG", "pdf": "PDF", "png": "PNG"}
_ABOUT = {
    "svg": "Sharp at every size; for web pages and drawing programs. Texts stay texts.",
    "pdf": "Sharp at every size, one page as large as the drawing; for papers and print. Texts stay texts.",
    "png": "Pixels; for slides and messages.",
}
_PARTS = {
    "whole": ("The whole drawing", "Every layer of what is open on the canvas"),
    "selection": ("The selection", "The selected layers with the wires among them, and selected frames"),
    "visible": ("What is seen now", "The part of the drawing that the canvas shows"),
}
_PREVIEW = QSize(330, 240)


@dataclass(frozen=True)
class ExportChoice:
    """What was chosen. ``what``: whole, selection or visible; ``form``: svg, pdf or png."""

    what: str
    form: str
    scale: float
    style: Style


def _choice(name: str, tip: str = "", words: Mapping[str, str] = MappingProxyType({})) -> QComboBox:
    """A field with these words to choose from, each with what it stands for before it."""
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setToolTip(tip or name)
    for data, text in words.items():
        combo.addItem(text, data)
    return combo


class Preview(QWidget):
    """The picture as it would be, small. Where there is no background a chessboard is seen."""

    def __init__(self) -> None:
        super().__init__()
        self._part: PicturePart | None = None
        self._style = Style()
        self.setFixedSize(_PREVIEW)
        self.setAccessibleName("Preview")
        self.setToolTip("How the picture will look")

    def show_part(self, part: PicturePart, style: Style) -> None:
        """Show another picture."""
        self._part, self._style = part, style
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("panel"))
            if self._part is not None:
                self._picture(painter, self._part)
            painter.setPen(theme.color("border"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _picture(self, painter: QPainter, part: PicturePart) -> None:
        size = part.size
        fit = min((self.width() - 8) / size.width(), (self.height() - 8) / size.height())
        box = QRectF(0, 0, size.width() * fit, size.height() * fit)
        box.moveCenter(QRectF(self.rect()).center())
        if not self._style.ground:
            dark = (theme.load(self._style.theme) if self._style.theme else theme.current()).dark
            first, second = (QColor("#30343a"), QColor("#3a3f46")) if dark else (QColor("#ffffff"), QColor("#e4e6ea"))
            painter.save()
            painter.setClipRect(box)
            painter.fillRect(box, first)
            for x in range(self.width() // 8 + 1):
                for y in range(x % 2, self.height() // 8 + 1, 2):
                    painter.fillRect(x * 8, y * 8, 8, 8, second)
            painter.restore()
        painter.save()
        painter.translate(box.topLeft())
        painter.scale(fit, fit)
        paint(painter, part, self._style)
        painter.restore()


class ExportDialog(QDialog):
    """``wanted`` carries the choice when it is made. ``part`` gives what each answer to "what" stands for."""

    wanted = Signal(object)  # Choice

    def __init__(
        self,
        parent: QWidget,
        part: Callable[[str], PicturePart],
        has_selection: bool,
        last: ExportChoice | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export picture")
        self._part = part
        self.preview = Preview()
        self.what = _choice("What the picture shows")
        for name, (words, tip) in _PARTS.items():
            if name != "selection" or has_selection:
                self.what.addItem(words, name)
                self.what.setItemData(self.what.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.what.setCurrentIndex(max(self.what.findData("selection"), 0))
        self.kind = _choice("Kind of file", "The kind of file", _FORMS)
        self.scale = IntBox(5, 1000)
        LimitTip(self.scale)
        self.scale.setSingleStep(50)
        self.scale.setValue(200)
        self.scale.setSuffix(" %")
        self.scale.setToolTip("How large the pixels of a PNG make it: 100 % is the size on the canvas at 100 %")
        self.scale.setAccessibleName("Scale")
        grounds = {"": f"As on the screen ({theme.current().title})", "light": "Light, for paper"}
        self.colours = _choice("Colours", "The colours of the picture", grounds)
        self.ground = QCheckBox("With background")
        self.ground.setChecked(True)
        self.ground.setToolTip("Without it, the picture lets through what it is put on")
        if last is not None:
            self._take(last, has_selection)
        self.about = TintedLabel("", "text.soft", wrap=True)
        self.facts = TintedLabel("", "text", wrap=True)
        form = QFormLayout(horizontalSpacing=12, verticalSpacing=9, labelAlignment=Qt.AlignmentFlag.AlignRight)
        form.addRow("Show", self.what)
        form.addRow("File", self.kind)
        form.addRow("Scale", self.scale)
        form.addRow("Colours", self.colours)
        form.addRow("", self.ground)
        self._form = form
        left = column(form, 1)
        right = column(self.preview, self.facts, self.about, 1, spacing=8)
        middle = row((left, 1), right, spacing=20)
        column((middle, 1), self._buttons(), of=self, margins=(16, 14, 16, 12), spacing=14)
        for combo in (self.what, self.kind, self.colours):
            combo.currentIndexChanged.connect(self._show)
        self.scale.valueChanged.connect(self._show)
        self.ground.toggled.connect(self._show)
        self._show()
        self.what.setFocus()

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(self)  # in it already: a button is the default of the dialog that it stands in
        self.save: QPushButton = buttons.addButton("Save…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setToolTip("Choose a file for the picture")
        self.save.setDefault(True)
        cancel = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setToolTip("Make no picture (Esc)")
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _take(self, last: ExportChoice, has_selection: bool) -> None:
        """Begin with what was chosen last; a selection, if there is one, was made for this picture."""
        if not has_selection:
            self.what.setCurrentIndex(max(self.what.findData(last.what), 0))
        self.kind.setCurrentIndex(self.kind.findData(last.form))
        self.scale.setValue(round(100 * last.scale))
        self.colours.setCurrentIndex(max(self.colours.findData(last.style.theme), 0))
        self.ground.setChecked(last.style.ground)

    @property
    def choice(self) -> ExportChoice:
        """What is chosen now."""
        style = Style(self.colours.currentData(), self.ground.isChecked())
        return ExportChoice(self.what.currentData(), self.kind.currentData(), self.scale.value() / 100, style)

    def _show(self) -> None:
        """The preview, the size, and whether it can be made."""
        choice = self.choice
        part = self._part(choice.what)
        self.preview.show_part(part, choice.style)
        is_png = choice.form == "png"
        self._form.setRowVisible(self.scale, is_png)
        self.about.setText(_ABOUT[choice.form])
        reason = why_too_large(part, choice.scale) if is_png else None
        size = pixels(part, choice.scale if is_png else 1.0)
        words = f"{size.width():,} × {size.height():,} " + ("pixels" if is_png else "units")
        if not is_png:
            words = f"{size.width() / 96 * 2.54:.0f} × {size.height() / 96 * 2.54:.0f} cm"
        elif reason is None and choice.scale > most_scale(part) * 0.8:
            words += f" (at most {percent(most_scale(part))} is possible)"
        self.facts.setText(reason or words)
        self.facts.set_role("error" if reason else "text")
        self.save.setEnabled(reason is None)

    def _accept(self) -> None:
        choice = self.choice
        self.accept()
        self.wanted.emit(choice)
