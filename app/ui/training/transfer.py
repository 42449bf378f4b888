"""Start from weights: a training begins with what a file, or another run, has learned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QPlainTextEdit

from app.core.commands import EditAll, SetSetting
from app.core.graph.model import Project
from app.jobs.messages import Ended, Picture
from app.ui import scale
from app.ui.dialogs import choose_file, tell
from app.ui.labels import TintedLabel, button
from app.ui.latest_job import LatestJob
from app.ui.layouts import column, row
from app.ui.readiness import why_not_ready
from app.ui.training import runs
from app.ui.training.earlier_run import fit
from app.ui.training.thread import look_into_weights
from app.ui.training.training_request import TrainingRequest

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_FILTERS = "Weights (*.safetensors *.pt *.pth *.bin *.ckpt *.npz);;All files (*)"
Layers = Sequence[tuple[str, str]]  # by graph and name


class TransferDesk(QObject):
    """Looks into a file first, shows what fits, and only then trains."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._looking = LatestJob(window.session.runner, self, self._found, self._ended)
        self._loading = LatestJob(window.session.runner, self, self._loaded, self._ended)
        self._path = Path()
        self.dialog: TransferDialog | None = None

    def choose(self) -> None:
        """Ask for a file with weights."""
        self._window.when_not_training(self._ask)

    def _ask(self) -> None:
        path = self._window.qdocument.document.path
        place = path.parent if path is not None else Path.home()
        choose_file(self._window, "Start from weights", place, _FILTERS, self.look)

    def look(self, path: Path) -> None:
        """Show what of a file, or of the run in a folder, would be taken."""
        window = self._window
        refusal = why_not_ready(window.qdocument.document)
        if refusal is not None:
            tell(window, "Not yet", refusal.sentence)
            return
        self._path = path
        window.say(f"Looking into {path.name}…")
        self._looking.start(partial(look_into_weights, window.qdocument.project, path))

    def _found(self, picture: Picture) -> None:
        self._window.say("")
        if isinstance(picture.content, str):
            tell(self._window, "Not loaded", picture.content)
        else:
            self._show(*picture.content)

    def _show(self, lines: Sequence[str], layers: Layers, head: tuple[str, str] | None) -> None:
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = TransferDialog(self, runs.shown(self._path), lines, layers, self._window, head[1] if head else "")
        self.dialog.finished.connect(self._dialog_gone)
        self.dialog.show()

    def _dialog_gone(self) -> None:
        self.dialog = None

    def _ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            tell(self._window, "Not loaded", ended.sentence)

    def begin(self, freeze: Layers) -> None:
        """Train from what was shown; these layers stay as they come."""
        path = self._path
        self._window.when_not_training(lambda: self._begin(path, freeze))

    def _begin(self, path: Path, freeze: Layers) -> None:
        window = self._window
        nodes = window.qdocument.project
        edits = [
            SetSetting(where, (name,), "frozen", True)
            for where, name in freeze
            if name in nodes.graph_of(where).nodes and not nodes.graph_of(where).nodes[name].params.get("frozen", False)
        ]
        if edits:
            window.qdocument.do(EditAll(commands=tuple(edits), text="Freeze what was loaded"))
        window.banner.clear()
        window.start.leave()
        window.show_panel("training")
        window.session.begin(TrainingRequest(paused=False, weights=path))

    def show_inside(self) -> None:
        """Show the net with what was shown, and train nothing: a run before its first epoch is written, so that
        whatever looks at a run looks at these weights."""
        path = self._path
        self._window.when_not_training(lambda: self._write(path))

    def _write(self, path: Path) -> None:
        window = self._window
        project = window.qdocument.project
        try:
            folder = runs.new_run(project.title)
        except OSError as error:
            tell(window, "Not loaded", f"The folder of the runs cannot be made: {error.strerror or error}.")
            return
        window.say(f"Loading {path.name}…")
        self._loading.start(partial(_written, project, path, folder))

    def _loaded(self, picture: Picture) -> None:
        window, content = self._window, picture.content
        if isinstance(content, str):
            window.say("")
            tell(window, "Not loaded", content)
        elif window.session.busy:
            window.say(runs.KEPT_APART)
        else:
            past, drawing = runs.past(content), runs.drawing_of(content)
            found = fit(past, drawing, window.qdocument.project) if past and drawing else None
            if past is None or found is None:  # another drawing was opened meanwhile
                window.say("The drawing has become another one; the weights were not loaded into it.")
                return
            window.session.recall(past, found)
            window.start.leave()
            window.show_panel("filters")
            window.say("Weights loaded, nothing trained. Look at filters, dreams, Predict and Poke.")


def _written(project: Project, weights: Path, folder: Path) -> Iterator[Picture]:
    """Writes a run before its first epoch with what fits of a file, in a job; tells its folder, or why not."""
    from app.core.compile.net import compile_net
    from app.training.importing import load_into, write_run
    from app.training.run_description import change_about

    net = compile_net(project)
    model = net.model(project.recipe.seed)
    try:
        load_into(model, weights)
        write_run(folder, net, model, project.recipe)
        change_about(folder, name=weights.stem)
    except ValueError as bad:  # BadWeights: the file was changed since it was looked into
        yield Picture("weights", str(bad))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        yield Picture("weights", f"{folder} cannot be written: {error.strerror or error}. Make room there.")
    else:
        yield Picture("run", folder)


class TransferDialog(QDialog):
    """What was found to fit. Stands beside its window. ``head`` is a layer that is not frozen although it would fit, so
    that something is left to learn."""

    def __init__(
        self,
        desk: TransferDesk,
        name: str,
        lines: Sequence[str],
        layers: Layers,
        window: BaseWindow,
        head: str = "",
    ) -> None:
        super().__init__(window)
        self._desk, self._layers = desk, layers
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Start from weights")
        self.head = TintedLabel(f"What of {name} fits this drawing:", "text", wrap=True)
        self.report = QPlainTextEdit("\n".join(lines), readOnly=True)
        self.report.setAccessibleName("What fits")
        frozen = ", ".join(name for _, name in layers[:6]) + (" …" if len(layers) > 6 else "")
        self.train_button = button("Train from these", "Begin a run with these weights (Enter)", self._train, "train")
        self.freeze_button = button(
            f"Freeze all but {head} and train" if head else "Freeze them and train",
            f"Training leaves {frozen} as loaded; undo takes the freezing back",
            self._freeze,
        )
        self.freeze_button.setEnabled(bool(layers))
        tip = "Show filters, activations, dreams and answers with these weights; nothing is trained"
        self.look_button = button("Only look inside", tip, self._look_inside)
        close = button("Close", "Train nothing (Escape)", self.close)
        column(
            self.head,
            (self.report, 1),
            row(1, self.train_button, self.freeze_button, self.look_button, close),
            of=self,
            margins=(14, 12, 14, 12),
            spacing=8,
        )
        self.train_button.setDefault(
            True
        )  # in the dialog by now: without one, another button that had the keys keeps it
        self.resize(scale.px(600), scale.px(340))

    def _train(self) -> None:
        self.close()
        self._desk.begin(())

    def _freeze(self) -> None:
        self.close()
        self._desk.begin(self._layers)

    def _look_inside(self) -> None:
        self.close()
        self._desk.show_inside()
