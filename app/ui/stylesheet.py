"""The style sheet: spacing and edges of Qt's own widgets, with the colours of a theme filled in.

Only what Fusion and the palette cannot say stands here. Fusion outlines its fields in a darker shade of the window,
which nobody sees on a dark one; so fields and check boxes are outlined here, with arrows and marks of our own.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.theme import Theme

_TEMPLATE = """
QToolTip { background: @tooltip; color: @tooltip.text; border: 1px solid @border; padding: 5px 7px; }
QMainWindow::separator { background: @window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: @accent; }

QMenuBar { background: @window; border-bottom: 1px solid @border.soft; }
QMenuBar::item { padding: 4px 9px; background: transparent; }
QMenuBar[narrow="true"]::item { padding: 4px 4px; }
QMenuBar::item:selected { background: @hover; border-radius: 4px; }
QMenu { background: @panel; border: 1px solid @border; padding: 4px; }
QLineEdit, QMenu { icon-size: 16px; }
QMenu::item { padding: 5px 26px 5px 12px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: @selection; color: @selection.text; }
QMenu::item:disabled { color: @text.off; background: transparent; }
QMenu::indicator { width: 14px; height: 14px; left: 7px; }
QMenu::indicator:checked { image: url(picture:tick); }
QMenu::right-arrow { image: url(picture:right); width: 12px; height: 12px; right: 6px; }
QMenu::separator { height: 1px; background: @border.soft; margin: 4px 8px; }

QToolBar { background: @window; border: none; border-bottom: 1px solid @border.soft; spacing: 3px; padding: 3px 6px; }
QToolBar::separator { background: @border.soft; width: 1px; margin: 5px 5px; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px 6px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed, QToolButton:checked { background: @pressed; }
QToolButton:focus { border-color: @focus; }
QToolButton:disabled { color: @text.off; }

QPushButton {
    background: @raised; border: 1px solid @border; border-radius: 5px; padding: 4px 12px; min-height: 17px;
}
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @pressed; }
QPushButton:checked { background: @selection; color: @selection.text; border-color: @accent; }
QPushButton:focus { border-color: @focus; }
QPushButton:default { background: @accent; color: @accent.text; border-color: @accent; }
QPushButton:disabled { color: @text.off; background: @panel; border-color: @border.soft; }

QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser {
    background: @field; border: 1px solid @border; border-radius: 5px; padding: 3px 6px;
    selection-background-color: @selection; selection-color: @selection.text;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: @focus; }
QLineEdit:disabled { color: @text.off; background: @panel; }

QSpinBox, QDoubleSpinBox, QComboBox {
    background: @field; border: 1px solid @border; border-radius: 5px; padding: 1px 16px 1px 5px; min-height: 18px;
    selection-background-color: @selection; selection-color: @selection.text;
}
QComboBox { padding: 1px 2px 1px 5px; }
QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border-color: @focus; }
QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
    color: @text.off; background: @panel; border-color: @border.soft;
}
QAbstractItemView QLineEdit { padding: 0 2px; border: none; border-radius: 2px; }
QAbstractSpinBox QLineEdit { border: none; border-radius: 0; background: transparent; padding: 0 0 0 4px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 16px; border: none; background: transparent; margin: 2px 2px 0 0;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; border-top-right-radius: 4px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: @hover; }
QAbstractSpinBox::up-arrow { image: url(picture:up); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url(picture:down); width: 10px; height: 10px; }
QSpinBox[narrow="true"] { padding: 1px 1px 1px 3px; }
QSpinBox[narrow="true"]::up-button, QSpinBox[narrow="true"]::down-button { width: 0; margin: 0; }
QSpinBox[narrow="true"]::up-arrow, QSpinBox[narrow="true"]::down-arrow { image: none; width: 0; height: 0; }
QComboBox:hover { background: @hover; }
QComboBox[listed="true"] { combobox-popup: 0; }
QComboBox[listed="true"] QAbstractItemView::item:disabled { color: @text.soft; }
QComboBox::drop-down { subcontrol-position: center right; border: none; width: 20px; }
QComboBox::down-arrow { image: url(picture:down); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
    background: @panel; border: 1px solid @border; outline: none; padding: 2px;
    selection-background-color: @selection; selection-color: @selection.text;
}
QCheckBox { spacing: 7px; border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QCheckBox:focus { border-color: @focus; }
QCheckBox::indicator, QTreeView::indicator {
    width: 14px; height: 14px; border: 1px solid @text.off; border-radius: 3px; background: @field;
}
QCheckBox::indicator:hover, QTreeView::indicator:hover { border-color: @text; }
QCheckBox::indicator:checked, QTreeView::indicator:checked {
    background: @accent; border-color: @accent; image: url(picture:check);
}
QCheckBox::indicator:indeterminate { background: @pressed; border-color: @accent; }
QCheckBox::indicator:disabled, QTreeView::indicator:disabled { border-color: @border.soft; background: @panel; }

QDockWidget { titlebar-close-icon: none; }
QDockWidget::title { background: @window; padding: 6px 8px; }
QTabBar { background: @window; }
QTabBar::tab {
    background: transparent; color: @text.soft; padding: 5px 11px; border-top: 2px solid transparent;
}
QTabBar[narrow="true"]::tab { padding: 5px 4px; }
QTabBar::tab:selected { background: @panel; color: @text; border-top-color: @accent; }
QTabBar::tab:hover:!selected { background: @hover; color: @text; }
QTabBar::tab:focus { color: @text; background: @hover; border-top-color: @focus; }
QTabBar QToolButton { padding: 0; border-radius: 3px; background: @window; }
QTabBar QToolButton:hover { background: @hover; }
QTabBar QToolButton::left-arrow { image: url(picture:left); width: 12px; height: 12px; }
QTabBar QToolButton::right-arrow { image: url(picture:right); width: 12px; height: 12px; }
QTabWidget::pane { border: none; background: @panel; }

QTreeView, QListView, QTableView {
    background: @panel; alternate-background-color: @field; border: 1px solid transparent; outline: none;
    selection-background-color: @selection; selection-color: @selection.text;
}
QTreeView:focus, QListView:focus, QTableView:focus { border-color: @focus; }
QTreeView::item, QListView::item { padding: 3px 2px; }
QTreeView::item:hover, QListView::item:hover { background: @hover; }
QTreeView::item:selected, QListView::item:selected { background: @selection; color: @selection.text; }
QHeaderView::section {
    background: @window; color: @text.soft; border: none; border-bottom: 1px solid @border.soft; padding: 4px 8px;
}

QTableCornerButton::section { background: @window; border: none; border-bottom: 1px solid @border.soft; }

QStatusBar { background: @window; border-top: 1px solid @border.soft; }
QStatusBar::item { border: none; }
QProgressBar { background: @field; border: 1px solid @border; border-radius: 4px; text-align: center; }
QProgressBar::chunk { background: @selection; border-radius: 3px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QGroupBox { border: 1px solid @border.soft; border-radius: 6px; margin-top: 9px; padding-top: 6px; }
QGroupBox::title { subcontrol-origin: margin; left: 9px; padding: 0 4px; color: @text.soft; }

QScrollArea { border: none; background: transparent; }
QAbstractScrollArea::corner { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: @scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 26px; }
QScrollBar::handle:horizontal { min-width: 26px; }
QScrollBar::handle:hover { background: @accent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""
# Icons of menus keep the colour of the text, so the chosen entry must not get a ground of that brightness.
_PLAIN_MENUS = """
QMenu::item { border: 1px solid transparent; }
QMenu::item:selected { background: @hover; color: @text; border-color: @focus; }
"""
_PICTURE = re.compile(r"url\(picture:(\w+)\)")
_LENGTH = re.compile(r"(?<![\w#])(\d+)px")
_MARK = re.compile(r"@([a-z]+(?:\.[a-z]+)*)")


def style_sheet(theme: Theme, scale: float = 1.0) -> str:
    """The style sheet in the colours of ``theme``, with every length times ``scale``.

    Raises:
        KeyError: if the sheet names a role that the theme does not have.
    """
    ground = "dark" if theme.dark else "light"
    folder = resources.files("resources").joinpath("themes")

    def picture(mark: re.Match[str]) -> str:
        return f'url("{Path(str(folder)).as_posix()}/{mark.group(1)}-on-{ground}.svg")'

    def length(mark: re.Match[str]) -> str:
        return f"{max(1, round(int(mark.group(1)) * scale))}px" if mark.group(1) != "0" else "0"

    template = _TEMPLATE + (_PLAIN_MENUS if theme.name == "high_contrast" else "")
    coloured = _MARK.sub(lambda mark: theme.color(mark.group(1)).name(), template)
    return _PICTURE.sub(picture, _LENGTH.sub(length, coloured))
