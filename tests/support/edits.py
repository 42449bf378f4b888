"""Random edits of every kind that the program has, in the main drawing and in blocks, sensible and foolish ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from app.core.checks.fixes import command_at
from app.core.commands import (
    AddFrames,
    AddNodes,
    ChangeType,
    Command,
    Connect,
    Disconnect,
    DuplicateAsOwn,
    EditAll,
    ExposeSetting,
    GroupNodes,
    HideSetting,
    InsertOnWire,
    MoveNodes,
    PlaceFrames,
    RemoveAndJoin,
    RemoveFrames,
    RemoveNodes,
    Rename,
    RenameBlock,
    RenameSetting,
    ResetSetting,
    SetBlock,
    SetBlockNote,
    SetFrameColor,
    SetFrameText,
    SetNodeField,
    SetRecipe,
    SetSetting,
    SetTitle,
    UnpackBlock,
)
from app.core.commands.project import Restore, ShowRun
from app.core.commands.settings import ResetSettings, SetEach
from app.core.commands.sharing import ShareWeights
from app.core.commands.wires import MoveWire
from app.core.graph.blocks import param_of
from app.core.graph.frames import COLORS, Frame, free_frame_name
from app.core.graph.model import BLOCK_PREFIX, MAIN, Block, Exposed, Graph, Node, Project, Wire
from app.core.graph.names import default_name
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.recipe import SETTINGS
from app.core.inference import Report
from app.core.storage.fragment import fitted, from_text, renamed, to_text
from nodes.api.registry import find, layers
from tests.nodes.strategies import value_of
from tests.support.drawings import block_net, chain, node, small_net

NAMES = ("alpha", "beta", "conv1", "self", "a b", "", "x", "loss", "größe", "class")
VALUES: tuple[Any, ...] = (0, 1, 2, 3, -1, 0.5, 10**9, True, "last", "same", (2, 2), (1, 0), (40, 40), (), None, "")
WORDS = ("", "Encoder", "# Note\n\n* one\n* two", "x" * 300, "a\ud800b", "[here](https://example.org)\r\nand `code`")
PLACES = st.tuples(st.integers(-400, 1500), st.integers(-400, 400))


def nested_net() -> Project:
    """Blocks in blocks, one of them twice, shared weights, a frame round two layers, one in another, and a note."""
    inner = Graph.of(
        [
            node("x", "In"),
            replace(node("conv", "Conv2d", out_channels=3, padding=1), position=(240, 0)),
            replace(node("relu", "ReLU"), position=(480, 0)),
            replace(node("y", "Out"), position=(720, 0)),
        ],
        chain("x", "conv", "relu", "y"),
        [Frame("frame1", "Core", False, "green", (200, -80), (500, 220))],
    )
    outer = Graph.of(
        [
            Node("a", "In"),
            Node("one", "block:unit", position=(240, 0)),
            Node("two", "block:unit", {"filters": 3}, position=(480, 0)),
            replace(node("sum1", "Add"), position=(720, 0)),
            Node("b", "Out", position=(960, 0)),
        ],
        [
            Wire("a", "output", "one", "x"),
            Wire("one", "y", "two", "x"),
            Wire("two", "y", "sum1", "xs"),
            Wire("one", "y", "sum1", "xs"),
            Wire("sum1", "output", "b", "x"),
        ],
    )
    main = Graph.of(
        [
            replace(node("digits", "Digits", size="8×8"), position=(0, 0)),
            Node("left", "block:stage", position=(240, 0)),
            Node("right", "block:stage", position=(480, 0), expanded=True),
            replace(node("flatten", "Flatten"), position=(1900, 0)),
            replace(node("fc1", "Linear", out_features=10), position=(2140, 0)),
            replace(node("fc2", "Linear", out_features=10), position=(2140, 200), shares="fc1"),
            replace(node("loss", "CrossEntropyLoss"), position=(2400, 0)),
        ],
        [
            Wire("digits", "image", "left", "a"),
            Wire("left", "b", "right", "a"),
            Wire("right", "b", "flatten", "x"),
            Wire("flatten", "output", "fc1", "x"),
            Wire("flatten", "output", "fc2", "x"),
            Wire("fc1", "output", "loss", "prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
        [
            Frame("frame1", "Head", False, "blue", (1860, -90), (760, 440)),
            Frame("frame2", "Shared", False, "red", (2100, -70), (260, 400)),
            Frame("note1", "**Why** two?", True, "yellow", (0, 200), (260, 140)),
        ],
    )
    blocks = {
        "unit": Block(inner, (Exposed("filters", "conv", "out_channels"),), "A unit"),
        "stage": Block(outer),
    }
    return Project("Nested", "Blocks in blocks", main, blocks)


STARTS: tuple[Callable[[], Project], ...] = (small_net, block_net, nested_net)


class Choice:
    """One draw after the other from a drawing as it is: which graph, which node, which value."""

    def __init__(self, draw: st.DrawFn, project: Project, report: Report, where: str | None = None) -> None:
        self.draw = draw
        self.project = project
        self.report = report
        self.where = where if where is not None else self.one([MAIN, MAIN, *project.blocks])
        self.graph = project.graph_of(self.where)

    def one(self, values: Any) -> Any:
        """One of these."""
        return self.draw(st.sampled_from(list(values)))

    def name(self, rather: Callable[[Node], bool] = lambda _: True) -> str:
        """A node, one for which ``rather`` holds if there is any."""
        names = [name for name, each in self.graph.nodes.items() if rather(each)]
        return str(self.one(names or list(self.graph.nodes) or ["nobody"]))

    def names(self, most: int = 4) -> tuple[str, ...]:
        """Some nodes."""
        every = list(self.graph.nodes) or ["nobody"]
        return tuple(self.draw(st.lists(st.sampled_from(every), min_size=1, max_size=most, unique=True)))

    def frame(self) -> str:
        """A frame or note."""
        return str(self.one(list(self.graph.frames) or ["frame1"]))

    def block(self) -> str:
        """A block."""
        return str(self.one(list(self.project.blocks) or ["nobody"]))

    def instance(self) -> str:
        """An instance of a block, if there is one."""
        return self.name(lambda each: each.type.startswith(BLOCK_PREFIX))

    def type(self) -> str:
        """A layer type or a block."""
        kinds = [*(layer.id for layer in layers().values()), *(BLOCK_PREFIX + name for name in self.project.blocks)]
        usual = ["Conv2d", "ReLU", "Linear", "Flatten", "Add", "Concat", "In", "Out", "Input", "Output"]
        return str(self.one([*kinds, *usual, *usual]))

    def fresh(self) -> Node:
        """A new node."""
        kind = self.type()
        x, y = self.draw(PLACES)
        return replace(node(default_name(kind, self.graph.nodes), kind), position=(float(x), float(y)))

    def wire(self) -> Wire:
        """A wire between any two ports, or one that ends nowhere."""
        source, target, nodes = self.name(), self.name(), self.graph.nodes
        outs = output_ports(self.project, nodes[source]) if source in nodes else ()
        ins = [port.name for port in input_ports(self.project, nodes[target])] if target in nodes else []
        return Wire(source, self.one(outs or ["output"]), target, self.one(ins or ["x"]))

    def param(self, name: str) -> str:
        """A setting of a node."""
        each = self.graph.nodes.get(name)
        if each is None:
            return "nothing"
        layer = find(each.type)
        block = self.project.blocks.get(each.type.removeprefix(BLOCK_PREFIX))
        known = [p.name for p in layer.params] if layer is not None else []
        known += [entry.name for entry in block.exposed] if block is not None else []
        return str(self.one([*known, *known, *known, "nothing"]))

    def value(self, name: str, param: str) -> Any:
        """A value, mostly one that the setting takes."""
        each = self.graph.nodes.get(name)
        declared = param_of(self.project, each, param) if each is not None else None
        if declared is not None and self.draw(st.integers(0, 2)):
            return self.draw(value_of(declared))
        return self.one(VALUES)


def _add(c: Choice) -> Command:
    one = c.fresh()
    if not c.draw(st.booleans()) or not c.graph.nodes:
        return AddNodes(c.where, (one,))
    ports = [port.name for port in input_ports(c.project, one)]
    source = c.name()
    outs = output_ports(c.project, c.graph.nodes[source])
    wires = (Wire(source, c.one(outs), one.name, c.one(ports)),) if outs and ports else ()
    return AddNodes(c.where, (one,), wires)


def _paste(c: Choice) -> Command:
    """What was copied somewhere, put in here, as the canvas does."""
    origin = c.one([MAIN, *c.project.blocks])
    graph = c.project.graph_of(origin)
    chosen = c.draw(st.lists(st.sampled_from(list(graph.nodes) or ["nobody"]), min_size=1, max_size=4, unique=True))
    if not set(chosen) & set(graph.nodes):
        return AddNodes(c.where)
    piece = fitted(from_text(to_text(c.project, origin, chosen, list(graph.frames)[:1])), c.project)
    fresh, wires = renamed(piece.nodes, piece.wires, c.graph.nodes, (60.0, 200.0))
    blocks = tuple(SetBlock(name=name, block=block) for name, block in piece.blocks.items())
    return EditAll(commands=(*blocks, AddNodes(c.where, fresh, wires, verb="Paste")), text="Paste")


def _insert(c: Choice) -> Command:
    wire = c.one(c.graph.wires) if c.graph.wires else c.wire()
    present = [c.graph.nodes[name] for name in c.graph.nodes]
    one = c.one(present) if present and c.one([True, False]) else c.fresh()
    return InsertOnWire(c.where, one, wire, make_room=c.one([0.0, 220.0]))


def _move(c: Choice) -> Command:
    frames = {c.frame(): c.draw(PLACES)} if c.one([True, False]) and c.graph.frames else {}
    return MoveNodes(c.where, {name: c.draw(PLACES) for name in c.names()}, frames=frames, verb=c.one(["Move", "Tidy"]))


def _setting(c: Choice) -> Command:
    name = c.name()
    param = c.param(name)
    return SetSetting(c.where, (name,), param, c.value(name, param))


def _each(c: Choice) -> Command:
    name = c.name()
    kind = c.graph.nodes[name].type if name in c.graph.nodes else ""
    param = c.param(name)
    same = [each.name for each in c.graph.nodes.values() if each.type == kind]
    return SetEach(c.where, param, {other: c.value(other, param) for other in same})


def _field(c: Choice) -> Command:
    field, value = c.one(
        [
            ("bypassed", True),
            ("bypassed", False),
            ("repeat", 1),
            ("repeat", 3),
            ("repeat", 0),
            ("repeat", True),
            ("note", c.one(WORDS)),
            ("shares", None),
            ("shares", c.name()),
            ("shares", c.name(lambda each: each.type == "Linear")),
            ("expanded", True),
            ("expanded", False),
            ("colour", "red"),
        ]
    )
    names = (c.instance(),) if field == "expanded" else c.names(2)
    return SetNodeField(c.where, names, field, value)


def _exposed(c: Choice) -> Exposed:
    known = [entry for block in c.project.blocks.values() for entry in block.exposed]
    name = c.name()
    return c.one(known or [Exposed("nothing", name, c.param(name))])


def _expose(c: Choice) -> Command:
    name = c.name()
    return ExposeSetting(c.where, name, c.param(name))


def _hide(c: Choice) -> Command:
    entry = _exposed(c)
    return HideSetting(c.where, entry.node, entry.param)


def _frames(c: Choice) -> Command:
    x, y = c.draw(PLACES)
    note = c.draw(st.booleans())
    name = free_frame_name(note, c.graph.frames) if c.draw(st.integers(0, 4)) else c.frame()
    size = c.one([(260.0, 140.0), (700.0, 300.0), (1.0, 1.0), (1e7, 50.0)])
    return AddFrames(c.where, (Frame(name, c.one(WORDS), note, c.one([*COLORS, "pink"]), (float(x), float(y)), size),))


def _place_frames(c: Choice) -> Command:
    x, y = c.draw(PLACES)
    rect = c.one([(x, y, 300.0, 200.0), (x, y, 900.0, 500.0), (x, y, 0.0, -5.0), (float("nan"), 0.0, 100.0, 100.0)])
    return PlaceFrames(c.where, {c.frame(): rect})


def _words(c: Choice) -> Command:
    return SetFrameText(c.where, c.frame(), c.one(WORDS), c.one([None, (300.0, 200.0)]))


def _recipe(c: Choice) -> Command:
    setting = c.one(SETTINGS)
    return SetRecipe(setting=setting.name, value=c.one([*VALUES, c.draw(value_of(setting))]))


def _retype(c: Choice) -> Command:
    name = c.name()
    return ChangeType(c.where, name, c.type(), c.one([{}, {"out_features": 7}]))


def fixes(project: Project, report: Report) -> list[Command]:
    """Every quick fix that the problems of a drawing offer now."""
    found = []
    for where in (MAIN, *project.blocks):
        for problem in report.of(where).problems:
            for fix in problem.fixes:
                command = command_at(project, where, problem.node, fix)
                if command is not None:
                    found.append(command)
    return found


def _fix(c: Choice) -> Command:
    offered = fixes(c.project, c.report)
    return c.one(offered) if offered else SetTitle(text="Nothing to mend")


def _restore(c: Choice) -> Command:
    return Restore(project=c.one(STARTS)())


# What can be done, and how often compared with the others.
KINDS: dict[str, tuple[int, Callable[[Choice], Command]]] = {
    "add": (3, _add),
    "remove": (2, lambda c: RemoveNodes(c.where, c.names(2))),
    "join": (1, lambda c: RemoveAndJoin(c.where, c.names(2))),
    "move": (2, _move),
    "rename": (2, lambda c: Rename(c.where, c.name(), c.one(NAMES))),
    "insert": (2, _insert),
    "connect": (4, lambda c: Connect(c.where, (c.wire(),))),
    "disconnect": (2, lambda c: Disconnect(c.where, (c.one(c.graph.wires) if c.graph.wires else c.wire(),))),
    "move wire": (2, lambda c: MoveWire(c.where, c.one(c.graph.wires or [None, c.wire()]), c.wire())),
    "setting": (4, _setting),
    "each": (1, _each),
    "reset": (1, lambda c: ResetSetting(c.where, (name := c.name(),), c.param(name))),
    "reset all": (1, lambda c: ResetSettings(c.where, (name := c.name(),), (c.param(name),))),
    "field": (4, _field),
    "share": (2, lambda c: ShareWeights(c.where, c.name(), c.one([None, c.name(), c.name()]))),
    "retype": (1, _retype),
    "group": (3, lambda c: GroupNodes(c.where, c.names())),
    "unpack": (2, lambda c: UnpackBlock(c.where, c.instance())),
    "own": (1, lambda c: DuplicateAsOwn(c.where, c.instance())),
    "expose": (2, _expose),
    "hide": (1, _hide),
    "rename setting": (1, lambda c: RenameSetting(c.where, _exposed(c).name, c.one(["width", "size", "a b"]))),
    "rename block": (1, lambda c: RenameBlock(old=c.block(), new=c.one(["unit", "stage", "part", "ReLU", "a b"]))),
    "block note": (1, lambda c: SetBlockNote(c.block(), c.one(WORDS))),
    "paste": (2, _paste),
    "frame": (2, _frames),
    "drop frame": (1, lambda c: RemoveFrames(c.where, (c.frame(),))),
    "place frame": (1, _place_frames),
    "words": (1, _words),
    "colour": (1, lambda c: SetFrameColor(c.where, (c.frame(),), c.one([*COLORS, "pink"]))),
    "recipe": (1, _recipe),
    "title": (1, lambda c: SetTitle(text=c.one(["", "LeNet", "Größe", *WORDS]), about=c.one([None, *WORDS]))),
    "fix": (4, _fix),
    "restore": (1, _restore),
    "show run": (1, lambda c: ShowRun(project=c.one(STARTS)())),
}
_WEIGHTED = [kind for kind, (often, _) in KINDS.items() for _ in range(often)]


@st.composite
def any_edit(draw: st.DrawFn, project: Project, report: Report, where: str | None = None) -> Command:
    """A random edit of any kind, in the graph ``where`` or in any; some of them will be refused."""
    return KINDS[draw(st.sampled_from(_WEIGHTED))][1](Choice(draw, project, report, where))
