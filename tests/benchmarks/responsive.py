"""How late the window's own clock ticks while LeNet trains in it, with the curves drawn and pictures in the nodes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence

from tests.benchmarks.pairs import verdict
from tools.virtual_display import virtual_display

TICK_MS = 5
LATE_MS = 16.0
EPOCHS = 60
# On a machine with more cores the benchmark is held to two, for which the aim is set.
CORES = 2


def main() -> bool:
    """Print how late the ticks are; whether 99 % are less than 16 ms late."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with virtual_display((1366, 768)), tempfile.TemporaryDirectory() as home:
        os.environ["NETLOOM_HOME"] = home
        met = True
        for panel in ("training", "filters", "activations"):
            late, seconds, epochs = lateness(panel, idle=False)
            met = _tell(f"ticks while training, {panel} in front", late, seconds, f", {epochs} epochs") and met
        late, seconds, _ = lateness("training", idle=True)
        _tell("ticks of the same window at rest (for comparison)", late, seconds, "")
    return met


def _tell(what: str, late: Sequence[float], seconds: float, more: str) -> bool:
    late = sorted(late)
    share = sum(one < LATE_MS for one in late) / len(late)
    middle, high, top = late[len(late) // 2], late[int(0.99 * len(late))], late[-1]
    value = (
        f"{share:.2%} less than {LATE_MS:.0f} ms late (median {middle:.1f} ms, 99th percentile {high:.1f} ms, "
        f"worst {top:.0f} ms, {len(late)} ticks of {TICK_MS} ms in {seconds:.1f} s{more})"
    )
    verdict(what, value, "99 %", share >= 0.99)
    return share >= 0.99


def lateness(panel: str, idle: bool) -> tuple[list[float], float, int]:
    """How late each tick was in ms, how long was measured, and how many epochs were trained meanwhile."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from app.core.commands import SetRecipe
    from app.training.events import Failed
    from app.ui import theme
    from app.ui.window import MainWindow

    made = QApplication.instance()
    app = made if isinstance(made, QApplication) else QApplication([])
    theme.apply(app, "dark")
    window = MainWindow("lenet_digits")
    window.show()
    window.after_first_paint()
    wait(app, lambda: window.session.torch_loaded)
    wait(app, lambda: False, 1.5)  # the first pictures
    window.qdocument.do(SetRecipe(setting="epochs", value=EPOCHS))
    endings: list[object] = []
    window.session.ended.connect(endings.append)

    late: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    due = 0.0

    def tick() -> None:
        nonlocal due
        now = time.perf_counter()
        late.append(max(0.0, 1000 * (now - due)))
        # Ticks that could not be served are missed for good; each counts from the one that was.
        due = now + TICK_MS / 1000

    timer.timeout.connect(tick)
    if not idle:
        window.train()
        window.show_panel(panel)
        wait(app, lambda: window.session.state == "running" or bool(endings))
    start = time.perf_counter()
    due = start + TICK_MS / 1000
    timer.start()
    if idle:
        wait(app, lambda: False, 3.0)
    else:
        wait(app, lambda: bool(endings), 300.0)
    timer.stop()
    seconds = time.perf_counter() - start
    if any(isinstance(ending, Failed) for ending in endings):
        raise RuntimeError(f"the training failed: {endings}")
    epochs = len(window.training.story.done)
    window.session.close()
    window.deleteLater()
    wait(app, lambda: False, 0.1)
    return late, seconds, epochs


def wait(app: object, until: object, seconds: float = 120.0) -> None:
    """Let Qt work as it does in the program, in its own event loop, until something is so."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    check = QTimer()
    check.setInterval(20)
    end = time.perf_counter() + seconds
    check.timeout.connect(lambda: loop.quit() if until() or time.perf_counter() > end else None)  # type: ignore[operator]
    check.start()
    loop.exec()
    check.stop()
