"""The test run's own safeguards: each must fail where it should, or it guards nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QPushButton

from tests.support import leaks
from tests.support.leaks import StartLog, nothing_left_behind
from tools import virtual_display

ROOT = Path(__file__).parents[2]


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
