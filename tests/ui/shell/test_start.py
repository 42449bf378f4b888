"""The program as a process of its own, the way a person starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

import main
from app.cli.main import COMMANDS
from app.ui.start import QuitSignals

ROOT = Path(main.__file__).parent


def run(*arguments: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_the_commands_are_those_of_the_command_line() -> None:
    """Fails if a command was added and main.py would take it for the name of a file."""
    assert main.COMMANDS == COMMANDS


def test_without_a_display_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if it ends in a traceback or Qt's abort, or does not name what works without a display."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    done = run(QT_QPA_PLATFORM="")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "make demo" in done.stderr


def test_a_file_that_does_not_exist(display: str | None) -> None:
    """Fails if a mistyped command opens a window, or is answered by a traceback."""
    done = run("nothing.netloom")
    assert done.returncode == 1
    assert "nothing.netloom" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_goes_to_the_command_line() -> None:
    """Fails if a mistyped command with arguments is taken for a file."""
    done = run("chekc", "lenet_digits")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_commands_do_not_need_qt() -> None:
    """Fails if a server without Qt's libraries cannot use the command line."""
    code = (
        "import sys; sys.modules['PySide6'] = None; sys.argv = ['main.py', 'check', 'lenet_digits']; "
        "import main; sys.exit(main.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", [[], ["mlp_digits"], ["resources/templates/lenet_digits.netloom"]])
def test_it_paints_and_says_when(display: str | None, what: list[str]) -> None:
    """Fails if the window does not come up, or the probe of the benchmark does not print its lines."""
    done = run(*what, NETLOOM_STARTUP_PROBE="1")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"painted \d+\.\d{3}\ncomplete \d+\.\d{3}\n", done.stdout)


def test_nothing_heavy_is_loaded_before_the_first_paint(display: str | None) -> None:
    """Fails if an import makes the start slow: torch alone takes longer than all the rest."""
    code = (
        "import sys, main; status = main.main([]); "
        "print([name for name in "
        "('torch', 'pyqtgraph', 'networkx', 'sklearn', 'scipy', 'rich', 'typer', 'numpy', 'captum', 'kornia') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "NETLOOM_STARTUP_PROBE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_what_the_start_page_does_not_show_comes_after_it(display: str | None) -> None:
    """Fails if the first paint waits for layer files, the drawing below the page, or what is there only when it is
    wanted; or if PySide6 reads the sources of what is imported, and Python keeps them."""
    code = """
import builtins, linecache, sys
own = builtins.__import__
import main, app.ui.bindings
app.ui.bindings.load_bindings()
import app.ui.start

def tell(windows):
    late = ("nodes.convolution.", "nodes.sources.", "nodes.reading.", "app.core.compile.plan", "app.core.starting.",
        "app.ui.data.desk", "app.ui.canvas.search", "app.ui.canvas.quick_fix_card", "app.ui.inspector.panel", "hashlib")
    print(sorted(name for name in sys.modules if name.startswith(late)), end=" ")
    print([name for name in linecache.cache if name.endswith(".py") and "/app/" in name], builtins.__import__ is own)
    windows.current.complete()
    print("nodes.convolution.conv2d" in sys.modules, "app.core.compile.plan" in sys.modules)
    app.ui.start.QApplication.exit(0)

app.ui.start._tell_times = tell
main.main([])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "NETLOOM_STARTUP_PROBE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines() == ["[] [] True", "True True"], done.stdout + done.stderr


def test_a_damaged_file_opens_the_window_and_says_why(display: str | None, tmp_path: Path) -> None:
    """Fails if a broken file keeps the program from starting, or starts it without a word."""
    damaged = tmp_path / "damaged.netloom"
    damaged.write_text("not a drawing")
    done = run(str(damaged), NETLOOM_STARTUP_PROBE="1")
    assert done.stdout.startswith("painted")
    assert "damaged.netloom" in done.stderr
    assert "Traceback" not in done.stderr


SAYS_WHEN_PAINTED = """
import sys
import main
from app.ui.window import MainWindow

usual = MainWindow.after_first_paint

def after(window):
    usual(window)
    print("painted", flush=True)

MainWindow.after_first_paint = after
sys.exit(main.main([]))
"""


@pytest.mark.real_window
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_control_c_closes_it(display: str | None, number: signal.Signals, code: int) -> None:
    """Fails if Ctrl+C in the terminal or SIGTERM does nothing, prints a traceback, or leaves a thread that keeps the
    process."""
    command = [sys.executable, "-c", SAYS_WHEN_PAINTED]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "painted\n"
            process.send_signal(number)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == code, errors
    assert "Traceback" not in errors


TRAINS = """
import sys
import main
from app.core.commands import SetRecipe
from app.training.events import EpochDone
from app.ui.window import MainWindow

usual = MainWindow.after_first_paint

def after(window):
    usual(window)
    window.qdocument.do(SetRecipe(setting="epochs", value=100_000))
    window.session.progress.connect(lambda bundle: heard(bundle))
    window.session.train()

def heard(bundle):
    if any(isinstance(event, EpochDone) for event in bundle.events):
        print("learned", flush=True)

MainWindow.after_first_paint = after
sys.exit(main.main(["mlp_digits"]))
"""


@pytest.mark.real_window
def test_a_terminated_program_asks_nothing(display: str | None, tmp_path: Path) -> None:
    """Fails if SIGTERM waits in a dialog for somebody to stop the training, loses what was learned, or the drawing that
    was edited and never saved."""
    command = [sys.executable, "-c", TRAINS]
    home = {**os.environ, "NETLOOM_HOME": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "learned\n"
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 143, errors
    (run,) = (tmp_path / "runs").iterdir()
    assert json.loads((run / "run.json").read_text())["ending"] == "stopped"
    assert (run / "weights.safetensors").is_file()
    assert (run / "state.pt").is_file()
    assert list((tmp_path / "recovery").glob("*.netloom"))


SAYS_WHEN_SHOWING = """
import sys
import time
import main
from app.ui.canvas.view import CanvasView

def showing(canvas, event):
    print("showing", flush=True)
    time.sleep(60)

CanvasView.showEvent = showing
sys.exit(main.main([]))
"""


@pytest.mark.real_window
def test_control_c_before_the_window_is_there_ends_it_at_once(display: str | None) -> None:
    """Fails if Ctrl+C right after the start becomes an exception in lines that Qt called, which prints a traceback."""
    command = [sys.executable, "-c", SAYS_WHEN_SHOWING]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "showing\n"
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGINT
    assert errors == ""


def test_a_signal_waits_for_the_event_loop(qtbot: QtBot) -> None:
    """Fails if windows close between two lines of whatever runs, so that a job may start in a window that is gone."""
    asked: list[int] = []
    parent = QObject()
    signals = QuitSignals(parent, lambda: asked.append(1))
    try:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass
        assert not asked
        qtbot.waitUntil(lambda: asked == [1], timeout=2000)
    finally:
        signals.remove()
