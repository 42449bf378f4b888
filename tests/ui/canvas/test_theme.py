"""Themes know the same roles and can be read; icons exist, draw something, and follow the theme."""

from __future__ import annotations

import itertools
import math

import pytest
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QApplication

from app.core.graph.frames import COLORS
from app.ui import icons, theme
from app.ui.stylesheet import style_sheet
from nodes.api.registry import CATEGORIES

# What is written on what, and the least contrast (WCAG 2.1: 4.5 for text, 3 for signs).
TEXTS = [
    ("text", "window", 7.0),
    ("text", "panel", 7.0),
    ("text", "hover", 4.5),
    ("text.soft", "panel", 4.5),
    ("text.soft", "window", 4.5),
    ("text.off", "panel", 3.0),
    ("accent.text", "accent", 4.5),
    ("selection.text", "selection", 4.5),
    ("error", "panel", 4.5),
    ("warning", "panel", 4.5),
    ("ok", "panel", 4.5),
    ("info", "panel", 4.5),
    ("link", "panel", 4.5),
    ("tooltip.text", "tooltip", 7.0),
    ("node.text", "node.body", 7.0),
    ("node.text.soft", "node.body", 4.5),
    ("node.text.soft", "node.muted", 4.5),
    ("canvas.hint", "canvas", 4.5),
    ("canvas.hint.soft", "canvas", 4.5),
    ("badge.text", "badge", 4.5),
    ("wire.label.text", "wire.label.back", 7.0),
    ("node.selected", "canvas", 3.0),
    ("port.fits", "canvas", 3.0),
    ("port.shape_error", "canvas", 3.0),
]


@pytest.fixture(params=theme.NAMES)
def shown(request: pytest.FixtureRequest) -> theme.Theme:
    return theme.load(request.param)


def test_all_themes_know_the_same_roles() -> None:
    """Would fail if a role were added to one theme only, and the window crashed in the others."""
    first, *others = (set(theme.load(name).colors) for name in theme.NAMES)
    assert all(first == other for other in others)


def test_texts_stand_out(shown: theme.Theme) -> None:
    """Would fail if somebody chose a colour that the last row cannot read."""
    weak = [
        (front, back, round(theme.contrast(shown.color(front), shown.color(back)), 2))
        for front, back, least in TEXTS
        if theme.contrast(shown.color(front), shown.color(back)) < least
    ]
    assert not weak


def test_words_on_family_colours_can_be_read(shown: theme.Theme) -> None:
    """Would fail if a header carried text of its own brightness."""
    for category in (*CATEGORIES, "block", "unknown"):
        ground = shown.color(f"family.{category}")
        assert theme.contrast(theme.text_on(ground), ground) >= 4.5, category


def test_titles_of_frames_can_be_read_and_frames_be_seen(shown: theme.Theme) -> None:
    """Would fail if a frame had a colour on which its title drowns, or that drowns in the canvas itself."""
    roles = {role.removeprefix("frame.") for role in shown.colors if role.startswith("frame.")}
    assert roles == set(COLORS)
    for role in roles:
        ground = shown.color(f"frame.{role}")
        assert theme.contrast(theme.text_on(ground), ground) >= 4.5, role
        assert theme.contrast(ground, shown.color("canvas")) >= 3.0, role
        card = theme.mixed(shown.color("node.body"), ground, 0.14)
        assert theme.contrast(shown.color("node.text"), card) >= 7.0, role
        assert theme.contrast(shown.color("link"), card) >= 4.5, role


def test_wires_are_seen_on_the_canvas(shown: theme.Theme) -> None:
    """Would fail if a kind of data were drawn in a colour that drowns in the background."""
    for role in (role for role in shown.colors if role.startswith("wire.") and "label." not in role):
        assert theme.contrast(shown.color(role), shown.color("canvas")) >= 3.0, role


# How colours look without the cones for red or green light (Machado, Oliveira and Fernandes 2009, severity 1.0), on
# linear red, green and blue; and to everybody else.
_EYES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}


def _lab(color: QColor, eye: str) -> tuple[float, float, float]:
    """The colour in CIE L*a*b*, as this eye sees it: distances there are close to differences that people notice."""
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, linear, strict=True)))) for row in _EYES[eye]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("eye", _EYES)
def test_kinds_of_wires_differ_for_every_eye(shown: theme.Theme, eye: str) -> None:
    """Would fail if two kinds of data had colours that some people cannot tell apart (2 is a just noticeable step)."""
    kinds = ["image", "vector", "label", "sequence", "tokens", "number", "volume"]
    for first, second in itertools.combinations(kinds, 2):
        pair = (_lab(shown.color(f"wire.{kind}"), eye) for kind in (first, second))
        apart = math.dist(*pair)
        assert apart > 14, (first, second, round(apart, 1))


def test_style_sheet_uses_only_known_roles(shown: theme.Theme) -> None:
    """Would fail if the sheet named a role that no theme has."""
    assert "@" not in style_sheet(shown)


def test_nothing_is_written_below_nine_points(qapp: QApplication) -> None:
    """Would fail if the interface scale made letters unreadable."""
    assert theme.base_font(0.5).pointSizeF() >= 9.0
    assert theme.base_font(2.0).pointSizeF() >= 18.0


def test_applying_a_theme_is_told_and_icons_follow(qapp: QApplication) -> None:
    """Would fail if widgets that paint themselves, or icons of actions, kept the old colours."""
    heard: list[str] = []

    def hear(found: theme.Theme) -> None:
        heard.append(found.name)

    theme.notifier.changed.connect(hear)
    action = QAction("Save")
    try:
        theme.apply(qapp, "dark")
        icons.put(action, "save")
        dark = action.icon().pixmap(24, 24).toImage()
        theme.apply(qapp, "light")
        assert action.icon().pixmap(24, 24).toImage() != dark
        assert heard == ["dark", "light"]
        assert theme.current().name == "light"
    finally:
        theme.notifier.changed.disconnect(hear)
        theme.apply(qapp, "dark")


def test_every_category_has_an_icon_of_its_own(qapp: QApplication) -> None:
    """Would fail if a new category came without a drawing: colour alone must never carry the meaning."""
    assert {f"family-{category}" for category in CATEGORIES} <= icons.names()
    assert icons.family_name("no such category") == "family-unknown"


@pytest.mark.parametrize("name", sorted(icons.names()))
def test_every_icon_draws_something_in_the_wanted_colour(qapp: QApplication, name: str) -> None:
    """Would fail if a file were damaged, empty, or brought colours of its own."""
    picture = icons.pixmap(name, 48, QColor("#12ab34")).toImage()
    solid = [c for x in range(48) for y in range(48) if (c := picture.pixelColor(x, y)).alpha() > 250]
    assert len(solid) > 5
    for color in solid:  # rounding of half covered pixels may move a channel by one or two
        assert max(abs(color.red() - 0x12), abs(color.green() - 0xAB), abs(color.blue() - 0x34)) <= 2


def test_unknown_theme_and_icon_are_named() -> None:
    """Would fail if a typing error showed something else instead of saying so."""
    with pytest.raises(KeyError, match="mauve"):
        theme.load("mauve")
    with pytest.raises(KeyError, match="nothing"):
        icons.icon("nothing")
