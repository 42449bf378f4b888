"""Edits of what is not a graph, and several edits as one step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from app.core.commands.base import Command, Refused
from app.core.graph.model import Block, Project
from app.core.graph.names import why_illegal, writable
from app.core.graph.recipe import setting
from app.core.graph.renames import NO_RENAMES, Renames
from nodes.api import BadSetting
from nodes.api.registry import find


@dataclass(frozen=True)
class SetRecipe(Command):
    """Change one setting of the training recipe."""

    setting: str = ""
    value: Any = None

    @property
    def step_title(self) -> str:
        known = setting(self.setting)
        title = known.title if known is not None else self.setting.replace("_", " ")
        return f"Set {title}"

    @property
    def merge_key(self) -> object:
        return ("recipe", self.setting)

    def apply(self, project: Project) -> Project:
        try:
            return replace(project, recipe=project.recipe.with_setting(self.setting, self.value))
        except BadSetting as bad:
            raise Refused(str(bad)) from None


@dataclass(frozen=True)
class SetTitle(Command):
    """Give the drawing a title and a sentence about it."""

    text: str = ""
    about: str | None = None
    title = "Rename the drawing"

    @property
    def merge_key(self) -> object:
        return "title"

    def apply(self, project: Project) -> Project:
        about = project.about if self.about is None else writable(self.about)
        return replace(project, title=writable(self.text), about=about)


@dataclass(frozen=True)
class SetBlock(Command):
    """Add a block, or replace one."""

    name: str = ""
    block: Block = field(default_factory=Block)
    title = "Edit block {0.name}"

    def apply(self, project: Project) -> Project:
        why = why_illegal(self.name)
        if why or find(self.name) is not None:
            raise Refused(why or f"{self.name} is the name of a layer type. Choose another name for the block.")
        return project.with_block(self.name, self.block)


@dataclass(frozen=True)
class Restore(Command):
    """Take up a whole drawing that was kept when the program ended; undo shows the saved one."""

    title = "Restore unsaved changes"
    project: Project = field(default_factory=Project)

    def apply(self, project: Project) -> Project:
        return self.project


@dataclass(frozen=True)
class ShowRun(Restore):
    """Take up the drawing of an earlier run, and its recipe; undo shows the drawing as it was."""

    title = "Show an earlier run"


@dataclass(frozen=True)
class EditAll(Command):
    """Several edits as one step."""

    commands: tuple[Command, ...] = ()
    text: str = "Edit"
    title = "{0.text}"

    @property
    def renames(self) -> Renames:
        renames = NO_RENAMES
        for command in self.commands:
            renames = renames.then(command.renames)
        return renames

    def apply(self, project: Project) -> Project:
        for command in self.commands:
            project = command.apply(project)
        return project
