"""Takes the pictures of the README with the real program: ``python -m tools.screenshots``, or ``make screenshots``.

Without a display it starts one that nobody sees. ``--all`` also shows every panel and theme, to be looked at after a
change of the window; ``--out`` names another folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tools import virtual_display

if TYPE_CHECKING:
    from app.ui.window import MainWindow

WIDTH, HEIGHT = 1366, 768  # the smallest laptop the window is made for
FOLDER = Path(__file__).parents[1] / "resources" / "screenshots"
LONGEST_SECONDS = 180.0


class Camera:
    """Drives one window and photographs it."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self.window = window
        self.folder = folder

    def wait(self, seconds: float = 0.4) -> None:
        """Let the window work for a while."""
        self.until(lambda: False, seconds)

    def until(self, done: Callable[[], bool], seconds: float = LONGEST_SECONDS) -> bool:
        """Let the window work until something is so; False if it takes too long."""
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            QApplication.processEvents()
            time.sleep(0.005)
        return True

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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every panel and theme too")
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder for the pictures")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # Nobody's settings, recent files and runs: the pictures are the same on every machine.
        os.environ["NETLOOM_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            try:
                stack.enter_context(virtual_display.virtual_display((WIDTH, HEIGHT)))
            except virtual_display.NoDisplayError as reason:
                print(f"screenshots: {reason}", file=sys.stderr)
                return 1
        _take(options.out, options.all)
    return 0


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
