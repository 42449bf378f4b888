"""Curves of a million batches, drawn again for every bundle of a training that goes on, in a real window."""

from __future__ import annotations

import statistics
import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from tests.benchmarks.pairs import seconds, verdict
from tools.virtual_display import virtual_display

BATCHES, EPOCHS = 1_000_000, 100
REDRAWS, MORE = 60, 200  # batches that come between two redraws
LIMIT_MS = 16.0


def main() -> bool:
    """Print how long a redraw takes in each way to look at it; whether each is quick enough for the next frame."""
    with virtual_display((1366, 768)):
        import numpy as np
        from PySide6.QtWidgets import QApplication

        from app.training.events import EpochDone
        from app.ui import theme
        from app.ui.training.curves import Curves
        from app.ui.training.run_curves import RunCurves

        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        theme.apply(app, "dark")
        generator = np.random.default_rng(0)
        story = RunCurves()
        at = np.arange(1, BATCHES + 1) * EPOCHS / BATCHES
        story.steps = array("d", at)
        story.losses = array("d", 2 * np.exp(-at / 20) + 0.1 * generator.exponential(size=BATCHES))
        story.position = float(EPOCHS)
        story.done = [
            EpochDone(
                epoch,
                EPOCHS,
                MappingProxyType(
                    {"train_loss": 2 / epoch, "val_loss": 2.1 / epoch, "train_accuracy": 1 - 1 / (epoch + 1)}
                ),
                1.0,
                1e4,
                0.001,
            )
            for epoch in range(1, EPOCHS + 1)
        ]
        curves = Curves()
        curves.resize(900, 200)
        curves.show()
        app.processEvents()
        menu = curves.menu

        def redraw() -> None:
            """What comes with a bundle, and all that has to be painted for it."""
            story.steps.extend(story.steps[-1] + step * EPOCHS / BATCHES for step in range(1, MORE + 1))
            story.losses.extend(story.losses[-MORE:])
            story.position = story.steps[-1]
            curves.show_story(story)
            curves.loss.view.viewport().repaint()

        results = []
        for words, change in (
            ("each batch", {}),
            ("smoothed", {"smooth": 100}),
            ("lowest to highest", {"smooth": 1, "band": True}),
            ("logarithmic", {"band": False, "logarithmic": True}),
        ):
            menu.options = replace(menu.options, **change)
            redraw()
            app.processEvents()
            results.append(_tell(f"a million batches, {words}", redraw))
        menu.options = replace(menu.options, logarithmic=False)
        redraw()
        curves.loss._box.setXRange(40, 40.2, padding=0)  # as a frame that is drawn with the mouse
        curves.loss._look_closer()
        app.processEvents()
        results.append(_tell("a million batches, zoomed", redraw))
        curves.deleteLater()
        return all(results)


def _tell(what: str, redraw: Callable[[], None]) -> bool:
    times = sorted(1e3 * seconds(redraw, time.thread_time) for _ in range(REDRAWS))
    middle, high = statistics.median(times), times[int(0.9 * len(times))]
    verdict(
        what,
        f"{middle:.1f} ms (median of {REDRAWS}; a tenth over {high:.1f} ms)",
        f"{LIMIT_MS:.0f} ms",
        middle < LIMIT_MS,
    )
    return middle < LIMIT_MS
