"""The test run's own safeguards: each must fail where it should, or it guards nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QPushButton

from tests.support import leaks
from tests.support.leaks import StartLog, nothing_left_behind
from tools import virtual_display

ROOT = Path(__file__).parents[2]
# How make test spreads the tests over the cores.
SPREAD = re.findall(r"^SPREAD := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()


@pytest.fixture
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_SECONDS", 0.1)


@pytest.mark.usefixtures("_short_grace")
def test_a_thread_left_running_is_named_with_its_place(starts: StartLog) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten")
    with pytest.raises(pytest.fail.Exception, match=r"forgotten.*test_harness\.py:"), nothing_left_behind(starts):
        thread.start()
    stop.set()
    thread.join()


def test_a_thread_that_ends_in_time_is_fine(starts: StartLog) -> None:
    with nothing_left_behind(starts):
        threading.Timer(0.1, lambda: None).start()


@pytest.mark.usefixtures("_short_grace", "qapp")
def test_a_timer_left_running_is_named(starts: StartLog) -> None:
    timer = QTimer()
    with (
        pytest.raises(pytest.fail.Exception, match=r"QTimer \(50 ms\).*test_harness"),
        nothing_left_behind(starts),
    ):
        timer.start(50)
    timer.stop()


@pytest.mark.usefixtures("_short_grace", "qapp")
def test_a_single_shot_without_receiver_is_named(starts: StartLog) -> None:
    with pytest.raises(pytest.fail.Exception, match="singleShot"), nothing_left_behind(starts):
        QTimer.singleShot(10_000, lambda: None)
    starts.clear()


@pytest.mark.usefixtures("qapp")
def test_a_single_shot_with_receiver_is_fine_and_still_works(starts: StartLog, qtbot) -> None:
    called: list[str] = []
    owner = QObject()
    with nothing_left_behind(starts):
        QTimer.singleShot(10_000, owner, lambda: called.append("late"))
        QTimer.singleShot(1, lambda: called.append("now"))
        qtbot.waitUntil(lambda: called == ["now"])


@pytest.mark.usefixtures("_short_grace", "qapp")
def test_a_qthread_left_running_is_named(starts: StartLog) -> None:
    thread = QThread(objectName="worker")
    with (
        pytest.raises(pytest.fail.Exception, match=r"QThread 'worker'.*test_harness"),
        nothing_left_behind(starts),
    ):
        thread.start()
    thread.quit()
    assert thread.wait(5000)


@pytest.mark.usefixtures("_short_grace", "qapp")
def test_a_window_left_open_is_named(starts: StartLog) -> None:
    buttons: list[QPushButton] = []
    with pytest.raises(pytest.fail.Exception, match="QPushButton"), nothing_left_behind(starts):
        buttons.append(QPushButton("still here"))
    buttons.pop().deleteLater()


def test_a_window_in_a_reference_cycle_is_nobodys(starts: StartLog, qapp: QApplication) -> None:
    with nothing_left_behind(starts):
        button = QPushButton()
        button.myself = button
        del button


def test_a_dialog_does_not_wait_for_a_person(qtbot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    with pytest.raises(AssertionError, match=r"QMessageBox\.question .*Discard the drawing\?"):
        QMessageBox.question(window, "Netloom", "Discard the drawing?")
    box = QMessageBox(window)
    box.setText("Save first?")
    with pytest.raises(AssertionError, match="Save first"):
        box.exec()


@pytest.mark.allow_modal
def test_a_test_may_close_a_dialog_itself(qtbot) -> None:
    box = QMessageBox()
    qtbot.addWidget(box)
    QTimer.singleShot(50, box, box.reject)
    box.exec()


@pytest.mark.real_window
def test_a_real_window_gets_the_keyboard(qtbot, display: str) -> None:
    assert QApplication.platformName() == "xcb"
    assert os.environ["DISPLAY"] == display
    window = QMainWindow()
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()


@pytest.mark.skipif(not virtual_display.is_available(), reason="needs Xvfb")
def test_the_display_ends_with_the_program_even_when_that_is_killed() -> None:
    code = (
        "from tools.virtual_display import xvfb; import os, signal\n"
        "with xvfb() as name:\n"
        "    socket = '/tmp/.X11-unix/X' + name[1:]\n"
        "    print(socket, os.stat(socket).st_mtime_ns, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    socket, made = killed.stdout.split()

    def still_there() -> bool:
        """Not by the number alone: when it is free again, it may at once be that of another worker's display."""
        try:
            return os.stat(socket).st_mtime_ns == int(made)
        except FileNotFoundError:
            return False

    deadline = time.monotonic() + 60
    while still_there() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not still_there()


def test_the_persons_own_settings_are_out_of_reach() -> None:
    assert "netloom-tests-" in os.environ["NETLOOM_HOME"]
    assert "netloom-tests-" in str(Path.home())


HANGING = """
import threading

def test_waits_for_ever():
    threading.Event().wait()

def test_is_fine():
    pass
"""


def test_a_test_that_hangs_in_a_worker_fails_and_is_named(tmp_path: Path) -> None:
    """Fails if a forgotten dialog blocks a run on several cores, or ends it without a word of where it was."""
    (tmp_path / "test_hanging.py").write_text(HANGING)
    config = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-o", "faulthandler_timeout=2"]
    command = [sys.executable, "-m", "pytest", *config, *SPREAD, "-n2", str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 failed, 1 passed" in run.stdout
    assert "crashed while running 'test_hanging.py::test_waits_for_ever'" in run.stdout
    assert "in test_waits_for_ever" in run.stderr, "the stack"


CORES = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


@pytest.mark.parametrize(
    ("arguments", "options", "processes"),
    [
        (["tests"], {}, CORES),
        (["tests/ui/canvas"], {}, CORES),
        (["tests/tools/test_harness.py"], {}, 0),
        (["tests/tools/test_harness.py::test_one", "tests/tools/test_setup.py::test_two[a::b]"], {}, 0),
        (["tests/tools/test_harness.py", "tests/tools/test_setup.py", "tests/conftest.py"], {}, CORES),
        (["tests"], {"capture": "no"}, 0),
        (["tests"], {"trace": True}, 0),
    ],
)
def test_as_many_processes_as_pay(
    arguments: list[str],
    options: dict[str, object],
    processes: int,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fails if all tests run in one process, one file starts several, or what -s prints is not seen."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    plugins = request.config.pluginmanager.get_plugins()
    ours: Any = next(each for each in plugins if getattr(each, "__file__", "") == str(ROOT / "tests" / "conftest.py"))
    asked = SimpleNamespace(args=arguments, option=SimpleNamespace(**({"capture": "fd", "trace": False} | options)))
    assert ours.pytest_xdist_auto_num_workers(asked) == processes
