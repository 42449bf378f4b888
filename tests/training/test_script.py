"""The printed training script does what the training does, to the last bit."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.cli.main import run
from app.core.compile.lines import WIDTH
from app.core.compile.net import compile_net
from app.core.compile.plan import PlanSource
from app.core.compile.training import FUNCTIONS
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.graph.roles import plays
from app.core.storage.files import save_project
from app.core.storage.templates import load
from app.data import catalog
from app.data.printed_functions import transform_of
from app.training.checkpoints import load_run
from app.training.events import EpochDone, Finished
from app.training.loop import train
from app.training.script import TAKEN, print_script
from app.training.threads import prepare_threads
from nodes.sources import digits
from tests.support.brief import brief
from tests.support.drawings import chain, node
from tests.support.gan import gan, in_turns
from tests.training.bucketed import names as names_in_buckets
from tests.training.bucketed import sentences, side_by_side, words
from tests.training.nets import (
    FAST,
    autoencoder,
    digits_net,
    linear_net,
    moody_net,
    only,
    same_weights,
    trainable,
    two_heads,
)
from tests.training.test_objectives import adversaries

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """A script chooses how many threads torch uses, for its whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def by_script(text: str) -> nn.Module:
    """The model that a script trains. It is compiled as a file of its own is, without what this file imports from
    ``__future__``: a type that nobody imports is an error there."""
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, "script", "exec", dont_inherit=True), names)
    model: nn.Module = names["train"]()
    return model


def by_us(project: Project, recipe: Recipe) -> tuple[nn.Module, list[EpochDone]]:
    """The model that we train, and what was said of each epoch."""
    net = compile_net(project)
    prepare_threads(net, recipe)
    model = net.model(recipe.seed)
    events = list(train(net, recipe, model=model))
    assert isinstance(events[-1], Finished), events[-1]
    return model, only(events, EpochDone)


def with_params(project: Project, **params: dict[str, Any]) -> Project:
    """The drawing with other settings of some nodes."""
    nodes = [replace(project.graph.nodes[name], params=params[name]) for name in params]
    changed = [replace(each, params={**project.graph.nodes[each.name].params, **each.params}) for each in nodes]
    return project.with_graph("", project.graph.with_nodes(*changed))


def standardized() -> Project:
    """A layer that measures the training data."""
    return digits_net(("standardize", "Standardize"), ("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))


def badly_named() -> Project:
    """Nodes and fields with the names that the script would like to use."""
    return digits_net(("check", "Flatten"), ("index", "Linear", {"out_features": 10}), ("total", "ReLU"))


def two_sources() -> Project:
    """Data of two sources side by side."""
    graph = Graph.of(
        [
            node("small", "Digits"),
            node("large", "Digits", size="16×16"),
            node("flat1", "Flatten"),
            node("flat2", "Flatten"),
            node("both", "Concat"),
            node("fc", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("small.image", "flat1", "both.xs"),
            *chain("large.image", "flat2", "both.xs"),
            *chain("both", "fc", "loss.prediction"),
            Wire("large", "label", "loss", "target"),
        ],
    )
    return Project("Two sources", graph=graph)


CASES = {
    "linear": (linear_net(), FAST),
    "SGD": (linear_net(), FAST.with_settings(momentum=0.5, weight_decay=0.01, seed=3)),
    "Adam": (moody_net(), FAST.with_settings(optimizer="Adam", lr=0.01, weight_decay=0.001)),
    "conv": (load("lenet_digits"), replace(FAST, epochs=1, batch_size=64)),
    "a short batch": (linear_net(), replace(FAST, batch_size=359, epochs=1)),  # 1,438 = 4 · 359 + 2
    "joined": (linear_net(), replace(FAST, batch_size=479, epochs=1)),  # 1,438 = 3 · 479 + 1
    "single samples": (linear_net(), replace(FAST, batch_size=1, epochs=1, validation=0.9, lr=0.001)),
    "one batch": (linear_net(), replace(FAST, batch_size=5000)),
    "nothing held out": (linear_net(), replace(FAST, validation=0.0)),
    "no classes": (autoencoder(), replace(FAST, optimizer="Adam", lr=0.01)),
    "two losses": (with_params(two_heads(), loss={"weight": 0.5}), FAST),
    "own layers": (
        with_params(two_heads(), loss={"updates": ("back",)}, classes={"updates": ("code", "scores")}),
        replace(FAST, optimizer="Adam", lr=0.01),
    ),
    "one loss, own layers": (with_params(moody_net(), loss={"updates": ("fc1",)}), FAST),
    "frozen": (with_params(moody_net(), conv1={"frozen": True}), FAST),
    "start weights": (with_params(moody_net(), conv1={"init": "Kaiming normal"}, fc1={"init": "normal"}), FAST),
    "measured": (standardized(), FAST),
    "taken names": (badly_named(), FAST),
    "two sources": (two_sources(), FAST),
    "adversaries": (adversaries(), FAST),
    "generator and judge": (gan(), replace(FAST, optimizer="RMSprop", lr=0.002)),
    "step": (linear_net(), FAST.with_settings(schedule="step", step_size=1, gamma=0.3, clip_norm=0.5)),
    "cosine": (moody_net(), FAST.with_settings(optimizer="AdamW", schedule="cosine", metrics=("accuracy", "f1"))),
    "one cycle": (two_heads(), FAST.with_settings(optimizer="SGD", schedule="one-cycle", metrics=("mae", "accuracy"))),
    "adagrad": (moody_net(), FAST.with_settings(optimizer="Adagrad", schedule="exponential", warmup=1)),
    "adadelta": (linear_net(), FAST.with_settings(optimizer="Adadelta", lr=1.0, warmup=1)),
    "nadam": (linear_net(), FAST.with_settings(optimizer="NAdam", lr=0.01, schedule="cyclic", step_size_up=1)),
    "muon": (moody_net(), FAST.with_settings(optimizer="Muon", lr=0.01, schedule="cosine", warmup=1, clip_norm=0.5)),
    "five steps to one": (in_turns(5, 1), replace(FAST, batch_size=24, average=0.9)),
    "one step to three": (
        in_turns(1, 3),
        replace(FAST, batch_size=32, precision="mixed-fp16", clip_norm=0.5, schedule="one-cycle"),
    ),
    "muon for two": (gan(), FAST.with_settings(optimizer="Muon", lr=0.002, warmup=1, schedule="one-cycle")),
    "accumulated": (
        moody_net(),
        FAST.with_settings(batch_size=30, accumulate=5, optimizer="Muon", lr=0.01, clip_value=0.01, l1=0.001),
    ),
    "two losses, accumulated": (two_heads(), replace(FAST, batch_size=100, accumulate=3, metrics=("mae", "accuracy"))),
    "averaged": (moody_net(), replace(FAST, average=0.9, schedule="exponential", warmup=1)),
    "averaged, nothing held out": (linear_net(), replace(FAST, average=0.9, validation=0.0)),
    "averaged and stopped": (
        linear_net(),
        FAST.with_settings(lr=2.0, epochs=9, average=0.5, stopping="no-better", patience=1),
    ),
    "penalty for two": (gan(), replace(FAST, l1=0.0001, clip_value=0.1, average=0.9)),
    "named like a helper": (replace(linear_net(), title="Warm up"), FAST.with_settings(warmup=1, average=0.5)),
    "adversarial": (autoencoder(), replace(FAST, adversarial=0.1)),
    "adversarial for two": (two_sources(), replace(FAST, adversarial=0.1, precision="mixed")),
    "adversarial, accumulated": (two_heads(), replace(FAST, adversarial=0.1, accumulate=2)),
    "mixed": (moody_net(), replace(FAST, precision="mixed")),
    "mixed with a scale": (moody_net(), replace(FAST, precision="mixed-fp16")),
    "a rate of its own": (
        digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10, "lr_factor": 0.1})),
        FAST,
    ),
    "mixed for two": (gan(), replace(FAST, precision="mixed")),
    "plateau": (
        autoencoder(),
        FAST.with_settings(schedule="reduce-on-plateau", patience=0, metrics=("r2",), watch="metric"),
    ),
    "stopped early": (linear_net(), FAST.with_settings(lr=2.0, epochs=9, stopping="no-better", patience=1)),
    "classes measured": (
        moody_net(),
        FAST.with_settings(metrics=("auroc", "balanced_accuracy", "iou", "perplexity", "precision", "top_k")),
    ),
    "pictures measured": (autoencoder(), FAST.with_settings(metrics=("mse", "psnr"))),
    "goal": (linear_net(), FAST.with_settings(epochs=5, stopping="reached", goal=0.85, watch="metric")),
    "goal for the loss": (linear_net(), FAST.with_settings(epochs=5, stopping="reached", goal=1.5)),
    "in time": (linear_net(), FAST.with_settings(stopping="time-limit")),
    "nothing measured": (linear_net(), replace(FAST, metrics=())),
    "one of several folds": (linear_net(), replace(FAST, folds=3, fold=2)),
    "pairs in buckets": (words(), replace(FAST, epochs=2, batch_size=48, test=0.7, schedule="one-cycle")),
    "names in buckets": (names_in_buckets(6), replace(FAST, test=0.75, batch_size=40)),
    "reviews in buckets": (sentences("sentiment_lstm", "reviews"), replace(FAST, test=0.6)),
    "tags in buckets": (sentences("tagger_bilstm", "sentences"), replace(FAST, test=0.8, validation=0.0)),
    "two texts in buckets": (side_by_side(), replace(FAST, batch_size=16, accumulate=2)),
    "a fold beside a test part": (moody_net(), replace(FAST, folds=4, fold=4, test=0.1)),
}
# With a short training of each.
TRAINABLE = trainable()


def case_of(case: str) -> tuple[Project, Recipe]:
    """The drawing and the recipe of a case. A net that plays takes as many batches whatever their size is."""
    if case in CASES:
        return CASES[case]
    project = load(case)
    recipe = brief(project, 500_000_000)
    return project, recipe if plays(project) else replace(recipe, batch_size=128)


@pytest.mark.parametrize("case", [*CASES, *TRAINABLE])
def test_a_script_trains_to_the_same_weights(case: str, capsys: Capture) -> None:
    """Fails if the script loads, splits, shuffles, cuts, starts or steps in any other way than the training does."""
    project, recipe = case_of(case)
    model, epochs = by_us(project, recipe)
    text = print_script(compile_net(project), recipe)
    trained = by_script(text)
    assert same_weights(model, trained)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(epochs)
    for line, epoch in zip(said, epochs, strict=True):
        assert f"train_loss {epoch.train_loss:.4f}" in line
        if epoch.val_loss is not None:
            assert f"val_loss {epoch.val_loss:.4f}" in line
        if epoch.val_accuracy is not None:
            assert f"val_accuracy {epoch.val_accuracy:.4f}" in line


@pytest.mark.parametrize("case", [*CASES, *TRAINABLE])
def test_scripts_are_tidy(case: str) -> None:
    """Fails if a line is too long, something is imported or assigned for nothing, or a name of ours is hidden."""
    project, recipe = case_of(case)
    net = compile_net(project)
    text = print_script(net, recipe)
    assert all(len(row) <= WIDTH and row == row.rstrip() for row in text.splitlines())
    assert "\n\n\n\n" not in text
    module = ast.parse(text)
    used = {part.id for part in ast.walk(module) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    loads = [each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == "load_data"]
    if any(isinstance(part, ast.FunctionDef) for each in loads for row in each.body for part in ast.walk(row)):
        used.add("annotations")  # their types are never asked for, so that nothing is imported for them
    for part in ast.walk(module):
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            assert {alias.asname or alias.name for alias in part.names} <= used
        if isinstance(part, ast.FunctionDef) and part.name not in ("load_data", "measure"):  # they take all there is
            uses = [each for each in ast.walk(part) if isinstance(each, ast.Name)]
            read = {each.id for each in uses if isinstance(each.ctx, ast.Load)}
            assert {each.id for each in uses if isinstance(each.ctx, ast.Store)} - {"_"} <= read
    changing = {transform_of(step).name for step in net.plan.augmentations}
    # Functions of sources are called load_...; those and augmentations are kept apart by the script.
    ours = TAKEN | {"initialised", *FUNCTIONS} | changing
    names = {part.name for part in module.body if isinstance(part, ast.FunctionDef)}
    assert {name for name in names if not name.startswith(("load_", "draw_"))} <= ours


def test_the_exported_file_runs_alone(tmp_path: Path) -> None:
    """Fails if the file needs anything of ours, or `train` and the file give other weights on several cores."""
    project = load("lenet_digits")  # its sums are long enough to differ with the number of threads
    project = replace(project, recipe=replace(project.recipe, epochs=2, device="cpu"))
    drawing, script, out = tmp_path / "mlp.netloom", tmp_path / "alone" / "mlp.py", tmp_path / "run"
    save_project(project, drawing)
    assert run(["export", str(drawing), "--to", "training", "-o", str(script)]) == 0
    assert run(["train", str(drawing), "--out", str(out)]) == 0
    code = (
        "import runpy, sys; sys.path[:] = [p for p in sys.path if 'site-packages' in p or 'lib/python' in p]; "
        f"runpy.run_path({str(script)!r}, run_name='__main__'); "
        "print(any(m.split('.')[0] in ('app', 'nodes') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=script.parent, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    weights = torch.load(script.parent / "weights.pt", weights_only=True)
    trained = load_run(out).model.state_dict()
    assert weights.keys() == trained.keys()
    assert all(torch.equal(weights[name], trained[name]) for name in weights)


def test_what_cannot_train_is_said(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a drawing without a loss or without data gives a script that cannot run."""
    assert run(["export", "vgg16", "--to", "training", "-o", str(tmp_path / "x.py")]) == 1
    assert "has no loss" in capsys.readouterr().err
    project = linear_net()
    graph = Graph.of(
        [
            node("x", "Input", shape=(8,)),
            node("fc", "Linear", out_features=8),
            node("goal", "Input", shape=(8,)),
            node("loss", "MSELoss"),
        ],
        [*chain("x", "fc", "loss.prediction"), *chain("goal", "loss.target")],
    )
    save_project(replace(project, graph=graph), tmp_path / "a.netloom")
    assert run(["export", str(tmp_path / "a.netloom"), "--to", "training", "-o", str(tmp_path / "x.py")]) == 1
    assert "No data comes out of x" in capsys.readouterr().err
    assert not (tmp_path / "x.py").exists()
    assert run(["export", "lenet_digits", "--to", "onnx", "-o", str(tmp_path / "x.py")]) == 2
    assert "python, training" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["8×8", "16×16", "32×32"])
def test_scripts_load_the_same_data(size: str) -> None:
    """Fails if a data set in a script has other numbers than here."""
    script = digits.script(size=size)
    names: dict[str, Any] = {}
    exec("import torch\nfrom torch.nn import functional", names)
    exec("\n".join([*script.imports, *script.lines]), names)
    ours = catalog.load(PlanSource("digits", "Digits", {"size": size}, {})).fields
    assert all(torch.equal(eval(script.fields[name], names), values) for name, values in ours.items())
