"""The main states look as somebody has approved them: panels, themes and scales, compared as if from far away.

After a change that is meant: ``python -m tools.screenshots approve``, and look at the pictures before the commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.ui import scale
from tests.ui.shell.hands import Open
from tools import states

# Cells of 48×48 pixels of the window: letters of another font change them little, a panel that is not there much.
CELL = 48 // states.REDUCED
FAR = 26.0  # steps of 256 between the mean colours of a cell
MOST = 8  # cells that may differ so much, of 448: words that are longer on this machine


@pytest.fixture
def at_rest(qapp: QApplication) -> Iterator[None]:
    """The interface is as before afterwards."""
    blinking = qapp.cursorFlashTime()
    yield
    qapp.setCursorFlashTime(blinking)
    scale.apply(100)


def cells(picture: QImage) -> np.ndarray:
    """Mean colours of the cells of a reduced picture."""
    small = picture.convertToFormat(QImage.Format.Format_RGB32)
    points = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), -1, 4)[:, : small.width(), :3]
    rows, columns = small.height() // CELL, small.width() // CELL
    whole = points[: rows * CELL, : columns * CELL].astype(float)
    means: np.ndarray = whole.reshape(rows, CELL, columns, CELL, 3).mean(axis=(1, 3))
    return means


def differing(one: QImage, other: QImage) -> list[tuple[int, int]]:
    """Where in the window two reduced pictures differ, in pixels of the window."""
    first, second = cells(one), cells(other)
    if first.shape != second.shape:
        return [(0, 0)] * (MOST + 1)
    away = np.abs(first - second).max(axis=2)
    return [(int(x) * CELL * states.REDUCED, int(y) * CELL * states.REDUCED) for y, x in np.argwhere(away > FAR)]


@pytest.mark.real_window
@pytest.mark.parametrize("percent", [100, 200])
def test_the_main_states_look_as_approved(percent: int, at_rest: None, open_window: Open, tmp_path: Path) -> None:
    """Fails if a panel is lost or covered, a theme does not reach a widget, or 200 % no longer fits on a laptop."""
    wrong: dict[str, str] = {}

    def compare(state: str, theme_name: str, picture: QImage) -> None:
        name = f"{state}_{theme_name}_{percent}.png"
        approved = QImage(str(states.APPROVED / name))
        seen = states.reduced(picture)
        places = differing(seen, approved) if not approved.isNull() else [(0, 0)]
        if len(places) > MOST or approved.isNull():
            seen.save(str(tmp_path / name))
            wrong[name] = f"{len(places)} cells differ, such as {places[:4]}; what was seen is in {tmp_path}"

    states.prepare(percent)
    states.take(states.on_stage(open_window("lenet_digits")), states.COMPARED[percent], compare)
    assert not wrong


def test_there_is_an_approved_picture_of_each_state_and_of_no_other() -> None:
    """Fails if a state is compared with nothing, or a picture is kept that nobody looks at."""
    wanted = {
        f"{state}_{name}_{percent}.png"
        for percent, compared in states.COMPARED.items()
        for state, names in compared.items()
        for name in names
    }
    assert {path.name for path in states.APPROVED.iterdir()} == wanted
    assert sum(path.stat().st_size for path in states.APPROVED.iterdir()) < 3_000_000


@pytest.mark.parametrize("place", [(0, 70, 218, 430), (1080, 70, 286, 430), (0, 510, 1366, 230), (0, 0, 1366, 64)])
def test_a_lost_panel_would_be_seen(place: tuple[int, int, int, int], qapp: QApplication) -> None:
    """Fails if the comparison above were so kind that a panel could go without a word, or keep another theme."""
    approved = QImage(str(states.APPROVED / "selected_dark_100.png")).convertToFormat(QImage.Format.Format_RGB32)
    assert differing(approved, approved) == []
    broken = approved.copy()
    left, top, width, height = (side // states.REDUCED for side in place)
    painter = QPainter(broken)
    painter.fillRect(left, top, width, height, QColor("#f3f4f8"))  # the panel of the light theme
    painter.end()
    assert len(differing(broken, approved)) > MOST
    light = QImage(str(states.APPROVED / "selected_light_100.png"))
    assert len(differing(light, approved)) > 100
