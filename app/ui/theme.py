"""Colours as roles, read from ``resources/themes``, and their way into Qt's palette, style sheet and font.

Every colour of the window has a name here (``theme.color("wire.image")``); a test checks that all themes know the
same names and that texts stand out from what they stand on (WCAG 2.1, section 1.4.3).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

NAMES = ("dark", "light", "high_contrast")
DEFAULT = "dark"
SMALLEST_POINTS = 9.0  # nothing in the window is written smaller than this
BASE_POINTS = 9.5
_DARK_TEXT, _LIGHT_TEXT = "#101318", "#ffffff"


@dataclass(frozen=True, eq=False)
class Theme:
    """One set of colours by role. ``outline`` is the width of the line around a selected node, in pixels."""

    name: str
    title: str
    dark: bool
    outline: float
    colors: Mapping[str, QColor]

    def color(self, role: str) -> QColor:
        """The colour of a role.

        Raises:
            KeyError: if no theme has such a role.
        """
        return self.colors[role]


class _Notifier(QObject):
    """Tells of a new theme. Widgets that paint themselves connect to ``changed`` and draw again."""

    changed = Signal(object)  # Theme


notifier = _Notifier()


@cache
def load(name: str) -> Theme:
    """The theme of that name.

    Raises:
        KeyError: if there is none.
    """
    if name not in NAMES:
        raise KeyError(f"There is no theme {name!r}; there are {', '.join(NAMES)}.")
    text = resources.files("resources").joinpath("themes", f"{name}.json").read_text(encoding="utf-8")
    data = json.loads(text)
    colors = {role: QColor(value) for role, value in data["colors"].items()}
    return Theme(name, data["title"], data["dark"], float(data["outline"]), MappingProxyType(colors))


class _State:
    theme: Theme | None = None
    scale: float = 1.0


def current() -> Theme:
    """The theme in use; the default before ``apply``."""
    if _State.theme is None:
        _State.theme = load(DEFAULT)
    return _State.theme


@contextmanager
def borrowed(name: str) -> Iterator[Theme]:
    """Another theme for what is painted inside the ``with``, such as a picture for paper; nobody is told of it.

    Raises:
        KeyError: if there is no such theme.
    """
    before = current()
    _State.theme = load(name)
    try:
        yield _State.theme
    finally:
        _State.theme = before


def scale() -> float:
    """How large the interface is shown: 1 is 100 %."""
    return _State.scale


def color(role: str) -> QColor:
    """A colour of the theme in use.

    Raises:
        KeyError: if no theme has such a role.
    """
    return current().colors[role]


def family(category: str) -> QColor:
    """The colour of a palette category; grey for one we do not know. Never the only sign: icon and word stand by."""
    colors = current().colors
    return colors.get(f"family.{category}", colors["family.unknown"])


def wire(kind: str | None) -> QColor:
    """The colour of data of that kind (``Shape.kind``); grey while the shape is not known."""
    colors = current().colors
    return colors.get(f"wire.{kind}", colors["wire.unknown"])


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def luminance(color: QColor) -> float:
    """Relative luminance from 0 to 1 (WCAG 2.1)."""
    red, green, blue = (_linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio from 1 to 21 (WCAG 2.1); 4.5 is the least for text."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def text_on(background: QColor) -> QColor:
    """Black or white, whichever reads better on ``background``."""
    options = (QColor(_LIGHT_TEXT), QColor(_DARK_TEXT))
    return max(options, key=lambda option: contrast(option, background))


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """``first`` with ``share`` (0 to 1) of ``second`` in it."""
    keep = 1.0 - share
    return QColor.fromRgbF(
        first.redF() * keep + second.redF() * share,
        first.greenF() * keep + second.greenF() * share,
        first.blueF() * keep + second.blueF() * share,
    )


def faded(role: str, alpha: float) -> QColor:
    """A colour of the theme in use, with ``alpha`` from 0 (not seen) to 1."""
    result = QColor(color(role))
    result.setAlphaF(alpha)
    return result


def give_ground(widget: QWidget, ground: QColor) -> None:
    """Let a widget that fills its own background do so in this colour."""
    palette = widget.palette()
    palette.setColor(QPalette.ColorRole.Window, ground)
    widget.setPalette(palette)


def dress_narrow(widget: QWidget, narrow: bool) -> None:
    """Let the style sheet give a widget less room, or as much as usual: its rules for ``[narrow="true"]``."""
    if widget.property("narrow") != narrow:
        widget.setProperty("narrow", narrow)
        widget.style().unpolish(widget)  # the style sheet looks at properties only when it is asked to
        widget.style().polish(widget)
        # Else bars keep the places of what stands in them, and a click finds its tab elsewhere.
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))


def system_name() -> str:
    """The theme that goes with the desktop: what the first start shows. Dark if the desktop does not say."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return "light" if scheme == Qt.ColorScheme.Light else DEFAULT


def base_font(scale: float | None = None) -> QFont:
    """The system's sans serif at a readable size, with numbers of equal width where the font offers them.

    ``scale`` is that of the interface unless another is given.
    """
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    points = max(font.pointSizeF(), BASE_POINTS) * (_State.scale if scale is None else scale)
    font.setPointSizeF(max(points, SMALLEST_POINTS))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def letter_scale(scale: float | None = None) -> float:
    """How large letters are beside those at 100 %: as the scale, but they never become smaller than is readable."""
    return max(_State.scale if scale is None else scale, SMALLEST_POINTS / base_font(1.0).pointSizeF())


def code_font() -> QFont:
    """The system's monospaced font at a readable size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(max(base_font().pointSizeF(), SMALLEST_POINTS))
    return font


def apply(app: QApplication, name: str, scale: float | None = None) -> Theme:
    """Dress the whole program in a theme and tell everybody who draws by hand.

    ``scale`` is the size of the interface from now on, as it is if none is given. ``app.ui.scale`` brings the sizes of
    widgets along.

    Raises:
        KeyError: if there is no such theme.
    """
    from app.ui.stylesheet import style_sheet

    theme = load(name)
    _State.theme = theme
    _State.scale = _State.scale if scale is None else scale
    # The same on every desktop, and it follows the palette. Under a style sheet, which was set here, the style has no
    # name any more, and to set it once more would dress every widget twice.
    if not app.styleSheet() and app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setFont(base_font())
    app.setPalette(_palette(theme))
    sheet = style_sheet(theme, _State.scale)
    if app.styleSheet() != sheet:  # Qt dresses every widget anew, also in what it wears already
        app.setOverrideCursor(Qt.CursorShape.WaitCursor)  # which takes a part of a second in a window with all panels
        try:
            app.setStyleSheet(sheet)
        finally:
            app.restoreOverrideCursor()
    notifier.changed.emit(theme)
    return theme


def _palette(theme: Theme) -> QPalette:
    role, group, get = QPalette.ColorRole, QPalette.ColorGroup, theme.color
    palette = QPalette()
    everywhere = {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "field",
        role.AlternateBase: "panel",
        role.Text: "text",
        role.PlaceholderText: "text.off",
        role.Button: "raised",
        role.ButtonText: "text",
        role.BrightText: "error",
        role.Highlight: "selection",
        role.HighlightedText: "selection.text",
        role.Accent: "accent",
        role.Link: "link",
        role.LinkVisited: "link",
        role.ToolTipBase: "tooltip",
        role.ToolTipText: "tooltip.text",
        role.Light: "hover",
        role.Midlight: "raised",
        role.Mid: "border.soft",
        role.Dark: "border",
        role.Shadow: "border",
    }
    for target, name in everywhere.items():
        palette.setColor(target, get(name))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, target, get("text.off"))
    return palette
