"""The drawing of each combination of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from app.core.commands.base import Command, Refused
from app.core.commands.nodes import SetNodeField
from app.core.commands.retype import ChangeType
from app.core.commands.settings import SetSetting
from app.core.graph.blocks import along, param_of
from app.core.graph.model import Node, Project
from app.core.graph.recipe import setting
from app.core.paths import node_at
from app.core.variants.axes import BadVariants, written
from nodes.api import BadSetting, quoted
from nodes.api.params import Choice, Param

MOST = 2000  # variants of one sweep
_FIELDS = {"muted": "bypassed", "repeat": "repeat"}
_TYPE = "type"
_AS_DRAWN = "as_drawn"  # the folder of a variant that is the drawing itself


@dataclass(frozen=True)
class Variant:
    """One combination: its values by the names of the settings, and the drawing with them. ``parent`` is the number
    of the variant in the same sweep that it descends from, if it does."""

    values: Mapping[str, Any]
    project: Project
    parent: int | None = None

    @property
    def name(self) -> str:
        """What it is called: ``learning rate 0.01, seed 3``."""
        return told({spoken(self.project, name): value for name, value in self.values.items()}) or "as drawn"

    @property
    def folder(self) -> str:
        """The name of its folder: the same values have the same one."""
        text = ",".join(f"{name}={written(value)}" for name, value in self.values.items()) or _AS_DRAWN
        plain = _plain(text)
        if len(plain) <= 100:
            return plain
        from hashlib import sha256  # loads a library for ciphers

        return f"{plain[:90]}-{sha256(text.encode()).hexdigest()[:8]}"


def variants(project: Project, combinations: Iterable[Mapping[str, Any]]) -> tuple[Variant, ...]:
    """The drawing of each combination.

    Raises:
        BadVariants: for a setting that does not exist, a value it cannot take, or too many.
    """
    found: list[Variant] = []
    for values in combinations:
        found.append(Variant(values, with_values(project, values)))
        if len(found) > MOST:
            raise BadVariants(f"These are more than {MOST:,} variants. Vary less, or try some by chance.")
    return tuple(found)


def with_values(project: Project, values: Mapping[str, Any]) -> Project:
    """The drawing with these values.

    Raises:
        BadVariants: for a setting that does not exist, or a value it cannot take.
    """
    recipe: dict[str, Any] = {}
    # Another type first: the settings that are named besides are those of the new one.
    for name, value in sorted(values.items(), key=lambda item: not item[0].endswith(f".{_TYPE}")):
        place = _place(project, name)
        if place is None:
            recipe[name] = _meant(param_named(project, name), value)
            continue
        try:
            param = param_named(project, name)
            project = _command(project, *place, _meant(param, value)).apply(project)
        except (Refused, BadSetting) as refused:
            said = str(refused).removeprefix(f"{place[1]}: ")
            # "out_features must be …" names half of "fc1.out_features" already.
            raise BadVariants(
                f"{name}{said.removeprefix(place[2])}" if said.startswith(f"{place[2]} ") else f"{name}: {said}"
            ) from None
    try:
        changed = project.recipe.changed(recipe)
    except BadSetting as bad:
        raise BadVariants(_said(project, bad, recipe)) from None
    chosen = {thing.id for thing in changed.chosen()}
    for name in recipe:
        owner, _, own = changed.full_name(name).rpartition(".")
        if owner and owner not in chosen and not {"optimizer", "schedule", "stopping", "metrics"} & recipe.keys():
            raise BadVariants(f"{own} is a setting of {owner}, which is not chosen, so it would change nothing.")
    return replace(project, recipe=changed)


def param_named(project: Project, name: str) -> Param | None:
    """The declaration of a setting that can vary; None for one that has none, such as ``relu1.type``.

    Raises:
        BadVariants: if there is no such setting.
    """
    place = _place(project, name)
    if place is not None:
        where, node, own = place
        return None if own in (*_FIELDS, _TYPE) else param_of(project, _node(project, where, node), own)
    try:
        return setting(project.recipe.full_name(name))
    except BadSetting as bad:
        raise BadVariants(_said(project, bad, {name: None})) from None


def spoken(project: Project, name: str) -> str:
    """What a setting is called beside its field: "learning rate" for ``lr``, "fc1 features" for ``fc1.out_features``. A
    name that the drawing does not have stays as it is."""
    try:
        param = param_named(project, name)
    except BadVariants:
        return name
    path, dot, own = name.rpartition(".")
    title = param.title if param is not None else own
    return f"{path} {title}" if dot else title


def told(values: Mapping[str, Any]) -> str:
    """A combination under the words of its settings: "learning rate 0.01, seed 3"."""
    return ", ".join(f"{words} {written(value)}" for words, value in values.items())


def folder_in_words(folder: str, project: Project) -> str:
    """What ``Variant.name`` says of the variant whose ``Variant.folder`` this is; empty for any other folder.

    Args:
        project: the drawing of the variant, whose values say whether the folder tells of them.
    """
    if folder == _AS_DRAWN:
        return "as drawn"
    cut = re.fullmatch(r"(.+),[^,]*-[0-9a-f]{8}", folder) if len(folder) > 90 else None
    words = {}
    for part in (cut.group(1) if cut else folder).split(","):
        text, sign, value = part.partition("=")
        path, dot, own = text.rpartition(".")
        for name in (text, f"{path.replace('.', '/')}{dot}{own}"):  # as it stands, or of a layer in a block
            try:
                now = value_now(project, name) if sign else None
            except BadVariants:
                continue
            if _plain(written(now)) == value:
                words[spoken(project, name)] = now
                break
        else:
            return f"drawing {value}" if text == "drawing" and sign else ""
    return f"{told(words)}, …" if cut else told(words)


def _plain(text: str) -> str:
    """As it stands in the name of a folder."""
    return re.sub(r"[^A-Za-z0-9.,=+_\-]", "_", text.replace("/", "."))


def value_now(project: Project, name: str) -> Any:
    """The value that a setting has in the drawing.

    Raises:
        BadVariants: if there is no such setting.
    """
    place = _place(project, name)
    if place is None:
        try:
            return project.recipe.value(name)
        except BadSetting as bad:
            raise BadVariants(_said(project, bad, {name: None})) from None
    where, name, own = place
    node = _node(project, where, name)
    if own == _TYPE:
        return node.type
    if own in _FIELDS:
        return getattr(node, _FIELDS[own])
    param = param_of(project, node, own)
    return node.params.get(own, param.default if param is not None else None)


def _place(project: Project, name: str) -> tuple[str, str, str] | None:
    """The graph, the node and the setting of it that a name means; None for a setting of the recipe.

    Raises:
        BadVariants: for a node without such a setting.
    """
    path, dot, own = name.rpartition(".")
    node = node_at(project, path) if dot else None
    if node is None:
        return None
    *_, (where, last) = along(project, path)
    if own not in (*_FIELDS, _TYPE) and param_of(project, node, own) is None:
        from nodes.api.registry import find

        layer = find(node.type)
        known = [param.name for param in layer.params] if layer is not None else list(node.params)
        known += [*_FIELDS, _TYPE]
        near = get_close_matches(own, known, n=1, cutoff=0.6)
        near = near or [each for each in known if own and each.startswith(own)]
        meant = f". Did you mean {near[0]}? It has " if near else "; it has "
        raise BadVariants(f"{path} has no setting {quoted(own)}{meant}{', '.join(known)}.")
    return where, last, own


def _node(project: Project, where: str, name: str) -> Node:
    return project.graph_of(where).nodes[name]


def _meant(param: Param | None, value: Any) -> Any:
    """A value as its setting has it: of some words such as 8×8, the word."""
    if isinstance(param, Choice) and not isinstance(value, str):
        words = {option.replace("×", "x"): option for option in param.options}
        return words.get(written(value), str(value))
    return value


def _command(project: Project, where: str, node: str, own: str, value: Any) -> Command:
    if own == _TYPE:
        return ChangeType(where, node, str(value))
    if own in _FIELDS:
        return SetNodeField(where, (node,), _FIELDS[own], value)
    return SetSetting(where, (node,), own, value)


def _said(project: Project, bad: BadSetting, recipe: Mapping[str, Any]) -> str:
    layers = [name for name in recipe if "." in name and setting(name) is None]
    if layers and "has no setting" in str(bad):
        path = layers[0].rpartition(".")[0]
        near = get_close_matches(path, project.graph.nodes, n=1, cutoff=0.6)
        if not near and "Did you mean" in str(bad):
            return str(bad)
        meant = f" Did you mean {near[0]}?" if near else ""
        return (
            f"There is no layer {quoted(path)} in this drawing.{meant} Its layers are {', '.join(project.graph.nodes)}."
        )
    return str(bad)
