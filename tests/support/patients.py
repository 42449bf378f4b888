"""Nets that are broken by a real cause, with the node to blame, and healthy ones: what the doctor is tried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.core.checks.lint import notes
from app.core.compile.net import compile_net
from app.core.graph.model import Project, Wire
from app.core.inference import infer
from app.core.storage import templates
from app.training.events import Diagnosed, Failed
from app.training.loop import train
from tests.support.drawings import node
from tests.training.nets import digits_net

# Told while training without being a finding about the net.
ELSE = ("corrections", "metrics", "threads", "unreadable", "precision")
Make = Callable[[Path], Project]
Layers = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Patient:
    """One net. ``code`` is what is wrong with it and ``node`` where (None: nowhere in particular); both empty for a
    healthy one."""

    name: str
    make: Make
    codes: tuple[str, ...] = ()
    node: str | None = ""


def told(project: Project) -> list[tuple[str, str | None]]:
    """All that is said of a drawing, its data and its training: codes and nodes."""
    found: list[tuple[str, str | None]] = [
        (note.code, note.node) for note in notes(project, infer(project)) if note.code != "untrained"
    ]
    for event in train(compile_net(project), project.recipe):
        if isinstance(event, Diagnosed) and event.code not in ELSE:
            found.append((event.code, event.node))
        elif isinstance(event, Failed):
            found.append(("failed", event.node))
    return found


def as_named(patient: Patient, found: Sequence[tuple[str, str | None]]) -> bool:
    """Whether what was said is right: at the node, for the cause; of a healthy net nothing."""
    if not patient.codes:
        return not found
    return any(code in patient.codes and place == patient.node for code, place in found)


def trained(project: Project, **settings: Any) -> Project:
    """The drawing with other settings of the training."""
    own = {
        name: settings.pop(name)
        for name in list(settings)
        if name in ("momentum", "weight_decay", "gamma", "step_size")
    }
    recipe = replace(project.recipe, **{"device": "cpu", **settings})
    return replace(project, recipe=recipe.with_settings(**own) if own else recipe)


def mlp(*between: tuple[Any, ...], width: int = 64, head: bool = True, **settings: Any) -> Project:
    """Digits through these layers, with a last one for the ten classes."""
    layers = [("flatten", "Flatten"), *between, *([("out", "Linear", {"out_features": 10})] if head else [])]
    return trained(digits_net(*layers), **{"epochs": 12, "optimizer": "Adam", "lr": 0.002, **settings})


def pair(epochs: int = 20, **rates: float) -> Project:
    """Generator and judge in the plane, with learning rates of their own by loss."""
    project = trained(templates.load("gan_points"), epochs=epochs)
    nodes = project.graph.nodes
    changed = [nodes[name].with_param("lr", rate) for name, rate in rates.items()]
    return replace(project, graph=project.graph.with_nodes(*changed))


def deep(count: int, kind: str, width: int = 64, **settings: Any) -> Project:
    """``count`` layers of one function."""
    layers = []
    for place in range(1, count + 1):
        layers += [(f"fc{place}", "Linear", {"out_features": width}), (f"f{place}", kind)]
    return mlp(*layers, **settings)


def fc(name: str, width: int = 64, **params: Any) -> tuple[Any, ...]:
    return (name, "Linear", {"out_features": width, **params})


def template(name: str, **settings: Any) -> Project:
    return trained(templates.load(name), **settings)


def table(folder: Path, name: str, header: str, rows: Sequence[Sequence[object]], **settings: Any) -> Project:
    """The net that is suggested for a table."""
    from app.cli.main import run
    from app.cli.out import sound_project

    file = folder / f"{name}.csv"
    file.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    assert run(["start", str(file), "-o", str(folder / f"{name}.netloom")]) == 0
    project, _ = sound_project(str(folder / f"{name}.netloom"))
    return trained(project, **{"epochs": 12, **settings})


def without(project: Project, *names: str) -> Project:
    """The drawing without these layers, joined over the gap."""
    from app.core.commands import RemoveAndJoin

    return RemoveAndJoin("", names).apply(project)


def clouds(
    folder: Path, name: str, count: int = 300, apart: float = 1.2, counts: Sequence[int] = (), **more: Any
) -> Project:
    """Two clouds of points in four dimensions."""
    rng = np.random.default_rng(0)
    sizes = counts or (count // 2, count - count // 2)
    rows = [
        [*(f"{v:.5f}" for v in rng.normal(size=4) * more.get("scale", 1.0) + apart * kind), f"k{kind}"]
        for kind, size in enumerate(sizes)
        for _ in range(size)
    ]
    if more.get("tell"):
        rows = [[*row[:-1], f"{(5 if row[-1] == 'k1' else -5) + 0.1 * rng.normal():.4f}", row[-1]] for row in rows]
    rows += rows[: more.get("twice", 0)]
    order = rng.permutation(len(rows))
    header = "a,b,c,d,e,kind" if more.get("tell") else "a,b,c,d,kind"
    settings = {key: value for key, value in more.items() if key not in ("scale", "tell", "twice")}
    return table(folder, name, header, [rows[place] for place in order], **settings)


def regression(last: str, source: str = "TeachingCurve", **settings: Any) -> Project:
    """A curve with targets from −1 to 1 that ends in some function."""
    from app.core.graph.model import Graph
    from tests.support.drawings import chain

    names = ["fc1", "f1", "fc2", *([last.lower()] if last else [])]
    nodes = [
        node("curve", source),
        node("fc1", "Linear", out_features=32),
        node("f1", "Tanh"),
        node("fc2", "Linear", out_features=1),
        *([node(last.lower(), last)] if last else []),
        node("loss", "MSELoss"),
    ]
    wires = [*chain("curve.x", *names, "loss.prediction"), Wire("curve", "y", "loss", "target")]
    return trained(Project("Curve", graph=Graph.of(nodes, wires)), **{"epochs": 30, "lr": 0.01, **settings})


def _samples(project: Project, validation: float) -> Project:
    return trained(project, validation=validation)


def _wrong_wire() -> Project:
    """The labels are read as the target of numbers."""
    project = digits_net(("flatten", "Flatten"), fc("out", 1), loss="MSELoss")
    return trained(project, epochs=5)


CONV = ("conv1", "Conv2d", {"out_channels": 8, "kernel_size": (3, 3)})
BARE = ("conv1", "Conv2d", {"out_channels": 8, "kernel_size": (3, 3), "bias": False})
RELU = ("relu1", "ReLU")
BIG = {"epochs": 12, "optimizer": "SGD"}

BROKEN: tuple[Patient, ...] = (
    # the drawing
    Patient(
        "softmax before cross-entropy",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 10), ("soft", "Softmax"), head=False),
        ("softmax_twice",),
        "soft",
    ),
    Patient(
        "sigmoid before cross-entropy",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 10), ("sig", "Sigmoid"), head=False),
        ("sigmoid_twice",),
        "sig",
    ),
    Patient(
        "ReLU on the scores",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 10), ("relu2", "ReLU"), head=False),
        ("relu_scores",),
        "relu2",
    ),
    Patient(
        "tanh on the scores",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 10), ("tanh", "Tanh"), head=False),
        ("bounded_scores",),
        "tanh",
    ),
    Patient(
        "raw scores to NLL",
        lambda _: trained(digits_net(("flatten", "Flatten"), fc("out", 10), loss="NLLLoss"), epochs=4),
        ("raw_scores", "below"),
        "loss",
    ),
    Patient("no function between", lambda _: mlp(fc("fc1"), fc("fc2"), epochs=4), ("stacked",), "fc2"),
    Patient("MSE for classes", lambda _: _wrong_wire(), ("label_number",), "loss"),
    Patient("bias before batch norm", lambda _: mlp(CONV_FREE_FC, ("bn1", "BatchNorm1d"), RELU), ("idle_bias",), "fc1"),
    Patient(
        "bias of a convolution",
        lambda _: trained(
            digits_net(CONV, ("bn1", "BatchNorm2d"), RELU, ("flatten", "Flatten"), fc("out", 10)), epochs=3
        ),
        ("idle_bias",),
        "conv1",
    ),
    Patient(
        "dropout before batch norm",
        lambda _: mlp(fc("fc1"), RELU, ("drop", "Dropout", {"p": 0.5}), ("bn1", "BatchNorm1d")),
        ("dropout_before_norm",),
        "drop",
    ),
    Patient(
        "dropout on the scores",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 10), ("drop", "Dropout", {"p": 0.5}), head=False),
        ("dropout_last",),
        "drop",
    ),
    Patient(
        "batch norm over two samples",
        lambda _: mlp(fc("fc1", bias=False), ("bn1", "BatchNorm1d"), RELU, batch_size=2, epochs=1),
        ("tiny_batch",),
        "bn1",
    ),
    Patient(
        "weights given for another shape",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 10, init="given", given="weight 1×2: 3 4"), head=False, epochs=1),
        ("given_resized",),
        "out",
    ),
    Patient(
        "scores without classes",
        lambda _: mlp(fc("fc1"), RELU, fc("out", 20), head=False, epochs=3),
        ("scores",),
        "loss",
    ),
    # the data
    Patient(
        "sigmoid before targets below 0", lambda _: regression("Sigmoid"), ("unreachable", "relu_targets"), "sigmoid"
    ),
    Patient("ReLU before targets below 0", lambda _: regression("ReLU"), ("unreachable", "relu_targets"), "relu"),
    Patient("sigmoid before targets over 1", lambda d: _targets_over_one(d), ("unreachable",), "unstandardize1"),
    Patient(
        "columns in millions",
        lambda d: without(clouds(d, "millions", scale=2e6, apart=3e6), "standardize1"),
        ("input_scale",),
        "fc1",
    ),
    Patient(
        "pixels from 0 to 255",
        lambda d: without(clouds(d, "pixels", scale=100.0, apart=150.0), "standardize1"),
        ("input_scale",),
        "fc1",
    ),
    Patient("a class of two samples", lambda d: clouds(d, "rare", counts=(300, 3)), ("rare_class",), "table1"),
    Patient("a column that is the answer", lambda d: clouds(d, "tale", tell=True), ("tell_tale",), "table1"),
    Patient("a column that is the number", lambda d: _told_price(d), ("tell_tale",), "table1"),
    Patient("rows that are there twice", lambda d: clouds(d, "twice", twice=150), ("leaked",), "table1"),
    Patient("180 samples", lambda _: _few(), ("few_samples", "gap", "overfitting"), "digits"),
    # the training
    Patient("eight sigmoids", lambda _: deep(8, "Sigmoid"), ("vanishing",), "fc1"),
    Patient("six sigmoids", lambda _: deep(6, "Sigmoid"), ("vanishing",), "fc1"),
    Patient("ten sigmoids", lambda _: deep(10, "Sigmoid", 32), ("vanishing",), "fc1"),
    Patient("eight sigmoids, SGD", lambda _: deep(8, "Sigmoid", optimizer="SGD", lr=0.1), ("vanishing",), "fc1"),
    Patient("eight tanhs with small start weights", lambda _: _faint_tanhs(), ("faded",), "f7"),
    Patient(
        "twenty ReLUs with usual start weights",
        lambda _: deep(20, "ReLU", 32, optimizer="SGD", lr=0.01),
        ("vanishing",),
        "fc1",
    ),
    Patient(
        "rate of 1 for Adam",
        lambda _: mlp(fc("fc1"), RELU, lr=1.0),
        ("dead", "lr_high", "large_updates", "swinging"),
        "relu1",
    ),
    Patient(
        "rate of 10 for SGD",
        lambda _: mlp(fc("fc1"), ("tanh1", "Tanh"), optimizer="SGD", lr=10.0),
        ("lr_high",),
        "loss",
    ),
    Patient(
        "rate of a millionth",
        lambda _: mlp(fc("fc1"), RELU, optimizer="SGD", lr=1e-6),
        ("no_progress", "small_updates", "chance"),
        "loss",
    ),
    Patient("penalty on sizes of 1", lambda _: mlp(fc("fc1"), RELU, l1=1.0), ("no_progress",), "loss"),
    Patient(
        "clipped to nothing",
        lambda _: mlp(fc("fc1"), RELU, optimizer="SGD", lr=0.1, clip_value=1e-7),
        ("no_progress",),
        "loss",
    ),
    Patient(
        "dropout of nearly all",
        lambda _: mlp(fc("fc1", 16), RELU, ("drop", "Dropout", {"p": 0.99})),
        ("no_progress",),
        "drop",
    ),
    Patient(
        "rate of 0.0001 for SGD, small batches",
        lambda _: mlp(fc("fc1"), RELU, optimizer="SGD", lr=1e-4, batch_size=4, epochs=5),
        ("small_updates",),
        "out",
    ),
    Patient("rate of 0.3 for Adam, three layers", lambda _: deep(3, "ReLU", lr=0.3), ("dead",), "f2"),
    Patient(
        "rate that falls to nothing",
        lambda _: trained(mlp(fc("fc1"), RELU, epochs=20, schedule="exponential"), gamma=0.3),
        ("rate_gone",),
        None,
    ),
    Patient(
        "rate that falls in steps",
        lambda _: trained(mlp(fc("fc1"), RELU, epochs=20, schedule="step"), step_size=1, gamma=0.1),
        ("rate_gone",),
        None,
    ),
    Patient(
        "start weights of zero",
        lambda _: mlp(
            fc("fc1", init="constant", init_value=0.0),
            RELU,
            fc("out", 10, init="constant", init_value=0.0),
            head=False,
        ),
        ("dead",),
        "relu1",
    ),
    Patient("large start weights before tanh", lambda _: _wide_tanhs(), ("saturated",), "f2"),
    Patient("adversarial of 0.3", lambda _: template("lenet_digits", adversarial=0.3, epochs=9), ("leaking",), None),
    Patient(
        "adversarial of 1", lambda _: template("mlp_digits", adversarial=1.0, epochs=12, seed=3), ("leaking",), None
    ),
    Patient("average over far too many steps", lambda _: mlp(fc("fc1"), RELU, average=0.9999), ("average",), None),
    Patient("one class for all", lambda d: clouds(d, "uneven", apart=0.0, counts=(380, 40)), ("collapse",), "loss"),
    Patient(
        "labels by chance",
        lambda d: clouds(d, "chance", apart=0.0, count=4000, epochs=9),
        ("chance", "collapse"),
        "loss",
    ),
    Patient("pair whose judge lags", lambda _: pair(judge_real=0.0001, fool=0.01), ("mode_collapse",), "generator"),
    Patient("pair whose generator rushes", lambda _: pair(epochs=25, fool=0.03), ("mode_collapse",), "generator"),
)


HEALTHY: tuple[Patient, ...] = tuple(
    [
        Patient(f"{name}, seed {seed}", lambda _, n=name, s=seed: template(n, seed=s))  # type: ignore[misc]
        for name in ("mlp_digits", "logistic_regression", "autoencoder_digits", "moons")
        for seed in (0, 1, 2)
    ]
    + [Patient(f"lenet_digits, seed {seed}", lambda _, s=seed: template("lenet_digits", seed=s)) for seed in (0, 1)]  # type: ignore[misc]
    + [
        Patient("one hidden layer", lambda _: mlp(fc("fc1"), RELU)),
        Patient("one hidden layer, SGD", lambda _: mlp(fc("fc1"), RELU, optimizer="SGD", lr=0.1)),
        Patient("one hidden layer, momentum", lambda _: mlp(fc("fc1"), RELU, optimizer="SGD", lr=0.05, momentum=0.9)),
        Patient("one hidden layer, rate 0.01", lambda _: mlp(fc("fc1"), RELU, lr=0.01)),
        Patient("one hidden layer, rate 0.0003", lambda _: mlp(fc("fc1"), RELU, lr=0.0003, epochs=30)),
        Patient("cosine", lambda _: mlp(fc("fc1"), RELU, schedule="cosine", epochs=20)),
        Patient("one-cycle", lambda _: mlp(fc("fc1"), RELU, schedule="one-cycle", epochs=20)),
        Patient("cyclic", lambda _: mlp(fc("fc1"), RELU, schedule="cyclic", epochs=20)),
        Patient("warm-up", lambda _: mlp(fc("fc1"), RELU, warmup=3, epochs=15)),
        Patient("falls when it stands", lambda _: mlp(fc("fc1"), RELU, schedule="reduce-on-plateau", epochs=25)),
        Patient("four ReLUs", lambda _: deep(4, "ReLU")),
        Patient("six ReLUs, Adam", lambda _: deep(6, "ReLU", lr=0.001)),
        Patient("three tanhs", lambda _: deep(3, "Tanh")),
        Patient("one sigmoid", lambda _: deep(1, "Sigmoid")),
        Patient("two sigmoids", lambda _: deep(2, "Sigmoid", epochs=25)),
        Patient("dropout", lambda _: mlp(fc("fc1"), RELU, ("drop", "Dropout", {"p": 0.5}), epochs=20)),
        Patient("batch norm", lambda _: mlp(fc("fc1", bias=False), ("bn1", "BatchNorm1d"), RELU)),
        Patient("layer norm", lambda _: mlp(fc("fc1"), ("ln1", "LayerNorm"), RELU)),
        Patient(
            "convolution",
            lambda _: trained(
                digits_net(BARE, ("bn1", "BatchNorm2d"), RELU, ("flatten", "Flatten"), fc("out", 10)),
                epochs=8,
                lr=0.002,
            ),
        ),
        Patient("GELU", lambda _: deep(2, "GELU")),
        Patient("batch of 8", lambda _: mlp(fc("fc1"), RELU, batch_size=8, epochs=6)),
        Patient("batch of 256", lambda _: mlp(fc("fc1"), RELU, batch_size=256, epochs=30, lr=0.01)),
        Patient("RMSprop", lambda _: mlp(fc("fc1"), RELU, optimizer="RMSprop", lr=0.001)),
        Patient("AdamW", lambda _: mlp(fc("fc1"), RELU, optimizer="AdamW", lr=0.002)),
        Patient("curve", lambda _: regression("")),
        Patient("a column that says nearly all of a number", lambda d: _told_price(d, noise=0.03)),
        Patient("curve, tanh", lambda _: regression("Tanh")),
        Patient("clouds", lambda d: clouds(d, "clouds", apart=3.0, epochs=20)),
        Patient("uneven clouds", lambda d: clouds(d, "uneven_well", counts=(360, 60), apart=4.0, epochs=40)),
        Patient("pair in the plane", lambda _: pair(epochs=150)),
        Patient("pair in the plane, both quicker", lambda _: pair(epochs=40, judge_real=0.002, fool=0.002)),
        Patient("adversarial of 0.1", lambda _: template("mlp_digits", adversarial=0.1, epochs=12, seed=5)),
        Patient("adversarial of 0.1, convolutions", lambda _: template("lenet_digits", adversarial=0.1, epochs=12)),
        Patient("average of 0.999", lambda _: mlp(fc("fc1"), RELU, average=0.999, epochs=60)),
        Patient("average of 0.99", lambda _: mlp(fc("fc1"), RELU, average=0.99, epochs=20)),
        Patient("penalty on sizes", lambda _: mlp(fc("fc1"), RELU, l1=1e-4)),
        Patient("clipped gradients", lambda _: mlp(fc("fc1"), RELU, clip_norm=1.0)),
        Patient("Muon", lambda _: mlp(fc("fc1"), RELU, optimizer="Muon", lr=0.02)),
        Patient("Adagrad", lambda _: mlp(fc("fc1"), RELU, optimizer="Adagrad", lr=0.05)),
        Patient("Adadelta", lambda _: mlp(fc("fc1"), RELU, optimizer="Adadelta", lr=1.0)),
        Patient("four batches a step", lambda _: mlp(fc("fc1"), RELU, accumulate=4, epochs=25)),
        Patient("dropout of 0.8", lambda _: mlp(fc("fc1"), RELU, ("drop", "Dropout", {"p": 0.8}), epochs=15)),
        Patient("five ELUs", lambda _: deep(5, "ELU", seed=7, lr=0.001)),
        Patient("clouds that overlap", lambda d: clouds(d, "overlap", apart=0.8, count=600, epochs=20)),
        Patient("half for validation", lambda _: mlp(fc("fc1"), RELU, validation=0.5, seed=8)),
        Patient("no validation", lambda _: mlp(fc("fc1"), RELU, validation=0.0)),
    ]
    + [Patient(f"points: {shape}", lambda _, s=shape: _points(s)) for shape in ("blobs", "circles", "XOR", "spiral")]  # type: ignore[misc]
)
CONV_FREE_FC = fc("fc1")


def _wide_tanhs() -> Project:
    wide = {"init": "normal", "init_value": 3.0}
    layers = [layer for place in (1, 2, 3) for layer in (fc(f"fc{place}", **wide), (f"f{place}", "Tanh"))]
    return mlp(*layers, epochs=10)


def _faint_tanhs() -> Project:
    project = deep(8, "Tanh", 16, optimizer="SGD", lr=0.05)
    faint = [each for name, each in project.graph.nodes.items() if name.startswith("fc")]
    faint = [each.with_param("init", "normal").with_param("init_value", 0.1) for each in faint]
    return replace(project, graph=project.graph.with_nodes(*faint))


def _points(shape: str) -> Project:
    from tests.training.data_nets import points

    return trained(points(shape, samples=400), epochs=40, lr=0.02)


def _few() -> Project:
    """LeNet with 180 of the digits: the others are kept out."""
    return template("lenet_digits", validation=0.9, epochs=30)


def _told_price(folder: Path, noise: float = 0.0) -> Project:
    """Three columns by chance, one of which is the price in another currency."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    price = 0.9 * x[:, 1] + 4 + noise * rng.normal(size=300)
    rows = [[*(f"{v:.4f}" for v in a), f"{b:.4f}"] for a, b in zip(x, price)]
    return table(folder, f"price{len(rows)}{noise}", "a,b,c,price", rows)


def _targets_over_one(folder: Path) -> Project:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    y = 5 + 2 * x[:, 0] + x[:, 1] * x[:, 2]
    made = table(folder, "numbers", "a,b,c,price", [[*(f"{v:.4f}" for v in a), f"{b:.4f}"] for a, b in zip(x, y)])
    return made.with_graph("", made.graph.with_nodes(node("unstandardize1", "Sigmoid")))
