"""Blocks: grouping and unpacking keep the net, everything follows a change, and bad blocks are a sentence each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.commands import (
    AddNodes,
    Command,
    DuplicateAsOwn,
    ExposeSetting,
    GroupNodes,
    HideSetting,
    Refused,
    RemoveAndJoin,
    RemoveNodes,
    RenameBlock,
    RenameSetting,
    SetNodeField,
    SetSetting,
    UnpackBlock,
)
from app.core.compile.net import compile_net
from app.core.document import Document
from app.core.graph.blocks import param_of, value_of
from app.core.graph.model import Exposed, Graph, Node, Project, Wire
from app.core.inference import infer
from tests.support.drawings import block_command, block_net, chain, command, node, small_net


def refusal(project: Project, command_: Command) -> str:
    """The sentence of an edit that must be refused."""
    with pytest.raises(Refused) as refused:
        command_.apply(project)
    sentence = str(refused.value)
    assert sentence.endswith("."), sentence
    assert sentence[0].isupper() or sentence.split()[0] in sentence
    return sentence


@st.composite
def nets(draw: st.DrawFn) -> Project:
    """A net of layers that keep 2×4×4, with branches, layers that read several wires, and ends."""
    nodes, wires = [node("picture", "Input", shape=(2, 4, 4))], []
    kinds = ("Conv2d", "Conv2d", "BatchNorm2d", "ReLU", "Add", "Add", "Sigmoid")
    for number in range(draw(st.integers(2, 9))):
        kind = draw(st.sampled_from(kinds))
        extra = {"out_channels": 2, "kernel_size": 3, "padding": 1} if kind == "Conv2d" else {}
        name = f"{kind.lower()}_{number}"
        place = (240.0 * draw(st.integers(0, 9)), 100.0 * number)
        nodes.append(replace(node(name, kind, **extra), position=place))
        count = draw(st.integers(1, 3)) if kind == "Add" else 1
        for _ in range(count):
            before = draw(st.sampled_from([n.name for n in nodes[:-1]]))
            wires.append(Wire(before, "output", name, "xs" if kind == "Add" else "x"))
    read = {wire.source for wire in wires}
    for number, end in enumerate([n.name for n in nodes if n.name not in read]):
        nodes.append(replace(node(f"result{number}", "Output"), position=(2400.0, 100.0 * number)))
        wires.append(Wire(end, "output", f"result{number}", "x"))
    return Project("Random", graph=Graph.of(nodes, wires))


def reads(graph: Graph) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For each port, what arrives there, in order."""
    result: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for wire in graph.wires:
        result.setdefault((wire.target, wire.target_port), []).append((wire.source, wire.source_port))
    return result


def outputs(project: Project, weights: dict[str, torch.Tensor], images: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the drawing computes, by Output node, with weights named by their layer alone."""
    net = compile_net(project)
    model = net.model()
    model.load_state_dict({key: weights[".".join(key.split(".")[-2:])] for key in model.state_dict()})
    model.eval()
    with torch.no_grad():
        returned = net.outputs(model(images))
    found = {}
    for name, each in project.graph.nodes.items():
        if each.type == "Output":
            wire = project.graph.into(name)[0]
            found[name] = returned[f"{wire.source}.{wire.source_port}"]
    return found


@given(data=st.data())
@settings(max_examples=60)
def test_grouping_and_unpacking_leave_the_same_net(data: st.DataObject) -> None:
    """Fails if a wire is lost, doubled or put in another order, or a layer computes with other weights."""
    project = data.draw(nets())
    inner = [name for name, each in project.graph.nodes.items() if each.type not in ("Input", "Output")]
    chosen = tuple(data.draw(st.lists(st.sampled_from(inner), min_size=1, unique=True)))
    try:
        grouped = GroupNodes(names=chosen).apply(project)
    except Refused as refused:
        assert "stands between" in str(refused)
        return
    net = compile_net(project)
    torch.manual_seed(1)
    weights = {key: torch.rand_like(value.float()) for key, value in net.model().state_dict().items()}
    images = torch.rand(2, 2, 4, 4)
    # Only what leads to an end is computed, and a selection without an end is a block without an output.
    if infer(grouped).problems == ():
        for name, value in outputs(grouped, weights, images).items():
            torch.testing.assert_close(value, outputs(project, weights, images)[name])
    instance = next(name for name, each in grouped.graph.nodes.items() if each.type.startswith("block:"))
    again = UnpackBlock(name=instance).apply(grouped)
    assert again.graph.nodes == project.graph.nodes
    assert reads(again.graph) == reads(project.graph)
    assert again.blocks == project.blocks


@given(data=st.data())
@settings(max_examples=60)
def test_undo_all_returns_to_the_start_and_reports_stay_true(data: st.DataObject) -> None:
    """Fails if an edit of blocks escapes undo, breaks inference, or is forgotten when only a part is inferred anew."""
    document = Document(data.draw(st.sampled_from([block_net(), small_net()])))
    start = document.project
    for _ in range(data.draw(st.integers(1, 15))):
        before = document.project
        make = data.draw(st.sampled_from([block_command, block_command, command]))
        try:
            document.do(data.draw(make(document.project)))
        except Refused as refused:
            assert document.project is before
            assert str(refused).endswith(".")
            continue
        assert document.report.main == infer(document.project).main
    while document.undo():
        pass
    assert document.project == start


def layered() -> Project:
    """Two convolutions with a shortcut between picture and sum."""
    graph = Graph.of(
        [
            node("picture", "Input", shape=(3, 8, 8)),
            replace(node("conv1", "Conv2d", out_channels=3, padding=1), position=(240, 0)),
            replace(node("relu1", "ReLU"), position=(480, 40)),
            replace(node("conv2", "Conv2d", out_channels=3, padding=1), position=(720, 0)),
            replace(node("sum1", "Add"), position=(960, 0)),
            node("result", "Output"),
        ],
        [
            *chain("picture", "conv1", "relu1", "conv2", "sum1.xs"),
            Wire("picture", "output", "sum1", "xs"),
            Wire("sum1", "output", "result", "x"),
        ],
    )
    return Project("Layered", graph=graph)


def test_several_ports_are_named_after_the_layers_outside_and_one_alone_as_in_a_formula() -> None:
    """Fails if the ports of a new block have names that say nothing, or a layer is asked for twice."""
    project = GroupNodes(names=("relu1", "conv2", "sum1")).apply(layered())
    block = project.blocks["block1"].graph
    assert [name for name, each in block.nodes.items() if each.type == "In"] == ["conv1", "picture"]
    assert [name for name, each in block.nodes.items() if each.type == "Out"] == ["y"]
    assert project.graph.nodes["block1"].type == "block:block1"
    assert list(project.graph.nodes) == ["picture", "conv1", "block1", "result"]
    assert not infer(project).problems
    again = GroupNodes(names=("conv1",)).apply(project)
    assert again.graph.nodes["block2"].type == "block:block2"


def test_a_loose_selection_becomes_a_block_that_can_be_used() -> None:
    """Fails if layers without wires become a block without ports."""
    graph = Graph.of([node("conv1", "Conv2d"), node("relu1", "ReLU")], chain("conv1", "relu1"))
    project = GroupNodes(names=("conv1", "relu1"), block="unit").apply(Project(graph=graph))
    kinds = {name: each.type for name, each in project.blocks["unit"].graph.nodes.items()}
    assert kinds == {"x": "In", "conv1": "Conv2d", "relu1": "ReLU", "y": "Out"}


def test_what_cannot_be_grouped_is_said() -> None:
    """Fails if a selection that makes no block is accepted, or refused without a remedy."""
    net, project = small_net(), layered()
    assert "Select the layers" in refusal(net, GroupNodes())
    assert "no layer named nobody" in refusal(net, GroupNodes(names=("nobody",)))
    assert "belongs in the main drawing" in refusal(net, GroupNodes(names=("digits", "conv1")))
    assert "belongs in the main drawing" in refusal(net, GroupNodes(names=("fc1", "loss")))
    assert "Select relu1 too" in refusal(project, GroupNodes(names=("conv1", "conv2")))
    assert "no block named nowhere" in refusal(project, GroupNodes("nowhere", ("conv1",)))
    assert "is taken" in refusal(project, GroupNodes(names=("conv1",), block="ReLU"))
    assert "cannot be a name" in refusal(project, GroupNodes(names=("conv1",), block="1 2"))
    assert "is a port of this block" in refusal(block_net(), GroupNodes("unit", ("x", "conv")))
    shared = project.with_graph("", project.graph.with_nodes(replace(project.graph.nodes["conv2"], shares="conv1")))
    assert "Select conv1 too" in refusal(shared, GroupNodes(names=("conv2",)))
    assert "Select conv2 too" in refusal(shared, GroupNodes(names=("conv1",)))


def trained(updates: tuple[str, ...]) -> Project:
    project = small_net()
    return project.with_graph("", project.graph.with_nodes(project.graph.nodes["loss"].with_param("updates", updates)))


def test_a_loss_goes_on_training_what_it_trained() -> None:
    """Fails if a block is trained by a loss that trained none or only a part of its layers."""
    grouped = GroupNodes(names=("conv1", "relu1")).apply(trained(("conv1",)))
    assert grouped.graph.nodes["loss"].params["updates"] == ("block1",)
    assert UnpackBlock(name="block1").apply(grouped).graph.nodes["loss"].params["updates"] == ("conv1",)
    sentence = refusal(trained(("conv1",)), GroupNodes(names=("conv1", "relu1", "flatten", "fc1")))
    assert "trains conv1 but not fc1" in sentence
    assert GroupNodes(names=("fc1",)).apply(trained(("conv1",))).graph.nodes["loss"].params["updates"] == ("conv1",)


def test_unpacking_applies_settings_and_finds_free_names() -> None:
    """Fails if an instance's own settings are lost, or its layers take the place of others."""
    project = block_net(1)
    project = project.with_graph("", project.graph.with_nodes(replace(node("conv", "ReLU"), position=(50, 900))))
    out = UnpackBlock(name="second").apply(project)
    assert out.graph.nodes["conv2"].params["out_channels"] == 6
    assert out.graph.nodes["conv"].type == "ReLU"
    assert reads(out.graph)[("third", "x")] == [("relu", "output")]
    assert reads(out.graph)[("sum1", "xs")] == [("third", "y"), ("relu", "output")]
    assert "unit" in out.blocks
    for name in ("first", "third"):
        out = UnpackBlock(name=name).apply(out)
    assert out.blocks == {}
    out = RemoveNodes(names=("conv",)).apply(out)
    assert infer(out).problems == ()
    assert infer(out).main.parameters == infer(block_net(1)).main.parameters


def test_a_repeated_block_is_unpacked_as_a_chain() -> None:
    """Fails if repetitions are lost, share weights, or are wired beside each other."""
    project = block_net(3)
    out = UnpackBlock(name="third").apply(project)
    assert reads(out.graph)[("conv2", "x")] == [("relu", "output")]
    assert reads(out.graph)[("conv3", "x")] == [("relu2", "output")]
    assert reads(out.graph)[("sum1", "xs")][0] == ("relu3", "output")
    assert infer(out).main.parameters == infer(project).main.parameters
    torch.manual_seed(3)
    images = torch.rand(2, 3, 12, 12)
    model, chained = compile_net(project).model(), compile_net(out).model()
    chained.load_state_dict(dict(zip(chained.state_dict(), model.state_dict().values(), strict=True)))
    with torch.no_grad():
        torch.testing.assert_close(chained.eval()(images), model.eval()(images))


def test_what_cannot_be_unpacked_is_said() -> None:
    """Fails if unpacking would change what the drawing computes."""
    project = block_net(1)

    def with_first(**changes: Any) -> Project:
        return project.with_graph("", project.graph.with_nodes(replace(project.graph.nodes["first"], **changes)))

    assert "single layer" in refusal(project, UnpackBlock(name="sum1"))
    assert "no layer named nobody" in refusal(project, UnpackBlock(name="nobody"))
    assert "is muted" in refusal(with_first(bypassed=True), UnpackBlock(name="first"))
    assert "weights of second" in refusal(with_first(shares="second"), UnpackBlock(name="first"))
    assert "weights of first" in refusal(with_first(shares="second"), UnpackBlock(name="second")).replace(
        "second", "first"
    )
    assert "no block named gone" in refusal(with_first(type="block:gone"), UnpackBlock(name="first"))
    wide = with_first(repeat=2).with_graph("unit", project.blocks["unit"].graph.with_nodes(Node("more", "In")))
    assert "one input and one output" in refusal(wide, UnpackBlock(name="first"))
    assert "3,000 layers" in refusal(with_first(repeat=1000), UnpackBlock(name="first"))


def test_unpacking_makes_room_only_where_it_is_needed() -> None:
    """Fails if layers cover each other after unpacking, or move without need."""
    project = layered()
    grouped = GroupNodes(names=("conv1", "relu1", "conv2")).apply(project)
    assert UnpackBlock(name="block1").apply(grouped).graph.nodes == project.graph.nodes
    near = grouped.graph.with_nodes(
        *(replace(grouped.graph.nodes[name], position=(480.0 + x, 0.0)) for name, x in (("sum1", 0), ("result", 240)))
    )
    out = UnpackBlock(name="block1").apply(grouped.with_graph("", near)).graph
    assert out.nodes["sum1"].position[0] >= out.nodes["conv2"].position[0] + 200
    assert out.nodes["result"].position[0] - out.nodes["sum1"].position[0] == 240


def test_exposed_settings_go_through_blocks_made_inside() -> None:
    """Fails if grouping or unpacking inside a block loses what its instances have set."""
    project = block_net(1)
    before = infer(project).main
    grouped = GroupNodes("unit", ("conv", "norm"), "core").apply(project)
    assert infer(grouped).problems == ()
    assert infer(grouped).main.parameters == before.parameters
    assert param_of(grouped, grouped.graph.nodes["second"], "filters").name == "out_channels"
    assert value_of(grouped, grouped.graph.nodes["second"], "filters") == 6
    assert value_of(grouped, grouped.graph.nodes["first"], "filters") == 8
    again = UnpackBlock("unit", "core").apply(grouped)
    assert again.blocks["unit"].exposed == project.blocks["unit"].exposed
    assert infer(again).main.parameters == before.parameters
    repeated = SetNodeField("unit", ("core",), "repeat", 2).apply(grouped)
    assert "exposes filters" in refusal(repeated, UnpackBlock("unit", "core"))


def test_exposing_and_hiding_keep_what_instances_compute() -> None:
    """Fails if a setting changes because it was exposed or hidden."""
    project = block_net(1)
    before = infer(project).main
    exposed = ExposeSetting("unit", "conv", "kernel_size").apply(project)
    assert exposed.blocks["unit"].exposed[-1] == Exposed("kernel_size", "conv", "kernel_size")
    assert infer(exposed).main.nodes == before.nodes
    assert HideSetting("unit", "conv", "kernel_size").apply(exposed) == project
    differs = refusal(project, HideSetting("unit", "conv", "out_channels"))
    assert "first has 8" in differs
    assert "second 6" in differs
    equal = SetSetting(names=("first",), param="filters", value=6).apply(project)
    hidden = HideSetting("unit", "conv", "out_channels").apply(equal)
    assert hidden.blocks["unit"].exposed == ()
    assert hidden.blocks["unit"].graph.nodes["conv"].params["out_channels"] == 6
    assert all("filters" not in each.params for each in hidden.graph.nodes.values())
    assert infer(hidden).main.parameters == infer(equal).main.parameters


def test_exposing_says_why_not() -> None:
    """Fails if a setting is exposed twice, or one that is not there."""
    project = block_net()
    assert "no block. Group" in refusal(project, ExposeSetting("", "sum1", "filters"))
    assert "no block named other" in refusal(project, ExposeSetting("other", "conv", "bias"))
    assert "exposed already, as filters" in refusal(project, ExposeSetting("unit", "conv", "out_channels"))
    assert "no setting colour" in refusal(project, ExposeSetting("unit", "conv", "colour"))
    assert "no setting" in refusal(project, ExposeSetting("unit", "x", "shape"))
    assert "cannot be a name" in refusal(project, ExposeSetting("unit", "conv", "bias", "a b"))
    assert "another kind" in refusal(project, ExposeSetting("unit", "conv", "bias", "filters"))
    assert "is not exposed" in refusal(project, HideSetting("unit", "conv", "bias"))
    two = ExposeSetting("unit", "norm", "eps").apply(ExposeSetting("unit", "conv", "bias").apply(project))
    assert [entry.name for entry in two.blocks["unit"].exposed] == ["filters", "bias", "eps"]


def test_one_name_may_set_several_layers() -> None:
    """Fails if two settings under one name are not set together, or hiding one hides both."""
    project = block_net(1)
    graph = project.blocks["unit"].graph
    second = replace(graph.nodes["conv"], name="conv_b")
    wires = [w for w in graph.wires if w.target != "norm"]
    graph = graph.with_nodes(second).with_wires([*wires, *chain("conv", "conv_b", "norm")])
    project = project.with_graph("unit", graph)
    both = ExposeSetting("unit", "conv_b", "out_channels", "filters").apply(project)
    inner = infer(both).main.nodes["second"].inner
    assert inner.nodes["conv"].outputs["output"].sizes[0] == 6
    assert inner.nodes["conv_b"].outputs["output"].sizes[0] == 6
    out = UnpackBlock(name="second").apply(both).graph
    assert (out.nodes["conv"].params["out_channels"], out.nodes["conv_b"].params["out_channels"]) == (6, 6)
    equal = SetSetting(names=("first",), param="filters", value=6).apply(both)
    one = HideSetting("unit", "conv_b", "out_channels").apply(equal)
    assert one.graph.nodes["second"].params == {"filters": 6}
    assert one.blocks["unit"].graph.nodes["conv_b"].params["out_channels"] == 6
    grouped = GroupNodes("unit", ("conv", "conv_b"), "pair").apply(both)
    assert infer(grouped).main.parameters == infer(both).main.parameters


def test_renaming_a_block_or_a_setting_is_followed_everywhere() -> None:
    """Fails if an instance, an inner instance or an outer block keeps the old name."""
    project = GroupNodes("unit", ("conv", "norm"), "core").apply(block_net())
    renamed = RenameBlock(old="core", new="heart").apply(RenameBlock(old="unit", new="stage").apply(project))
    assert list(renamed.blocks) == ["stage", "heart"]
    assert renamed.graph.nodes["first"].type == "block:stage"
    assert renamed.blocks["stage"].graph.nodes["core"].type == "block:heart"
    assert infer(renamed).main.parameters == infer(project).main.parameters
    wide = RenameSetting("heart", "filters", "width").apply(
        RenameSetting("stage", "filters", "channels").apply(renamed)
    )
    assert wide.blocks["stage"].exposed == (Exposed("channels", "core", "width"),)
    assert wide.graph.nodes["second"].params == {"channels": 6}
    assert infer(wide).main.parameters == infer(project).main.parameters
    for command_, words in (
        (RenameBlock(old="nobody", new="a"), "no block named nobody"),
        (RenameBlock(old="unit", new="core"), "already a block"),
        (RenameBlock(old="unit", new="ReLU"), "layer type"),
        (RenameBlock(old="unit", new="class"), "meaning"),
        (RenameSetting("unit", "nothing", "x1"), "exposes no setting"),
        (RenameSetting("unit", "filters", "a b"), "cannot be a name"),
    ):
        assert words in refusal(project, command_)


def test_an_own_copy_changes_nothing_until_it_is_changed() -> None:
    """Fails if the copy differs, or a change of it reaches the others."""
    project = block_net(1)
    own = DuplicateAsOwn(name="second").apply(project)
    assert own.graph.nodes["second"].type == "block:unit2"
    assert own.blocks["unit2"] == own.blocks["unit"]
    assert infer(own).main.parameters == infer(project).main.parameters
    changed = SetSetting("unit2", ("relu",), "nothing", 1)
    assert "no setting" in refusal(own, changed)
    bypassed = SetNodeField("unit2", ("relu",), "bypassed", True).apply(own)
    assert not bypassed.blocks["unit"].graph.nodes["relu"].bypassed
    assert "single layer" in refusal(project, DuplicateAsOwn(name="sum1"))
    only = DuplicateAsOwn(name="first").apply(own)
    assert "the only unit" in refusal(only, DuplicateAsOwn(name="third"))
    shared = SetNodeField(names=("third",), field_name="shares", value="second").apply(project)
    assert "share their weights" in refusal(shared, DuplicateAsOwn(name="second"))
    assert "share their weights" in refusal(shared, DuplicateAsOwn(name="third"))


def test_a_block_goes_with_the_last_instance_that_is_unpacked() -> None:
    """Fails if an instance is left without its block, or if a block stays that nothing uses."""
    project = RemoveNodes(names=("second",)).apply(block_net())
    one_left = UnpackBlock(name="first").apply(project)
    assert "unit" in one_left.blocks
    assert UnpackBlock(name="third").apply(one_left).blocks == {}


def test_a_removed_port_or_layer_leaves_nothing_behind() -> None:
    """Fails if wires of instances dangle, or settings remain for a layer that is gone."""
    project = block_net(1)
    no_port = RemoveNodes("unit", ("y",)).apply(project)
    assert [str(wire) for wire in no_port.graph.wires] == ["picture.output → first.x", "sum1.output → result.x"]
    no_entry = RemoveAndJoin("unit", ("x",)).apply(project)
    assert all(wire.target not in ("first", "second", "third") for wire in no_entry.graph.wires)
    no_layer = RemoveAndJoin("unit", ("conv",)).apply(project)
    assert no_layer.blocks["unit"].exposed == ()
    assert infer(no_layer).problems == ()
    nested = GroupNodes("unit", ("conv", "norm"), "core").apply(project)
    deep = RemoveAndJoin("core", ("conv",)).apply(nested)
    assert deep.blocks["unit"].exposed == deep.blocks["core"].exposed == ()
    assert all(not each.params for each in deep.graph.nodes.values() if each.type == "block:unit")
    assert infer(deep).problems == ()


def test_a_port_added_while_in_use_is_said_at_the_instances() -> None:
    """Fails if a new port goes unnoticed, or stops layers that do not depend on it."""
    project = block_net(1)
    more = AddNodes("unit", (Node("x2", "In"),)).apply(project)
    problems = infer(more).problems
    assert [(p.node, p.code) for p in problems] == [("first", "unwired")]
    assert "x2" in problems[0].sentence
