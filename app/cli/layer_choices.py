"""What the command line asks of single layers: their settings, which of them learn, and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.cli.out import Stop, Usage
from app.core.commands import Refused, SetSetting
from app.core.commands.freezing import freezing
from app.core.graph.blocks import param_of
from app.core.graph.model import MAIN, Project
from app.core.graph.recipe import setting
from app.core.storage.files import UnreadableDrawing
from app.core.storage.templates import open_file_or_template
from app.core.variants.axes import BadVariants
from app.core.variants.drawings import with_values
from nodes.api import BadSetting, listed, quoted


@dataclass(frozen=True)
class LayerChoices:
    """``loaded``: those that get weights from a file stay as they are. ``up_to`` names the last one that does.
    ``factors`` are texts such as ``fc3=10``, ``settings`` values by ``loss.label_smoothing``."""

    loaded: bool = False
    up_to: str | None = None
    factors: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.loaded or self.up_to is not None or bool(self.factors) or bool(self.settings)

    def applied(self, project: Project) -> Project:
        """The drawing with what is asked for; but for ``loaded``, which needs the file.

        Raises:
            Stop: for a layer that the drawing does not have, or that learns nothing.
            Usage: for a text that is no assignment of a number, or a setting that no layer has or that cannot be so.
        """
        try:
            project = with_values(project, self.settings)
        except BadVariants as bad:
            raise Usage(str(bad)) from None
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


def parted(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What ``--set`` asks for: of the recipe, and of layers (``loss.label_smoothing``)."""
    of_layers = {name: value for name, value in settings.items() if "." in name and setting(name) is None}
    return {name: value for name, value in settings.items() if name not in of_layers}, of_layers


def with_settings(project: Project, what: str, settings: Mapping[str, Any]) -> tuple[Project, dict[str, Any]]:
    """The drawing with what ``--set`` asks for, of its recipe and of its layers; and those that are of the recipe.

    Raises:
        Usage: for a setting that neither has, or a value that it cannot take.
    """
    of_recipe, of_layers = parted(settings)
    project = LayerChoices(settings=of_layers).applied(project)
    try:
        recipe = project.recipe.changed(of_recipe)
    except BadSetting as bad:
        raise Usage(f"{bad}{known_to_layers(what, of_recipe)}") from None
    return replace(project, recipe=recipe), of_recipe


def known_to_layers(what: str | None, names: Mapping[str, Any]) -> str:
    """What is added to the sentence on a setting that no recipe has: which layers of the drawing have one of its name;
    empty if none has."""
    try:
        project = open_file_or_template(what or "")[0].project
    except UnreadableDrawing:
        return ""
    for name, value in names.items():
        if setting(name) is None:
            nodes = project.graph.nodes.values()
            own = [f"--set {node.name}.{name}={value}" for node in nodes if param_of(project, node, name) is not None]
            if own:
                return f" It is a setting of {'a layer' if len(own) == 1 else 'layers'}: {listed(own, ' or ', 3)}."
    return ""
