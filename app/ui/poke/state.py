"""What was done to the copy of the net and to its input, step by step, so that each step can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from app.core.document import Change
from app.core.graph.model import MAIN
from app.insight.poke import Poke, Prune
from app.insight.view import SampleChoice
from app.ui.insight.chosen_sample import ChosenSample
from app.ui.qdocument import QDocument

MOST_STEPS = 500


@dataclass(frozen=True)
class PokeState:
    """All that was done up to a moment: to the net, and to the sample that goes in (None: nothing). ``said`` tells what
    was done to the sample."""

    pokes: tuple[Poke, ...] = ()
    drawn: SampleChoice | None = None
    said: str = ""


class Pokes(QObject):
    """One for a window. ``changed`` tells that something else is done now; ``told`` has a sentence for whoever looks.

    ``sample`` is told of an input that was drawn on, ``apply`` of everything that is done to the net.
    """

    changed = Signal()

    def __init__(
        self, sample: ChosenSample, qdocument: QDocument, apply: Callable[[tuple[Poke, ...]], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._sample, self._apply = sample, apply
        self._steps = [PokeState()]
        self._at = 0
        self._merging = ""  # the place that is being dragged: all of one drag is one step
        self._base: tuple[int, SampleChoice | None] | None = None  # the sample before somebody drew on it
        self._choosing = False
        sample.sample_changed.connect(self._on_sample)
        qdocument.changed.connect(self._on_document)

    @property
    def now(self) -> PokeState:
        """What is done now."""
        return self._steps[self._at]

    @property
    def base(self) -> tuple[int, SampleChoice | None]:
        """The sample as it came: the number of one for validation, or one of the data."""
        return self._base if self._base is not None else (self._sample.sample, self._sample.chosen)

    @property
    def can_undo(self) -> bool:
        """Whether a step can be taken back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step that was taken back can be done again."""
        return self._at + 1 < len(self._steps)

    # Steps

    def put(self, poke: Poke, *, dragging: bool = False) -> None:
        """Do this, in the place of what was done to the same unit, weight or layer before."""
        kept = tuple(each for each in self.now.pokes if not _same_place(each, poke))
        made = (*kept, poke) if not (isinstance(poke, Prune) and poke.percent == 0) else kept
        self._do(replace(self.now, pokes=made), f"{type(poke).__name__} {poke.place}" if dragging else "")

    def remove(self, poke: Poke) -> None:
        """Do this no longer."""
        self._do(replace(self.now, pokes=tuple(each for each in self.now.pokes if each != poke)))

    def draw(self, drawn: SampleChoice | None, said: str = "", *, dragging: bool = False) -> None:
        """Let this sample go in; None: the one that came."""
        self._do(replace(self.now, drawn=drawn, said=said if drawn is not None else ""), "input" if dragging else "")

    def finish(self) -> None:
        """The drag has ended: what comes next is a step of its own."""
        self._merging = ""

    def reset(self) -> None:
        """Take everything back; that can be undone, too."""
        self._do(PokeState())

    def undo(self) -> None:
        """Take the last step back."""
        if self.can_undo:
            self._go(self._at - 1)

    def redo(self) -> None:
        """Do the step that was taken back again."""
        if self.can_redo:
            self._go(self._at + 1)

    def _do(self, hand: PokeState, merging: str = "") -> None:
        if hand == self.now and hand.drawn is self.now.drawn:
            return
        del self._steps[self._at + 1 :]
        if merging and merging == self._merging:
            self._steps[self._at] = hand
        else:
            self._steps.append(hand)
            del self._steps[: max(0, len(self._steps) - MOST_STEPS)]
        self._at = len(self._steps) - 1
        self._merging = merging
        self._show()

    def _go(self, place: int) -> None:
        self._at, self._merging = place, ""
        self._show()

    def _show(self) -> None:
        hand = self.now
        self._choosing = True
        try:
            if hand.drawn is not None:
                if self._base is None:
                    self._base = (self._sample.sample, self._sample.chosen)
                self._sample.choose_of_data(hand.drawn)
            elif self._base is not None:
                (number, chosen), self._base = self._base, None
                if chosen is not None:
                    self._sample.choose_of_data(chosen)
                else:
                    self._sample.choose_sample(number)
        finally:
            self._choosing = False
        self._apply(hand.pokes)
        self.changed.emit()

    # What makes it mean nothing any more

    @Slot(int)
    def _on_sample(self, _: int) -> None:
        """Somebody chose another sample: what was drawn on the one before is gone."""
        if not self._choosing:
            self._base = None
            self._steps = [replace(each, drawn=None, said="") for each in self._steps]
            self._merging = ""
            self.changed.emit()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.opened:
            self._restart(())
            return
        facts = change.diffs.get(MAIN)
        if facts is None or not self.now.pokes:
            return
        made = tuple(_renamed(each, facts.renamed) for each in self.now.pokes)
        nodes = change.after.graph.nodes
        made = tuple(each for each in made if _owner(each) in nodes or not _owner(each))
        if made != self.now.pokes:
            self._restart(made)

    def _restart(self, pokes: tuple[Poke, ...]) -> None:
        """Begin again with these: the steps before were about another net."""
        if self._steps == [PokeState()] and not pokes:
            return
        hand = replace(self.now, pokes=pokes) if pokes else PokeState()
        if hand.drawn is None and self._base is not None:
            self._base = None
        self._steps, self._at, self._merging = [hand], 0, ""
        self._apply(pokes)
        self.changed.emit()


def _same_place(one: Poke, other: Poke) -> bool:
    return type(one) is type(other) and one.place == other.place


def _owner(poke: Poke) -> str:
    """The node of the drawing that this is done to; empty for all."""
    return poke.node.partition("/")[0].partition(".")[0]


def _renamed(poke: Poke, names: Mapping[str, str]) -> Poke:
    owner = _owner(poke)
    return replace(poke, node=names[owner] + poke.node[len(owner) :]) if owner in names else poke
