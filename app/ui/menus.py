"""The menu bar: the table of actions, and the submenus that are filled from what there is."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction

from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing
from app.ui import theme
from app.ui.docks import PANELS
from app.ui.training import runs
from app.ui.training.run_names import named

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow


STRIPS = {
    "answers": "Filters and answers",
    "gradients": "Gradients of the loss",
    "signals": "Signals: gradient, step, dead units",
    "path": "Where painted pixels arrive",
}


class Menus:
    """The menus of one window. ``themes`` are the entries of View > Theme by name."""

    def __init__(self, window: BaseWindow) -> None:
        self._window = window
        table = window.actions_table
        table.fill_menus()
        table.unseen("leave").setEnabled(False)
        submenus = table.submenus
        for action, panel in zip(window.docks.actions(), PANELS, strict=True):
            submenus["panels"].addAction(action)
            shortcut = QAction(panel.title, window)
            shortcut.setShortcut(panel.keys)
            shortcut.triggered.connect(lambda _checked=False, name=panel.name: window.show_panel(name))
            window.addAction(shortcut)
            self._name_keys(action, panel.keys, panel.title)
            # Qt names the entry anew, without its keys, where the title counts what is in the panel.
            window.docks.docks[panel.name].windowTitleChanged.connect(partial(self._name_keys, action, panel.keys))
        titles = {name: theme.load(name).title for name in theme.NAMES}
        self.themes = table.choices("themes", titles, window.choose_theme)
        self.themes[theme.current().name].setChecked(True)
        self.strips = table.choices("strips", STRIPS, window.strips.choose)  # type: ignore[arg-type]
        self.strips[window.strips.mode].setChecked(True)
        window.strips.mode_changed.connect(lambda mode: self.strips[mode].setChecked(True))
        submenus["templates"].aboutToShow.connect(self._fill_templates)
        submenus["recent"].aboutToShow.connect(self._fill_recent)
        submenus["runs"].aboutToShow.connect(self._fill_runs)

    @staticmethod
    def _name_keys(action: QAction, keys: str, title: str) -> None:
        action.setText(f"{title}\t{keys}")

    def _fill_templates(self) -> None:
        menu = self._window.actions_table.submenus["templates"]
        menu.clear()
        for name in templates.names():
            try:
                title, about = templates.heading(name)
            except UnreadableDrawing:
                continue
            entry = menu.addAction(title)
            entry.setToolTip(f"<p>{escape(about)}</p>" if about else title)
            entry.triggered.connect(lambda _checked=False, chosen=name: self._window.files.open_template(chosen))

    def _fill_recent(self) -> None:
        menu = self._window.actions_table.submenus["recent"]
        menu.clear()
        for text in self._window.settings.values.recent:
            path = Path(text)
            entry = menu.addAction(path.name)
            entry.setToolTip(text)
            entry.triggered.connect(lambda _checked=False, chosen=path: self._window.files.open_recent(chosen))
        if menu.isEmpty():
            menu.addAction("Nothing opened yet").setEnabled(False)

    def _fill_runs(self) -> None:
        menu = self._window.actions_table.submenus["runs"]
        menu.clear()
        for run in named(runs.latest()):
            past = run.past
            entry = menu.addAction(run.line.replace("&", "&&"))
            entry.setObjectName(f"run {past.folder.name}")
            entry.setToolTip("\n".join(filter(None, (run.changes, runs.shown(past.folder)))))
            entry.triggered.connect(lambda _checked=False, chosen=past.folder: self._window.files.open_run(chosen))
        if menu.isEmpty():
            menu.addAction("Nothing trained yet").setEnabled(False)
