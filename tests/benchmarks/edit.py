"""One edit in a drawing of 500 layers, from the command to the painted canvas."""

from __future__ import annotations

import statistics
import time

from app.core.commands import SetSetting
from tests.benchmarks.pairs import verdict
from tests.support.drawings import long_net
from tools.virtual_display import virtual_display

LAYERS = 500
EDITS = 60


def main() -> bool:
    """Print the median with the view at all layers, and close to the edited one; whether both are under 16 ms."""
    with virtual_display():
        from PySide6.QtWidgets import QApplication

        from app.ui import theme
        from app.ui.canvas.view import CanvasView
        from app.ui.qdocument import QDocument

        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        theme.apply(app, "dark")
        drawing = QDocument()
        canvas = CanvasView(drawing)
        canvas.resize(1400, 900)
        canvas.show()
        drawing.document.replace(long_net(LAYERS))
        canvas.tidy()
        app.processEvents()

        def edits(first: int) -> list[float]:
            times = []
            for index in range(EDITS):
                app.processEvents()
                start = time.perf_counter()
                drawing.do(SetSetting(names=("conv2d_0",), param="out_channels", value=first + index % 9))
                canvas.repaint()
                times.append(time.perf_counter() - start)
            return times

        canvas.frame_all()
        app.processEvents()
        far = edits(3)
        canvas.reveal("conv2d_0")
        for _ in range(50):
            app.processEvents()
            time.sleep(0.01)
        near = edits(20)
        canvas.close()
    met = True
    for words, times in (("all layers in view", far), ("close to the layer", near)):
        median = statistics.median(times) * 1e3
        worst = statistics.quantiles(times, n=20)[-1] * 1e3
        verdict(
            f"one edit in {LAYERS} layers, {words}",
            f"{median:.1f} ms, 95 % under {worst:.1f} ms (median of {EDITS} edits)",
            "under 16 ms",
            median < 16,
        )
        met = met and median < 16
    return met
