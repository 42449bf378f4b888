"""The fields of the dream panel: what to dream of, what to begin with, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from app.insight.dream.grammar import parse
from app.insight.views import views
from app.ui.dialogs import choose_file
from app.ui.insight.saving import pictures_folder
from app.ui.insight.view_form import ViewForm
from app.ui.inspector.boxes import IntBox, LimitTip
from app.ui.labels import Remark, TintedLabel, button, embolden
from app.ui.layouts import ScrollArea, row
from nodes.api import BadSetting, Int, Param

WHOLE = -1  # the number in the box that stands for the whole layer
OWN = ("channel", "objective", "steps", "seed", "image")  # that stand here; the rest is made when it is asked for
FROM_PICTURE, FROM_NOISE = "Begin with a picture of yours instead of noise", "Begin with noise again"


class DreamFields(ScrollArea):
    """What is wished for. ``changed`` says that something else is to be dreamt of, ``checked`` that the words of the
    objective were read again.

    In a low panel, as with large type, the fields can be scrolled and the buttons below stay in sight.
    """

    changed = Signal()
    checked = Signal()
    begun_otherwise = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.what = TintedLabel("", "text")
        self.what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        embolden(self.what)
        self.channel_label = QLabel("channel")
        self.channel = IntBox(WHOLE, WHOLE)
        self.channel.setSpecialValueText("whole layer")
        self.each = QCheckBox("each in its own picture")
        self.objective = QLineEdit(placeholderText="conv2:3 - 0.5*fc1:7")
        self.hint = Remark("error")
        self.steps, self.seed = _box("steps"), _box("seed")
        self.image = ""
        self.begin_label = TintedLabel("noise", "text.soft")
        self.begin_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.choose = button("Picture…", FROM_PICTURE, self._choose_picture)
        self.keep = QCheckBox("keep dreaming")
        self.keep.setToolTip("Go on for ever, with the newest weights while it trains; the picture stands on the node")
        self.more = QCheckBox("more settings")
        self.more.setToolTip("Octaves, size, how it is shaken, and what is held down")
        self.others: dict[str, Any] = {}  # the settings that are not as they are by default, of those made on demand
        self._form: ViewForm | None = None
        self._written = ""
        self._build()
        self.channel.valueChanged.connect(lambda _: self.changed.emit())
        self.each.toggled.connect(lambda _: self.changed.emit())
        self.objective.textEdited.connect(lambda _: self.check())
        self.objective.editingFinished.connect(self.settle)
        self.more.toggled.connect(self._show_more)

    def _build(self) -> None:
        tips: tuple[tuple[QLabel, QWidget, str], ...] = (
            (self.channel_label, self.channel, "Which channel, feature or class, counted from 0"),
            (QLabel(""), self.each, "A grid of pictures, one for every channel of the layer"),
            (QLabel("objective"), self.objective, _declared("objective").help),
            (QLabel("steps"), self.steps, f"{_declared('steps').help}, at most {_number('steps').high:,} times"),
            (QLabel("seed"), self.seed, _declared("seed").help),
        )
        grid = self._grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.what, 0, 0, 1, 2)
        for line, (label, box, tip) in enumerate(tips, 1):
            label.setToolTip(tip)
            box.setToolTip(tip)
            if label.text():
                box.setAccessibleName(label.text())
            if isinstance(box, IntBox):
                LimitTip(box)
            label.setBuddy(box)
            grid.addWidget(label, line, 0)
            grid.addWidget(box, line, 1)
        begin = row((self.begin_label, 1), self.choose, spacing=6)
        grid.addWidget(QLabel("begin with"), 6, 0)
        grid.addLayout(begin, 6, 1)
        grid.addWidget(self.hint, 7, 0, 1, 2)
        grid.addWidget(self.keep, 8, 0, 1, 2)
        grid.addWidget(self.more, 10, 0, 1, 2)
        grid.setContentsMargins(0, 0, 0, 0)
        fields = QWidget()
        fields.setLayout(grid)
        self.setWidget(fields)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(0)

    def minimumSizeHint(self) -> QSize:
        """Two lines: in a low panel with large type the buttons below matter more."""
        return QSize(super().minimumSizeHint().width(), 2 * self.fontMetrics().height())

    def add_buttons(self, *buttons: QPushButton) -> None:
        """Buttons that need not be in sight all the time."""
        self._grid.addLayout(row(*((each, 1) for each in buttons), spacing=6), 9, 0, 1, 2)

    # What is wished for

    @property
    def sum(self) -> str:
        """The objective as it is written; empty for none."""
        return self.objective.text().strip()

    @property
    def wrong(self) -> bool:
        """Whether the objective cannot be read."""
        return bool(self.hint.text())

    def of_channels(self, word: str, count: int) -> None:
        """The layer has so many channels, which are called like that."""
        self.channel_label.setText(word)
        self.channel.setAccessibleName(word)
        with QSignalBlocker(self.channel):
            kept = self.channel.value()
            self.channel.setRange(WHOLE, max(count - 1, WHOLE))
            # A class is what most people want to see first; of other layers the first channel.
            self.channel.setValue(kept if WHOLE < kept < count else min(0, count - 1))

    def wished(self) -> dict[str, Any]:
        """The settings of the view."""
        found = {"steps": self.steps.value(), "seed": self.seed.value(), "image": self.image, **self.others}
        if self.sum:
            found["objective"] = self.sum
        elif self.each.isChecked():
            found["channel"] = "each"
        elif self.channel.value() != WHOLE:
            found["channel"] = self.channel.value()
        return found

    def enable(self) -> None:
        """Channels are not asked for where an objective says which are meant."""
        self.channel.setEnabled(not self.each.isChecked() and not self.sum)
        self.each.setEnabled(not self.sum)

    def check(self) -> None:
        """Say what cannot be read, while it is written."""
        try:
            if self.sum:
                parse(self.sum)
            self.hint.say("")
        except BadSetting as bad:
            self.hint.say(str(bad))
        self.checked.emit()

    def settle(self) -> None:
        """The objective is what is typed now."""
        if self.sum != self._written:
            self._written = self.sum
            self.check()
            self.changed.emit()

    def _show_more(self, shown: bool) -> None:
        """The other settings of the view; made when somebody wants to see them first."""
        if self._form is None:
            self._form = ViewForm(views()["dream"], self.others, self._set, OWN)
            self._grid.addWidget(self._form, 11, 0, 1, 2)
        self._form.setVisible(shown)

    def _set(self, name: str, value: Any) -> None:
        self.others[name] = value
        if value == _declared(name).default:
            del self.others[name]

    def take(self, found: dict[str, Any]) -> None:
        """Show these settings, all of the view's."""
        channel = found["channel"]
        with QSignalBlocker(self.channel), QSignalBlocker(self.each):
            self.each.setChecked(channel == "each")
            self.channel.setValue(channel if isinstance(channel, int) else WHOLE)
        self.objective.setText(found["objective"])
        self._written = self.sum
        self.check()
        self.steps.setValue(found["steps"])
        self.seed.setValue(found["seed"])
        self.begin_from(found["image"])
        for name, value in found.items():
            if name not in OWN:
                self._set(name, value)
                if self._form is not None:
                    self._form.editors[name].show_value(value)

    def forget(self) -> None:
        """Nothing that belongs to the drawing before."""
        self.objective.clear()
        self._written = ""
        self.check()
        self.begin_from("")

    # What to begin with

    @property
    def start_words(self) -> str:
        """What a dream begins with."""
        return Path(self.image).name if self.image else "noise"

    def _choose_picture(self) -> None:
        if self.image:
            self.begin_from("")
        else:
            kinds = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp);;All files (*)"
            choose_file(self, "Begin with a picture", pictures_folder(), kinds, lambda path: self.begin_from(str(path)))

    def begin_from(self, image: str) -> None:
        """Begin with this file from now on; with noise if there is none."""
        self.image = image
        self.begin_label.setText(self.start_words)
        self.begin_label.setToolTip(image)
        self.choose.setText("Noise" if image else "Picture…")
        self.choose.setToolTip(FROM_NOISE if image else FROM_PICTURE)
        self.begun_otherwise.emit()


def _declared(name: str) -> Param:
    """A setting of the view, with its help."""
    return next(param for param in views()["dream"].options if param.name == name)


def _number(name: str) -> Int:
    param = _declared(name)
    assert isinstance(param, Int), "it is a number"
    return param


def _box(name: str) -> IntBox:
    param = _number(name)
    box = IntBox(param.low, param.high)
    box.setValue(param.default)
    return box
