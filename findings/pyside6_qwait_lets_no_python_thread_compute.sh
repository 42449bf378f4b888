#!/usr/bin/env bash
# PySide6 6.11.3: QTest.qWait keeps Python's global lock while it waits. A thread that computes in Python meanwhile, such
# as a worker whose result a test of a window waits for, gets between one and two hundredths of what it gets while the
# same second is spent in QEventLoop.exec, or in processEvents and time.sleep in turn: both of those give the lock away.
# So a test that waits with qWait for a thread's result waits up to a hundred times as long as the user would, or in vain,
# and its picture shows a window that still says that something is on its way.
#
# Output seen (Python 3.11, two cores): how often a thread counts to a thousand in one second
#   while QTest.qWait waits:                  848
#   while QEventLoop.exec waits:              57292
#   while processEvents and sleep take turns: 75989
#
# Needs network access for pip, and what Qt's platform "offscreen" needs. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check PySide6-Essentials==6.11.3
cd "$folder"
QT_QPA_PLATFORM=offscreen env/bin/python - <<'PYTHON'
import sys
import threading
import time

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtTest import QTest

SECONDS = 1.0
app = QCoreApplication([])


def by_qwait() -> None:
    QTest.qWait(int(SECONDS * 1000))


def by_loop() -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(SECONDS * 1000), loop.quit)
    loop.exec()


def by_turns() -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


def added(wait) -> int:
    """How often a thread counts to a thousand meanwhile."""
    done, over = 0, threading.Event()

    def work() -> None:
        nonlocal done
        while not over.is_set():
            for _ in range(1000):
                pass
            done += 1

    thread = threading.Thread(target=work)
    thread.start()
    wait()
    over.set()
    thread.join()
    return done


while_qwait, while_loop, while_turns = (max(added(wait) for _ in range(2)) for wait in (by_qwait, by_loop, by_turns))
print(f"while QTest.qWait waits:                  {while_qwait}")
print(f"while QEventLoop.exec waits:              {while_loop}")
print(f"while processEvents and sleep take turns: {while_turns}")
sys.exit(not (while_qwait * 5 < min(while_loop, while_turns)))
PYTHON
