"""What differs between two trainings, in words: ``conv1: 6 → 16 filters; learning rate 0.002 → 0.01``. Needs no torch.

What a drawing looks like, its title, frames and notes are no difference between trainings. A layer that only has
another name is told as such, and one that stands where another stood, as what has taken its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.graph.graph_diff import GraphDiff, diff, graph_pairs
from app.core.graph.model import MAIN, Graph, Node, Project, Wire, block_of
from app.core.graph.recipe import Recipe
from nodes.api import cut
from nodes.api.params import Int, Names, Numbers, Param, Switch
from nodes.api.registry import find

_MOST_LETTERS = 60  # of a value that a file gives
_MOST_WIRES = 4  # that are named one by one


def differences(before: Project, after: Project) -> tuple[str, ...]:
    """All that leads from one training to another: first the net and its data, then the recipe. Empty if a run of one
    is a run of the other."""
    words: list[str] = []
    for where, old, new in graph_pairs(before, after):
        if old is None or new is None:
            words.append(f"{'removed' if new is None else 'added'} block {cut(where)}")
        elif old is not new:
            words += _graphs(old, new, f"{cut(where)}/" if where != MAIN else "")
        if where != MAIN and old is not None and new is not None:
            if before.blocks[where].exposed != after.blocks[where].exposed:
                words.append(f"other settings of block {cut(where)} are open")
    return (*words, *recipe_differences(before.recipe, after.recipe))


def recipe_differences(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """How two recipes differ. Of what is chosen in one of them only, what is not as usual is told."""
    words = []
    here = dict(before.settings())
    for name, param in after.settings():
        old, new = before.value(name), after.value(name)
        if name in here:
            if old != new:
                words.append(f"{param.title} {value_words(param, old)} → {value_words(param, new)}")
        elif new != param.default:
            words.append(f"{param.title} {value_words(param, new)}")
    return tuple(words)


def _graphs(old: Graph, new: Graph, inside: str) -> list[str]:
    facts = diff(old, new)
    renamed = _counterparts(old, new, facts.removed, facts.added)
    facts = diff(old, new, renamed)
    words: list[str] = []
    for name, now in renamed.items():
        if old.nodes[name].type == new.nodes[now].type:
            words.append(f"renamed {inside}{cut(name)} to {cut(now)}")
    words += [f"added {inside}{_called(new.nodes[name])}" for name in facts.added]
    words += [f"removed {inside}{_called(old.nodes[name])}" for name in facts.removed]
    earlier = {now: name for name, now in renamed.items()}
    for name in facts.changed:
        words += _nodes(old.nodes[earlier.get(name, name)], new.nodes[name], inside, renamed)
    return words + _wires(old, new, facts, renamed, inside)


def _nodes(old: Node, new: Node, inside: str, renamed: Mapping[str, str]) -> list[str]:
    place = f"{inside}{cut(new.name)}: "
    if old.type != new.type:
        if old.name != new.name:
            return [f"{inside}{_called(old)} → {_called(new)}"]
        return [f"{place}{_kind(old)} → {_kind(new)}"]
    layer = find(new.type)
    params: Mapping[str, Param] = {param.name: param for param in layer.params} if layer is not None else {}
    words = []
    for name in dict.fromkeys((*params, *old.params, *new.params)):
        param = params.get(name)
        usual = param.default if param is not None else None
        here, there = old.params.get(name, usual), new.params.get(name, usual)
        if isinstance(param, Names) and isinstance(here, tuple):  # of layers, which may have other names
            here = tuple(renamed.get(each, each) for each in here)
        if here != there:
            title = param.title if param is not None else cut(name)
            words.append(place + _change(title, param, here, there))
    if old.repeat != new.repeat:
        words.append(f"{place}repeated {old.repeat} → {new.repeat} times")
    if old.bypassed != new.bypassed:
        words.append(f"{place}{'muted' if new.bypassed else 'no longer muted'}")
    if (renamed.get(old.shares, old.shares) if old.shares is not None else None) != new.shares:
        words.append(place + (f"weights of {cut(new.shares)}" if new.shares is not None else "weights of its own"))
    return words


def _change(title: str, param: Param | None, old: Any, new: Any) -> str:
    """``6 → 16 filters`` of what is counted, else ``kernel 3×3 → 5×5``."""
    change = f"{value_words(param, old)} → {value_words(param, new)}"
    counted = isinstance(param, Int) and title.endswith("s") and not title.endswith("ss") and title != "classes"
    return f"{change} {title}" if counted else f"{title} {change}"


def value_words(param: Param | None, value: Any) -> str:
    if isinstance(param, Switch) or isinstance(value, bool):
        return "on" if value else "off"
    text = ""
    if param is not None:
        try:
            text = param.format(value)
        except (TypeError, ValueError, AttributeError):  # a file may hold a value that the layer refuses
            text = ""
    if isinstance(param, Numbers) or not text:
        text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return cut(" ".join(text.split()), _MOST_LETTERS) or ("none" if param is None or value in ((), None) else "“”")


def _kind(node: Node) -> str:
    block = block_of(node.type)
    return f"block {cut(block)}" if block is not None else cut(node.type)


def _called(node: Node) -> str:
    return f"{cut(node.name)} ({_kind(node)})"


def _counterparts(old: Graph, new: Graph, gone: Iterable[str], come: Iterable[str]) -> dict[str, str]:
    """Which nodes that came stand for which that are gone: the same in the same place, or another kind in its place
    between the same neighbours."""
    gone, come = list(gone), list(come)
    found: dict[str, str] = {}
    # Neighbours may be renamed themselves, so this goes on as long as something is found.
    while True:
        left = [name for name in gone if name not in found]
        free = [name for name in come if name not in found.values()]
        pairs = [
            (name, other)
            for name in left
            for other in free
            if _around(old, name, found) == _around(new, other, {}) != (frozenset(), frozenset())
        ]
        for alike in (True, False):
            fitting = [pair for pair in pairs if old.nodes[pair[0]].same_meaning(new.nodes[pair[1]]) or not alike]
            single = [
                pair
                for pair in fitting
                if sum(p[0] == pair[0] for p in fitting) == sum(p[1] == pair[1] for p in fitting) == 1
            ]
            if single:
                break
        if not single:
            single = [
                (name, other)
                for name in left
                for other in free
                if old.nodes[name].position == new.nodes[other].position
                and old.nodes[name].same_meaning(new.nodes[other])
            ]
            single = [p for p in single if sum(p[0] == q[0] or p[1] == q[1] for q in single) == 1]
        if not single:
            return {name: found[name] for name in gone if name in found}
        found.update(single)


def _around(graph: Graph, name: str, names: Mapping[str, str]) -> tuple[frozenset[Any], frozenset[Any]]:
    """What a node is wired to, with neighbours under their new names."""
    into = frozenset(
        (names.get(w.source, w.source), w.source_port, w.target_port) for w in graph.wires if w.target == name
    )
    out = frozenset(
        (names.get(w.target, w.target), w.target_port, w.source_port) for w in graph.wires if w.source == name
    )
    return into, out


def _wires(old: Graph, new: Graph, facts: GraphDiff, renamed: Mapping[str, str], inside: str) -> list[str]:
    """Wires that came or went between nodes that stayed; those of others come and go with them."""
    apart = {*facts.added, *facts.removed}

    def ends(wire: Wire) -> tuple[str, str, str, str]:
        return (
            renamed.get(wire.source, wire.source),
            wire.source_port,
            renamed.get(wire.target, wire.target),
            wire.target_port,
        )

    before = {ends(wire): wire for wire in old.wires if not {wire.source, wire.target} & apart}
    after = {
        (w.source, w.source_port, w.target, w.target_port): w for w in new.wires if not {w.source, w.target} & apart
    }
    come = [key for key in after if key not in before]
    went = [key for key in before if key not in after]
    # A node put in between takes a wire apart: its name says that already.
    if facts.added or facts.removed:
        between = facts.added if not come else facts.removed
        if not (come and went) and between:
            return []
    words = [
        f"{word} {inside}{cut(key[0])} → {cut(key[2])}"
        for word, keys in (("wired", come), ("cut", went))
        for key in keys
    ]
    if len(words) > _MOST_WIRES:
        return [f"{len(words)} wires{f' in {inside[:-1]}' if inside else ''}"]
    return words or (
        [f"order of the wires{f' in {inside[:-1]}' if inside else ''}"] if _reordered(old, new, facts) else []
    )


def _reordered(old: Graph, new: Graph, facts: GraphDiff) -> bool:
    """Whether the same wires enter in another order, which counts where values are put together."""
    if not facts.rewired or facts.wires_added or facts.wires_removed:
        return False
    return any(
        [w for w in old.wires if w.target == name] != [w for w in new.wires if w.target == name] for name in new.nodes
    )


def in_short(words: Iterable[str], most: int = 4) -> str:
    """Differences in one line, of many the first."""
    every = list(words)
    shown = every if len(every) <= most + 1 else every[:most]
    more = f"; and {len(every) - most:,} more" if len(every) > most + 1 else ""
    return "; ".join(shown) + more
