"""Weights set by hand: as they are written so they are printed, built and run; what does not fit is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from app.cli.main import run
from app.core.checks.lint import notes
from app.core.commands import SetSetting
from app.core.commands.settings import ResetSetting
from app.core.compile.net import compile_net
from app.core.compile.plan import NotReady
from app.core.document import Document
from app.core.graph.model import MAIN, Graph, Project, Wire
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from app.insight.samples import load_samples
from nodes.api import Example, Layer
from nodes.api import given as given_module
from nodes.api.given import BadGiven, entries_of, fitted, resized, written
from nodes.api.registry import layers
from tests.support.drawings import chain, node

WEIGHTS = [layer for layer in layers().values() if "given" in layer.common]


def perceptron(given: str, inputs: int = 3, **params: object) -> Project:
    """Three numbers, one weighted sum, a threshold."""
    nodes = [
        node("x", "Input", shape=(inputs,)),
        node("weigh", "Linear", **{"out_features": 1, "init": "given", "given": given, **params}),
        node("decide", "HardThreshold"),
        node("go", "Output"),
    ]
    return Project("Perceptron", graph=Graph.of(nodes, chain("x", "weigh", "decide", "go")))


@pytest.mark.parametrize("layer", WEIGHTS, ids=lambda layer: layer.id)
def test_every_layer_with_weights_takes_numbers_by_hand(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a layer calls its weights otherwise than torch, or a number lands at another place than in memory."""
    monkeypatch.setattr(given_module, "MOST", 1_000_000)  # some examples are larger than what is set by hand
    monkeypatch.setattr(given_module, "LONGEST", 100_000_000)

    def size(example: Example) -> int:
        built = layer.build(layer.wired(example), layer.settings(dict(example.params)))
        return sum(int(np.prod(shape)) for shape in built.weights.values())

    example = min((each for each in layer.examples if size(each)), key=size)
    params, count = dict(example.params), size(example)
    built = layer.build(layer.wired(example), layer.settings(params))
    numbers = np.arange(count, dtype=np.float32) / 64 - 1
    text, first = [], 0
    for name, shape in built.weights.items():
        many = int(np.prod(shape))
        text.append(f"{name}: {' '.join(map(str, numbers[first : first + many].tolist()))}")
        first += many
    settings = layer.settings({**params, "init": "given", "given": "; ".join(text)})
    arrived = [(port, shape) for port, shapes in layer.wired(example).items() for shape in shapes]
    ins = [node(f"in{at}", "Input", shape=shape.sizes, dtype=shape.dtype) for at, (_, shape) in enumerate(arrived)]
    wires = [Wire(each.name, "output", "it", port) for each, (port, _) in zip(ins, arrived)]
    outs = [node("out", "Output")]
    wires += [Wire("it", layer.outputs[0], "out", "x")]
    project = Project("One", graph=Graph.of([*ins, node("it", layer.id, **settings), *outs], wires))
    made = compile_net(project).model(seed=1).get_submodule("it")
    found = torch.cat([dict(made.named_parameters())[name].detach().flatten() for name in built.weights])
    assert torch.equal(found, torch.from_numpy(numbers))


def test_the_concert_is_decided_by_the_numbers_that_were_written() -> None:
    """Fails if weights or bias are other numbers than those in the drawing, in the window or in the printed file."""
    net = compile_net(perceptron("6 2 2; -5"))
    rows = torch.tensor([[a, b, c] for a in (0.0, 1.0) for b in (0.0, 1.0) for c in (0.0, 1.0)])
    expected = (rows @ torch.tensor([6.0, 2.0, 2.0]) > 5).float()
    with torch.no_grad():
        assert torch.equal(net.model(seed=0)(rows)[:, 0], expected)
    names: dict[str, object] = {}
    exec(net.source.text, names)
    printed: nn.Module = names["Perceptron"]()  # type: ignore[operator]
    with torch.no_grad():
        assert torch.equal(printed(rows)[:, 0], expected)
    assert 'given(nn.Linear(3, 1), {"weight": [[6.0, 2.0, 2.0]], "bias": [-5.0]})' in net.source.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("6 2", "weight is 1×3, so it needs 3 numbers, and 2 are given"),
        ("6 2 2 2; -5", "it needs 3 numbers, and 4 are given"),
        ("6 2 2; -5; 1", "There are no weights for the 3th entry"),
        ("gain: 1", "There are no weights gain. This layer has weight"),
        ("weight 1×2: 6 2 3", "says 1×2, which is 2 numbers, but 3 stand there"),
        ("weight: six", "'six' is no number"),
        ("weight: 1e40 0 0", "cannot be calculated with"),
        ("weight: nan 0 0", "cannot be calculated with"),
        ("weight: 1 2 3; weight: 1 2 3", "stands there twice"),
    ],
)
def test_what_does_not_fit_is_told(text: str, words: str) -> None:
    """Fails if a wrong number of numbers is filled up or cut in silence, or ends in an error of Python."""
    with pytest.raises(NotReady, match=words):
        compile_net(perceptron(text))


def test_a_wrong_count_has_a_fix_that_keeps_what_is_there() -> None:
    """Fails if the remedy throws the numbers away or leaves the problem."""
    project = perceptron("6 2; -5")
    (problem,) = infer(project).problems
    fixed = fitted(problem.fixes[0].value, {"weight": (1, 3), "bias": (1,)})  # type: ignore[union-attr]
    assert fixed == ({"weight": (6.0, 2.0, 0.0), "bias": (-5.0,)}, ())


def test_numbers_stay_at_their_places_when_the_layer_becomes_larger_or_smaller() -> None:
    """Fails if a number moves to another output or input, or nobody is told that some are new."""
    given = "weight 2×3: 1 2 3 4 5 6; bias 2: 7 8"
    project = perceptron(given, inputs=4, out_features=3)
    weights = compile_net(project).model(seed=0).state_dict()
    assert weights["weigh.weight"].tolist() == [[1, 2, 3, 0], [4, 5, 6, 0], [0, 0, 0, 0]]
    assert weights["weigh.bias"].tolist() == [7, 8, 0]
    (note,) = (each for each in notes(project, infer(project)) if each.code == "given_resized")
    assert "weight was given as 2×3 and is 3×4 now: what fits is kept, the rest is 0" in note.sentence
    document = Document(project)
    document.do(SetSetting(MAIN, ("weigh",), "given", note.fixes[0].value))  # type: ignore[union-attr]
    assert not [each for each in notes(document.project, infer(document.project)) if each.code == "given_resized"]
    assert compile_net(document.project).model(seed=0).state_dict()["weigh.weight"].equal(weights["weigh.weight"])
    smaller = perceptron(given, inputs=2, out_features=1)
    assert compile_net(smaller).model(seed=0).state_dict()["weigh.weight"].tolist() == [[1, 2]]


def test_resizing_is_that_of_slices_of_an_array() -> None:
    """Fails if one of several axes is taken for another."""
    generator = np.random.default_rng(0)
    for _ in range(20):
        before, after = (tuple(generator.integers(1, 4, 4).tolist()) for _ in range(2))
        array = generator.normal(size=before)
        expected = np.zeros(after)
        part = tuple(slice(min(a, b)) for a, b in zip(before, after))
        expected[part] = array[part]
        assert np.array_equal(np.reshape(resized(array.flatten().tolist(), before, after), after), expected)


def test_what_was_written_is_read_again_in_single_precision() -> None:
    """Fails if a number changes on its way through the drawing."""
    values = np.random.default_rng(0).normal(size=200).astype(np.float32)
    shapes = {"weight": (10, 20), "out_proj.bias": ()}
    text = written({"weight": tuple(values.tolist()), "out_proj.bias": (3.0,)}, shapes)
    weight, bias = entries_of(text)
    assert np.array_equal(np.float32(weight.numbers), values)
    assert (weight.shape, bias.name, bias.numbers) == ((10, 20), "out_proj.bias", (3.0,))


def test_a_large_layer_is_not_set_by_hand() -> None:
    """Fails if a drawing file may hold a whole network as text."""
    with pytest.raises(BadGiven, match="up to 4,096 numbers, and this one has 4,100"):
        fitted("", {"weight": (41, 100)})


def test_a_layer_that_says_nothing_keeps_no_word_of_it() -> None:
    """Fails if every layer of every file gets another line."""
    settings = next(each for each in WEIGHTS if each.id == "Linear").settings({})
    assert "given" not in settings
    assert "given" not in json.dumps(dict(node("x", "Input").params), default=list)


def test_a_reset_leaves_no_word_either() -> None:
    """Fails if resetting numbers keeps an empty setting, with which the drawing differs from its own file."""
    document = Document(perceptron("weight 1×3: 6 2 2; bias 1: -5"))
    document.do(ResetSetting(MAIN, ("weigh",), "given"))
    assert "given" not in document.project.graph.nodes["weigh"].params
    assert read_text(to_text(document.project).encode(), "drawing").project == document.project


def test_inputs_set_by_hand_come_in(tmp_path: Path) -> None:
    """Fails if noise is shown where somebody has said what comes in."""
    nodes = [node("x", "Input", shape=(3,), given="1 0 1; 0 0.5 0"), node("fc", "Linear"), node("out", "Output")]
    project = Project("Inputs", graph=Graph.of(nodes, chain("x", "fc", "out")))
    samples = load_samples(compile_net(project), project.recipe)
    assert samples.fields["x.output"].tolist() == [[1, 0, 1], [0, 0.5, 0]]
    assert samples.names == ("1 0 1", "0 0.5 0")
    assert "noise" not in samples.note
    file = tmp_path / "inputs.netloom"
    file.write_text(to_text(project), encoding="utf-8")
    out = tmp_path / "fc.npz"
    assert run(["inspect", str(file), "--view", "activations", "--node", "fc", "--sample", "1", "-o", str(out)]) == 0
    net = compile_net(project)
    with torch.no_grad():
        expected = net.model(project.recipe.seed)(samples.fields["x.output"][1:2])
    with np.load(out) as numbers:
        assert any(
            np.allclose(value.reshape(-1), expected[0].numpy()) for value in numbers.values() if value.size == 10
        )
    wrong = [node("x", "Input", shape=(3,), given="1 0"), node("out", "Output")]
    (problem, *_) = infer(Project("Wrong", graph=Graph.of(wrong, chain("x", "out")))).problems
    assert "needs 3 numbers, and sample 1 has 2" in problem.sentence
