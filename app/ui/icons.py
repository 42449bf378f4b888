"""Icons drawn in one colour (``resources/icons``), tinted with the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from weakref import WeakSet

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui import theme

_SIZES = (16, 20)
_FAMILY_SIZES = (16, 20, 24, 32)
_PROGRAM = ("netloom", (24, 32, 48, 64, 128))  # the program's own icon also stands in task bars


def _sizes(name: str = "", sides: tuple[int, ...] = _SIZES) -> tuple[int, ...]:
    """The sides in which an icon is drawn: what the widgets of this program ask for at the scale it has now. Sizes that
    nobody asks for would take eight megabytes."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    own = _PROGRAM[1] if name == _PROGRAM[0] else ()
    return tuple(round(side * theme.scale() * ratio) for side in sides) + own


@cache
def _folder() -> Traversable:
    return resources.files("resources").joinpath("icons")


@cache
def names() -> frozenset[str]:
    """All icons there are."""
    return frozenset(file.name.removesuffix(".svg") for file in _folder().iterdir() if file.name.endswith(".svg"))


@cache
def _drawing(name: str) -> str:
    if name not in names():
        raise KeyError(f"There is no icon {name!r} in resources/icons.")
    return _folder().joinpath(f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=48)  # as many as stand on a canvas; the parsed text of all icons would take megabytes
def renderer(name: str, tint: str) -> QSvgRenderer:
    """What draws the icon in a colour such as ``#ffffff``; sharp at any size.

    Raises:
        KeyError: if there is no such icon.
    """
    # Qt's SVG reader does not know currentColor, so the colour is written into the text.
    return QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", tint).encode()))


def paint(painter: QPainter, name: str, rect: QRectF, tint: QColor) -> None:
    """Draw the icon into ``rect``.

    Raises:
        KeyError: if there is no such icon.
    """
    renderer(name, tint.name()).render(painter, rect)


@cache
def _pixmap(name: str, size: int, tint: str, ratio: float) -> QPixmap:
    drawn = renderer(name, tint)
    side = round(size * ratio)
    picture = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        drawn.render(painter, QRectF(0, 0, side, side))
    result = QPixmap.fromImage(picture)
    result.setDevicePixelRatio(ratio)
    return result


def pixmap(name: str, size: int = 16, tint: QColor | None = None, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of ``size`` × ``size`` logical pixels, in the text colour unless ``tint`` is given.

    Raises:
        KeyError: if there is no such icon.
    """
    return _pixmap(name, size, (tint or theme.color("text")).name(), ratio)


@cache
def _icon(name: str, tint: str, off: str, sides: tuple[int, ...]) -> QIcon:
    result = QIcon()
    for side in sides:
        for mode, ink in ((QIcon.Mode.Normal, tint), (QIcon.Mode.Selected, tint), (QIcon.Mode.Disabled, off)):
            result.addPixmap(_pixmap(name, side, ink, 1.0), mode)
    return result


def icon(name: str, role: str = "text") -> QIcon:
    """The icon in the colour of a role of the theme in use; pale while disabled. See ``put`` for a lasting one.

    Raises:
        KeyError: if there is no such icon or role.
    """
    off = theme.mixed(theme.color("panel"), theme.color("text"), 0.35).name()
    return _icon(name, theme.color(role).name(), off, _sizes(name))


def family_name(category: str) -> str:
    """The icon of a palette category; the one for unknown things if it has none."""
    name = f"family-{category}"
    return name if name in names() else "family-unknown"


def family(category: str) -> QIcon:
    """A tile in the family colour with the category's icon on it, for lists and menus."""
    return _family(category, theme.family(category).name(), _sizes(sides=_FAMILY_SIZES))


@cache
def _family(category: str, background: str, sides: tuple[int, ...]) -> QIcon:
    result = QIcon()
    ground = QColor(background)
    for side in sides:
        picture = QPixmap(QSize(side, side))
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.2, side * 0.2)
            margin = side * 0.14
            inside = QRectF(margin, margin, side - 2 * margin, side - 2 * margin)
            paint(painter, family_name(category), inside, theme.text_on(ground))
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # Qt would tint a selected one, and the icon with it
            result.addPixmap(picture, mode)
    return result


_wearers: WeakSet[Any] = WeakSet()


def put(wearer: Any, name: str, role: str = "text") -> None:
    """Give an action, a button or a window (anything with ``setIcon``) an icon that follows the theme.

    Raises:
        KeyError: if there is no such icon or role.
    """
    wearer.setIcon(icon(name, role))
    wearer.setProperty("netloom_icon", f"{name} {role}")
    _wearers.add(wearer)


def _follow(_: theme.Theme) -> None:
    for wearer in tuple(_wearers):
        try:
            name, role = str(wearer.property("netloom_icon")).split(" ")
        except RuntimeError:  # Qt has already deleted what Python still holds
            _wearers.discard(wearer)
            continue
        wearer.setIcon(icon(name, role))


_following: Callable[[theme.Theme], None] = _follow
theme.notifier.changed.connect(_following)
