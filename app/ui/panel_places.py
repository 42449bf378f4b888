"""What one panel is made of, besides its content: the place that the content stands in, and the head above it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QLine, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QScrollArea, QSizePolicy, QWidget

from app.ui import theme
from app.ui.labels import TintedLabel, embolden, icon_button
from app.ui.layouts import column, row

SMALLEST = QSize(110, 64)  # of a panel; what does not fit into it scrolls


class PanelStage(QWidget):
    """Gives its content all the room there is, but never less than the content needs; the area around then scrolls.

    ``make`` puts content into it as soon as somebody can see it.
    """

    def __init__(self, area: QScrollArea) -> None:
        super().__init__()
        self.make: Callable[[], object] | None = None
        self._content: QWidget | None = None
        self._area = area

    def put(self, content: QWidget) -> None:
        """Show this from now on."""
        self._content = content
        if content.parent() is not self:
            content.setParent(self)
        content.setGeometry(self.rect())
        content.setVisible(not self.visibleRegion().isEmpty())

    def reveal(self, seen: bool = True) -> None:
        """Show the content while somebody can see it. For Qt all panels of a row of tabs are visible, so that one
        behind another would be styled, arranged and kept up to date for nobody."""
        if self._content is not None:
            self._content.setVisible(seen)
        elif seen and self.make is not None and not self.visibleRegion().isEmpty():
            self.make()

    def minimumSizeHint(self) -> QSize:
        if self._content is None or self._content.isHidden():
            return SMALLEST
        return self._content.minimumSizeHint().expandedTo(self._content.minimumSize())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._content is not None:
            self._content.setGeometry(self.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._content is None or self._content.isHidden():  # seen in a way that Qt has not told of
            QTimer.singleShot(0, self, self.reveal)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            QCoreApplication.sendEvent(self._area, QEvent(QEvent.Type.LayoutRequest))
        return super().event(event)


class PanelHolder(QWidget):
    """A panel's place. Asks for the space the arrangement gives it, not for what its content would like best, and can
    become smaller than its content."""

    def __init__(self, wanted: QSize, resized: Callable[[], object]) -> None:
        super().__init__()
        self._wanted = wanted
        self._resized = resized
        self.area = QScrollArea()
        self.stage = PanelStage(self.area)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.stage)
        column(self.area, of=self, margins=(1, 0, 1, 1))

    def sizeHint(self) -> QSize:
        return self._wanted * theme.letter_scale()

    def minimumSizeHint(self) -> QSize:
        return SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized()

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_edge(self, Qt.Edge.BottomEdge)


def _paint_edge(part: QWidget, outer: Qt.Edge) -> None:
    """A line around a floating panel, which has no frame of the desktop and the colour of what lies below it."""
    dock = part.parentWidget()
    if not isinstance(dock, QDockWidget) or not dock.isFloating():
        return
    right, bottom = part.width() - 1, part.height() - 1
    level = 0 if outer == Qt.Edge.TopEdge else bottom
    with QPainter(part) as painter:
        painter.setPen(theme.color("border"))
        painter.drawLines([QLine(0, 0, 0, bottom), QLine(right, 0, right, bottom), QLine(0, level, right, level)])


class TitleBar(QWidget):
    """The head of a panel: its name, and buttons to let it float and to close it. Dragging it moves the panel."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._title = TintedLabel(dock.windowTitle(), "text.soft")
        embolden(self._title)
        # A name must not keep a window from becoming narrow: before it is cut, all panels stand below the canvas.
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        dock.windowTitleChanged.connect(self._title.setText)
        name = dock.windowTitle()
        self.float_button = icon_button("enter", f"Let {name} float, or put it back", self._toggle)
        self.close_button = icon_button("close", f"Close {name}; the View menu brings it back", dock.close)
        row((self._title, 1), self.float_button, self.close_button, of=self, margins=(10, 3, 4, 2), spacing=0)

    def _toggle(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_edge(self, Qt.Edge.TopEdge)


class HiddenTitleBar(QWidget):
    """The head of a panel that is a tab already: nothing, because the tab says its name and can be dragged."""

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)
