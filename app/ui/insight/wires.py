"""The numbers on the wires of the canvas: what goes over each for the chosen sample, and the gradient behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from app.core.document import Change
from app.core.graph.model import MAIN
from app.insight.view import SampleChoice, Subject
from app.ui.canvas.figures import OnWires
from app.ui.canvas.view import CanvasView
from app.ui.insight.views import NothingToShow
from app.ui.qdocument import QDocument
from app.ui.session import Session

KEY = "wires"
# The nodes whose values a walk has reached, and those whose gradients.
Reached = tuple[frozenset[str], frozenset[str]] | None
MOST_WIRES = 80
ON = (
    "Wires show their value for the chosen sample, and below it the gradient of the loss: numbers where there are "
    "up to 6, else the norm, as ‖3.2‖. Come closer to read them."
)
LARGE = "This drawing has {count} wires; their values are shown for up to {most}. Open a smaller one."


@dataclass(frozen=True, eq=False)
class WireWords:
    """Lines for what goes over each wire and for its gradient."""

    said: OnWires


@dataclass(frozen=True)
class WiresOf:
    """What goes over the wires for a sample."""

    sample: int
    chosen: SampleChoice | None
    inside: str = ""  # the path of the block whose wires are meant
    node: str | None = None
    reached: Reached = None

    def look(self, subject: Subject) -> WireWords:
        """The words for each. A copy that was poked has values only: on the way back nobody knows of the pokes.

        Raises:
            NoPicture: if the sample does not fit the net, or there is none.
        """
        from app.insight.on_wires import lines_of
        from app.insight.tiles import NoPicture
        from app.insight.wire_values import wire_values

        samples = subject.samples.only(self.chosen) if self.chosen is not None else subject.samples
        if subject.net.plan.inputs and not samples.count:
            raise NoPicture("There is no sample that could go over the wires. Wire data to the drawing.")
        batch = samples.one(0 if self.chosen is not None else max(0, min(self.sample, samples.count - 1)))
        found = wire_values(subject.net, subject.model, batch, inside=self.inside, gradients=subject.untouched is None)
        said = {wire: lines_of(carried) for wire, carried in found.wires.items()}
        if self.reached is not None:
            values, gradients = self.reached
            ends = {wire.target for wire in said} - set(found.order)  # outputs: what comes back begins there
            back = gradients | (ends if gradients else frozenset())
            said = {
                wire: (value if wire.source in values else (), gradient if wire.target in back else ())
                for wire, (value, gradient) in said.items()
            }
        return WireWords({wire: both for wire, both in said.items() if any(both)})


class LiveWires(QObject):
    """Keeps the numbers on the wires of one canvas up to date, once they are switched on. ``say`` is told why there are
    none."""

    def __init__(
        self, session: Session, qdocument: QDocument, canvas: CanvasView, say: Callable[[str], object]
    ) -> None:
        super().__init__(canvas)
        self._session, self._qdocument, self._canvas, self._say = session, qdocument, canvas, say
        self.shown = False
        self.reached: Reached = None  # how far a walk has come that is shown on the wires
        self._told = ""
        for signal in (session.state_changed, session.model_ready, session.torch_ready, session.sample_changed):
            signal.connect(lambda *_: self.ask())
        session.pokes.changed.connect(self.ask)
        canvas.where_changed.connect(lambda _: self.ask())
        qdocument.changed.connect(self._on_document)

    @Slot()
    def toggle(self) -> None:
        """Show the numbers, or no longer."""
        self.shown = not self.shown
        self._told = ""
        if self.shown:
            self._tell(ON if len(self._qdocument.project.graph_of(self._canvas.where).wires) <= MOST_WIRES else "")
        self.ask()

    def follow(self, reached: Reached) -> None:
        """Show the numbers that a walk has reached, whether they are switched on or not; None ends that."""
        if reached != self.reached:
            self.reached = reached
            self.ask()

    @property
    def _wanted(self) -> bool:
        return self.shown or self.reached is not None

    def ask(self) -> None:
        """Ask for the numbers of all wires, where they are wanted."""
        session = self._session
        view = None
        where, inside = self._canvas.where, self._canvas.instance
        if self._wanted and session.torch_loaded and (where == MAIN or inside):
            count = len(self._qdocument.project.graph_of(where).wires)
            if count > MOST_WIRES:
                self._tell(LARGE.format(count=count, most=MOST_WIRES))
            elif count:
                view = WiresOf(session.sample, session.chosen, inside, reached=_within(self.reached, inside))
        if view is None:
            self._canvas.show_on_wires({})
        session.looker.show(KEY, view, self._on_seen)

    def _on_seen(self, _: str, content: object) -> None:
        if isinstance(content, WireWords) and self._wanted:
            self._canvas.show_on_wires(content.said)
        elif isinstance(content, NothingToShow):
            self._canvas.show_on_wires({})
            self._tell(content.sentence)

    def _tell(self, sentence: str) -> None:
        if sentence and sentence != self._told:
            self._told = sentence
            self._say(sentence)

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if self._wanted:
            if change.opened:
                self._canvas.show_on_wires({})
            self.ask()


def _within(reached: Reached, inside: str) -> Reached:
    """What a walk has reached of the block whose path this is; None where it does not go into it."""
    if reached is None or not inside:
        return reached
    values, gradients = (
        frozenset(path.removeprefix(f"{inside}/") for path in paths if path.startswith(f"{inside}/"))
        for paths in reached
    )
    return (values, gradients) if values else None
