"""The training loop with everything live, next to the same training in the same window with its curves alone.

Live are the signals of every layer, the metrics, the doctor, and the pictures in the nodes and panels at their usual
rate; they may cost three in a hundred. Without them the curves are drawn all the same: what is compared is a training
that somebody watches, and not a window that paints nothing. Both train in turn, a few seconds each, so that other
programs on the machine slow down both.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tests.benchmarks.pairs import verdict
from tests.benchmarks.responsive import CORES, wait
from tools.virtual_display import virtual_display

AIM = 0.97
EPOCHS = 100_000  # until it is stopped
BEGUN, SEEN, PAIRS = 1.0, 4.0, 7  # seconds until both have begun, and of each stretch; how many there are of both kinds
PANELS = ("training", "signals", "results", "activations")  # in front in turn while everything is live


def main() -> bool:
    """Print the ratio for a small net and for LeNet."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with virtual_display((1366, 768)), tempfile.TemporaryDirectory() as home:
        os.environ["NETLOOM_HOME"] = home
        return all([measure("mlp_digits"), measure("lenet_digits")])


@contextmanager
def _nothing_live() -> Iterator[None]:
    """No doctor and no pictures in the nodes; the metrics are for the recipe, and the panels for the window."""
    from app.training.signals import Signals

    with (
        patch("app.training.periodic_examination.PeriodicExamination.begin", lambda self: iter(())),
        patch("app.training.periodic_examination.PeriodicExamination._look", lambda self, **_: Signals()),
        patch("app.training.signals.Updates.before", lambda self: None),
        patch("app.ui.insight.strips.LiveStrips.nodes_in_view", lambda self: []),
    ):
        yield


def measure(drawing: str) -> bool:
    """The verdict for one drawing. What counts are the batches that were told of in each stretch."""
    from PySide6.QtWidgets import QApplication

    from app.core.commands import SetRecipe
    from app.training.events import BatchDone
    from app.ui import theme
    from app.ui.window import MainWindow

    made = QApplication.instance()
    app = made if isinstance(made, QApplication) else QApplication([])
    theme.apply(app, "dark")
    window = MainWindow(drawing)
    window.show()
    window.after_first_paint()
    wait(app, lambda: window.session.torch_loaded)
    window.qdocument.do(SetRecipe(setting="epochs", value=EPOCHS))
    metrics = window.qdocument.project.recipe.metrics
    trained = 0

    def count(bundle: object) -> None:
        nonlocal trained
        trained += sum(isinstance(event, BatchDone) for event in bundle.events)  # type: ignore[attr-defined]

    window.session.progress.connect(count)

    def speed(panels: tuple[str, ...]) -> float:
        nonlocal trained
        trained = 0
        window.show_panel(panels[0])
        window.train()
        wait(app, lambda: trained > 0)
        wait(app, lambda: False, BEGUN)
        before = trained
        for panel in panels:
            window.show_panel(panel)
            wait(app, lambda: False, SEEN / len(panels))
        found = (trained - before) / SEEN
        window.session.stop()
        wait(app, lambda: not window.session.busy)
        return found

    def alone() -> float:
        window.qdocument.do(SetRecipe(setting="metrics", value=()))
        with _nothing_live():
            return speed(("training",))

    def live() -> float:
        window.qdocument.do(SetRecipe(setting="metrics", value=metrics))
        return speed(PANELS)

    alone(), live()  # what is made once is made
    shares: list[float] = []
    speeds: list[float] = []
    for number in range(PAIRS):
        both = (alone, live) if number % 2 == 0 else (live, alone)
        found = {each: each() for each in both}
        shares.append(found[live] / found[alone])
        speeds.append(found[live])
    window.session.close()
    window.deleteLater()
    wait(app, lambda: False, 0.1)
    ratio = statistics.median(shares)
    words = f"{ratio:.3f} (live {statistics.median(speeds):,.0f} batches a second; median of {PAIRS} pairs)"
    verdict(f"{drawing}: speed with everything live next to the curves alone", words, f"{AIM:.2f}", ratio >= AIM)
    return ratio >= AIM
