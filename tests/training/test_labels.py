"""Data with several labels a sample: the net that is offered, what is measured and what Predict says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.starting.first_net import drawing_for, fitted_net
from app.core.storage import templates
from app.data.catalog import schema_of
from app.training.checkpoints import load_run
from app.training.evaluation import evaluate
from app.training.judging.classes import by_label
from app.training.metrics import Averages
from nodes.api.registry import find

NAMES = ("label_rain", "label_wind", "label_snow")
OF_LABELS = ("accuracy", "exact_match", "f1_micro", "f1_macro", "auroc_macro")


def numbers(count: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Features, and labels that follow from them, one of them rare."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(count, 4)).round(3)
    return x, np.stack([x[:, 0] > 0, x[:, 1] > 1.2, x[:, 2] + x[:, 3] > 0], 1).astype(int)


def table(path: Path, names: tuple[str, ...] = NAMES) -> Path:
    lines = [",".join(("a", "b", "c", "d", *names))]
    x, y = numbers()
    lines += [",".join(map(str, (*row, *labels))) for row, labels in zip(x.tolist(), y.tolist(), strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def drawn(source: str, **settings: Any) -> Project:
    layer = find(source)
    assert layer is not None
    every = layer.defaults() | settings
    return drawing_for(layer, every, schema_of(layer, every)).project


def is_multi_label(project: Project, count: int) -> bool:
    plan = compile_net(project).plan
    (loss,) = plan.losses
    return loss.type == "BCEWithLogitsLoss" and plan.outputs[0].shape.sizes == (count,)


def test_a_table_with_columns_called_labels_gets_a_score_for_each(tmp_path: Path) -> None:
    """Fails if one of the labels alone is learned, they are learned as numbers, or another measure is taken."""
    project = drawn("Table", path=str(table(tmp_path / "a.csv")))
    assert is_multi_label(project, 3)
    assert set(project.recipe.metrics) == set(OF_LABELS)


def test_other_columns_are_offered_and_can_be_numbers(tmp_path: Path) -> None:
    """Fails if a feature that is 0 or 1 becomes a target unasked, the choice is not offered, or cannot be undone."""
    layer, path = find("Table"), str(table(tmp_path / "a.csv", ("rain", "wind", "snow")))
    assert layer is not None
    found = schema_of(layer, layer.defaults() | {"path": path})
    assert found.aims == ("snow",)
    offered = {value for guess in found.guesses if guess.setting == "target" for _, value in guess.choices}
    assert "rain, wind, snow" in offered
    every = layer.defaults() | {"path": path, "target": "rain, wind, snow"}
    found = schema_of(layer, every)
    assert found.fields["target"].shape.classes == 2
    (guess,) = [guess for guess in found.guesses if guess.setting == "kinds"]
    as_numbers = dict(guess.choices)["numbers"]
    assert is_multi_label(drawn("Table", **every), 3)
    plain = drawn("Table", **(every | {"kinds": as_numbers}))
    assert compile_net(plain).plan.losses[0].type == "MSELoss"


def test_columns_that_are_no_labels_stay_numbers(tmp_path: Path) -> None:
    """Fails if a target with a 2 or a half in it is taken for a label."""
    path = table(tmp_path / "a.csv")
    path.write_text(path.read_text().replace("\n", "\n0,0,0,0,1,2,0\n", 1))
    project = drawn("Table", path=str(path), target=", ".join(NAMES))
    assert compile_net(project).plan.losses[0].type == "MSELoss"


def test_arrays_of_labels_and_of_classes_are_told_apart(tmp_path: Path) -> None:
    """Fails if a matrix of labels becomes numbers, or one with a single 1 in each row becomes labels."""
    x, y = numbers()
    np.savez(tmp_path / "a.npz", x=x.astype("float32"), y=y)
    assert is_multi_label(drawn("ArrayFiles", path=str(tmp_path / "a.npz")), 3)
    plain = drawn("ArrayFiles", path=str(tmp_path / "a.npz"), kind="numbers")
    assert compile_net(plain).plan.losses[0].type == "MSELoss"
    np.savez(tmp_path / "b.npz", x=x.astype("float32"), y=np.eye(3)[np.arange(len(x)) % 3])
    assert compile_net(drawn("ArrayFiles", path=str(tmp_path / "b.npz"))).plan.losses[0].type == "CrossEntropyLoss"


def test_a_net_for_classes_is_made_to_fit(tmp_path: Path) -> None:
    """Fails if the loss of a net for ten classes stays, or its ten outputs do."""
    layer, every = find("Table"), {"path": str(table(tmp_path / "a.csv"))}
    assert layer is not None
    every = layer.defaults() | every
    project = fitted_net(templates.load("mlp_digits"), layer, every, schema_of(layer, every)).project
    assert is_multi_label(project, 3)
    assert set(project.recipe.metrics) == set(OF_LABELS)


def by_hand(scores: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """The measures with loops over labels and pairs."""
    told = 1 / (1 + np.exp(-scores)) > 0.5
    right = told == (truth == 1)
    f1, areas, all_hits, all_wrong = [], [], 0, 0
    for label in range(truth.shape[1]):
        hits = sum(1 for a, b in zip(told[:, label], truth[:, label]) if a and b)
        wrong = sum(1 for a, b in zip(told[:, label], truth[:, label]) if bool(a) != bool(b))
        all_hits, all_wrong = all_hits + hits, all_wrong + wrong
        if hits + wrong:
            f1.append(hits / (hits + wrong / 2))
        having, without = scores[truth[:, label] == 1, label], scores[truth[:, label] == 0, label]
        if len(having) and len(without):
            won = [float(a > b) + 0.5 * float(a == b) for a in having for b in without]
            areas.append(sum(won) / len(won))
    return {
        "accuracy": float(right.mean()),
        "exact_match": float(np.mean([all(row) for row in right])),
        "f1_micro": all_hits / (all_hits + all_wrong / 2) if all_hits + all_wrong else float("nan"),
        "f1_macro": float(np.mean(f1)) if f1 else float("nan"),
        "auroc_macro": float(np.mean(areas)) if areas else float("nan"),
    }


@pytest.mark.parametrize("seed", range(6))
def test_what_is_printed_measures_as_a_count_by_hand(seed: int, tmp_path: Path) -> None:
    """Fails if labels are mixed up, a batch is counted apart, micro is macro, or ties and labels that nobody has are
    counted otherwise."""
    net = compile_net(drawn("Table", path=str(table(tmp_path / "a.csv"))))
    draw = np.random.default_rng(seed)
    scores = draw.normal(size=(50, 3)).round(1)
    truth = (draw.random((50, 3)) < [0.5, 0.1, 0.0 if seed % 2 else 0.9]).astype(int)
    if seed == 4:
        scores = np.abs(scores) * -1 - 0.1  # nothing is told
    read = {"scores": torch.tensor(scores, dtype=torch.float32), "target": torch.tensor(truth)}
    averages = Averages(net.functions["metric_sums"], net.functions["metric_values"])
    averages.add_losses({"loss": 0.0}, 50)
    for rows in (slice(0, 20), slice(20, 50)):
        averages.add_read({name: value[rows] for name, value in read.items()})
        averages._count()
    found = averages.numbers("val")
    for name, value in by_hand(scores, truth).items():
        assert found[f"val_{name}"] == pytest.approx(value, abs=1e-6, nan_ok=True), name


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    path = table(folder / "weather.csv")
    assert run(["start", str(path), "-o", str(folder / "a.netloom")]) == 0
    line = ["train", str(folder / "a.netloom"), "--epochs", "12", "--lr", "0.01", "--out", str(folder / "run")]
    assert run(line) == 0
    return folder


def scores_of(trained: Path) -> tuple[np.ndarray, np.ndarray]:
    """What the net says of all rows, computed with its weights alone, and the labels."""
    x, y = numbers()
    loaded = load_run(trained / "run")
    with torch.no_grad():
        scores = loaded.model(torch.tensor(x, dtype=torch.float32))
    return scores.numpy().astype(float), y


def test_each_label_is_judged(trained: Path) -> None:
    """Fails if results of labels are those of classes 0 and 1, bear wrong names, or are counted otherwise."""
    scores, y = scores_of(trained)
    found = evaluate(load_run(trained / "run"), data=trained / "weather.csv")
    assert {name: found.metrics[name] for name in OF_LABELS} == pytest.approx(by_hand(scores, y), abs=1e-4)
    assert [each.name for each in found.classes] == list(NAMES)
    for place, each in enumerate(found.classes):
        told, truth = scores[:, place] > 0, y[:, place] == 1
        assert each.samples == truth.sum()
        assert each.accuracy is not None
        assert each.recall is not None
        assert each.accuracy.value == pytest.approx(np.mean(told == truth))
        assert each.recall.value == pytest.approx(np.mean(told[truth]))
        assert each.f1 == pytest.approx(2 * np.sum(told & truth) / (told.sum() + truth.sum()))


def test_the_command_line_tells_each_label(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a label is missing in evaluate or predict, or its probability is not the sigmoid of its score."""
    scores, y = scores_of(trained)
    assert run(["evaluate", str(trained / "run"), "--data", str(trained / "weather.csv")]) == 0
    told = capsys.readouterr().out
    right = np.mean((scores[:, 1] > 0) == y[:, 1])
    (line,) = [line for line in told.splitlines() if line.startswith("label_wind")]
    assert line.endswith(f"{100 * right:.1f} %")
    assert "F1 micro" in told
    assert run(["predict", str(trained / "run"), str(trained / "weather.csv"), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["predictions"]
    assert len(answers) == len(y)
    for answer, row in zip(answers, scores, strict=True):
        said = {each["label"]: each["probability"] for each in answer["labels"]}
        assert said == pytest.approx(dict(zip(NAMES, 1 / (1 + np.exp(-row)), strict=True)), abs=1e-5)


def test_labels_are_counted_from_what_is_found_true_and_told() -> None:
    """Fails if misses count as right, or a label that no sample has ends in an error."""
    rare, never = by_label(np.array([[2, 3, 5, 20], [0, 0, 0, 20]]), ("rare", "never"))
    assert rare.accuracy is not None
    assert rare.accuracy.value == pytest.approx(16 / 20)  # one missed, three told wrongly
    assert never.recall is None
    assert never.f1 is None
    assert never.accuracy is not None
    assert never.accuracy.value == 1
