"""A cross-validation in the window: runs one after the other, and a sentence in the end."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from app.core.commands import SetRecipe
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.ui.training.folds import FoldSeries
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


class Window(QWidget):
    """As much of a window as the series asks for."""

    def __init__(self, here: Desk) -> None:
        super().__init__()
        self.session, self.qdocument, self.banner = here.session, here.qdocument, self
        self.said: list[str] = []
        self.series = FoldSeries(self)  # type: ignore[arg-type]

    def say(self, sentence: str, *, result: bool = False) -> None:
        """What stands in the banner."""
        self.said.append(sentence)


def test_every_fold_is_a_run_of_its_own(desk: Make) -> None:
    """Fails if the runs do not follow each other, hold out the same samples, or mean and spread are others."""
    here = desk(epochs=2, folds=3)
    window = Window(here)
    here.qtbot.addWidget(window)
    here.load_torch()
    folders = []
    here.session.ended.connect(lambda _: folders.append(here.session.run.folder))  # type: ignore[union-attr]
    here.session.train()
    here.until(lambda: window.said)
    assert all(isinstance(each, Finished) for each in here.endings)
    runs = [load_run(folder) for folder in folders]
    assert [each.project.recipe.fold for each in runs] == [1, 2, 3]
    accuracies = [each.metrics[-1]["val_accuracy"] for each in runs]
    mean, deviation = 100 * np.mean(accuracies), 100 * np.std(accuracies, ddof=1)
    assert len(window.said) == 1
    assert window.said[0].startswith(f"3 folds: accuracy {mean:.1f} % ± {deviation:.1f} (")
    here.qtbot.wait(60)
    assert len(folders) == 3
    assert here.qdocument.project.recipe.fold == 1
    here.endings.clear()


def test_an_edit_or_a_stop_ends_the_series(desk: Make) -> None:
    """Fails if a changed drawing is trained as the next fold, or a stopped run is followed by another one."""
    here = desk(epochs=1, folds=3)
    window = Window(here)
    here.qtbot.addWidget(window)
    here.load_torch()
    here.session.train()
    here.qdocument.do(SetRecipe(setting="seed", value=5))
    here.until(lambda: window.said)
    assert window.said[0].startswith("The drawing has changed, so that the cross-validation ends with fold 1. 1 of 3")
    here.endings.clear()
    window.said.clear()
    here.qdocument.do(SetRecipe(setting="epochs", value=100_000))
    here.session.train()
    here.until(lambda: here.session.state == "running")
    here.session.stop()
    here.until_ended()
    assert window.said == []
    assert not here.session.busy
