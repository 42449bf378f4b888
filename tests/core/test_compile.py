"""The printed file is the program that runs."""

from __future__ import annotations

import gc
import linecache
import weakref
from dataclasses import replace

import pytest
import torch
from torch import nn

from app.core.commands import SetBlockNote, SetSetting
from app.core.compile.net import compile_net
from app.core.compile.plan import NotReady, make_plan
from app.core.compile.source import print_source
from app.core.document import Document
from app.core.graph.model import MAIN, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage.templates import load
from tests.support.counting import calls_in
from tests.support.drawings import block_net, chain, node, small_net

LENET = '''"""LeNet-5 on digits, drawn with Netloom."""

import torch
from torch import nn


class LeNet5OnDigits(nn.Module):
    """Takes image (1, 32, 32); gives fc3 (10,). Sizes leave out the batch."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(400, 120)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(120, 84)
        self.relu4 = nn.ReLU()
        self.fc3 = nn.Linear(84, 10)

    def forward(self, image):
        x = self.conv1(image)  # (6, 28, 28)
        x = self.relu1(x)  # (6, 28, 28)
        x = self.pool1(x)  # (6, 14, 14)
        x = self.conv2(x)  # (16, 10, 10)
        x = self.relu2(x)  # (16, 10, 10)
        x = self.pool2(x)  # (16, 5, 5)
        flatten = torch.flatten(x, 1)  # (400,)
        x = self.fc1(flatten)  # (120,)
        x = self.relu3(x)  # (120,)
        x = self.fc2(x)  # (84,)
        x = self.relu4(x)  # (84,)
        x = self.fc3(x)  # (10,)
        return x


class Losses(nn.Module):
    """What training makes small: each loss by its name."""

    def __init__(self):
        super().__init__()
        self.loss = nn.CrossEntropyLoss()

    def forward(self, fc3, label):
        loss = self.loss(fc3, label)
        return {"loss": loss}


def make_optimizers(model):
    """What changes the weights, by what it serves."""
    return {
        "loss": torch.optim.Adam(model.parameters(), lr=0.002, fused=True),
    }


def training_step(model, losses, optimizers, batch):
    """One step on a batch. Gives the value of each loss, and what the metrics read."""
    image, label = batch["digits.image"], batch["digits.label"]
    optimizers["loss"].zero_grad()
    fc3 = model(image)
    loss = losses(fc3, label)["loss"]
    loss.backward()
    optimizers["loss"].step()
    return {"loss": loss.detach()}, {"scores": fc3.detach(), "target": label}


@torch.no_grad()
def validation_step(model, losses, batch):
    """The same on samples that nothing is learned from."""
    image, label = batch["digits.image"], batch["digits.label"]
    fc3 = model(image)
    loss = losses(fc3, label)["loss"]
    return {"loss": loss}, {"scores": fc3, "target": label}


def metric_sums(scores, target):
    """What the metrics add up over the batches of an epoch."""
    predicted = scores.argmax(-1)
    return {
        "right": (predicted == target).sum(),
        "answers": target.numel(),
    }


def metric_values(sums):
    """The metrics of an epoch."""
    return {
        "accuracy": sums["right"].item() / sums["answers"],
    }
'''


def test_lenet_reads_like_a_file_written_by_hand() -> None:
    """Fails if the printed text changes at all; look at it before approving a new one."""
    assert print_source(make_plan(load("lenet_digits"))).text == LENET


def test_the_same_seed_gives_the_same_weights_and_leaves_torch_alone() -> None:
    """Fails if making a model disturbs another run's random numbers."""
    net = compile_net(small_net())
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = net.model(seed=3).state_dict(), net.model(seed=3).state_dict()
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[key], second[key]) for key in first)
    torch.manual_seed(3)
    by_hand = net.model().state_dict()
    assert all(torch.equal(first[key], by_hand[key]) for key in first)


class Unit(nn.Module):
    """The block of ``block_net`` by hand."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, 3, padding=1)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(self.conv(x)))


def test_blocks_repeat_and_shortcuts_equal_the_same_net_by_hand() -> None:
    """Fails if an instance gets another's settings, a repetition is lost, or the sum reads the wrong values."""
    net = compile_net(block_net())
    model = net.model(seed=0).eval()
    first, second = Unit(3, 8), Unit(8, 6)
    third = nn.Sequential(Unit(6, 6), Unit(6, 6), Unit(6, 6))
    state = model.state_dict()
    for prefix, module in (("first", first), ("second", second), ("third", third)):
        module.load_state_dict({k.removeprefix(prefix + "."): v for k, v in state.items() if k.startswith(prefix)})
        module.eval()
    x = torch.rand(2, 3, 12, 12)
    middle = second(first(x))
    torch.testing.assert_close(model(x), third(middle) + middle)
    assert net.source.text.count("nn.Conv2d(") == 1
    assert "Unit(in_channels=3, out_channels=8)" in net.source.text


def test_values_inside_blocks_can_be_captured() -> None:
    """Fails if the probed form computes something else, or leaves the model in another mode."""
    net = compile_net(block_net(repeat=1))
    model = net.model(seed=0).train()
    x = torch.rand(2, 3, 12, 12)
    found = net.capture(model, [x], ["first/conv", "sum1", "picture"])
    torch.testing.assert_close(found["first/conv"], model.first.conv(x))
    torch.testing.assert_close(found["picture"], x)
    assert model.training
    assert model.first.norm.training
    torch.testing.assert_close(found["sum1"], model.eval()(x))
    with pytest.raises(KeyError, match="nobody has no value"):
        net.capture(model, [x], ["nobody"])


def test_a_failing_capture_restores_the_mode() -> None:
    """Fails if a wrong input leaves dropout and batch norm in evaluation mode for the rest of a training."""
    net = compile_net(small_net())
    model = net.model().train()
    with pytest.raises(RuntimeError):
        net.capture(model, [torch.rand(1, 3, 8, 8)])
    assert all(module.training for module in model.modules())


def test_a_muted_layer_is_not_in_the_text_and_its_value_is_what_it_hands_on() -> None:
    """Fails if muting leaves traces, or asking for a muted layer's value is an error."""
    project = small_net()
    project = replace(project, graph=project.graph.with_nodes(replace(project.graph.nodes["relu1"], bypassed=True)))
    net = compile_net(project)
    assert "relu1" not in net.source.text
    assert "flatten = torch.flatten(x, 1)" in net.source.text
    model = net.model()
    x = torch.rand(1, 1, 8, 8)
    found = net.capture(model, [x], ["relu1", "conv1", "digits"])
    assert torch.equal(found["relu1"], found["conv1"])
    assert torch.equal(found["digits"], x)


def test_shared_layers_are_one_module() -> None:
    """Fails if tied layers get weights of their own."""
    graph = Graph.of(
        [
            node("a", "Input", shape=(8,)),
            node("b", "Input", shape=(8,)),
            node("fc1", "Linear", out_features=4),
            replace(node("fc2", "Linear", out_features=4), shares="fc1"),
            node("sum1", "Add"),
            node("end", "Output"),
        ],
        [*chain("b", "fc2", "sum1.xs"), *chain("a", "fc1", "sum1.xs"), *chain("sum1", "end")],
    )
    net = compile_net(Project("Siamese", graph=graph))
    model = net.model()
    assert set(model.state_dict()) == {"fc1.weight", "fc1.bias"}
    a, b = torch.rand(2, 8), torch.rand(2, 8)
    inputs = {"a": a, "b": b}
    given = [inputs[entry.node] for entry in net.plan.inputs]
    torch.testing.assert_close(model(*given), model.fc1(a) + model.fc1(b))


def test_repeated_layers_without_a_plain_call_are_walked_through() -> None:
    """Fails if a repeated LSTM is called as if it gave one value, or a repeated sum is not repeated."""
    graph = Graph.of(
        [
            node("text", "Input", shape=(5, 4)),
            replace(node("lstm1", "LSTM", hidden_size=4), repeat=3),
            replace(node("relu1", "ReLU"), repeat=2),
            node("end", "Output"),
        ],
        chain("text", "lstm1", "relu1", "end"),
    )
    net = compile_net(Project("Stack", graph=graph))
    model = net.model(seed=0)
    x = torch.rand(2, 5, 4)
    value = x
    for part in model.lstm1:
        value, _ = part(value)
    assert len(model.lstm1) == 3
    torch.testing.assert_close(model(x), torch.relu(value))
    torch.testing.assert_close(net.capture(model, [x], ["relu1"])["relu1"], torch.relu(value))
    assert infer(Project(graph=graph)).main.parameters == sum(p.numel() for p in model.parameters())


def test_loose_ends_are_left_out_and_named() -> None:
    """Fails if a layer that leads nowhere takes part in training."""
    project = small_net()
    graph = project.graph.with_nodes(node("aside", "Linear"))
    graph = graph.with_wires([*graph.wires, Wire("flatten", "output", "aside", "x")])
    plan = make_plan(replace(project, graph=graph))
    assert plan.unused == ("aside",)
    assert "aside" not in print_source(plan).text


def test_fields_get_other_names_where_layers_have_theirs() -> None:
    """Fails if a layer called image or label hides the data."""
    project = small_net()
    graph = Graph.of(
        [
            project.graph.nodes["digits"],
            replace(project.graph.nodes["flatten"], name="image"),
            replace(project.graph.nodes["fc1"], name="label"),
            project.graph.nodes["loss"],
        ],
        [*chain("digits.image", "image", "label", "loss.prediction"), Wire("digits", "label", "loss", "target")],
    )
    net = compile_net(replace(project, graph=graph))
    batch = {"digits.image": torch.rand(3, 1, 8, 8), "digits.label": torch.tensor([1, 2, 3])}
    model = net.model()
    returned = model(*net.inputs_from(batch))
    value = net.loss_values(net.losses(), returned, batch)["loss"]
    expected = nn.functional.cross_entropy(model.label(batch["digits.image"].flatten(1)), batch["digits.label"])
    torch.testing.assert_close(value, expected)


def test_an_error_inside_names_its_layer() -> None:
    """Fails if a student cannot see which layer torch complained about, also inside a block."""
    net = compile_net(block_net(repeat=1))
    model = net.model()
    with pytest.raises(RuntimeError) as error:
        model(torch.rand(2, 5, 12, 12))
    assert net.explain(error.value)[0] == "first/conv"
    node_, sentence = net.explain(torch.OutOfMemoryError("CUDA out of memory."))
    assert node_ is None
    assert "smaller batch" in sentence


def test_text_from_a_stranger_cannot_leave_the_docstring() -> None:
    """Fails if a title could close the docstring and run."""
    title = '"""\nimport os; os.system("touch /tmp/owned")\n"""\\'
    text = print_source(make_plan(small_net(title=title))).text
    assert text.splitlines()[0].count('"""') == 2
    assert "import os" in text.splitlines()[0]
    compile(text, "generated", "exec")
    assert sum(line.startswith("import") for line in text.splitlines()) == 1


def test_an_illegal_name_never_reaches_the_printer() -> None:
    """Fails if a drawing made in code could smuggle text into the file through a name."""
    project = small_net()
    name = "x = 1; import os #"
    graph = project.graph.with_nodes(Node(name, "ReLU"))
    graph = graph.with_wires([*graph.wires, Wire("fc1", "output", name, "x")])
    with pytest.raises(NotReady, match="cannot be a name"):
        make_plan(replace(project, graph=graph))


def test_probed_lines_and_line_numbers() -> None:
    """Fails if the code panel would highlight another layer's lines."""
    source = print_source(make_plan(small_net()))
    rows = source.text.splitlines()
    for number, (_, name) in source.lines.items():
        assert name in rows[number - 1]
    assert len(source.lines_of("", "conv1")) == 2


def test_a_hundred_compilations_leave_no_text_behind() -> None:
    """Fails if the lines kept for tracebacks outlive their net, or go while a model of it still runs."""
    gc.collect()
    before = set(linecache.cache)
    for seed in range(100):
        compile_net(load("mlp_digits")).model(seed)
    model = compile_net(load("mlp_digits")).model(0)
    file = type(model).forward.__code__.co_filename
    gc.collect()
    assert set(linecache.cache) - before == {file}
    assert "def forward" in "".join(linecache.getlines(file))
    del model
    gc.collect()
    assert set(linecache.cache) == before


def test_the_work_of_compiling_grows_with_the_length_of_the_drawing() -> None:
    """Fails if each printed line asks about all the others again: eight times the layers, 64 times the work."""

    def project(count: int) -> Project:
        names = [f"relu{number}" for number in range(count)]
        nodes = [node("x", "Input", shape=(8,)), *(node(name, "ReLU") for name in names), node("out", "Output")]
        return Project(graph=Graph.of(nodes, chain("x", *names, "out")))

    short, long = project(250), project(2_000)
    compile_net(project(2))  # what the first compilation alone looks up does not count
    assert calls_in(lambda: compile_net(long)) < 10 * calls_in(lambda: compile_net(short))


def test_a_block_is_planned_once_and_again_when_it_changes() -> None:
    """Fails if an edit elsewhere makes every instance be planned anew, or one of the block is not seen in the plan."""
    document = Document(load("resnet18"))
    before = [step.inner for step in make_plan(document.project, document.report).graph.steps if step.inner]
    assert before
    head = next(node.name for node in document.project.graph.nodes.values() if node.type == "Linear")
    document.do(SetSetting(MAIN, (head,), "out_features", 7))
    after = [step.inner for step in make_plan(document.project, document.report).graph.steps if step.inner]
    assert all(one is other for one, other in zip(before, after, strict=True))
    name = after[0].where
    document.do(SetBlockNote(name, "Told anew."))
    noted = [step.inner for step in make_plan(document.project, document.report).graph.steps if step.inner]
    assert {inner.note for inner in noted if inner.where == name} == {"Told anew."}
    assert make_plan(document.project, infer(document.project)) == make_plan(document.project, document.report)


def test_a_look_lets_go_of_what_nobody_asked_for() -> None:
    """Fails if the probed form holds all values of a block until its end: a look at one layer of a large net would
    need the memory of all, and take a third longer."""
    net = compile_net(load("resnet18"))
    model = net.model(seed=0).eval()
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0

    def count(path: str, value: torch.Tensor) -> torch.Tensor:
        nonlocal most
        alive.append(weakref.ref(value))
        most = max(most, sum(each() is not None for each in alive))
        return value

    watched, copied = net.with_changed_values(model, count)
    picture = torch.rand(1, *net.plan.inputs[0].shape.sizes)
    with torch.no_grad():
        found = copied(picture)
        assert torch.equal(found, model(picture))
    assert len(alive) > 60
    assert most <= 10
    assert watched.changes_values
