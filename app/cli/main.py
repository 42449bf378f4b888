"""The command line: one function a command, plain sentences, exit status 1 for what the user can mend, 2 for usage."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from app.cli import drawings, inspecting, playing, sampling, sweep_options, views
from app.cli.help_pages import PlainCommand
from app.cli.options import (
    File,
    Freeze,
    FreezeUpTo,
    From,
    Json,
    Key,
    Log,
    LrFactor,
    Out,
    RunFolder,
)
from app.cli.out import OutputClosed, Usage, complain
from app.cli.refusals import refused

COMMANDS = (
    "layers",
    "check",
    "summary",
    "export",
    "train",
    "find-lr",
    "sweep",
    "evaluate",
    "runs",
    "compare",
    "inspect",
    "dream",
    "words",
    "generate",
    "import-weights",
    "templates",
    "data",
    "start",
    "predict",
    "sample",
    "play",
    "doctor",
    "diagnose",
    "get",
)

app = typer.Typer(
    name="netloom",
    help="Draw a neural network, train it and look inside it. Without a command, FILE opens in the window.",
    epilog="FILE is a .netloom file, or the name of a template, such as lenet_digits. What a command takes: "
    "netloom COMMAND --help.",
    subcommand_metavar="[FILE | COMMAND [ARGS]...]",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def before_every_command(
    trust_layers: Annotated[
        bool,
        typer.Option(
            "--trust-layers",
            envvar="NETLOOM_TRUST_LAYERS",
            help="Run the files in your layer folder and use their layers.",
        ),
    ] = False,
) -> None:
    """Options that stand before the command."""
    if trust_layers:
        from app.core import userlayers

        for broken in userlayers.load(lambda file: True).broken:
            complain(str(broken))


@app.command(cls=PlainCommand)
def layers(json: Json = False) -> int:
    """Every node type with its settings."""
    return drawings.list_layers(json)


@app.command(cls=PlainCommand)
def check(file: File, json: Json = False) -> int:
    """The problems of a drawing; exit status 1 if there are any."""
    return drawings.check(file, json)


@app.command(cls=PlainCommand)
def summary(
    file: File,
    depth: Annotated[int, typer.Option(min=0, help="How many levels of blocks are opened.")] = 1,
    json: Json = False,
) -> int:
    """Output shape and parameters of each layer, and the totals."""
    return drawings.summary(file, depth, json)


@app.command(cls=PlainCommand)
def export(
    file: File,
    out: Out,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="python: the model; training: model and training script; svg, pdf, png: a picture.",
        ),
    ] = "python",
    scale: Annotated[
        float | None, typer.Option("--scale", help="Size of a png, 1 as the window shows it at 100 %; 2 if not given.")
    ] = None,
    theme: Annotated[str, typer.Option("--theme", help="Colours of a picture: light, dark, high_contrast.")] = "light",
    transparent: Annotated[bool, typer.Option("--transparent", help="A picture without background.")] = False,
) -> int:
    """Write a drawing as a Python file, or as a picture."""
    from app.cli import pictures

    if to in pictures.FORMS:
        return pictures.export(file, to, out, scale, theme, not transparent)
    return drawings.export(file, to, out)


def _folder(text: str) -> Path:
    """A folder to write; an empty text, as of a variable that is not set, would be the current one."""
    if not text:
        raise Usage("--out names no folder. Give one, such as --out runs/first.")
    return Path(text)


@app.command(cls=PlainCommand)
def train(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A .netloom file, or the name of a template; with --resume and --from, the run's own if not given.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="How often all training data is seen.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Samples behind each step.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same run.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="Adam, AdamW, RMSprop or SGD, for example.")] = None,
    schedule: Annotated[str | None, typer.Option(help="How the learning rate changes, such as cosine.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting of the recipe, such as warmup=2 or metrics=accuracy,f1, or of a layer, such as "
            "loss.label_smoothing=0.1. Can be given several times.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=_folder, metavar="PATH", help="Folder for the run; a fresh one under runs/ if not given."),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(help="Cross-validation: train so many times, each time with another part held out.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Continue this run.")] = None,
    start: From = None,
    weights: Annotated[Path | None, typer.Option(metavar="RUN|FILE", help="Start from these weights.")] = None,
    key: Key = None,
    freeze: Freeze = False,
    freeze_up_to: FreezeUpTo = None,
    lr_factor: LrFactor = None,
    log: Log = None,
    json: Json = False,
) -> int:
    """Train a drawing. Settings that are not given come from the drawing's recipe."""
    from app.cli.layer_choices import LayerChoices, parted
    from app.cli.runs import settings_of
    from app.cli.runs import train as run_training

    named = {"epochs": epochs, "batch_size": batch_size, "lr": lr, "seed": seed, "device": device}
    named |= {"optimizer": optimizer, "schedule": schedule, "folds": folds, "log": log}
    of_recipe, of_layers = parted(settings_of(settings or []))
    changes = of_recipe | {name: value for name, value in named.items() if value is not None}
    layers = LayerChoices(freeze, freeze_up_to, tuple(lr_factor or ()), of_layers)
    return run_training(file, changes, out, resume, weights, key, json, start, layers)


@app.command("find-lr", cls=PlainCommand)
def find_lr(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .netloom file, or the name of a template.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Any setting of the recipe or of a layer. Can be given several times."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Try learning rates from small to large, and suggest one. Nothing is trained for good."""
    from app.cli.rates import find_lr as search
    from app.cli.runs import settings_of

    return search(file, settings_of(settings or []), json)


@app.command(cls=PlainCommand)
def sweep(
    file: File,
    out: Annotated[
        Path, typer.Option("-o", "--out", parser=_folder, metavar="FOLDER", help="Each variant is a run in here.")
    ],
    vary: sweep_options.Vary = None,
    search: sweep_options.Search = None,
    tries: sweep_options.Tries = None,
    population: sweep_options.Population = None,
    draw: sweep_options.Draw = 0,
    settings: sweep_options.Settings = None,
    json: Json = False,
) -> int:
    """Train variants of a drawing, and tell which is best. They train together where that is faster. The same command
    goes on after a break."""
    from app.cli.runs import settings_of
    from app.cli.sweeping import sweep as run_sweep

    return run_sweep(file, vary or [], out, settings_of(settings or []), search, tries, draw, json, population)


@app.command(cls=PlainCommand)
def evaluate(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="The folder of a training run; of several with --ensemble.")
    ],
    part: Annotated[
        str | None, typer.Option("--part", help="test or validation; the test part if the run has one, if not given.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="PATH", help="Other data of the same kind, a file or a folder.")
    ] = None,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Average what several runs say, and tell their numbers beside it.")
    ] = False,
    harder: Annotated[bool, typer.Option("--harder", help="Also with noise, and pictures also turned.")] = False,
    slices: Annotated[
        bool, typer.Option("--slices", help="Also by brightness, size or length, or by each column of a table.")
    ] = False,
    json: Json = False,
) -> int:
    """How well a net does on samples it was not trained on."""
    if ensemble:
        if harder or slices:
            raise Usage(f"--{'harder' if harder else 'slices'} is about one run. Leave --ensemble out.")
        from app.cli.ensembles import evaluate_together

        return evaluate_together(runs, part, data, json)
    if len(runs) > 1:
        raise Usage("Give one run, or add --ensemble to average what several runs say.")
    from app.cli.evaluate import evaluate as measure

    return measure(runs[0], part, data, json, harder, slices)


@app.command(cls=PlainCommand)
def runs(
    place: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER|FILE", help="Where runs lie, or a drawing; every run that is known if not given."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """The runs that were kept. Of each: name, result, time, parameters, and what differs from the run before."""
    from app.cli.run_lists import list_runs

    return list_runs(place, json)


@app.command(cls=PlainCommand)
def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Folders of two runs or more; each is compared with the first.")
    ],
    json: Json = False,
) -> int:
    """What differs between runs, in words, and what came of it."""
    from app.cli.run_lists import compare as tell

    return tell(folders, json)


app.command("inspect", cls=views.InspectCommand)(views.with_flags(inspecting.inspect))
app.command("dream", cls=PlainCommand)(views.with_flags(inspecting.dream, only="dream", steps=256))
app.command(cls=PlainCommand)(inspecting.words)
app.command(cls=PlainCommand)(inspecting.generate)


@app.command("import-weights", cls=PlainCommand)
def import_weights(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Weights: .pt, .pth, .safetensors, .npz, or a run.")],
    into: Annotated[str, typer.Option("--into", metavar="DRAWING", help="A .netloom file, or the name of a template.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="Folder to write, or a .safetensors file.")],
    freeze: Annotated[bool, typer.Option("--freeze", help="Keep training from changing what was loaded.")] = False,
    key: Key = None,
    json: Json = False,
) -> int:
    """Load the weights of a public file into a drawing. They go by their names, and by order and shape only where one
    possibility is left."""
    from app.cli.weights import import_weights as bring

    return bring(file, into, out, freeze, json, key)


@app.command(cls=PlainCommand)
def templates(json: Json = False) -> int:
    """Drawings that ship with the program."""
    return drawings.templates(json)


DataSettings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting of the source. Can be given several times."),
]


@app.command(cls=PlainCommand)
def data(
    what: Annotated[str, typer.Argument(metavar="PATH|SOURCE", help="A file, a folder, or a source such as Digits.")],
    settings: DataSettings = None,
    full: Annotated[
        bool, typer.Option("--full", help="Look through all samples, of large data, too: what cannot be read, ranges.")
    ] = False,
    json: Json = False,
) -> int:
    """What is understood of data, and what is odd about it. That is: fields, classes with counts, parts, guesses, what
    is skipped and why, and samples to look at."""
    from app.cli.data import data as look

    return look(what, settings or [], json, full)


@app.command(cls=PlainCommand)
def start(
    what: Annotated[str, typer.Argument(metavar="PATH|SOURCE", help="A file, a folder, or a source such as Digits.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="The drawing to write; - is the standard output.")
    ],
    net: Annotated[
        str | None, typer.Option("--net", metavar="NAME", help="A template or a .netloom file that is made to fit.")
    ] = None,
    settings: DataSettings = None,
) -> int:
    """Write a drawing for data: source, net, loss and recipe. It trains as it stands."""
    from app.cli.data import start as begin

    return begin(what, out, net, settings or [])


@app.command(cls=PlainCommand)
def predict(
    run: RunFolder,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Files or folders, of the kind trained on.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="A line of text, or a question about the pictures.")] = None,
    invert: Annotated[
        bool,
        typer.Option("--invert", help="Exchange dark and light: dark ink for a net of bright digits, for example."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A folder for answers that are pictures: masks, boxes, points, pictures."),
    ] = None,
    json: Json = False,
) -> int:
    """What the net of a run takes files or a text for. They are prepared exactly as the training data were."""
    from app.cli.predict import predict as tell

    return tell(run, paths or [], json, invert, text or [], out)


app.command(cls=PlainCommand)(sampling.sample)
app.command(cls=PlainCommand)(playing.play)


@app.command(cls=PlainCommand)
def doctor() -> int:
    """What works here: torch, devices, memory, Qt, display."""
    from app.cli.doctor import doctor as examine

    return examine()


@app.command(cls=PlainCommand)
def diagnose(
    what: Annotated[str, typer.Argument(metavar="FILE|RUN", help="A drawing or template, or the folder of a run.")],
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs",
            min=0,
            help="How many to train a drawing; 0 looks at drawing and data alone. The recipe's if not given.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """What is wrong with a drawing, its data and its training. Each finding has place, reason and remedy; exit status 1
    if there is one."""
    from app.cli.diagnose import diagnose as examine

    return examine(what, epochs, json)


@app.command("get", cls=PlainCommand)
def get_data(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which set; without one all are listed.")] = None,
    addresses: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="URL", help="The folder that has its files. Can be given several times."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="PATH", help="Folder to put it into; the program's own if not given."),
    ] = None,
    json: Json = False,
) -> int:
    """Get a public data set from the internet, such as MNIST. Without a name, all are listed with their sizes."""
    from app.cli.getting import fetch, list_sets

    return fetch(name, addresses or [], out, json) if name is not None else list_sets(json)


def _command(argv: Sequence[str]) -> str:
    """Which command a command line begins with; the program alone where there is none of that name."""
    names = {each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands}
    first = next((word for word in argv if not word.startswith("-")), "")
    return f"netloom {first}" if first in names else "netloom"


def run(argv: Sequence[str]) -> int:
    """Carry out a command line; gives the exit status and raises nothing."""
    if sys.stdout is None:  # it was closed before the program began
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  for as long as the program runs
    try:
        _check_processes(argv)
        status = _parser().main(args=list(argv), prog_name="netloom", standalone_mode=False)
    except OutputClosed:
        return 0
    except Exception as error:
        return refused(error, as_json="--json" in argv, command=_command(argv))
    return status if isinstance(status, int) else 0


def _check_processes(argv: Sequence[str]) -> None:
    """Refuse what several processes would each do for itself, into the same files.

    Raises:
        Usage: if ``torchrun`` has started them for something else than a training.
    """
    command = _command(argv)
    if {"LOCAL_RANK", "MASTER_ADDR"} <= os.environ.keys() and os.environ.get("WORLD_SIZE", "1") not in ("", "1"):
        if command in ("netloom", "netloom train"):
            return
        if os.environ.get("RANK", "0") != "0":
            from app.cli.runs import PATIENCE

            time.sleep(PATIENCE)  # the first one says it, and torchrun ends this one
        raise Usage(f"torchrun shares the work of train alone. Start {command} without it.")


@cache
def _parser() -> Any:
    """What reads a command line; made once, as it takes longer than what many commands do."""
    command = get_command(app)
    command.invoke = _saying_so(command.invoke)  # type: ignore[assignment, method-assign]
    return command


def _saying_so(invoke: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The command, with a word on Ctrl+C: typer would end it in silence."""

    def carry_out(context: Any) -> Any:
        try:
            return invoke(context)
        except KeyboardInterrupt:
            complain("Interrupted.")
            return 130

    return carry_out
