"""Whether results of two trainings can be compared one to one: same data, in the same parts. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.graph.model import Graph, Node, Project
from app.core.graph.recipe import Recipe
from app.core.graph.roles import in_role
from app.training.comparison import value_words
from nodes.api import BadSetting, cut
from nodes.api.corrections import CORRECTIONS, Corrections
from nodes.api.params import Param
from nodes.api.registry import find
from nodes.api.words import listed, sentence_case

_MOST_LETTERS = 160  # of the data of one run
_CORRECTIONS = Corrections(CORRECTIONS)


def not_one_to_one(one: Project, other: Project, names: tuple[str, str]) -> str:
    """Why not, in a sentence with both values and ``names``: ``First and second cannot be compared one to one: first
    learns from Wine, second from Iris.`` Empty if they can. Another seed is told as any other setting: it draws other
    samples out of the same data, in the same shares."""
    clause = unlike(one, other, names)
    return f"{sentence_case(names[0])} and {names[1]} cannot be compared one to one: {clause}." if clause else ""


def unlike(one: Project, other: Project, names: tuple[str, str]) -> str:
    """The clause of it: ``first learns from Wine, second from Iris``."""
    return "; ".join(_data(one.graph, other.graph, names) + _parts(one.recipe, other.recipe, names))


def sentences(runs: Iterable[tuple[str, Project]]) -> list[str]:
    """One on each run, by its name, that cannot be compared one to one with the first of them."""
    every = list(runs)
    if not every:
        return []
    found = [not_one_to_one(every[0][1], project, (every[0][0], name)) for name, project in every[1:]]
    return [sentence for sentence in found if sentence]


def _data(one: Graph, other: Graph, names: tuple[str, str]) -> list[str]:
    first, second = _sources(one), _sources(other)
    for known in [each for each in first if each in second]:
        if known in second:
            first.remove(known)
            second.remove(known)
    if not first and not second:
        return []
    words = _called(first, second), _called(second, first)
    return [f"{names[0]} learns from {words[0]}, {names[1]} from {words[1]}"]


def _sources(graph: Graph) -> list[tuple[str, dict[str, Any]]]:
    """Type and all settings of every source; what is not said is as usual."""
    found = []
    for node in in_role(graph, "source"):
        layer = find(node.type)
        if layer is not None:
            found.append((node.type, _settings(node, {param.name: param for param in layer.params})))
    return found


def _settings(node: Node, params: Mapping[str, Param]) -> dict[str, Any]:
    found = {name: param.default for name, param in params.items()} | dict(node.params)
    for name, value in found.items():
        try:
            found[name] = params[name].check(value) if name in params else value
        except BadSetting:  # told where it is set
            continue
    return {name: value for name, value in found.items() if name != CORRECTIONS or value}


def _called(sources: list[tuple[str, dict[str, Any]]], others: list[tuple[str, dict[str, Any]]]) -> str:
    """The sources in words; of one that the other drawing has with other settings, those that differ."""
    words = []
    left = list(others)
    for type_id, settings in sources:
        layer = find(type_id)
        assert layer is not None
        params: dict[str, Param] = {param.name: param for param in layer.params} | {CORRECTIONS: _CORRECTIONS}
        alike = next((each for each in left if each[0] == type_id), None)
        if alike is None:
            shown = [name for name, param in params.items() if param.card and name in settings]
        else:
            left.remove(alike)
            shown = [name for name in params if settings.get(name) != alike[1].get(name)]
        told = [_setting(params[name], settings.get(name), alike[1].get(name) if alike else None) for name in shown]
        words.append(layer.name + (f" ({', '.join(told)})" if told else ""))
    return cut(listed(words), _MOST_LETTERS) if words else "nothing else"


def _setting(param: Param, value: Any, other: Any) -> str:
    if param.name == CORRECTIONS:
        return f"{len(value):,} samples corrected" if value else "no sample corrected"
    words = value_words(param, value)
    if other is not None and words == value_words(param, other):  # two files of the same name
        words = cut(str(value), 60)
    return f"{param.title} {words}"


def _parts(one: Recipe, other: Recipe, names: tuple[str, str]) -> list[str]:
    words = []
    first, second = _checked(one), _checked(other)
    if first != second:
        words.append(f"{names[0]} is checked on {first}, {names[1]} on {second}")
    if one.test != other.test:
        words.append(f"{names[0]} keeps {_share(one.test)} for the test, {names[1]} {_share(other.test)}")
    return words


def _checked(recipe: Recipe) -> str:
    if recipe.folds:
        return f"fold {recipe.fold} of {recipe.folds}"
    return f"{_share(recipe.validation)} of the data" if recipe.validation else _share(0.0)


def _share(value: float) -> str:
    return f"{100 * value:.3g} %" if value else "nothing"
