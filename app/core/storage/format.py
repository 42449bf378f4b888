"""The JSON form of a project, one node and one wire per line. Reading trusts nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from app.core.graph.frames import Frame
from app.core.graph.model import Block, Exposed, Graph, Node, Project, Wire
from app.core.graph.names import free_name, why_illegal, writable
from app.core.graph.recipe import CHOICES, Recipe, setting
from app.core.storage.frames import frame_to_dict, plain_number, read_frames, read_position
from app.core.storage.schemas import read_schemas, schemas_to_dict
from app.core.variants.axes import BadVariants, axis
from nodes.api import BadSetting, quoted
from nodes.api.registry import find

FORMAT = "netloom"
VERSION = 3  # the newest that is read; version 2 knows frames and notes, version 3 settings that vary


def to_text(project: Project) -> str:
    """The file of a project. Equal projects give equal text.

    It has the lowest version that can say all of it: what has no frames can be opened by a program that knows none,
    and a program that would lose the frames, or what varies, says that it is too old.
    """
    rows = [
        "{",
        f'"format": "{FORMAT}",',
        f'"version": {_version(project)},',
        f'"title": {_dump(project.title)},',
        f'"about": {_dump(project.about)},',
        f'"recipe": {_dump(dict(project.recipe.as_dict()))},',
        *_graph_rows(project.graph),
    ]
    if project.blocks:
        rows[-1] += ","
        rows.append('"blocks": {')
        for name, block in project.blocks.items():
            rows.append(f"{_dump(name)}: {{")
            if block.note:
                rows.append(f'"note": {_dump(block.note)},')
            rows.append(f'"exposed": {_dump(_exposed(block))},')
            rows.extend(_graph_rows(block.graph))
            rows.append("},")
        rows[-1] = "}"
        rows.append("}")
    schemas = schemas_to_dict(project)
    if schemas:
        rows[-1] += ","
        rows += ['"schemas": {', *_listed([f"{_dump(name)}: {_dump(entry)}" for name, entry in schemas.items()]), "}"]
    if project.varied:
        rows[-1] += ","
        rows += ['"varied": [', *_listed([_dump(each) for each in project.varied]), "]"]
    if project.view:
        rows[-1] += ","
        rows.append(f'"view": {_dump(dict(project.view))}')
    rows.append("}")
    return "\n".join(rows) + "\n"


def _version(project: Project) -> int:
    if project.varied:
        return 3
    graphs = (project.graph, *(block.graph for block in project.blocks.values()))
    return 2 if any(graph.frames for graph in graphs) else 1


def node_to_dict(node: Node) -> dict[str, Any]:
    """One node as JSON; what is usual is left out."""
    entry: dict[str, Any] = {"name": node.name, "type": node.type}
    params = {key: _thawed(value) for key, value in node.params.items() if not _usual(node.type, key, value)}
    if params:
        entry["params"] = params
    entry["at"] = [plain_number(side) for side in node.position]
    if node.shares is not None:
        entry["shares"] = node.shares
    if node.bypassed:
        entry["muted"] = True
    if node.repeat != 1:
        entry["repeat"] = node.repeat
    if node.note:
        entry["note"] = node.note
    if node.expanded:
        entry["unfolded"] = True
    return entry


def block_to_dict(block: Block) -> dict[str, Any]:
    """One block as JSON, on the clipboard."""
    return {
        "note": block.note,
        "exposed": _exposed(block),
        "nodes": [node_to_dict(node) for node in block.graph.nodes.values()],
        "wires": [wire_to_dict(wire) for wire in block.graph.wires],
        **frames_entry(block.graph.frames.values()),
    }


def frames_entry(frames: Iterable[Frame]) -> dict[str, list[dict[str, Any]]]:
    """The entry of some frames; nothing if there are none."""
    entries = [frame_to_dict(frame) for frame in frames]
    return {"frames": entries} if entries else {}


def wire_to_dict(wire: Wire) -> dict[str, str]:
    """One wire as JSON."""
    return {"from": f"{wire.source}.{wire.source_port}", "to": f"{wire.target}.{wire.target_port}"}


def _exposed(block: Block) -> list[dict[str, str]]:
    return [{"name": e.name, "node": e.node, "param": e.param} for e in block.exposed]


def _graph_rows(graph: Graph) -> list[str]:
    nodes = [_dump(node_to_dict(node)) for node in graph.nodes.values()]
    wires = [_dump(wire_to_dict(wire)) for wire in graph.wires]
    rows = ['"nodes": [', *_listed(nodes), "],", '"wires": [', *_listed(wires), "]"]
    if graph.frames:
        rows[-1] += ","
        frames = [_dump(frame_to_dict(frame)) for frame in graph.frames.values()]
        rows += ['"frames": [', *_listed(frames), "]"]
    return rows


def _listed(rows: list[str]) -> list[str]:
    return [row + ("," if index < len(rows) - 1 else "") for index, row in enumerate(rows)]


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # Half a letter, as in the name of a file from another system, is written as the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _usual(node_type: str, name: str, value: Any) -> bool:
    """Whether a setting that every layer has stands at its default. Written out, those would drown a layer's own."""
    layer = find(node_type)
    if layer is None or name not in layer.common:
        return False
    param = layer.param(name)
    return param is not None and type(value) is type(param.default) and value == param.default


def _thawed(value: Any) -> Any:
    return [_thawed(part) for part in value] if isinstance(value, tuple) else value


_KEYS = tuple("format version title about recipe nodes wires frames blocks schemas varied view".split())


@dataclass
class ProjectReading:
    """A project being read, with a sentence for everything that had to be left out or changed."""

    complaints: list[str] = field(default_factory=list)

    def project(self, data: Mapping[str, Any]) -> Project:
        """The project in ``data``, which is of this version; as much of it as can be used."""
        for key in data:
            if key not in _KEYS:
                self._say(f"The entry {quoted(key)} is not known and was left out.")
        blocks: dict[str, Block] = {}
        for name, entry in self._mapping(data, "blocks").items():
            why = why_illegal(name)
            if why or find(name) is not None:
                self._say(f"Block {quoted(name)} was left out: {why or 'a layer type has that name.'}")
            elif not isinstance(entry, dict):
                self._say(f"Block {name} was left out, because it is not an object.")
            else:
                blocks[name] = self._block(name, entry)
        graph = self._graph(data, "")
        title, about = self.heading(data)
        return Project(
            title=title,
            about=about,
            graph=graph,
            blocks=MappingProxyType(blocks),
            recipe=self._recipe(self._mapping(data, "recipe")),
            view=MappingProxyType(self._view(data)),
            schemas=read_schemas(self._mapping(data, "schemas"), graph, self._say),
            varied=tuple(self._varied(data)),
        )

    def heading(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """Title and description of the drawing in ``data``."""
        return self._text(data, "title", "Untitled"), self._text(data, "about", "")

    def _say(self, sentence: str) -> None:
        self.complaints.append(sentence)

    def _mapping(self, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            self._say(f"The entry {key} is not an object and was left out.")
            return {}
        return value

    def _view(self, data: Mapping[str, Any]) -> dict[str, Any]:
        view = self._mapping(data, "view")
        try:
            _dump(view)
        except (ValueError, RecursionError):
            self._say("The entry view holds what cannot be written again and was left out.")
            return {}
        return view

    def _varied(self, data: Mapping[str, Any]) -> list[str]:
        found: dict[str, str] = {}
        for entry in self._list(data, "varied", ""):
            try:
                each = axis(entry if isinstance(entry, str) else "")
            except BadVariants as bad:
                self._say(f"A setting that varies was left out: {bad}")
                continue
            if each.name in found:
                self._say(f"{quoted(each.name)} varies twice; the second was left out.")
            else:
                found[each.name] = writable(str(each))
        return list(found.values())

    def _list(self, data: Mapping[str, Any], key: str, place: str) -> list[Any]:
        value = data.get(key, [])
        if not isinstance(value, list):
            self._say(f"{place}The entry {key} is not a list and was left out.")
            return []
        return value

    def _text(self, data: Mapping[str, Any], key: str, default: str) -> str:
        value = data.get(key, default)
        if not isinstance(value, str):
            self._say(f"The entry {key} is not text and was left out.")
            return default
        return writable(value)

    def _recipe(self, data: Mapping[str, Any]) -> Recipe:
        recipe = Recipe()
        # Choices first: in older files momentum is that of the optimizer.
        for name, value in sorted(data.items(), key=lambda item: item[0] not in CHOICES):
            try:
                recipe = recipe.with_setting(str(name), value)
            except BadSetting as bad:
                known = setting(name)
                usual = f" {known.format(known.default)} is used." if known is not None else " It was left out."
                self._say(f"Recipe: {bad}{usual}")
        return recipe

    def _block(self, name: str, data: Mapping[str, Any]) -> Block:
        place = f"Block {name}: "
        graph = self._graph(data, place)
        exposed: list[Exposed] = []
        for entry in self._list(data, "exposed", place):
            parts = [entry.get(key) for key in ("name", "node", "param")] if isinstance(entry, dict) else []
            if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
                self._say(f"{place}An exposed setting was left out; it needs name, node and param.")
            elif why := why_illegal(parts[0]):
                self._say(f"{place}An exposed setting was left out: {why}")
            elif any(parts[1:] == [known.node, known.param] for known in exposed):
                self._say(f"{place}{parts[2]} of {parts[1]} is exposed twice; the second was left out.")
            else:
                exposed.append(Exposed(str(parts[0]), str(parts[1]), str(parts[2])))
        return Block(graph, tuple(exposed), self._text(data, "note", ""))

    def _graph(self, data: Mapping[str, Any], place: str) -> Graph:
        nodes: dict[str, Node] = {}
        renamed: dict[str, str] = {}
        entries = self._list(data, "nodes", place)
        written = {e.get("name") for e in entries if isinstance(e, dict) and isinstance(e.get("name"), str)}
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
                self._say(f"{place}Layer {number} was left out; it needs a name and a type.")
                continue
            name = self._name(entry.get("name"), number, nodes, written, renamed, place)
            nodes[name] = self._node(name, entry, place)
        for name, node in list(nodes.items()):
            if node.shares in renamed:
                nodes[name] = replace(node, shares=renamed[node.shares])
        wires = [
            wire for entry in self._list(data, "wires", place) if (wire := self._wire(entry, nodes, renamed, place))
        ]
        frames = read_frames(self._list(data, "frames", place), place, self._say)
        return Graph.of(nodes.values(), wires, frames.values())

    def _name(
        self, raw: Any, number: int, nodes: Mapping[str, Node], written: set[Any], renamed: dict[str, str], place: str
    ) -> str:
        why = why_illegal(raw)
        if why is None and raw not in nodes:
            return str(raw)
        name = free_name(str(raw) if isinstance(raw, str) else f"node{number}", nodes, written)
        if why is None:
            self._say(f"{place}Two layers are named {raw}; the second is now {name}, the wires stay at the first.")
        else:
            self._say(f"{place}Layer {number}: {why} It is now named {name}.")
            if isinstance(raw, str):
                renamed.setdefault(raw, name)
        return name

    def _node(self, name: str, entry: Mapping[str, Any], place: str) -> Node:
        place = f"{place}{name}: "
        for key in entry:
            if key not in ("name", "type", "params", "at", "shares", "muted", "repeat", "note", "unfolded"):
                self._say(f"{place}The entry {quoted(key)} is not known and was left out.")
        params = {}
        raw = entry.get("params", {})
        if not isinstance(raw, dict):
            self._say(f"{place}The settings are not an object; the usual ones are used.")
            raw = {}
        layer = find(entry["type"])
        for key, value in raw.items():
            frozen = _frozen(value)
            if frozen is _UNFIT:
                self._say(f"{place}The setting {quoted(key)} is neither number, word, nor list; it was left out.")
            else:
                params[key] = _normal(layer.param(key) if layer else None, frozen)
        if layer is not None:
            params = {**layer.defaults(), **params}
            known = [p.name for p in layer.params if p.name in params]
            params = {key: params[key] for key in (*known, *(k for k in params if k not in known))}
        return Node(
            name=name,
            type=entry["type"],
            params=params,
            position=read_position(entry.get("at", [0, 0]), place, self._say),
            shares=self._one(entry, "shares", None, str, place),
            bypassed=self._one(entry, "muted", False, bool, place),
            repeat=self._repeat(entry, place),
            note=self._one(entry, "note", "", str, place),
            expanded=self._one(entry, "unfolded", False, bool, place),
        )

    def _one(self, entry: Mapping[str, Any], key: str, default: Any, kind: type, place: str) -> Any:
        value = entry.get(key, default)
        if value is default or isinstance(value, kind):
            return writable(value) if isinstance(value, str) else value
        self._say(f"{place}{key} cannot be {quoted(value)}; {default or 'none'} is used.")
        return default

    def _repeat(self, entry: Mapping[str, Any], place: str) -> int:
        value = entry.get("repeat", 1)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1000:
            return value
        self._say(f"{place}repeat must be a whole number from 1 to 1,000, but it is {quoted(value)}; 1 is used.")
        return 1

    def _wire(self, entry: Any, nodes: Mapping[str, Node], renamed: Mapping[str, str], place: str) -> Wire | None:
        ends = [str(entry.get("from")), str(entry.get("to"))] if isinstance(entry, dict) else []
        if len(ends) != 2 or not all("." in end for end in ends):
            self._say(f"{place}A wire was left out; it needs from and to, each as layer.port.")
            return None
        (source, source_port), (target, target_port) = (end.rsplit(".", 1) for end in ends)
        source, target = renamed.get(source, source), renamed.get(target, target)
        for name in (source, target):
            if name not in nodes:
                self._say(
                    f"{place}The wire from {quoted(ends[0])} to {quoted(ends[1])} was left out: "
                    f"there is no layer named {quoted(name)}."
                )
                return None
        return Wire(source, source_port, target, target_port)


_UNFIT = object()


def _frozen(value: Any, depth: int = 0) -> Any:
    """A JSON value as an immutable one, or _UNFIT for objects, nulls, numbers without end and deep or long lists."""
    if isinstance(value, float) and not math.isfinite(value):
        return _UNFIT  # 1e999 is a legal number in JSON, but cannot be written again
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list) and depth < 3 and len(value) <= 10_000:
        parts = tuple(_frozen(part, depth + 1) for part in value)
        return _UNFIT if any(part is _UNFIT for part in parts) else parts
    return _UNFIT


def _normal(param: Any, value: Any) -> Any:
    """The value in the setting's normal form if it can take it; else as it is, and inference will say so."""
    try:
        return param.check(value) if param is not None else value
    except BadSetting:
        return value
