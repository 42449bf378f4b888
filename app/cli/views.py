"""``inspect``, and what ``dream`` shares with it: their flags are the settings that the views declare."""

from __future__ import annotations

import inspect as signatures
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.help_pages import PlainCommand
from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, complain, deliver
from app.cli.progress import bar
from app.insight.view import GROUPS, View
from app.insight.views import views
from app.training.position import At, at_from, way_words
from nodes.api import quoted
from nodes.api.params import BadSetting, Choice, Float, Int, Numbers, Param, Sides, Sizes, Switch
from nodes.api.words import listed

WIDTH = 960  # of a picture, in pixels
LINES_OF_ONE = {"gates": "lines", "tuning": "bars"}  # views that show all units as maps, and one of them like this
MOST_NAMED = 12  # layers in a sentence
FILMS = (".gif", ".mp4")  # endings of files that hold a film of the epochs


class InspectCommand(PlainCommand):
    """``inspect``, whose help says what each view shows before it lists their settings."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The views under the headings that the window lists them under, then arguments and options."""
        for group in GROUPS:
            rows = [(view.name, f"{view.title}. {view.help}") for view in views().values() if view.group == group]
            if rows:
                with formatter.section(f"Views, {group[0].lower()}{group[1:]}"):
                    formatter.write_dl(rows)
        super().format_options(ctx, formatter)


def with_flags(command: Callable[..., int], *, only: str = "", **defaults: object) -> Callable[..., int]:
    """``command`` with a flag for each setting of every view, or of the view ``only``; it gets those that were given
    as texts, by name. ``defaults`` are told in the help in the place of those that the view declares."""
    chosen = [views()[only]] if only else list(views().values())
    flags: dict[str, list[tuple[View, Param]]] = {}
    for view in chosen:
        for param in view.asked:
            flags.setdefault(param.name, []).append((view, param))
    fixed = [each for each in signatures.signature(command, eval_str=True).parameters.values() if each.name != "given"]
    for name, having in flags.items():
        option = typer.Option(
            f"--{name.replace('_', '-')}", metavar=_metavar(having[0][1]), help=_help(having, not only, defaults)
        )
        fixed.append(
            signatures.Parameter(
                name, signatures.Parameter.KEYWORD_ONLY, annotation=Annotated[str | None, option], default=None
            )
        )
    known = {each.name for each in fixed} - flags.keys()

    def carry_out(**arguments: Any) -> int:
        own = {name: value for name, value in arguments.items() if name in known}
        return command(**own, **{name: v for name, v in arguments.items() if name in flags and v is not None})

    carry_out.__name__, carry_out.__doc__ = command.__name__, command.__doc__
    carry_out.__signature__ = signatures.Signature(sorted(fixed, key=lambda each: each.kind))  # type: ignore[attr-defined]
    carry_out.__annotations__ = {each.name: each.annotation for each in fixed}
    return carry_out


def _metavar(param: Param) -> str:
    match param:
        case Int():
            return "INTEGER"
        case Float():
            return "NUMBER"
        case Switch():
            return "YES|NO"
        case Choice():
            return "WORD"
    return "TEXT"


def _help(having: Iterable[tuple[View, Param]], named: bool, defaults: Mapping[str, object]) -> str:
    """What a flag does: the same words are said once, for the views that share them."""
    said: dict[str, list[str]] = {}
    for view, param in having:
        text = param.help.rstrip(".")
        if isinstance(param, Choice):
            text += f" ({', '.join(param.options)})"
        default = defaults.get(param.name, param.default)
        if default != "" and "if not given" not in text:
            text += f"; {_said(default)} if not given"
        said.setdefault(text + "." * (not text.endswith("?")), []).append(view.name)
    return " ".join(f"{', '.join(which)}: {text}" if named else text for text, which in said.items())


def _said(default: object) -> str:
    """A default as it would be given."""
    return ("no", "yes")[default] if isinstance(default, bool) else str(default)


def settings(view: View, given: Mapping[str, str]) -> dict[str, Any]:
    """The settings that texts stand for. What a setting cannot take, and settings of other views, stay texts."""
    params = {param.name: param for param in view.asked}
    return {name: _value(params[name], text) if name in params else text for name, text in given.items()}


# What is asked for is yes or no; what a setting says that it takes, true or false, must be taken, too.
WORDS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def _value(param: Param, text: str) -> Any:
    try:
        match param:
            case Int() if text not in param.words:
                return int(text)
            case Float():
                return float(text)
            case Switch():
                return WORDS.get(text.lower(), text)
            case Sides() if text not in param.words:
                return [int(part) for part in text.replace("×", "x").split("x")]
            case Sizes():
                return [int(part) for part in text.split(",") if part]
            case Numbers():
                return [float(part) for part in text.split(",") if part]
    except ValueError:
        pass  # the setting says what it takes
    return text


def checked(name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The settings of a view, as ``given`` on the command line.

    Raises:
        Usage: if there is no such view, or if it does not have or take one of them.
    """
    from app.insight.view_runner import check

    try:
        found = settings(views()[name], given) if name in views() else dict(given)
        check(name, found)
    except BadSetting as bad:
        text = str(bad)
        flag = next((each for each in given if text.startswith(f"{each} ")), None)
        raise Usage(text if flag is None else f"--{flag.replace('_', '-')}{text.removeprefix(flag)}") from None
    return found


def of_class(what: str, name: str, given: Mapping[str, str], chosen: str) -> Mapping[str, str]:
    """The settings of a view, and the class that is asked about: a number, or a name that the drawing or its data know.

    Raises:
        Usage: if the view asks about no class, or there is no class of that name.
    """
    having = [view.name for view in views().values() if any(param.name == "channel" for param in view.asked)]
    if name in views() and name not in having:
        raise Usage(f"The view {name} is not about one class. --class is for {', '.join(having)}.")
    if "channel" in given:
        raise Usage("--class and --channel say the same. Give one of them.")
    if chosen.isdecimal():
        return {**given, "channel": chosen}
    run = loaded(what)
    known = _class_names(run)
    if chosen not in known:
        some = ", ".join(known[:MOST_NAMED]) + (f" and {len(known) - MOST_NAMED:,} more" if known[MOST_NAMED:] else "")
        there = f"There are: {some}." if known else "Its classes have no names: give a number, counted from 0."
        raise Usage(f"There is no class {quoted(chosen)}. {there}")
    return {**given, "channel": str(known.index(chosen))}


def _class_names(run: Any) -> list[str]:
    from app.insight.anatomy import class_words
    from app.insight.samples import load_samples
    from nodes.api import NoData

    said = class_words(run.net)
    if not said and run.net.plan.sources:
        try:
            said = load_samples(run.net, run.project.recipe).classes
        except NoData as reason:
            raise Stop(str(reason)) from None
    return list(said)


def _written(
    what: str, out: Path, name: str, node: str | None, given: Mapping[str, Any], width: int, epoch: At | None
) -> Any:
    """The run, what is to be written to ``out`` (the pictures of a view as one PNG file, or by the ending as SVG, their
    numbers as NPZ, or a film of all kept epochs), its size in words, and how the score of a slow view rose."""
    with ending_at_once():
        from app.insight.saved_pictures import ENDINGS, saved, size_words
        from app.insight.tiles import NoPicture
        from app.insight.view_runner import steps_of
    kind = out.suffix.lower()
    if kind not in (*ENDINGS, *FILMS) and not kind[1:].isdecimal() and kind:
        raise Usage(f"A view is written as {listed([*ENDINGS, *FILMS])}, and {out.name} ends otherwise.")
    run = loaded(what)
    _has_layer(run, name, node, given)
    try:
        if kind in FILMS:
            return _filmed(run, what, out, name, node, given, epoch)
        if epoch is not None:
            run = at_epoch(run, what, epoch)
        first = last = None
        for last in steps_of(run, name, node, given):
            first = first or last
        assert first is not None, f"the view {name} gave nothing"
        assert last is not None
        content = saved(last.pictures, kind if kind in ENDINGS else ".png", width=width)
    except NoPicture as reason:
        raise Stop(f"{reason}{_lines_instead(out, name, given)}") from None
    size = size_words(content)
    climbed = ""
    if first.score is not None and last.score is not None:
        climbed = f"score {first.score:.2f} → {last.score:.2f} in {last.steps} steps"
    return run, content, size, climbed


def _has_layer(run: Any, name: str, node: str | None, given: Mapping[str, Any]) -> None:
    """
    Raises:
        Usage: if the view is of one layer and none is named, with those that could be.
    """
    view = views()[name]
    if view.about == "layer" and not node and not given.get("objective"):
        layers = [step.name for step in run.net.plan.graph.steps]
        some = ", ".join(layers[:MOST_NAMED]) + (f" and {len(layers) - MOST_NAMED} more" * (len(layers) > MOST_NAMED))
        raise Usage(f"The view {name} is of one layer. Name it: --node {layers[-1]}. There are: {some}.")


def _lines_instead(out: Path, name: str, given: Mapping[str, Any]) -> str:
    """What makes lines of the maps that SVG cannot hold: one unit in the place of all, where the view can show that."""
    alone = out.suffix.lower() == ".svg" and given.get("unit", "all") == "all" and LINES_OF_ONE.get(name)
    return f" One unit alone is drawn as {alone}: --unit 0." if alone else ""


def moment(text: str | None) -> At | None:
    """What ``--epoch`` names.

    Raises:
        Usage: if that is no moment of a run.
    """
    found = at_from(text) if text is not None else None
    if text is not None and found is None:
        raise Usage(f"--epoch takes an epoch, such as 3, or a step of one, such as 1:50, not {quoted(text)}.")
    return found


def at_epoch(run: Any, what: str, epoch: At) -> Any:
    """The run as it was at the end of an epoch, or within one."""
    from app.insight.time.epochs import run_at
    from app.training.checkpoints import BadRun

    if not Path(what).is_dir():
        raise Usage(f"--epoch is for the folder of a run, and {what} is a drawing that was never trained.")
    try:
        return run_at(run, epoch)
    except BadRun as reason:
        raise Stop(str(reason)) from None


def _filmed(
    run: Any, what: str, out: Path, name: str, node: str | None, given: Mapping[str, Any], epoch: At | None
) -> Any:
    """As ``_written``, of a film."""
    from app.insight.time.film import film, moments_of

    if not Path(what).is_dir():
        raise Usage(f"A film shows the kept epochs of a run, and {what} is a drawing that was never trained.")
    if epoch is not None:
        raise Usage(f"A film shows all kept epochs. Leave --epoch out, or write one picture: {out.stem}.png.")
    with ExitStack() as stack:
        shown = stack.enter_context(bar()) if sys.stdout.isatty() else None

        def on_way(done: int, total: int) -> None:
            if shown is not None:
                if not done:
                    shown.start("Looking at the epochs", total)
                shown.at(done, "Looking at the epochs", "")

        moments = moments_of(run, name, node, given, on_way)
    epochs = f"{way_words(moments[0].epoch, moments[-1].epoch)} in {len(moments)} pictures"
    return run, film(moments, out.suffix.lower()), epochs, ""


def loaded(what: str) -> Any:
    """The run in that folder; of a drawing, its net with the weights that it would begin with.

    Raises:
        Stop: if there is none that can be used.
    """
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
    try:
        return load_run(Path(what)) if Path(what).is_dir() else untrained(what)
    except BadRun as reason:
        raise Stop(str(reason)) from None


def untrained(what: str) -> Any:
    """The net of a drawing with the weights that it would begin with, in the place of a run: those that an installed
    package brings for it, or else fresh ones."""
    from app.cli.out import sound_project
    from app.core.compile.net import compile_net
    from app.core.compile.plan import NotReady
    from app.core.document import Document
    from app.core.weights.pretrained import pretrained_for
    from app.training.checkpoints import LoadedRun

    project, _ = sound_project(what)
    try:
        net = compile_net(project)
    except NotReady as problems:
        raise Stop(str(problems)) from None
    model = net.model(project.recipe.seed).eval()
    known = pretrained_for(Document(project).report.main)
    if known is not None and known.file is not None:
        from app.training.importing import load_into
        from app.training.weight_files import BadWeights

        try:
            load_into(model, known.file)
            complain(f"{project.title} has the weights that {known.package} brings, trained on {known.trained_on}.")
        except BadWeights:
            pass  # of another version; then it is as any drawing that was not trained
    return LoadedRun(Path(what), project, net, model, 0, ())


def inspect(
    folder: str, name: str, node: str | None, out: Path, given: Mapping[str, str], epoch: At | None = None
) -> int:
    """Write a picture from inside a run, at the end of a kept ``epoch`` if one is named, or from inside a drawing; or,
    to a file of ``FILMS``, a film of all kept epochs. ``given`` are settings of the view, as texts."""
    found = checked(name, given)
    run, content, size, climbed = _written(folder, out, name, node, found, WIDTH, epoch)
    shown = views()[name]
    if not run.net.plan.sources and run.net.plan.inputs and (shown.sample or shown.several) and not found.get("image"):
        complain("No data is wired to this drawing, so what it was shown is random noise. Wire data, or give --image.")
    deliver(out, content, f"{name} of {node or run.project.title}, {climbed or size}")
    return 0
