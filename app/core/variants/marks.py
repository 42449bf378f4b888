"""Settings that are marked to vary: they belong to the drawing, follow its renames, and go with their layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.commands.base import Command, Refused
from app.core.graph.blocks import along
from app.core.graph.model import Project, block_of
from app.core.graph.renames import Renames
from app.core.variants.axes import BadVariants, SweepAxis, axes, axis
from app.core.variants.drawings import param_named, spoken, with_values


@dataclass(frozen=True)
class MarkSetting(Command):
    """Mark a setting to vary, as ``lr=0.1,0.01``; one that is marked already gets these values."""

    text: str = ""

    @property
    def step_title(self) -> str:
        return f"Vary {self.text.partition('=')[0].strip()}"

    def title_in(self, project: Project) -> str:
        return f"Vary {spoken(project, self.text.partition('=')[0].strip())}"

    def apply(self, project: Project) -> Project:
        try:
            each = axis(self.text)
            others = [known for known in marked(project) if known.name != each.name]
            _check(project, each, others)
        except BadVariants as bad:
            raise Refused(str(bad)) from None
        kept = [str(each) if known.name == each.name else str(known) for known in marked(project)]
        return replace(project, varied=tuple(kept if len(others) < len(kept) else [*kept, str(each)]))


@dataclass(frozen=True)
class UnmarkSetting(Command):
    """Let a setting vary no more."""

    name: str = ""
    title = "Vary {0.name} no more"

    def title_in(self, project: Project) -> str:
        return f"Vary {spoken(project, self.name)} no more"

    def apply(self, project: Project) -> Project:
        return replace(project, varied=tuple(str(each) for each in marked(project) if each.name != self.name))


def check_values(project: Project, every: Sequence[SweepAxis]) -> None:
    """Look at every value that a setting may take before one of them is drawn, perhaps hours later.

    Raises:
        BadVariants: for a setting that does not exist, or a value it cannot take.
    """
    for each in every:
        _check(project, each, every)


def marked(project: Project) -> tuple[SweepAxis, ...]:
    """What is marked to vary in a drawing."""
    return axes(project.varied)


def followed(before: Project, after: Project, renames: Renames) -> Project:
    """The drawing after an edit, with its marks under the names that layers have now; without those whose layer, or
    whose setting, is gone."""
    found = []
    for each in marked(after):
        name = _name_now(before, each.name, renames)
        if not is_there(after, name):
            name = next((other for other in _regrouped(before, after, name) if is_there(after, other)), "")
        if name:
            found.append(str(replace(each, name=name)))
    return after if tuple(found) == after.varied else replace(after, varied=tuple(found))


def _name_now(before: Project, name: str, renames: Renames) -> str:
    """The name of a setting after an edit: ``block1/conv1.out_channels`` where one of its layers was renamed."""
    path, dot, own = name.rpartition(".")
    if not dot:
        return name
    words = path.split("/")
    for place, (where, word) in enumerate(along(before, path)):
        words[place] = renames.of(renames.blocks.get(where, where)).get(word, word)
    return f"{'/'.join(words)}.{own}"


def is_there(project: Project, name: str) -> bool:
    """Whether a drawing has a setting of this name that could vary."""
    try:
        param_named(project, name)
    except BadVariants:
        return False
    return True


def _regrouped(before: Project, after: Project, name: str) -> list[str]:
    """What a setting of the drawing may be called since its layer was put into a block, or taken out of one."""
    outer, slash, rest = name.partition("/")
    if slash:
        return [rest] if outer in before.graph.nodes and outer not in after.graph.nodes else []
    if "." not in name:
        return []
    came = (node for node in after.graph.nodes.values() if node.name not in before.graph.nodes and block_of(node.type))
    return [f"{node.name}/{name}" for node in came]


def _check(project: Project, each: SweepAxis, every: Sequence[SweepAxis]) -> None:
    needed = _needed(every, each)
    for value in each.points():
        with_values(project, {**needed, each.name: value})


def _needed(known: Sequence[SweepAxis], each: SweepAxis) -> dict[str, object]:
    """Choices that vary besides: their first value may be what the setting belongs to."""
    own_type = f"{each.name.rpartition('.')[0]}.type"
    return {
        other.name: other.points()[0]
        for other in known
        if other.name in ("optimizer", "schedule", "stopping", own_type) and other.name != each.name
    }


def meant(names: Sequence[str], project: Project, text: str) -> str:
    """The name of the setting that somebody typed, by that name or as it is called beside its field."""
    typed = text.strip()
    if typed in names:
        return typed
    return next((name for name in names if spoken(project, name).casefold() == typed.casefold()), typed)


def varied_at(project: Project, where: str, node: str) -> tuple[SweepAxis, ...]:
    """What is marked to vary of a node of the graph ``where``: a setting of its own, or, of a block, one inside."""
    return tuple(each for each in marked(project) if (where, node) in along(project, each.name.rpartition(".")[0]))
