"""Takes the pictures of the README with the real program: ``python -m tools.screenshots``, or ``make screenshots``.

They are taken on a display that nobody sees, where there can be one. ``--all`` also shows every panel and theme, to be
looked at after a change of the window; ``--out`` names another folder.

``python -m tools.screenshots states`` takes the main states in all themes, at 100 %, with the interface at 200 %, and
on a screen with twice as many points, into ``build/states/``. ``approve`` takes those that a test compares, into
``tests/approved/``: look at them first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tools import virtual_display
from tools.states import HEIGHT, WIDTH, Stage

if TYPE_CHECKING:
    from app.ui.window import MainWindow

FOLDER = Path(__file__).parents[1] / "resources" / "screenshots"
_KIND = "NETLOOM_STATES_KIND"


class Camera(Stage):
    """Drives one window and photographs it."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        super().__init__(window)
        self.folder = folder

    def shoot(self, name: str) -> None:
        """Write what the window shows now."""
        self.wait()
        path = self.folder / f"{name}.png"
        picture = self.window.screen().grabWindow(self.window.winId())
        if not picture.save(str(path)):
            raise OSError(f"{path} cannot be written.")
        print(path)

    def show(self, panel: str, seconds: float = 1.5) -> None:
        """Bring a panel to the front and give it time to fetch its pictures."""
        self.window.show_panel(panel)
        self.wait(seconds)


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures; exit status 1 if there is no display to be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("readme", "states", "approve"), default="readme")
    parser.add_argument("--only", default="", help="states by name, separated by commas")
    parser.add_argument("--kinds", default="100,200,dense", help="of the states: 100, 200, dense")
    parser.add_argument("--all", action="store_true", help="every panel and theme too")
    parser.add_argument("--out", type=Path, help="the folder for the pictures")
    options = parser.parse_args(arguments)
    if options.what != "readme":
        return _states(options)
    options.out = options.out or FOLDER
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # Nobody's settings, recent files and runs: the pictures are the same on every machine.
        os.environ["NETLOOM_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        # A screen of our own, where no window manager moves the window or adds to it.
        try:
            stack.enter_context(virtual_display.virtual_display((WIDTH, HEIGHT)))
        except virtual_display.NoDisplayError as reason:
            has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
            if sys.platform.startswith("linux") and not has_screen:
                print(f"screenshots: {reason}", file=sys.stderr)
                return 1
        _take(options.out, options.all)
    return 0


def _states(options: argparse.Namespace) -> int:
    """Each kind of screen in a process of its own, because Qt asks only once how dense it is."""
    if os.environ.get(_KIND):
        _take_states(options, os.environ[_KIND])
        return 0
    kinds = ("100", "200") if options.what == "approve" else tuple(options.kinds.split(","))
    for kind in kinds:
        dense = 2 if kind == "dense" else 1
        try:
            with (
                tempfile.TemporaryDirectory() as home,
                virtual_display.virtual_display((dense * WIDTH, dense * HEIGHT)),
            ):
                environment = {**os.environ, "NETLOOM_HOME": home, _KIND: kind, "QT_SCALE_FACTOR": str(dense)}
                command = [sys.executable, "-m", "tools.screenshots", *sys.argv[1:]]
                subprocess.run(command, env=environment, check=True)
        except virtual_display.NoDisplayError as reason:
            print(f"screenshots: {reason}", file=sys.stderr)
            return 1
    return 0


def _take_states(options: argparse.Namespace, kind: str) -> None:
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from tools import states

    app = QApplication(["netloom"])
    app.setApplicationDisplayName("Netloom")
    approving = options.what == "approve"
    folder: Path = options.out or (states.APPROVED if approving else FOLDER.parents[1] / "build" / "states")
    folder.mkdir(parents=True, exist_ok=True)
    percent = 200 if kind == "200" else 100
    chosen = states.COMPARED[percent]
    if not approving:
        chosen = dict.fromkeys((each.name for each in (*states.QUICK, *states.SLOW)), states.THEMES)
    if options.only:
        chosen = {name: chosen[name] for name in options.only.split(",")}
    states.prepare(percent)
    stage = states.open_window()
    if not approving:
        stage.window.after_first_paint()

    def keep(state: str, theme_name: str, picture: QImage) -> None:
        path = folder / f"{state}_{theme_name}_{kind}.png"
        if approving:
            picture = states.reduced(picture).convertToFormat(QImage.Format.Format_RGB888)
        if not picture.save(str(path)):
            raise OSError(f"{path} cannot be written.")
        print(path, flush=True)

    try:
        states.take(stage, chosen, keep)
    finally:
        states.close_window(stage)


def _take(folder: Path, everything: bool) -> None:
    from PySide6.QtWidgets import QApplication

    from app.ui import theme
    from app.ui.window import MainWindow

    app = QApplication(["netloom"])
    app.setApplicationDisplayName("Netloom")
    theme.apply(app, "dark")
    window = MainWindow("lenet_digits")
    window.resize(WIDTH, HEIGHT)
    window.move(0, 0)
    window.show()
    camera = Camera(window, folder)
    try:
        camera.wait(0.5)
        window.after_first_paint()
        window.canvas.select(("conv1",))
        camera.until(lambda: window.session.torch_loaded)
        camera.wait(2.0)
        camera.shoot("drawing")
        window.train()
        camera.until(lambda: window.controls.epoch >= 8 or not window.session.busy)
        camera.shoot("training")
        if everything:
            _everything(camera, app)
    finally:
        window.session.close()
        window.close()


def _everything(camera: Camera, app: object) -> None:
    """Every panel and theme, for whoever changes the window."""
    from PySide6.QtWidgets import QApplication

    from app.core.commands import SetSetting
    from app.ui import theme

    window = camera.window
    assert isinstance(app, QApplication)
    camera.until(lambda: not window.session.busy)
    camera.shoot("trained")
    for panel in ("filters", "activations", "dream", "code"):
        camera.show(panel)
        camera.shoot(panel)
    window.canvas.select(("fc3",))
    camera.show("dream")
    camera.shoot("dream_fc3")
    window.canvas.select(())
    camera.shoot("nothing_selected")
    window.qdocument.do(SetSetting("", ("conv2",), "kernel_size", (30, 30)))
    camera.show("problems")
    window.canvas.select(("conv2",))
    camera.shoot("problems")
    camera.show("code")
    camera.shoot("code_with_problems")
    window.undo()
    for name in ("light", "high_contrast"):
        theme.apply(app, name)
        camera.show("training")
        window.canvas.select(("conv1",))
        camera.shoot(f"theme_{name}")
        camera.show("filters")
        camera.shoot(f"theme_{name}_filters")
        camera.show("code")
        camera.shoot(f"theme_{name}_code")
    theme.apply(app, "dark")
    window.show_keys()
    camera.wait()
    window.show_about()
    camera.wait()
    picture = window.screen().grabWindow(0)
    picture.save(str(camera.folder / "dialogs.png"))


if __name__ == "__main__":
    sys.exit(main())
