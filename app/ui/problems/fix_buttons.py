"""Buttons for what can be done about a problem, or about what a training has found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.core.checks.fixes import command_at, reach_words, words_at
from app.core.checks.problems import AnyFix, FindFile, Problem, SetOwnRate, SetTraining
from app.core.graph.model import Project
from app.core.graph.recipe import setting
from app.ui.find_file import find_file
from app.ui.labels import eliding_button
from app.ui.qdocument import QDocument

MOST = 3  # buttons for one sentence


def fix_buttons(
    qdocument: QDocument, where: str, problem: Problem, parent: QWidget, most: int = MOST
) -> list[QPushButton]:
    """A button for each of the first fixes of a problem that apply now; inside a block it mends the block. A file is
    asked for over ``parent``."""

    def apply(fix: AnyFix) -> None:
        if isinstance(fix, FindFile):
            find_file(parent, qdocument.project, where, problem.node, fix, qdocument.apply_fix)
        elif (command := command_at(qdocument.project, where, problem.node, fix)) is not None:
            qdocument.apply_fix(command)

    return [
        _button(words, " ".join(filter(None, (f"{words}.", reach, "Undo takes it back."))), partial(apply, fix), "fix")
        for fix, words, reach in _applicable(qdocument.project, where, problem.node, problem.fixes, most)
    ]


def again_buttons(qdocument: QDocument, where: str, path: str, fixes: Iterable[AnyFix]) -> list[QPushButton]:
    """A button for each of the first fixes of a finding at ``path`` that apply now: it does that, and trains again."""

    def apply(fix: AnyFix) -> None:
        if (command := command_at(qdocument.project, where, path, fix)) is not None:
            qdocument.apply_fix(command, again=True)

    return [
        _button(
            _again_words(fix, words),
            f"{words} and train again. {reach}".strip() + " Undo takes the change back.",
            partial(apply, fix),
            "train",
        )
        for fix, words, reach in _applicable(qdocument.project, where, path, fixes, MOST)
    ]


def _applicable(
    project: Project, where: str, path: str, fixes: Iterable[AnyFix], most: int
) -> list[tuple[AnyFix, str, str]]:
    """The first fixes that apply, each with its words and with how far it reaches."""
    found: list[tuple[AnyFix, str, str]] = []
    for fix in fixes:
        command = command_at(project, where, path, fix) if len(found) < most else None
        if command is not None:
            found.append((fix, words_at(project, where, path, fix), reach_words(project, command)))
    return found


def _button(words: str, tip: str, pressed: Callable[[], object], icon: str) -> QPushButton:
    made = eliding_button(words, tip, pressed, icon)
    # It goes as soon as it was clicked; the keys would then fall to a field nobody has chosen.
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def _again_words(fix: AnyFix, words: str) -> str:
    """The text of the button; ``words`` are those of the edit alone."""
    match fix:
        case SetTraining("lr", value) | SetOwnRate(_, value):
            return f"Train again with {value:g}"
        case SetTraining("epochs", value):
            return f"Train again for {value:,} epoch{'s' if value != 1 else ''}"
        case SetTraining(name, value):
            param = setting(name) if "." in name else None
            called = param.title if param is not None else name.replace("_", " ")
            return f"Train again with {called} {f'{value:g}' if isinstance(value, float) else value}"
    return f"{words}, train again"
