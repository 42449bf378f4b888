"""netloom evaluate: the numbers of plain torch on a part of the run's data, or on other data of the same kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy import stats
from torch import nn

from app.cli.main import run
from app.core.compile.net import compile_net
from app.data import catalog
from app.data.source_looks import looked_at
from app.training import batches
from app.training.checkpoints import load_run
from app.training.loop import train
from nodes.api import Field, File, Layer, Recognised, Schema, Unreadable, source
from nodes.api.feeds import Each, Feed
from tests.support.example_source import among_ours
from tests.support.own_data import own_net
from tests.training.nets import FAST, autoencoder, linear_net

Capture = pytest.CaptureFixture[str]
RECIPE = replace(FAST, epochs=2, test=0.2, metrics=("accuracy",))


def lines_source() -> Layer:
    """A file of lines such as ``cat 0.5 0.1 0.2``; a line that ends in ``?`` cannot be read."""

    def words(path: str) -> list[str]:
        return sorted({line.split()[0] for line in Path(path).read_text().splitlines()})

    def describe(*, path: str) -> Schema:
        """Made for a test."""
        rows = Path(path).read_text().splitlines()
        return Schema(
            {"x": Field((len(rows[0].split()) - 1,)), "label": Field((), "int", tuple(words(path)))}, len(rows)
        )

    def load(*, path: str) -> Feed:
        rows = [line.split() for line in Path(path).read_text().splitlines()]

        def read(number: int) -> torch.Tensor:
            if rows[number][-1] == "?":
                raise Unreadable(f"Row {number + 1} of {path} ends in a question mark.")
            return torch.tensor([float(part) for part in rows[number][1:]])

        known = words(path)
        return Feed({"x": Each(len(rows), read), "label": torch.tensor([known.index(row[0]) for row in rows])})

    return source(
        id="Lines",
        name="Lines",
        params=[File("path")],
        fields=["x", "label"],
        describe=describe,
        load=load,
        recognise=lambda path: Recognised({"path": str(path)}, 0.5) if path.suffix == ".lines" else None,
    )


def write(path: Path, words: list[str], count: int = 40, bad: int | None = None) -> Path:
    values = torch.randn(count, 3, generator=torch.Generator().manual_seed(4))
    rows = [f"{words[n % len(words)]} {' '.join(f'{v:.4f}' for v in values[n].tolist())}" for n in range(count)]
    if bad is not None:
        rows[bad] = f"{rows[bad].rsplit(' ', 1)[0]} ?"
    path.write_text("\n".join(rows))
    return path


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    """The folder of a run on a file of cats and dogs."""
    catalog._held.clear()
    with among_ours(lines_source()):
        file = write(tmp_path / "a.lines", ["cat", "dog"])
        project = looked_at(own_net("Lines", classes=2, path=str(file)))
        list(train(compile_net(replace(project, recipe=RECIPE)), RECIPE, out=tmp_path / "run"))
        yield tmp_path


def measured(*words: object, capsys: Capture) -> dict[str, object]:
    capsys.readouterr()
    assert run(["evaluate", *map(str, words), "--json"]) == 0, capsys.readouterr().err
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("part", ["test", "validation"])
def test_the_numbers_are_those_of_plain_torch(tmp_path: Path, part: str, capsys: Capture) -> None:
    """Fails if another part is measured, or a loss, share or count is not what the predictions say."""
    net = compile_net(replace(linear_net(), recipe=RECIPE))
    list(train(net, RECIPE, out=tmp_path / "run"))
    found = measured(tmp_path / "run", "--part", part, capsys=capsys)
    data = batches.load(net.plan)
    index = getattr(batches.divide(net.plan, data, RECIPE.validation, RECIPE.seed, RECIPE.test), part)
    images, labels = data["digits.image"][index], data["digits.label"][index]
    with torch.no_grad():
        scores = load_run(tmp_path / "run").model(images)
    chosen = scores.argmax(1)
    assert found["samples"] == len(index)
    assert found["metrics"] == {
        "loss": pytest.approx(nn.functional.cross_entropy(scores, labels).item(), rel=1e-5),
        "accuracy": pytest.approx((chosen == labels).float().mean().item()),
    }
    confusion = [[int(((labels == a) & (chosen == b)).sum()) for b in range(10)] for a in range(10)]
    assert found["confusion"] == confusion
    for digit, told in enumerate(found["classes"]):  # type: ignore[var-annotated, arg-type]
        assert told["class"] == str(digit)
        assert told["recall"] == pytest.approx(confusion[digit][digit] / sum(confusion[digit]))
        column = sum(row[digit] for row in confusion)
        assert told["precision"] == (pytest.approx(confusion[digit][digit] / column) if column else None)


def test_it_says_how_sure_it_is_of_itself(tmp_path: Path, capsys: Capture) -> None:
    """Fails if an interval, a baseline, the calibration, a threshold or harder samples are missing, or are those of
    another part."""
    net = compile_net(replace(linear_net(), recipe=RECIPE))
    list(train(net, RECIPE, out=tmp_path / "run"))
    found: dict[str, Any] = dict(measured(tmp_path / "run", "--harder", capsys=capsys))
    data = batches.load(net.plan)
    index = batches.divide(net.plan, data, RECIPE.validation, RECIPE.seed, RECIPE.test).test
    images, labels = data["digits.image"][index], data["digits.label"][index]
    with torch.no_grad():
        sure, chosen = load_run(tmp_path / "run").model(images).double().softmax(1).max(1)
    right = chosen == labels
    whole = stats.binomtest(int(right.sum()), len(index)).proportion_ci(method="wilson")
    interval = found["intervals"]["accuracy"]
    assert (interval["low"], interval["high"]) == (pytest.approx(whole.low), pytest.approx(whole.high))
    assert interval["how"] == "Wilson"
    assert [each["name"] for each in found["baselines"]] == ["most frequent class", "logistic regression"]
    assert sum(step["samples"] for step in found["calibration"]["steps"]) == len(index)
    for told in found["dont_know"]:
        kept = sure >= told["threshold"]
        assert told["answered"] == pytest.approx(float(kept.double().mean()))
        assert told["right"] == (pytest.approx(float(right[kept].double().mean())) if kept.any() else None)
    harder = {(each["kind"], each["amount"]): each["value"] for each in found["harder"]}
    assert harder["noise", 0.0] == harder["rotation", 0.0] == pytest.approx(float(right.double().mean()))
    assert any("logistic regression" in sentence for sentence in found["words"])
    assert run(["evaluate", str(tmp_path / "run"), "--harder", "--data", str(tmp_path)]) == 2
    assert run(["evaluate", str(tmp_path / "run"), "--harder"]) == 0
    assert "turned by degrees: 0° " in capsys.readouterr().out


def test_it_tells_the_result_of_each_slice(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the slices are those of another part, their shares do not add up to the accuracy, or those of other data
    are taken for them."""
    list(train(compile_net(replace(linear_net(), recipe=RECIPE)), RECIPE, out=tmp_path / "run"))
    found: dict[str, Any] = dict(measured(tmp_path / "run", "--slices", capsys=capsys))
    for trait in ("brightness", "contrast", "size"):
        some = [each for each in found["slices"] if each["by"] == trait]
        assert sum(each["samples"] for each in some) == found["samples"]
        right = sum(each["value"] * each["samples"] for each in some)
        assert right / found["samples"] == pytest.approx(found["metrics"]["accuracy"])
    assert run(["evaluate", str(tmp_path / "run"), "--slices", "--data", str(tmp_path)]) == 2
    assert "Leave --data out" in capsys.readouterr().err
    assert run(["evaluate", str(tmp_path / "run"), "--slices"]) == 0
    assert "by slice: accuracy, 95 % interval" in capsys.readouterr().out


def test_the_test_part_is_what_is_meant(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a run with a test part is measured on another one unasked, or one without is refused for nothing."""
    for share, part in ((0.2, "test"), (0.0, "validation")):
        recipe = replace(RECIPE, test=share, epochs=1)
        list(train(compile_net(replace(linear_net(), recipe=recipe)), recipe, out=tmp_path / part))
        assert measured(tmp_path / part, capsys=capsys)["part"] == part
    assert run(["evaluate", str(tmp_path / "validation"), "--part", "test"]) == 1
    assert "kept no test part" in capsys.readouterr().err
    assert run(["evaluate", str(tmp_path / "validation"), "--part", "train"]) == 2
    assert "must be test or validation" in capsys.readouterr().err
    assert run(["evaluate", str(tmp_path / "nowhere")]) == 1
    assert run(["evaluate", str(tmp_path / "test"), "--data", str(tmp_path)]) == 1
    assert "reads no files" in capsys.readouterr().err


def test_it_is_told_in_words(tmp_path: Path, capsys: Capture) -> None:
    """Fails if somebody without a program to read JSON gets no number, or no class by name."""
    list(train(compile_net(replace(linear_net(), recipe=RECIPE)), RECIPE, out=tmp_path / "run"))
    assert run(["evaluate", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("test part: 359 samples\nloss ")
    assert "accuracy " in said
    assert "class  samples   recall     95 % interval  precision" in said
    assert " taken for " in said


def test_a_net_without_classes_has_its_numbers(tmp_path: Path, capsys: Capture) -> None:
    """Fails if only nets that choose classes can be measured."""
    recipe = replace(RECIPE, metrics=("mae",))
    list(train(compile_net(replace(autoencoder(), recipe=recipe)), recipe, out=tmp_path / "run"))
    found = measured(tmp_path / "run", capsys=capsys)
    assert set(found["metrics"]) == {"loss", "mae"}  # type: ignore[call-overload]
    assert found["classes"] == []


def test_other_data_is_matched_by_its_words(lines: Path, capsys: Capture) -> None:
    """Fails if class 0 of other data is taken for class 0 of the training, whatever both are called."""
    same = measured(lines / "run", "--data", lines / "a.lines", capsys=capsys)
    assert same["samples"] == 40
    other = write(lines / "b.lines", ["dog", "cat", "bat"], count=60)
    found = measured(lines / "run", "--data", other, capsys=capsys)
    assert found["samples"] == 40
    assert found["remarks"] == ["The run does not know the class bat: 20 samples were left out. It knows cat, dog."]
    values = torch.randn(60, 3, generator=torch.Generator().manual_seed(4))
    values = torch.tensor([[float(f"{v:.4f}") for v in row] for row in values.tolist()])
    known = torch.tensor([n for n in range(60) if n % 3 != 2])
    with torch.no_grad():
        chosen = load_run(lines / "run").model(values[known]).argmax(1)
    labels = torch.tensor([1 if n % 3 == 0 else 0 for n in known.tolist()])  # cat 0, dog 1, as in the training
    assert found["confusion"] == [[int(((labels == a) & (chosen == b)).sum()) for b in (0, 1)] for a in (0, 1)]
    only_dogs = write(lines / "c.lines", ["dog"], count=10)
    found = measured(lines / "run", "--data", only_dogs, capsys=capsys)
    assert [each["samples"] for each in found["classes"]] == [0, 10]  # type: ignore[union-attr, index]
    assert found["classes"][0]["recall"] is None  # type: ignore[index]


def test_other_data_that_does_not_fit_is_a_sentence(lines: Path, capsys: Capture) -> None:
    """Fails if data of another kind or form, or data that is gone, ends in a traceback or in numbers of nothing."""
    wrong = write(lines / "d.csv", ["cat"])
    wide = lines / "e.lines"
    wide.write_text("cat 1 2 3 4\ndog 1 2 3 4\n")
    strange = write(lines / "f.lines", ["fox"])
    for path, words in (
        (lines / "gone.lines", "There is nothing at"),
        (wrong, "is nothing that Lines reads"),
        (wide, "is 4 of float, and the run reads 3 of float"),
        (strange, "No sample of"),
    ):
        assert run(["evaluate", str(lines / "run"), "--data", str(path)]) == 1
        error = capsys.readouterr().err
        assert words in error
        assert "Traceback" not in error


def test_what_cannot_be_read_is_left_out_and_named(lines: Path, capsys: Capture) -> None:
    """Fails if one bad row keeps a run from being measured, or is counted as right or wrong."""
    other = write(lines / "g.lines", ["cat", "dog"], bad=7)
    found = measured(lines / "run", "--data", other, capsys=capsys)
    assert found["samples"] == 39
    assert found["unreadable"] == [f"Row 8 of {other} ends in a question mark."]
