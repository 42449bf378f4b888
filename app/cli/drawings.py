"""Commands about drawings: layers, check, summary, export, templates."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from app.cli.out import Stop, Usage, complain, deliver, say, say_json, sound_project
from app.cli.pictures import FORMS as PICTURES
from app.cli.readiness import memory_note, refused_with_data
from app.core.any_length import steps_counted
from app.core.checks.check import check as checked_drawing
from app.core.checks.fixes import command_at, words_at
from app.core.checks.problems import Problem
from app.core.checks.refusals import is_architecture
from app.core.compile.plan import NotReady, make_plan
from app.core.compile.source import print_source
from app.core.compile.summary import Summary, summary_of
from app.core.graph.model import MAIN, Project
from app.core.inference import infer
from app.core.storage.files import UnreadableDrawing
from app.core.storage.templates import load, names, open_file_or_template
from app.data.source_looks import looked_at
from nodes.api import Layer, NoData, Param
from nodes.api.registry import heading_of, layers

FORMS = ("python", "training")


def list_layers(as_json: bool) -> int:
    """Every node type with its settings."""
    if as_json:
        say_json({"layers": [_layer(layer) for layer in layers().values()]})
        return 0
    heading = ""
    for layer in layers().values():
        if heading_of(layer) != heading:
            say(("\n" if heading else "") + heading_of(layer))
            heading = heading_of(layer)
        settings = ", ".join(f"{param.name}={_shown(param.default)}" for param in layer.params)
        say(f"  {layer.id:<18} {layer.name:<24} {settings}".rstrip())
    return 0


def _shown(value: Any) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "id": layer.id,
        "name": layer.name,
        "category": layer.category,
        "role": layer.role,
        "help": " ".join(layer.help.split()),
        "formula": layer.formula,
        "inputs": [{"name": p.name, "variadic": p.variadic, "optional": p.optional} for p in layer.inputs],
        "outputs": list(layer.outputs),
        "settings": [_param(param) for param in layer.params],
    }


def _param(param: Param) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": param.name, "kind": type(param).__name__, "label": param.title}
    for field in fields(param):
        if field.name not in ("name", "label", "card", "on_card"):
            value = getattr(param, field.name)
            # Settings of something else are told by their names.
            named = isinstance(value, tuple) and any(isinstance(each, Param) for each in value)
            entry[field.name] = list(dict.fromkeys(each.name for each in value)) if named else value
    return entry


def check(what: str, as_json: bool) -> int:
    """All problems of a drawing, and all for which the training would refuse it; status 1 if there are any."""
    found: list[dict[str, Any]] = []
    try:
        opened, path = open_file_or_template(what)
    except UnreadableDrawing as error:
        complain(str(error))
        if as_json:
            say_json({"file": what, "ok": False, "problems": [_problem("", str(error), "file", [])]})
        return 1
    project = looked_at(opened.project, path)
    found += [_problem("", complaint, "file", []) for complaint in opened.complaints]
    report = infer(project)
    checked = checked_drawing(project, report)
    problems = checked.problems
    if not problems and not is_architecture(project):
        problems = refused_with_data(project, report)
    notes = [note for note in checked.notes if note not in problems]
    memory = memory_note(project, report) if not problems else None
    notes += [memory] if memory is not None else []

    def told(problem: Problem) -> dict[str, Any]:
        # Whether a fix can be carried out is asked of the whole drawing, which takes its time for each.
        return _problem(problem.node, problem.sentence, problem.code, _fixes(project, problem) if as_json else [])

    found += [told(problem) for problem in problems]
    noted = [told(note) for note in notes]
    if as_json:
        say_json({"file": what, "ok": not found, "problems": found} | ({"notes": noted} if noted else {}))
    elif not found:
        say(f"{what}: no problems.")
    else:
        for entry in found:
            say(f"{entry['node']}: {entry['sentence']}" if entry["node"] else entry["sentence"])
    for entry in noted if not as_json else ():
        say(f"Note{' on ' if entry['node'] else ''}{entry['node']}: {entry['sentence']}")
    return 1 if found else 0


def _fixes(project: Project, problem: Problem) -> list[str]:
    """The words of those fixes that can be carried out as the drawing stands."""
    applicable = [fix for fix in problem.fixes if command_at(project, MAIN, problem.node, fix) is not None]
    return [words_at(project, MAIN, problem.node, fix) for fix in applicable]


def _problem(node: str, sentence: str, code: str, fixes: list[str]) -> dict[str, Any]:
    return {"node": node, "sentence": sentence, "code": code, "fixes": fixes}


def summary(what: str, depth: int, as_json: bool) -> int:
    """The table of a drawing, with blocks opened ``depth`` deep."""
    project, _ = sound_project(what)
    report = infer(project)
    if report.problems:
        raise Stop("\n".join(str(problem) for problem in report.problems))
    result = summary_of(report.main)
    if as_json:
        counted = {"counted_for": steps} if (steps := steps_counted(report.main)) else {}
        say_json({"title": project.title, **result.as_dict(), **counted})
        return 0
    say(project.title)
    _table(result, depth, steps_counted(report.main))
    return 0


def _table(result: Summary, depth: int, steps: str) -> None:
    head = ("layer", "type", "output", "values", "parameters", "multiply-adds")
    rows = [
        (
            "  " * row.depth + (row.path.rpartition("/")[2] if row.depth else row.path),
            row.type.removeprefix("block:") + (f" ×{row.times}" if row.times > 1 else ""),
            str(row.output) if row.output is not None else "?",
            f"{row.values:,}",
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
        )
        for row in result.rows
        if row.depth <= depth
    ]
    total = ("total", "", "", f"{result.values:,}", f"{result.parameters:,}", f"{result.multiply_adds:,}")
    widths = [max(len(row[column]) for row in (head, total, *rows)) for column in range(len(head))]

    def line(row: tuple[str, ...]) -> str:
        cells = [cell.ljust(width) if i < 3 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        return "  ".join(cells).rstrip()

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    say(line(head))
    say(rule)
    for row in rows:
        say(line(row))
    say(rule)
    say(line(total))
    if steps:
        say(f"Sequences may have any length; values and multiply-adds are counted for {steps}.")
    say(
        f"weights: {mebibytes(result.weight_bytes)} · values of one forward pass: {mebibytes(result.memory)} per sample"
    )
    if any(row.is_block for row in result.rows):
        say("The line of a block sums up those below it. ×2 means twice in a row; the numbers beside it count both.")


def mebibytes(count: int) -> str:
    """A number of bytes as ``0.24 MiB``, which are 2²⁰ bytes each."""
    return f"{count / 2**20:,.2f} MiB"


def export(what: str, form: str, out: Path) -> int:
    """The generated file."""
    if form not in FORMS:
        raise Usage(f"A drawing cannot be exported to {form}; there are: {', '.join((*FORMS, *PICTURES))}.")
    project, _ = sound_project(what)
    try:
        plan = make_plan(project)
        source = print_source(plan)
        text = source.text if form == "python" else _training_script(project)
    except NotReady as not_ready:
        raise Stop(str(not_ready)) from None
    deliver(out, text.encode(), f"{source.main_class}, {len(text.splitlines())} lines")
    return 0


def _training_script(project: Project) -> str:
    from app.core.compile.net import compile_net
    from app.training.refusal import CannotTrain
    from app.training.script import print_script

    try:
        return print_script(compile_net(project), project.recipe)
    except (CannotTrain, NoData) as refusal:
        node = getattr(refusal, "node", None)
        raise Stop(f"{node}: {refusal}" if node else str(refusal)) from None


def templates(as_json: bool) -> int:
    """Drawings that ship with the program."""
    entries = []
    for name in names():
        project = load(name)
        weights = summary_of(infer(project).main).parameters
        entries.append({"name": name, "title": project.title, "about": project.about, "parameters": weights})
    if as_json:
        say_json({"templates": entries})
        return 0
    for entry in entries:
        say(f"{entry['name']}: {entry['title']}, {entry['parameters']:,} parameters. {entry['about']}")
    return 0
