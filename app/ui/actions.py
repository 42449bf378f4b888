"""Every action of the window in one table: its words, keys and what it calls. Menus and toolbar are read from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from app.ui.arrange_menu import ARRANGE
from app.ui.icons import put
from app.ui.spec import Entry, Spec, Submenu

MENUS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "&File",
        (
            Spec(
                "start_page",
                "Start pa&ge",
                "start.toggle",
                ("Alt+Home",),
                "Templates and recent files, or back to the drawing",
                "start",
                False,
                True,
            ),
            Spec("new", "&New", "files.new", ("Ctrl+N",), "Start an empty drawing", "new"),
            Spec("new_window", "New win&dow", "new_window", ("Ctrl+Shift+N",), "Another window beside this one"),
            Spec("open", "&Open…", "files.open", ("Ctrl+O",), "Open a drawing from a file", "open"),
            Spec(
                "open_elsewhere",
                "Open in a new &window…",
                "files.open_elsewhere",
                ("Ctrl+Shift+O",),
                "Open a drawing from a file in a window of its own",
            ),
            Spec("open_data", "Open &data…", "data.open", ("Ctrl+Shift+D",), "A file with data of your own"),
            Spec("open_data_folder", "Open a &folder with data…", "data.open_folder", (), "Such as one with pictures"),
            Submenu("templates", "Open &template"),
            Submenu("recent", "Open &recent"),
            None,
            Spec("save", "&Save", "files.save", ("Ctrl+S",), "Save the drawing in its file", "save"),
            Spec(
                "save_as",
                "Save &as…",
                "files.save_as",
                ("Ctrl+Shift+S",),
                "Save the drawing in another file",
                "save-as",
            ),
            None,
            Spec(
                "export",
                "&Export Python…",
                "files.export",
                ("Ctrl+E",),
                "Save the printed program as a Python file",
                "export",
            ),
            Spec(
                "export_picture",
                "Export p&icture…",
                "pictures.export",
                ("Ctrl+Shift+E",),
                "Save the drawing as SVG, PDF or PNG",
                "image",
            ),
            Spec("print", "&Print…", "pictures.print", ("Ctrl+Alt+P",), "Put the drawing on paper", "print"),
            None,
            Spec("close", "&Close window", "close", ("Ctrl+W",), "Close this window; others stay"),
            Spec("quit", "&Quit", "quit", ("Ctrl+Q",), "Close all windows"),
        ),
    ),
    (
        "&Edit",
        (
            Spec("undo", "&Undo", "undo", ("Ctrl+Z",), "Take the last step back", "undo"),
            Spec("redo", "&Redo", "redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do the step again that was undone last", "redo"),
            None,
            Spec("cut", "Cu&t", "canvas.cut", ("Ctrl+X",), "Cut the selected layers", "cut", True),
            Spec("copy", "&Copy", "canvas.copy", ("Ctrl+C",), "Copy the selected layers as text", "copy", True),
            Spec(
                "copy_picture",
                "Copy as pict&ure",
                "pictures.copy",
                ("Ctrl+Shift+C",),
                "Copy the selected layers, or the whole drawing, as a picture for other programs",
                "image",
            ),
            Spec(
                "paste", "&Paste", "canvas.paste", ("Ctrl+V",), "Paste layers, also from another window", "paste", True
            ),
            Spec(
                "duplicate",
                "Dup&licate",
                "canvas.duplicate",
                ("Ctrl+D",),
                "Copy the selected layers with the wires among them",
                "duplicate",
                True,
            ),
            Spec("delete", "&Delete", "canvas.delete_selection", ("Del",), "Remove what is selected", "remove", True),
            Spec(
                "remove_and_join",
                "Delete and &join",
                "canvas.remove_and_join",
                ("Ctrl+Del",),
                "Remove the selected layers and join their neighbours",
                "",
                True,
            ),
            None,
            Spec(
                "select_all", "Select &all", "canvas.select_all", ("Ctrl+A",), "Select every layer", "select-all", True
            ),
            Spec(
                "find",
                "&Find a layer…",
                "canvas.find_layer",
                ("Ctrl+F",),
                "Find a layer by its name, its type or its path, also in blocks",
                "search",
            ),
        ),
    ),
    (
        "&View",
        (
            Spec(
                "command_palette",
                "&Commands…",
                "command_palette.ask",
                ("Ctrl+P",),
                "Every action by its name",
                "search",
            ),
            None,
            Spec("zoom_in", "Zoom &in", "canvas.zoom_in", ("Ctrl++", "Ctrl+="), "Show the drawing larger", "zoom-in"),
            Spec("zoom_out", "Zoom &out", "canvas.zoom_out", ("Ctrl+-",), "Show the drawing smaller", "zoom-out"),
            Spec(
                "zoom_reset",
                "&Actual size",
                "canvas.zoom_reset",
                ("Ctrl+0",),
                "Show the drawing at 100 %",
                "zoom-reset",
            ),
            Spec(
                "frame_selection",
                "&Frame selection",
                "canvas.frame_selection",
                ("F",),
                "Bring what is selected into view",
                "frame",
                True,
            ),
            Spec(
                "frame_all",
                "Frame a&ll",
                "canvas.frame_all",
                ("Shift+F",),
                "Bring the whole drawing into view",
                "frame-all",
                True,
            ),
            None,
            Spec(
                "minimap",
                "&Minimap",
                "sights.toggle_minimap",
                ("Ctrl+M",),
                "The whole drawing in a corner of the canvas, while a part of it is out of view",
                checkable=True,
            ),
            Spec(
                "snap",
                "&Snap",
                "sights.toggle_snap",
                ("Shift+S",),
                "What is dragged falls into line with its neighbours; Alt lets it go free for once",
                on_canvas=True,
                checkable=True,
            ),
            None,
            Submenu("panels", "&Panels"),
            Submenu("strips", "Pictures &in the layers"),
            Spec("next_pane", "Ne&xt pane", "panes.forward", ("Ctrl+Tab",), "Go on to the next panel, or the canvas"),
            Spec(
                "previous_pane",
                "Pre&vious pane",
                "panes.backward",
                ("Ctrl+Shift+Tab",),
                "Go back to the panel before, or the canvas",
            ),
            Submenu("themes", "&Theme"),
            Submenu("scales", "&Interface scale"),
            Spec(
                "present",
                "Presen&tation",
                "presentation.toggle",
                ("F11",),
                "Only the canvas and the curves, large, on the whole screen",
                "",
                False,
                True,
            ),
            Spec(
                "larger",
                "Lar&ger interface",
                "scaling.larger",
                ("Ctrl+Alt++", "Ctrl+Alt+="),
                "Show type, buttons and panels larger",
            ),
            Spec(
                "smaller",
                "S&maller interface",
                "scaling.smaller",
                ("Ctrl+Alt+-",),
                "Show type, buttons and panels smaller",
            ),
            None,
            Spec(
                "reset_arrangement", "&Reset arrangement", "reset_arrangement", (), "Put every panel back in its place"
            ),
        ),
    ),
    (
        "&Layer",
        (
            Spec("add_layer", "&Add a layer…", "search_layers", ("Ins",), "Search for a layer to add", "add"),
            Spec("rename", "&Rename", "rename", ("F2",), "Give the selected layer another name", "rename"),
            Spec(
                "mute",
                "&Mute",
                "canvas.bypass_selection",
                ("M",),
                "Data passes through the layer unchanged",
                "mute",
                True,
            ),
            None,
            Spec("group", "&Group", "canvas.group", ("Ctrl+G",), "Make a block of the selected layers", "group", True),
            Spec(
                "unpack",
                "&Unpack",
                "canvas.unpack",
                ("Ctrl+Shift+G",),
                "Put the layers of the selected block in its place",
                "ungroup",
                True,
            ),
            Spec(
                "fold",
                "Un&fold or fold",
                "canvas.fold",
                ("Ctrl+B",),
                "Show the inside of the selected block in its place, or close it again",
                "unfold",
                True,
            ),
            Spec(
                "own_copy",
                "Make &own copy",
                "canvas.own_copy",
                (),
                "Give the selected block a copy of its own, so that changing it changes no other",
                "duplicate",
                True,
            ),
            Spec(
                "leave", "&Leave the block", "canvas.leave", ("Alt+Up",), "Go back to the drawing around", "leave", True
            ),
            None,
            Spec(
                "frame_round",
                "Frame round the &selection",
                "canvas.framing.add_frame",
                ("Ctrl+Shift+F",),
                "Put a titled frame round the selected layers",
                "frame-round",
                True,
            ),
            Spec(
                "add_note",
                "Add a &note…",
                "canvas.framing.add_note",
                ("Ctrl+Alt+N",),
                "Write a note on the drawing, in Markdown",
                "note",
                True,
            ),
            Spec(
                "next_frame",
                "Select the next fra&me",
                "canvas.framing.select_next",
                ("Ctrl+Alt+F",),
                "Select frames and notes one after the other",
                "",
                True,
            ),
            None,
            Spec(
                "tidy",
                "&Tidy up",
                "canvas.tidy",
                ("Ctrl+L",),
                "Arrange the drawing in columns, as one step of undo",
                "tidy",
            ),
            None,
            Spec(
                "own_layers", "Your o&wn layers…", "show_own_layers", (), "Python files that declare layers of your own"
            ),
            None,
            Spec(
                "explain",
                "&What is this?",
                "explain",
                ("F1",),
                "What the selected layer does, with its formula",
                "help",
            ),
        ),
    ),
    ("&Arrange", ARRANGE),
    (
        "&Train",
        (
            Spec("train", "&Train", "train", ("F5",), "Train the drawing on its data", "train"),
            Spec(
                "pause",
                "&Pause",
                "pause",
                ("F6",),
                "Hold the training after this batch, or go on",
                "pause",
                False,
                True,
            ),
            Spec("step", "S&tep", "step", ("F7",), "Train on one batch and hold", "step"),
            Spec("stop", "&Stop", "stop", ("F8",), "End the training; what was learned is kept", "stop"),
            None,
            Spec("train_on", "&Continue the last run", "train_on", ("Shift+F5",), "Go on where the last run stopped"),
            Submenu("runs", "&Earlier runs"),
            Spec(
                "all_runs", "&All runs…", "runs.show_all", (), "Every run that was kept: find, open, continue, delete"
            ),
        ),
    ),
    (
        "&Help",
        (
            Spec("keys", "&Keys and gestures", "show_keys", ("Ctrl+F1",), "What to press for what"),
            Spec("doctor", "&Doctor", "show_doctor", (), "What works on this machine and what does not"),
            Spec("about", "&About Netloom", "show_about", (), "Version and parts"),
        ),
    ),
)

TOOLBAR: tuple[str | None, ...] = (
    "start_page",
    None,
    "new",
    "open",
    "save",
    None,
    "undo",
    "redo",
    None,
    "train",
    "pause",
    "step",
    "stop",
)


def specs() -> Iterator[Spec]:
    """Every action of the table, in menu order."""
    for _, entries in MENUS:
        for entry in entries:
            if isinstance(entry, Spec):
                yield entry


def with_keys(text: str, action: QAction) -> str:
    """A tooltip that ends with the keys: ``Train the drawing (F5)``."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{text} ({keys})" if keys else text


class Actions:
    """The actions of one window, ready for menus and toolbar."""

    def __init__(self, window: QMainWindow, canvas: QWidget) -> None:
        self._window = window
        self._by_name: dict[str, QAction] = {}
        self.submenus: dict[str, QMenu] = {}
        self.menus: list[QMenu] = []
        self._groups: list[QActionGroup] = []
        self._plain: dict[str, str] = {}  # actions by name whose icon nobody has seen yet: drawing all takes time
        for spec in specs():
            self._by_name[spec.name] = self._made(spec, canvas)

    def __getitem__(self, name: str) -> QAction:
        """The action of that name.

        Raises:
            KeyError: if the table has none.
        """
        self._dress(name)
        return self._by_name[name]

    def unseen(self, name: str) -> QAction:
        """The same for who only switches it, and shows it nowhere: its icon can wait."""
        return self._by_name[name]

    def _dress(self, *names: str) -> None:
        """Give these actions their icons."""
        for name in names:
            if icon := self._plain.pop(name, ""):
                put(self._by_name[name], icon)

    def _dress_all(self) -> None:
        self._dress(*self._plain)

    def _made(self, spec: Spec, canvas: QWidget) -> QAction:
        action = QAction(spec.text, self._window)
        action.setObjectName(spec.name)
        action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        action.setToolTip(with_keys(spec.tip, action))
        action.setCheckable(spec.checkable)
        if spec.icon:
            self._plain[spec.name] = spec.icon
        if spec.on_canvas:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            canvas.addAction(action)
        else:
            self._window.addAction(action)
        # Looked up when it is triggered: a panel that is made after the first paint is then there.
        action.triggered.connect(lambda _checked=False, way=spec.slot: attrgetter(way)(self._window)())
        return action

    def fill_menus(self) -> None:
        """Put the table into the window's menu bar."""
        bar = self._window.menuBar()
        for title, entries in MENUS:
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(self._dress_all)
            self.menus.append(menu)
            for entry in entries:
                if entry is None:
                    menu.addSeparator()
                elif isinstance(entry, Submenu):
                    self.submenus[entry.name] = menu.addMenu(entry.text)
                    self.submenus[entry.name].setToolTipsVisible(True)
                else:
                    menu.addAction(self._by_name[entry.name])

    def choices(self, submenu: str, texts: Mapping[str, str], chosen: Callable[[str], None]) -> dict[str, QAction]:
        """Fill a submenu with entries of which exactly one is on; ``chosen`` hears the key of the picked one."""
        group = QActionGroup(self._window)
        self._groups.append(group)
        made = {}
        for key, text in texts.items():
            action = QAction(text, self._window)
            action.setCheckable(True)
            action.triggered.connect(lambda _checked=False, picked=key: chosen(picked))
            group.addAction(action)
            self.submenus[submenu].addAction(action)
            made[key] = action
        return made
