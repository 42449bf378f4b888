"""A cross-validation in the window: runs one after the other, and a sentence in the end."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from app.core.commands import SetRecipe
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.ui.banner import Banner
from app.ui.training.folds import FoldSeries
from app.ui.training.panel import TrainingPanel
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


class Window(QWidget):
    """As much of a window as the series asks for."""

    def __init__(self, here: Desk) -> None:
        super().__init__()
        self.session, self.qdocument, self.banner = here.session, here.qdocument, self
        self.said: list[str] = []
        self.results: list[bool] = []  # which of these are no warnings
        self.series = FoldSeries(self)  # type: ignore[arg-type]

    def say(self, sentence: str, *, result: bool = False) -> None:
        """What stands in the banner."""
        self.said.append(sentence)
        self.results = [*self.results, result]


def test_every_fold_is_a_run_of_its_own(desk: Make) -> None:
    """Fails if the runs do not follow each other, hold out the same samples, mean and spread are others, or the last
    one can be continued with another fold held out."""
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
    assert window.results == [True]
    assert window.said[0].startswith(f"3 folds: accuracy {mean:.1f} % ± {deviation:.1f} (")
    here.qtbot.wait(60)
    assert len(folders) == 3
    assert here.qdocument.project.recipe.fold == 1
    # The last run has learned from what the first fold holds out.
    here.qdocument.do(SetRecipe(setting="epochs", value=3))
    assert here.session.why_not_continue() is not None
    here.qdocument.do(SetRecipe(setting="fold", value=3))
    assert here.session.why_not_continue() is None
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


def test_the_words_say_which_fold_is_on(desk: Make) -> None:
    """Fails if nobody can tell from the line above the curves which part is held out, or an ordinary run has folds."""
    here = desk(epochs=1, folds=2)
    window = Window(here)
    panel = TrainingPanel(here.session, here.qdocument)
    for widget in (window, panel):
        here.qtbot.addWidget(widget)
    here.load_torch()
    here.session.train()
    here.until(lambda: window.said)
    assert panel.words.full_text.startswith("Fold 2 of 2 · trained for 1 epoch")
    here.qdocument.do(SetRecipe(setting="folds", value=0))
    here.session.train()
    here.until(lambda: len(here.endings) == 3)
    assert panel.words.full_text.startswith("Trained for 1 epoch")
    here.endings.clear()


def test_a_result_is_no_warning(desk: Make) -> None:
    """Fails if what comes of a cross-validation stands beside the sign of a warning, or a warning after it does not."""
    here = desk(epochs=1)
    banner = Banner()
    here.qtbot.addWidget(banner)
    seen = []
    for result in (False, True, False):
        banner.say("3 folds", result=result)
        seen.append(banner._icon.pixmap().toImage())
    assert seen[0] == seen[2]
    assert seen[0] != seen[1]
