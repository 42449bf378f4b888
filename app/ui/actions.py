"""Every action of the window in one table: its words, keys and what it calls. Menus and toolbar are read from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from app.ui.icons import put
from app.ui.spec import Entry, Spec, Submenu, entry, of_canvas

_FILE: tuple[Entry, ...] = (
    entry(
        "start.toggle",
        "Start pa&ge",
        "Alt+Home",
        "Templates and recent files, or back to the drawing",
        "start",
        name="start_page",
        checkable=True,
    ),
    entry("files.new", "&New", "Ctrl+N", "Start an empty drawing", "new"),
    entry("new_window", "New win&dow", "Ctrl+Shift+N", "Another window beside this one"),
    entry("files.open", "&Open…", "Ctrl+O", "Open a drawing from a file", "open"),
    entry(
        "files.open_elsewhere",
        "Open in a new &window…",
        "Ctrl+Shift+O",
        "Open a drawing from a file in a window of its own",
    ),
    entry("data.open", "Open &data…", "Ctrl+Shift+D", "A file with data of your own", name="open_data"),
    entry("data.open_folder", "Open a &folder with data…", "", "Such as one with pictures", name="open_data_folder"),
    Submenu("templates", "Open &template"),
    Submenu("recent", "Open &recent"),
    None,
    entry("files.save", "&Save", "Ctrl+S", "Save the drawing in its file", "save"),
    entry("files.save_as", "Save &as…", "Ctrl+Shift+S", "Save the drawing in another file", "save-as"),
    None,
    entry("files.export", "&Export Python…", "Ctrl+E", "Save the network and its steps as a Python file", "export"),
    entry(
        "scripts.export",
        "E&xport training script…",
        "",
        "Save a program of its own that loads the data and trains",
        name="export_script",
    ),
    entry(
        "pictures.export",
        "Export p&icture…",
        "Ctrl+Shift+E",
        "Save the drawing as SVG, PDF or PNG",
        "image",
        name="export_picture",
    ),
    entry("pictures.print", "&Print…", "Ctrl+Alt+P", "Put the drawing on paper", "print"),
    None,
    entry("close", "&Close window", "Ctrl+W", "Close this window; others stay"),
    entry("windows.quit", "&Quit", "Ctrl+Q", "Close all windows"),
)
_EDIT: tuple[Entry, ...] = (
    entry("undo", "&Undo", "Ctrl+Z", "Take the last step back", "undo"),
    entry("redo", "&Redo", "Ctrl+Shift+Z Ctrl+Y", "Do the step again that was undone last", "redo"),
    None,
    of_canvas("cut", "Cu&t", "Ctrl+X", "Cut the selected layers", "cut"),
    of_canvas("copy", "&Copy", "Ctrl+C", "Copy the selected layers as text", "copy"),
    entry(
        "pictures.copy",
        "Copy as pict&ure",
        "Ctrl+Shift+C",
        "Copy the selected layers, or the whole drawing, as a picture for other programs",
        "image",
        name="copy_picture",
    ),
    of_canvas("paste", "&Paste", "Ctrl+V", "Paste layers, also from another window", "paste"),
    of_canvas("duplicate", "Dup&licate", "Ctrl+D", "Copy the selected layers with the wires among them", "duplicate"),
    of_canvas("delete_selection", "&Delete", "Del", "Remove what is selected", "remove", name="delete"),
    of_canvas(
        "remove_and_join", "Delete and &join", "Ctrl+Del", "Remove the selected layers and join their neighbours"
    ),
    None,
    of_canvas("select_all", "Select &all", "Ctrl+A", "Select every layer", "select-all"),
    entry(
        "canvas.find_layer",
        "&Find a layer…",
        "Ctrl+F",
        "Find a layer by its name, its type or its path, also in blocks",
        "search",
        name="find",
    ),
)
_VIEW: tuple[Entry, ...] = (
    entry("command_box.ask", "&Commands…", "Ctrl+P", "Every action by its name", "search", name="command_palette"),
    None,
    entry("canvas.zoom_in", "Zoom &in", "Ctrl++ Ctrl+=", "Show the drawing larger", "zoom-in"),
    entry("canvas.zoom_out", "Zoom &out", "Ctrl+-", "Show the drawing smaller", "zoom-out"),
    entry("canvas.zoom_reset", "&Actual size", "Ctrl+0", "Show the drawing at 100 %", "zoom-reset"),
    of_canvas("frame_selection", "&Frame selection", "F", "Bring what is selected into view", "frame"),
    of_canvas("frame_all", "Frame a&ll", "Shift+F", "Bring the whole drawing into view", "frame-all"),
    None,
    entry(
        "sights.toggle_minimap",
        "&Minimap",
        "Ctrl+M",
        "The whole drawing in a corner of the canvas, while a part of it is out of view",
        name="minimap",
        checkable=True,
    ),
    entry(
        "sights.toggle_snap",
        "&Snap",
        "Shift+S",
        "What is dragged falls into line with its neighbours; Alt lets it go free for once",
        name="snap",
        checkable=True,
        on_canvas=True,
    ),
    None,
    Submenu("panels", "&Panels"),
    entry(
        "docks.large.toggle",
        "Large pa&nel",
        "Ctrl+Shift+M",
        "Give the panels below the canvas most of the window, or the height they had; as a double-click on a tab does",
        name="large_panel",
        checkable=True,
    ),
    Submenu("strips", "Pictures &in the layers"),
    entry(
        "wires.toggle",
        "&Values on the wires",
        "Shift+V",
        "What goes over each wire for the chosen sample, and the gradient of the loss behind it",
        name="wire_values",
        checkable=True,
        on_canvas=True,
    ),
    entry("time.earlier", "Ea&rlier epoch", "Alt+,", "Show every picture as it was at the kept epoch before"),
    entry("time.later", "Later epoc&h", "Alt+.", "Show every picture as it was at the next kept epoch"),
    entry("time.now", "Ne&west weights", "Alt+End", "Show every picture as it is now", name="newest"),
    entry("time.play", "Pla&y the epochs", "Ctrl+Alt+.", "See how the pictures came to be", name="play"),
    entry(
        "time.film",
        "Save a fil&m of the epochs…",
        "",
        "The view that is in sight, at every kept epoch, as a GIF or MP4",
    ),
    entry("panes.forward", "Ne&xt pane", "Ctrl+Tab", "Go on to the next panel, or the canvas", name="next_pane"),
    entry(
        "panes.backward",
        "Pre&vious pane",
        "Ctrl+Shift+Tab",
        "Go back to the panel before, or the canvas",
        name="previous_pane",
    ),
    Submenu("themes", "&Theme"),
    Submenu("scales", "&Interface scale"),
    entry(
        "presentation.toggle",
        "Presen&tation",
        "F11",
        "Only the canvas and the curves, large, on the whole screen",
        name="present",
        checkable=True,
    ),
    entry("scaling.larger", "Lar&ger interface", "Ctrl+Alt++ Ctrl+Alt+=", "Show type, buttons and panels larger"),
    entry("scaling.smaller", "S&maller interface", "Ctrl+Alt+-", "Show type, buttons and panels smaller"),
    None,
    entry("docks.arrange", "&Reset arrangement", "", "Put every panel back in its place", name="reset_arrangement"),
)
_LAYER: tuple[Entry, ...] = (
    entry("search_layers", "&Add a layer…", "Ins", "Search for a layer to add", "add", name="add_layer"),
    entry("rename", "&Rename", "F2", "Give the selected layer another name", "rename"),
    of_canvas("bypass_selection", "&Mute", "M", "Data passes through the layer unchanged", "mute", name="mute"),
    of_canvas(
        "editing.freeze",
        "Free&ze up to here",
        "Ctrl+Shift+L",
        "Training leaves the selected layer and all before it as they are",
        "lock",
        name="freeze",
    ),
    of_canvas(
        "editing.unfreeze",
        "Unfreeze up to &here",
        "Ctrl+Alt+L",
        "Training changes the selected layer and all before it again",
        "unlock",
        name="unfreeze",
    ),
    None,
    of_canvas("group", "&Group", "Ctrl+G", "Make a block of the selected layers", "group"),
    of_canvas("unpack", "&Unpack", "Ctrl+Shift+G", "Put the layers of the selected block in its place", "ungroup"),
    of_canvas(
        "toggle_expanded",
        "Un&fold or fold",
        "Ctrl+B",
        "Show the inside of the selected block in its place, or close it again",
        "unfold",
        name="fold",
    ),
    of_canvas(
        "own_copy",
        "Make &own copy",
        "",
        "Give the selected block a copy of its own, so that changing it changes no other",
        "duplicate",
    ),
    of_canvas("leave", "&Leave the block", "Alt+Up", "Go back to the drawing around", "leave"),
    None,
    of_canvas(
        "framing.add_frame",
        "Frame round the &selection",
        "Ctrl+Shift+F",
        "Put a titled frame round the selected layers",
        "frame-round",
        name="frame_round",
    ),
    of_canvas("framing.add_note", "Add a &note…", "Ctrl+Alt+N", "Write a note on the drawing, in Markdown", "note"),
    of_canvas(
        "framing.select_next",
        "Select the next fra&me",
        "Ctrl+Alt+F",
        "Select frames and notes one after the other",
        name="next_frame",
    ),
    None,
    entry("canvas.tidy", "&Tidy up", "Ctrl+L", "Arrange the drawing in columns, as one step of undo", "tidy"),
    None,
    entry(
        "own_layers.show", "Your o&wn layers…", "", "Python files that declare layers of your own", name="own_layers"
    ),
    None,
    entry("explain", "&What is this?", "F1", "What the selected layer does, with its formula", "help"),
)


def _arrange(name: str, text: str, keys: str, tip: str) -> Spec:
    """``align_left``: what the canvas calls ``align.left``, with the icon ``align-left``."""
    return of_canvas(f"align.{name.rpartition('_')[2]}", text, keys, tip, name.replace("_", "-"), name=name)


ALIGN: tuple[Spec, ...] = (
    _arrange("align_left", "Align &left", "Ctrl+Shift+Left", "Bring layers to one left edge"),
    _arrange("align_centre", "In one &column", "Shift+X", "Bring layers into one column"),
    _arrange("align_right", "Align &right", "Ctrl+Shift+Right", "Bring layers to one right edge"),
    _arrange("align_top", "Align &top", "Ctrl+Shift+Up", "Bring layers to one top edge"),
    _arrange("align_middle", "In one ro&w", "Shift+Y", "Bring layers into one row"),
    _arrange("align_bottom", "Align &bottom", "Ctrl+Shift+Down", "Bring layers to one bottom edge"),
)
_ACROSS, _DOWN = (
    "Leave equal gaps between layers, from left to right",
    "Leave equal gaps between layers, from top to bottom",
)
DISTRIBUTE: tuple[Spec, ...] = (
    _arrange("distribute_across", "Distribute &horizontally", "Ctrl+Shift+X", _ACROSS),
    _arrange("distribute_down", "Distribute &vertically", "Ctrl+Shift+Y", _DOWN),
)
ARRANGE: tuple[Entry, ...] = (*ALIGN[:3], None, *ALIGN[3:], None, *DISTRIBUTE)
_TRAIN: tuple[Entry, ...] = (
    entry("train", "&Train", "F5", "Train the drawing on its data", "train"),
    entry("pause", "&Pause", "F6", "Hold the training after this batch, or go on", "pause", checkable=True),
    entry("step", "S&tep", "F7", "Train on one batch and hold", "step"),
    entry("stop", "&Stop", "F8", "End the training; what was learned is kept", "stop"),
    None,
    entry("train_on", "&Continue the last run", "Shift+F5", "Go on where the last run stopped"),
    entry(
        "branches.choose",
        "Continue from an epoc&h…",
        "Ctrl+Shift+F5",
        "Begin a run of its own from a kept epoch of the run that is shown",
        name="branch",
    ),
    entry(
        "transfer.choose",
        "Start from &weights…",
        "Ctrl+F5",
        "Begin a run with the weights of a file that fit, and freeze them if you like",
        "import",
        name="transfer",
    ),
    entry(
        "real_weights.load",
        "Load rea&l weights",
        "",
        "Show the drawing with weights that an installed package brings for it, such as those trained on ImageNet",
        "import",
        name="real_weights",
    ),
    Submenu("runs", "&Earlier runs"),
    entry("runs.show_all", "&All runs…", "", "Every run that was kept: find, open, continue, delete", name="all_runs"),
)
_HELP: tuple[Entry, ...] = (
    entry("show_keys", "&Keys and gestures", "Ctrl+F1", "What to press for what", name="keys"),
    entry("show_doctor", "&Doctor", "", "What works on this machine and what does not", name="doctor"),
    entry("show_about", "&About Netloom", "", "Version and parts", name="about"),
)
MENUS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("&File", _FILE),
    ("&Edit", _EDIT),
    ("&View", _VIEW),
    ("&Layer", _LAYER),
    ("&Arrange", ARRANGE),
    ("&Train", _TRAIN),
    ("&Help", _HELP),
)

# With a line between them.
TOOLBAR = (("start_page",), ("new", "open", "save"), ("undo", "redo"), ("train", "pause", "step", "stop"))


def specs() -> Iterator[Spec]:
    """Every action of the table, in menu order."""
    return (each for _, entries in MENUS for each in entries if isinstance(each, Spec))


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
            for each in entries:
                if each is None:
                    menu.addSeparator()
                elif isinstance(each, Submenu):
                    self.submenus[each.name] = menu.addMenu(each.text)
                    self.submenus[each.name].setToolTipsVisible(True)
                else:
                    menu.addAction(self._by_name[each.name])

    def choices(self, submenu: str, texts: Mapping[str, str], chosen: Callable[[str], None]) -> dict[str, QAction]:
        """Fill a submenu with entries of which exactly one is on; ``chosen`` hears the key of the picked one."""
        group = QActionGroup(self._window)
        self._groups.append(group)
        made = {}
        for key, text in texts.items():
            action = QAction(text, self._window, checkable=True)
            action.triggered.connect(lambda _checked=False, picked=key: chosen(picked))
            group.addAction(action)
            self.submenus[submenu].addAction(action)
            made[key] = action
        return made
