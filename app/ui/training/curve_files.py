"""Curves as files: a picture as it is seen, or every number of every curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QMessageBox, QWidget

from app.core.storage.files import write_atomic
from app.ui import theme
from app.ui.dialogs import choose_file, not_saved, tell
from app.ui.training.run_curves import RunCurves

if TYPE_CHECKING:  # it loads pyqtgraph
    from app.ui.training.curves import Curves

FILTERS = "Picture (*.png);;Drawing that can be enlarged (*.svg);;Numbers of all curves (*.csv)"
ENDINGS = (".png", ".svg", ".csv")
_SHARP = 2  # pixels of a picture for one of the screen


def numbers(stories: Iterable[tuple[str, RunCurves]]) -> str:
    """All curves as CSV: a line for each batch with its place in epochs, and one for each epoch. The columns are those
    of ``metrics.jsonl``, and ``batch_loss``."""
    every = list(stories)
    names: dict[str, None] = {}
    for _, story in every:
        for done in story.done:
            names.update(dict.fromkeys(done.metrics))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["run", "epoch", "batch_loss", *names, "lr", "seconds"])
    for run, story in every:
        lines: list[tuple[float, int, list[object]]] = [
            (step, 0, [run, step, loss, *[""] * (len(names) + 2)])
            for step, loss in zip(story.steps, story.losses, strict=True)
        ]
        for done in story.done:
            told = [done.metrics.get(name, "") for name in names]
            lines.append((done.epoch, 1, [run, done.epoch, "", *told, done.lr, done.seconds]))
        writer.writerows(line for *_, line in sorted(lines, key=lambda line: line[:2]))
    return file.getvalue()


def to_png(widget: QWidget) -> bytes:
    """What is seen, twice as sharp."""
    image = QImage(widget.size() * _SHARP, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(_SHARP)
    image.fill(theme.color("plot.background"))
    with QPainter(image) as painter:
        widget.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def to_svg(curves: Curves) -> bytes:
    """What is seen, as shapes and letters."""
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(curves.size())
    generator.setViewBox(QRect(QPoint(), curves.size()))
    generator.setTitle("Curves")
    generator.setDescription("Drawn with Netloom")
    with QPainter(generator) as painter:
        painter.fillRect(curves.rect(), theme.color("plot.background"))
        curves.paint(painter)
    return bytes(buffer.data().data())


def save(path: Path, curves: Curves) -> None:
    """Write a file of the kind that its ending says.

    Raises:
        OSError: if that fails.
        ValueError: with a sentence, for another ending.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        content = numbers(curves.stories).encode()
    elif kind in ENDINGS:
        with _at_rest(curves):
            content = to_png(curves) if kind == ".png" else to_svg(curves)
    else:
        raise ValueError(f"{path.name} has no ending that is known. Use .png or .svg for a picture, .csv for numbers.")
    write_atomic(path, content)


def ask(parent: QWidget, curves: Curves, name: str, said: Callable[[str], object]) -> None:
    """Ask for a file, first in the home folder under this name, and write the curves into it."""

    def write(path: Path) -> None:
        try:
            save(path, curves)
        except ValueError as reason:
            role = QMessageBox.ButtonRole
            again = [("Choose again…", role.AcceptRole, lambda: ask(parent, curves, name, said))]
            tell(parent, "Not exported", str(reason), "", [*again, ("Close", role.RejectRole, None)])
        except OSError as error:
            not_saved(parent, "The curves", path, error, lambda: ask(parent, curves, path.name, said))
        else:
            said(f"Saved to {path}")

    choose_file(parent, "Export the curves", Path.home() / name, FILTERS, write, saving=True, ending="png")


@contextmanager
def _at_rest(curves: Curves) -> Iterator[None]:
    curves.ways.hide()
    for plot in (curves.loss, curves.accuracy):
        plot.point_nowhere()
    try:
        yield
    finally:
        curves.ways.show()
