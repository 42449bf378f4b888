"""The whole way without a window: ``make demo`` trains LeNet on handwritten digits and shows what it has learned.

It writes the run (drawing, generated code, weights, metrics) and four pictures: how the loss fell, the filters of the
first convolution, their answers to one digit, and a dream of one class.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.interrupts import ending_at_once
from app.cli.out import complain, say
from app.cli.progress import bar, clock
from app.core.compile.plan import NotReady
from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing
from nodes.api import BadSetting
from nodes.api.words import per_cent

if TYPE_CHECKING:
    import numpy as np

    from app.insight.tiles import Tiles
    from app.training.checkpoints import LoadedRun
    from app.training.events import EpochDone

TEMPLATE = "lenet_digits"
OUT = Path("runs/demo")
CONVOLUTION = "conv1"
SCORES = "fc3"
DREAM_STEPS = 256


class DemoFailed(Exception):
    """The demo cannot go on. The message is a sentence for the user."""


@dataclass
class DemoCurves:
    """What was measured while the net learned, for the curves."""

    batch_at: list[float] = field(default_factory=list)
    batch_loss: list[float] = field(default_factory=list)
    epochs: list[EpochDone] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out the demo; gives the exit status."""
    options = _options(argv)
    out: Path = options.out
    try:
        return _demo(options)
    except (DemoFailed, UnreadableDrawing, NotReady, BadSetting) as error:
        complain(str(error))
    except OSError as error:
        complain(f"{error.filename or out} cannot be written: {error.strerror or error}. Choose another --out.")
    except KeyboardInterrupt:
        kept = (out / "state.pt").exists()
        resume = f" Continue with: python main.py train {TEMPLATE} --resume {out}" if kept else ""
        complain(f"Interrupted.{resume}")
        return 130
    return 1


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m app.cli.demo", description="Trains LeNet on handwritten digits and shows what it has learned."
    )
    parser.add_argument("--epochs", type=int, help="how often all training data is seen (default: as drawn)")
    parser.add_argument("--out", type=Path, default=OUT, help=f"folder for the run and the pictures (default: {OUT})")
    parser.add_argument("--seed", type=int, help="the same seed gives the same run (default: as drawn)")
    parser.add_argument("--digit", type=int, default=3, choices=range(10), help="the digit to look at and to dream of")
    return parser.parse_args(argv)


def _demo(options: argparse.Namespace) -> int:
    begun = time.perf_counter()
    project = _project(options)
    say(f"{project.title}: loading torch ...")
    course = _learn(project, options.out)
    written = [("loss.png", "how the loss fell and the accuracy rose")]
    _write(options.out / "loss.png", curves(course))
    written += _look(options.out, options.digit)
    written += [
        ("net.py", "the generated code, which is the code that ran"),
        ("drawing.netloom", "the drawing with its settings"),
        ("weights.safetensors", "the trained weights"),
        ("state.pt", "what continues the training"),
        ("metrics.jsonl", "loss and accuracy of each epoch"),
    ]
    missing = [name for name, _ in written if not (options.out / name).is_file()]
    if missing:
        raise DemoFailed(f"{options.out / missing[0]} was not written. Choose another --out and try again.")
    say(f"Done in {clock(time.perf_counter() - begun)}. In {options.out}:")
    for name, what in written:
        say(f"  {name:<20} {what}")
    return 0


def _project(options: argparse.Namespace) -> Project:
    """The template with the epochs and the seed that were asked for."""
    project = templates.load(TEMPLATE)
    recipe = project.recipe
    for name in ("epochs", "seed"):
        value = getattr(options, name)
        if value is not None:
            recipe = recipe.with_setting(name, value)
    return replace(project, recipe=recipe)


def _learn(project: Project, out: Path) -> DemoCurves:
    """Train into ``out``, with progress.

    Raises:
        DemoFailed: if the training fails.
    """
    with ending_at_once():
        from app.core.compile.net import compile_net
        from app.training.events import BatchDone, Diagnosed, EpochDone, Failed, Started
        from app.training.loop import train
        from app.training.run_folders import remembering
        from app.training.threads import prepare_threads

    course = DemoCurves()
    recipe = project.recipe
    # Closing the generator, also on Ctrl+C, keeps what was learned so far.
    net = compile_net(project)
    prepare_threads(net, recipe)
    with closing(remembering(train(net, recipe, out=out), out, None)) as events, bar() as shown:
        for event in events:
            if isinstance(event, Started):
                shown.note(
                    f"Training on {event.device}: {event.samples:,} digits to learn from, {event.validation:,} held "
                    f"out, {event.parameters:,} parameters, {event.epochs} epochs of {event.batches} steps."
                )
                shown.start("epoch 1", event.epochs * event.batches)
            elif isinstance(event, BatchDone):
                done = (event.epoch - 1) * event.batches + event.batch
                course.batch_at.append((done - 1) / event.batches)
                course.batch_loss.append(event.loss)
                shown.at(done, f"epoch {event.epoch}/{recipe.epochs}", f"loss {event.loss:.3f}")
            elif isinstance(event, EpochDone):
                course.epochs.append(event)
                shown.milestone(f"epoch {event.epoch:>{len(str(event.epochs))}}/{event.epochs}   {_measured(event)}")
            elif isinstance(event, Diagnosed):
                shown.note(f"Note: {event.node + ': ' if event.node else ''}{event.sentence}")
            elif isinstance(event, Failed):
                raise DemoFailed(f"{event.node}: {event.sentence}" if event.node else event.sentence)
    last = course.epochs[-1]
    if last.val_accuracy is not None:
        say(f"Of the validation digits it reads {100 * last.val_accuracy:.1f} % correctly.")
    return course


def _measured(event: EpochDone) -> str:
    parts = [f"loss {event.train_loss:.4f}"]
    if event.train_accuracy is not None:
        parts.append(f"accuracy {per_cent(event.train_accuracy, 1)}")
    if event.val_accuracy is not None:
        parts.append(f"validation {per_cent(event.val_accuracy, 1)}")
    return "   ".join(parts)


def curves(course: DemoCurves) -> np.ndarray:
    """Loss and accuracy over the epochs as a picture."""
    from app.insight.chart import BLUE, ORANGE, PALE_BLUE, Chart, ChartLine, draw

    epochs = [float(done.epoch) for done in course.epochs]

    def curve(name: str, values: list[float | None], validation: bool) -> ChartLine:
        known = [(at, value) for at, value in zip(epochs, values) if value is not None]
        colour = ORANGE if validation else BLUE
        return ChartLine(name, [at for at, _ in known], [value for _, value in known], colour, 3.0, dashed=validation)

    loss = Chart(
        "Loss: how wrong it is",
        "epoch",
        (
            ChartLine("each batch", course.batch_at, course.batch_loss, PALE_BLUE, 1.2),
            curve("training", [done.train_loss for done in course.epochs], False),
            curve("validation", [done.val_loss for done in course.epochs], True),
        ),
    )
    accuracy = Chart(
        "Accuracy: how often it is right",
        "epoch",
        (
            curve("training", [done.train_accuracy for done in course.epochs], False),
            curve("validation", [done.val_accuracy for done in course.epochs], True),
        ),
        percent=True,
        floor=None,
    )
    return draw([loss, accuracy])


def _look(folder: Path, digit: int) -> list[tuple[str, str]]:
    """Draw what the run in ``folder`` has learned; the names of the pictures with a word on each.

    The run is read from its files, so the pictures show what really was written.

    Raises:
        DemoFailed: if there is nothing to see.
    """
    from app.insight.activations import activations
    from app.insight.filters import filters
    from app.insight.pictures import render
    from app.insight.samples import validation_samples
    from app.insight.tiles import NoPicture
    from app.training.checkpoints import BadRun, load_run

    try:
        run = load_run(folder)
        held = validation_samples(run)
        every = held.at(0, held.count)  # a data set that is small
        labels = next(values for name, values in every.items() if name.endswith(".label"))
        sample = int((labels == digit).nonzero()[0])
        _write(folder / "filters.png", render(filters(run.net, run.model, CONVOLUTION)))
        answers = activations(run.net, run.model, every, CONVOLUTION, sample=sample)
        _write(folder / "activations.png", render(answers))
        _write(folder / "dream.png", render(_dream(run, digit), width=1280))
    except (NoPicture, BadRun) as reason:
        raise DemoFailed(str(reason)) from None
    return [
        ("filters.png", f"the filters of {CONVOLUTION}"),
        ("activations.png", f"what they answer to a {digit}"),
        ("dream.png", f"what the net would love to see as a {digit}"),
    ]


def _dream(run: LoadedRun, digit: int) -> Tiles:
    """Dream of a class, with progress; the stages of the dream."""
    import torch

    from app.insight.dream import dream
    from app.insight.dream.stages import stages

    steps = []
    with bar() as shown:
        shown.start(f"dreaming of a {digit}", DREAM_STEPS)
        for step in dream(run.net, run.model, SCORES, digit, steps=DREAM_STEPS, seed=run.project.recipe.seed):
            steps.append(step)
            shown.at(step.step, f"dreaming of a {digit}", f"score {step.score:.1f}")
        last = steps[-1]
        shown.note(f"Dream of a {digit}: score {steps[0].score:.1f} at the start, {last.score:.1f} in the end")
    with torch.no_grad():
        picture = torch.from_numpy(last.image)[None, None]
        share = float(run.model(picture).softmax(1)[0, digit])
    sure = "over 99.9 %" if share > 0.999 else per_cent(share, 1)
    note = f"The net is {sure} sure that the last picture is a {digit}."
    return stages(steps, f"A dream of {digit}: noise, changed step by step to raise the score of that class", note=note)


def _write(path: Path, pixels: np.ndarray) -> None:
    from app.insight.pictures import save_png

    save_png(path, pixels)


if __name__ == "__main__":
    sys.exit(main())
