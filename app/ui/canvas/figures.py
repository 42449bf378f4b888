"""Nodes and wires as they stand on the canvas: plain objects with places, no Qt items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainterPath

from app.core.graph.model import Node, Wire
from app.core.inference import NodeReport
from app.ui.canvas import geometry as g
from app.ui.canvas.node_words import NodeLook, PortLook
from app.ui.problems.entries import Kind, ProblemEntry, worst

if TYPE_CHECKING:
    from app.ui.canvas.expanded_block import ExpandedBlock


# Lines for what goes over a wire and for the gradient that comes back.
OnWires = Mapping[Wire, tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(slots=True, eq=False)
class NodeFigure:
    """One node: where it stands, how large it is, what it shows. ``version`` grows when it must be drawn anew.

    ``inside`` is there while the node is an expanded block. ``room`` is how much the picture ``strip`` and its caption
    may take below the rest. ``said`` are the entries of the list of problems that ``report`` does not know of.
    """

    node: Node
    look: NodeLook
    report: NodeReport | None
    order: int
    name: str = field(init=False)
    x: float = field(init=False)
    y: float = field(init=False)
    width: float = g.NODE_WIDTH
    height: float = 0.0
    strip: QImage | None = None
    caption: str = ""
    room: float = float("inf")
    said: tuple[ProblemEntry, ...] = ()
    version: int = 0
    inside: ExpandedBlock | None = None

    def __post_init__(self) -> None:
        self.name = self.node.name
        self.x, self.y = self.node.position
        self.measure()

    def measure(self) -> bool:
        """Work out the size anew; True if it has changed."""
        if self.inside is not None:
            before = self.width, self.height
            self.width, self.height = self.inside.width, self.inside.height
            return before != (self.width, self.height)
        self.width = g.NODE_WIDTH
        height = self.body_height + self._strip_part[0]
        changed = height != self.height
        self.height = height
        return changed

    @property
    def body_height(self) -> float:
        """How high the box is without its picture; the whole height of an expanded block."""
        return self.height if self.inside is not None else g.body_height(self.look.rows, self.look.has_foot)

    @property
    def _strip_part(self) -> tuple[float, bool]:
        if self.strip is None or self.inside is not None:
            return 0.0, False
        return g.strip_in(self.room, self.strip.width(), self.strip.height(), bool(self.caption))

    @property
    def shows_strip(self) -> bool:
        """Whether there is room for its picture."""
        return self._strip_part[0] > 0.0

    @property
    def shows_caption(self) -> bool:
        """Whether there is room for the words below its picture."""
        return self._strip_part[1]

    @property
    def rect(self) -> QRectF:
        """The box itself."""
        return QRectF(self.x, self.y, self.width, self.height)

    @property
    def bounds(self) -> QRectF:
        """Everything that is painted: the box with ports, badge, shadow and outline."""
        edge = g.MARGIN
        return QRectF(self.x - edge, self.y - edge, self.width + 2 * edge, self.height + 2 * edge)

    @property
    def troubled(self) -> bool:
        """Whether it wears a badge."""
        return bool(self.look.problems or self.said)

    @property
    def badge(self) -> Kind | None:
        """Which badge it wears: that of the worst that is said of it."""
        return "error" if self.look.problems else worst(self.said)

    def input_index(self, port: str) -> int:
        """Which line the input stands on; 0 for one that does not exist, so that its wire still ends somewhere."""
        return next((i for i, look in enumerate(self.look.inputs) if look.name == port), 0)

    def output_index(self, port: str) -> int:
        """Which line the output stands on; 0 for one that does not exist."""
        return next((i for i, look in enumerate(self.look.outputs) if look.name == port), 0)

    def input_at(self, port: str) -> QPointF:
        """Where the input is."""
        return QPointF(self.x, self.y + self.level_of(port, False))

    def output_at(self, port: str) -> QPointF:
        """Where the output is."""
        return QPointF(self.x + self.width, self.y + self.level_of(port, True))

    def level_of(self, port: str, is_output: bool) -> float:
        """How far below the top of the box a port is."""
        if self.inside is not None:
            levels = self.inside.outputs if is_output else self.inside.inputs
            if port in levels:
                return levels[port]
        return g.port_y(self.output_index(port) if is_output else self.input_index(port))

    def ports(self) -> list[tuple[PortLook, QPointF]]:
        """Every port with its place, counted from the corner of the box."""
        left = [(look, QPointF(0, self.level_of(look.name, False))) for look in self.look.inputs]
        return left + [(look, QPointF(self.width, self.level_of(look.name, True))) for look in self.look.outputs]

    @property
    def badge_at(self) -> QPointF:
        """Middle of the problem badge."""
        return QPointF(self.x + self.width - 3, self.y + 3)

    @property
    def toggle(self) -> QRectF | None:
        """Where a block is expanded and collapsed; None for a layer."""
        return g.TOGGLE.translated(self.x, self.y) if self.look.expandable else None


@dataclass(slots=True, eq=False)
class WireFigure:
    """One wire: its curve, the kind and shape of what it carries, and whether it fits."""

    wire: Wire
    start: QPointF = field(default_factory=QPointF)
    end: QPointF = field(default_factory=QPointF)
    path: QPainterPath = field(default_factory=QPainterPath)
    bounds: QRectF = field(default_factory=QRectF)
    points: list[QPointF] | None = None  # made when the mouse first comes near
    lane: g.Lane | None = None
    form: tuple[float, ...] = ()  # all that decides on the curve but where it starts
    middle: tuple[float, float] = (0.0, 0.0)  # where its words stand
    room: float = 0.0  # for words, from side to side
    kind: str | None = None
    text: str = ""
    fits: bool = True
    sentence: str = ""

    def place(self, start: QPointF, end: QPointF, lane: g.Lane | None) -> None:
        """Draw the curve anew between these ends."""
        self.start, self.end, self.lane = start, end, lane
        self.path = g.curve(start, end) if lane is None else g.along(start, end, lane)
        self.bounds = self.path.controlPointRect().adjusted(-g.PORT_RADIUS, -12, g.PORT_RADIUS, 12)
        across, down = end.x() - start.x(), end.y() - start.y()
        self.form = (across, down) if lane is None else (across, down, lane.y - start.y(), lane.turn_in, lane.turn_out)
        self.middle = (start.x() + end.x()) / 2, (start.y() + end.y()) / 2 if lane is None else lane.y
        self.room = abs(across) - 2 * g.PORT_RADIUS - (0.0 if lane is None else 120.0)
        self.points = None

    @property
    def is_straight(self) -> bool:
        """Whether the curve is a level line."""
        return self.lane is None and self.form[1] == 0.0 and self.form[0] > 0.0

    def distance(self, point: QPointF) -> float:
        """How far the curve passes from ``point``."""
        if self.points is None:
            self.points = g.points_along(self.path)
        return g.distance(point, self.points)
