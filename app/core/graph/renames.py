"""Which names an edit gave to what was there before. Only the edit knows: its result looks like a layer that went and
another that came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Renames:
    """Old names and the new ones: of nodes, by graph (``MAIN`` or a block's new name), and of blocks."""

    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=lambda: _NONE)

    def of(self, where: str) -> Mapping[str, str]:
        """The nodes of one graph that have another name."""
        return self.nodes.get(where, _NONE)

    def then(self, later: Renames) -> Renames:
        """Both, one after the other; a name that came back is none."""
        moved = {later.blocks.get(where, where): names for where, names in self.nodes.items()}
        nodes = {where: _chained(moved.get(where, _NONE), later.of(where)) for where in {**moved, **later.nodes}}
        return Renames({where: names for where, names in nodes.items() if names}, _chained(self.blocks, later.blocks))

    @property
    def undone(self) -> Renames:
        """The renames of the way back."""
        back = {new: old for old, new in self.blocks.items()}
        nodes = {
            back.get(where, where): {new: old for old, new in names.items()} for where, names in self.nodes.items()
        }
        return Renames(nodes, back)


NO_RENAMES = Renames()


def _chained(first: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    ends = {old: then.get(new, new) for old, new in first.items()}
    ends |= {old: new for old, new in then.items() if old not in first.values()}
    return {old: new for old, new in ends.items() if old != new}
