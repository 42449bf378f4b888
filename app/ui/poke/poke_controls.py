"""What can be done to the layer that is looked at: a unit or head off, scaled or held; one weight; pruning."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QListWidget, QPushButton, QSizePolicy, QSlider, QWidget

from app.insight.poke import HeadEdit, Poke, Prune, Unit, Weight
from app.ui import scale, theme
from app.ui.inspector.boxes import CalmCombo, FloatBox, IntBox
from app.ui.inspector.scrub import TIP, Scrub
from app.ui.labels import TintedLabel, button, embolden, label_of
from app.ui.layouts import column, row
from app.ui.poke.poke_request import NodeFacts

NO_LAYER = "Select a layer on the canvas to lay hands on it."
AXES = 4  # of a weight; those of a convolution of volumes have one more, and that is set in the command line
ALL = "all"
REACH = 1e6
NOTHING_DONE = "Nothing is done yet. Paint on the picture, or press Off: what is done stands here."


class DoneList(QListWidget):
    """What was done to the copy, each in as many lines as it needs; empty, it says how something comes into it."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()  # other words go to the next line

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.count():
            return
        with QPainter(self.viewport()) as painter:
            painter.setPen(theme.color("text.soft"))
            edge = scale.px(6)
            place = self.viewport().rect().adjusted(edge, edge, -edge, -edge)
            painter.drawText(place, Qt.TextFlag.TextWordWrap, NOTHING_DONE)


class PokeControls(QWidget):
    """``put`` has what is to be done and whether it is being dragged; ``taken_back`` what no longer. ``looked`` tells
    that another unit or weight is looked at, ``let_go`` that a drag has ended."""

    put = Signal(object, bool)
    taken_back = Signal(object)
    looked = Signal()
    let_go = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.facts: NodeFacts | None = None
        self._pokes: tuple[Poke, ...] = ()
        self._showing = False
        self._make()
        self._build()
        self.show_facts(None, ())

    def _make(self) -> None:
        self.title = TintedLabel(NO_LAYER, "text", wrap=True)
        embolden(self.title)
        self.kind = CalmCombo("What of the layer", "A unit or channel of the layer, or a head of its attention")
        self.kind.currentIndexChanged.connect(lambda _: self._look())
        self.unit = IntBox(-1, 0)
        self.unit.setSpecialValueText(ALL)
        self._named(self.unit, "Which unit", "Its number, counted from 0; all is the whole layer")
        self.unit.valueChanged.connect(lambda _: self._look())
        self.off = QPushButton("Off")
        self.off.setCheckable(True)
        self.off.setAutoDefault(False)
        self._named(self.off, "Off", "Switch it off: its values become 0")
        self.off.clicked.connect(self._switched)
        self.scale, self._scale_drag = self._number("Scale", "Multiply it by this; 1 leaves it as it is", 1.0)
        self.scale.valueChanged.connect(lambda value: self._unit_changed(value, 0.0))
        self.hold, self._hold_drag = self._number("Hold", "Hold it at this value, whatever arrives", 0.0)
        self.hold.valueChanged.connect(lambda value: self._unit_changed(0.0, value))
        self.free = button("Free", "Let this unit be as it is again", self._free)
        self.weight = CalmCombo("Weights", "Which weights of the layer, by torch's names")
        self.weight.currentIndexChanged.connect(lambda _: self._other_weight())
        self.places = [IntBox(0, 0) for _ in range(AXES)]
        for number, box in enumerate(self.places):
            self._named(box, f"Place {number + 1}", "Which of these weights: its place along this axis")
            box.valueChanged.connect(lambda _: self._look())
        self.value, self._value_drag = self._number("Value", "The weight: type another value, or drag", 0.0)
        self.value.valueChanged.connect(self._weight_changed)
        self.percent = _SeriesSlider()
        self._named(self.percent, "Prune", "How many per cent of the weights become 0, those nearest to 0 first")
        self.percent.valueChanged.connect(self._pruned)
        self.percent.ended.connect(self.let_go.emit)
        self.share = TintedLabel("0 %", "text.soft")
        self.where = CalmCombo("Where to prune", "All weights together, or those of this layer alone")
        self.where.currentIndexChanged.connect(lambda _: self._show_pruning())

    def _named(self, widget: QWidget, name: str, tip: str) -> None:
        widget.setAccessibleName(name)
        widget.setToolTip(tip)

    def _number(self, name: str, tip: str, value: float) -> tuple[FloatBox, Scrub]:
        box = FloatBox(-REACH, REACH, 0.1)
        box.setValue(value)
        self._named(box, name, f"{tip}. {TIP}.")
        drag = Scrub(box)
        drag.ended.connect(lambda _: self.let_go.emit())
        return box, drag

    def _build(self) -> None:
        self._units = QWidget()
        self._weights = QWidget()
        for part in (self.scale, self.hold, self.value, self.unit, *self.places, self.kind, self.weight, self.where):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.percent.setMinimumWidth(40)
        column(
            row((self.kind, 2), (self.unit, 1), self.off, self.free, spacing=4),
            row(
                label_of(self.scale, "Scale"),
                (self.scale, 1),
                label_of(self.hold, "Hold"),
                (self.hold, 1),
                spacing=4,
            ),
            of=self._units,
            spacing=4,
        )
        column(
            row((self.weight, 3), label_of(self.value, "Value"), (self.value, 4), spacing=4),
            row(label_of(self.places[0], "Place"), *((box, 1) for box in self.places), spacing=4),
            of=self._weights,
            spacing=4,
        )
        column(
            self.title,
            self._units,
            self._weights,
            row(label_of(self.percent, "Prune"), (self.percent, 1), self.share, (self.where, 1), spacing=4),
            1,
            of=self,
            spacing=6,
        )

    # What is looked at

    def target(self, factor: float = 0.0, added: float = 0.0) -> Unit | HeadEdit | None:
        """What is done to the unit or head that is chosen, if that is done to it."""
        if self.facts is None:
            return None
        if self.kind.currentData() == "head":
            return HeadEdit(self.facts.node, max(self.unit.value(), 0), factor, added)
        return Unit(self.facts.node, () if self.unit.value() < 0 else (self.unit.value(),), factor, added)

    def chosen_weight(self) -> tuple[str, tuple[int, ...]] | None:
        """The weight that is chosen: its name and place."""
        if self.facts is None or not self.facts.weights:
            return None
        name = self.weight.currentText()
        shape = self.facts.weights.get(name)
        return (name, tuple(box.value() for box in self.places[: len(shape)])) if shape is not None else None

    def choose_unit(self, number: int) -> None:
        """Look at this unit."""
        if self.facts is not None and self.facts.units:
            self.kind.setCurrentIndex(0)
            self.unit.setValue(number)

    def show_facts(
        self, facts: NodeFacts | None, pokes: tuple[Poke, ...], weight: tuple[float, float] | None = None
    ) -> None:
        """Show what can be done to this node, and what is done."""
        other = facts is None or self.facts is None or self.facts != facts
        self.facts, self._pokes = facts, pokes
        self._showing = True
        try:
            if other:
                self._show_node(facts)
            self._show_done(weight)
        finally:
            self._showing = False

    def _show_node(self, facts: NodeFacts | None) -> None:
        units, heads = (facts.units, facts.heads) if facts is not None else (0, 0)
        self._units.setVisible(bool(units or heads))
        self._weights.setVisible(facts is not None and any(len(shape) <= AXES for shape in facts.weights.values()))
        if facts is None:
            self.title.setText(NO_LAYER)
        else:
            said = [f"{units:,} {facts.word if units != 1 else facts.word.removesuffix('s')}"] if units else []
            said += [f"{heads} heads"] if heads else []
            self.title.setText(f"{facts.node} · {', '.join(said)}" if said else f"{facts.node}: paint on the picture.")
            self.kind.clear()
            self.kind.addItem(facts.word.removesuffix("s"), "unit")
            if heads:
                self.kind.addItem("head", "head")
            self.weight.clear()
            self.weight.addItems([name for name, shape in facts.weights.items() if len(shape) <= AXES])
            self._show_axes()
        chosen = self.where.currentData()
        self.where.clear()
        self.where.addItem("all layers", "")
        if facts is not None and any(len(shape) > 1 for shape in facts.weights.values()):
            self.where.addItem(facts.node, facts.node)
            self.where.setCurrentIndex(max(0, self.where.findData(chosen)) if chosen else 0)

    def _show_axes(self) -> None:
        facts = self.facts
        shape = facts.weights.get(self.weight.currentText(), ()) if facts is not None else ()
        for number, box in enumerate(self.places):
            box.setVisible(number < len(shape))
            box.setRange(0, shape[number] - 1 if number < len(shape) else 0)

    def _show_done(self, weight: tuple[float, float] | None) -> None:
        facts = self.facts
        heads = self.kind.currentData() == "head"
        if facts is not None:
            self.unit.setRange(0 if heads else -1, (facts.heads if heads else facts.units) - 1)
        target = self.target()
        done = next((each for each in self._pokes if target is not None and _same(each, target)), None)
        assert done is None or isinstance(done, Unit | HeadEdit)
        self.off.setChecked(done is not None and done.factor == 0 and done.added == 0)
        self.free.setEnabled(done is not None)
        if not self._scale_drag.dragging:
            self.scale.setValue(1.0 if done is None or done.factor == 0 else done.factor)
        if not self._hold_drag.dragging:
            self.hold.setValue(done.added if done is not None else 0.0)
        if weight is not None and not self._value_drag.dragging and not self.value.hasFocus():
            self.value.setValue(float(f"{weight[1]:.7g}"))
        if weight is not None:
            self.value.setToolTip(f"The weight; it came as {weight[0]:.6g}. {TIP}.")
        self._show_pruning()

    def _show_pruning(self) -> None:
        before, self._showing = self._showing, True
        node = self.where.currentData() or ""
        done = next((each for each in self._pokes if isinstance(each, Prune) and each.node == node), None)
        if not self.percent.isSliderDown():
            self.percent.setValue(round(done.percent) if done is not None else 0)
        self.share.setText(f"{self.percent.value()} %")
        self._showing = before

    # What is done

    def _look(self) -> None:
        if not self._showing:
            self.looked.emit()

    def _other_weight(self) -> None:
        if not self._showing:
            self._show_axes()
            self._look()

    def _do(self, poke: Poke | None, dragging: bool = False) -> None:
        if poke is not None:
            self.put.emit(poke, dragging)

    def _switched(self, on: bool) -> None:
        self._do(self.target()) if on else self._free()

    def _free(self) -> None:
        target = self.target()
        done = next((each for each in self._pokes if target is not None and _same(each, target)), None)
        if done is not None:
            self.taken_back.emit(done)

    def _unit_changed(self, factor: float, added: float) -> None:
        if self._showing:
            return
        dragging = self._scale_drag.dragging or self._hold_drag.dragging
        if factor == 1 and added == 0 and not dragging:
            self._free()
        else:
            self._do(self.target(factor, added), dragging)

    def _weight_changed(self, value: float) -> None:
        chosen = self.chosen_weight()
        if not self._showing and chosen is not None and self.facts is not None:
            self._do(Weight(self.facts.node, chosen[0], chosen[1], value), self._value_drag.dragging)

    def _pruned(self, percent: int) -> None:
        if not self._showing:
            self._do(Prune(float(percent), self.where.currentData() or ""), dragging=True)


class _SeriesSlider(QSlider):
    """Per cent. ``ended`` tells that what follows is no longer the same change: the mouse takes hold or lets go, or the
    keyboard goes elsewhere. A key that is pressed again and again is one change, as typing is."""

    ended = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, 100)
        self.sliderPressed.connect(self.ended.emit)
        self.sliderReleased.connect(self.ended.emit)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.ended.emit()


def _same(one: Poke, other: Poke) -> bool:
    return type(one) is type(other) and one.place == other.place
