"""Which layers of a drawing learn, and how fast, as the command line asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from app.cli.out import Stop, Usage
from app.core.commands import Refused, SetSetting
from app.core.commands.freezing import freezing
from app.core.graph.model import MAIN, Project
from nodes.api import quoted


@dataclass(frozen=True)
class Layers:
    """``loaded``: those that get weights from a file stay as they are. ``up_to`` names the last one that does.
    ``factors`` are texts such as ``fc3=10``."""

    loaded: bool = False
    up_to: str | None = None
    factors: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.loaded or self.up_to is not None or bool(self.factors)

    def applied(self, project: Project) -> Project:
        """The drawing with what is asked for; but for ``loaded``, which needs the file.

        Raises:
            Stop: for a layer that the drawing does not have, or that learns nothing.
            Usage: for a text that is no assignment of a number.
        """
        if self.up_to is not None:
            self._check(project, self.up_to)
            command = freezing(project, MAIN, (self.up_to,))
            if command is None:
                raise Stop(
                    f"Nothing up to {self.up_to} has weights that could be frozen, or all of it is frozen already."
                )
            project = command.apply(project)
        for text in self.factors:
            name, sign, number = text.partition("=")
            try:
                factor = float(number)
            except ValueError:
                sign = ""
            if not sign or not name:
                raise Usage(f"--lr-factor takes a layer and a number, such as --lr-factor fc3=10, not {quoted(text)}.")
            self._check(project, name)
            try:
                project = SetSetting(MAIN, (name,), "lr_factor", factor).apply(project)
            except Refused as refused:
                raise Stop(str(refused)) from None
        return project

    def _check(self, project: Project, name: str) -> None:
        if name not in project.graph.nodes:
            known = ", ".join(list(project.graph.nodes)[:12])
            raise Stop(f"The drawing has no layer {quoted(name)}; it has {known}.")
