"""The training loop while everything is looked at, next to the same training while nobody looks: signals of every
layer, pictures in the nodes and metrics at their usual rate may cost three in a hundred."""

from __future__ import annotations

import os
import statistics
import tempfile
from itertools import pairwise

from tests.benchmarks.pairs import verdict
from tests.benchmarks.responsive import CORES, wait
from tools.virtual_display import virtual_display

AIM = 0.97
EPOCHS = 100_000  # until it is stopped
SEEN, PAIRS = 2.0, 9  # seconds of each stretch, and how many there are of both kinds
PANELS = ("signals", "results", "activations")


def main() -> bool:
    """Print the ratio for a small net and for LeNet."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with virtual_display((1366, 768)), tempfile.TemporaryDirectory() as home:
        os.environ["NETLOOM_HOME"] = home
        return all([measure("mlp_digits"), measure("lenet_digits")])


def measure(drawing: str) -> bool:
    """One training whose window is seen and hidden in turn; each panel comes to the front. What counts are the batches
    that were told of in each stretch."""
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
    trained = 0

    def count(bundle: object) -> None:
        nonlocal trained
        trained += sum(isinstance(event, BatchDone) for event in bundle.events)  # type: ignore[attr-defined]

    window.session.progress.connect(count)
    window.train()
    wait(app, lambda: trained > 0)
    shares: list[float] = []
    speeds: list[float] = []
    for index in range(2 * PAIRS + 1):
        seen = index % 2 == 1
        window.setVisible(seen)
        if seen:
            window.show_panel(PANELS[index // 2 % len(PANELS)])
        wait(app, lambda: False, 0.4)  # what was begun before is over
        before = trained
        wait(app, lambda: False, SEEN)
        speeds.append((trained - before) / SEEN)
    for index, (one, other) in enumerate(pairwise(speeds)):
        shares.append(other / one if index % 2 == 0 else one / other)
    window.session.stop()
    wait(app, lambda: not window.session.busy)
    window.session.close()
    window.deleteLater()
    wait(app, lambda: False, 0.1)
    ratio = statistics.median(shares)
    found = f"{ratio:.3f} (seen {statistics.median(speeds[1::2]):,.0f} batches a second)"
    verdict(f"{drawing}: speed with everything live next to nobody looking", found, f"{AIM:.2f}", ratio >= AIM)
    return ratio >= AIM
