"""Intervals, calibration, baselines, own losses and harder samples: beside scikit-learn, scipy, torchmetrics and plain
torch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, precision_recall_fscore_support, r2_score, recall_score
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.training.folder import OWN_LOSSES
from app.training.judging import baselines as baselines_module
from app.training.judging.answers import PredictionCollector, Predictions, own_losses
from app.training.judging.baselines import BaselineSamples, baselines
from app.training.judging.certainty import answering, reliability
from app.training.judging.classes import balanced, by_class, macro_f1, mistakes
from app.training.judging.explained import Explained, r2
from app.training.judging.intervals import of_counts, of_mean, of_sums, wilson
from app.training.judging.judgement import Judgement
from app.training.judging.own_losses import MOST_EPOCHS, OwnLosses, read_history
from app.training.judging.parts import parts_of
from app.training.judging.robustness import harder, kinds_of, turned
from app.training.loop import train
from nodes.api import Feed, Field, Int, Layer, Schema, source
from tests.support.drawings import chain, node
from tests.support.example_source import among_ours
from tests.training.nets import FAST, autoencoder, digits_net, linear_net


def answers_of(project: Project, seed: int = 3) -> tuple[Predictions, Tensor, Tensor, np.ndarray]:
    """The answers of a fresh net to its validation part; what it says, the labels, and the numbers of the samples."""
    net = compile_net(project)
    model, losses = net.model(seed).eval(), net.losses()
    parts = parts_of(net)
    index = parts.index("validation")
    collector = PredictionCollector(net, losses)
    said = []
    with torch.no_grad():
        for numbers, batch in parts.read(index):
            returned = model(*net.inputs_from(batch))
            said.append(returned[0] if isinstance(returned, tuple) else returned)
            collector.add(numbers, batch, returned, len(index))
    truth = parts.data["digits.label"][index]
    return collector.answers("validation", len(index), parts.words), torch.cat(said), truth, index.numpy()


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (1, 2), (359, 360), (180, 360), (50_000, 60_000)])
def test_the_interval_of_a_share_is_that_of_wilson(right: int, count: int) -> None:
    """Fails if a square or a half is missing, or the ends run beyond 0 and 1."""
    found = wilson(right, count)
    theirs = stats.binomtest(right, count).proportion_ci(method="wilson")
    assert (found.low, found.high) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_interval_of_a_mean_is_that_of_student() -> None:
    """Fails if the deviation is divided by n, or a value that is no number counts."""
    values = np.random.default_rng(1).exponential(size=23)
    found = of_mean(np.r_[values, np.nan])
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert of_mean(np.array([1.0])) is None


def drawn_answers(count: int = 300, classes: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    truth = generator.integers(classes, size=count)
    said = np.where(generator.random(count) < 0.7, truth, generator.integers(classes, size=count))
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, said), 1)
    return truth, said, counts


def test_numbers_of_a_table_and_their_intervals_are_those_of_drawn_samples() -> None:
    """Fails if macro F1 or balanced accuracy is another one than scikit-learn's, or the interval is not that of samples
    drawn with replacement."""
    truth, said, counts = drawn_answers()
    generator = np.random.default_rng(9)
    drawn = [generator.integers(len(truth), size=len(truth)) for _ in range(250)]
    for number, theirs in (
        (macro_f1, lambda a, b: f1_score(a, b, average="macro")),
        (balanced, lambda a, b: recall_score(a, b, average="macro")),
    ):
        found = of_counts(counts, number)
        assert found is not None
        assert found.value == pytest.approx(theirs(truth, said))
        ends = np.quantile([theirs(truth[places], said[places]) for places in drawn], [0.025, 0.975])
        assert (found.low, found.high) == pytest.approx(tuple(ends), abs=0.02)


def test_each_class_is_that_of_scikit_learn() -> None:
    """Fails if rows and columns are exchanged, or a class that never occurs is not left open."""
    truth, said, counts = drawn_answers()
    wider = np.zeros((5, 5), np.int64)
    wider[:4, :4] = counts
    found = by_class(wider, ("a", "b", "c", "d"))
    precision, recall, f1, support = precision_recall_fscore_support(truth, said)
    for at, each in enumerate(found[:4]):
        assert each.recall is not None
        assert each.precision is not None
        assert (each.precision.value, each.recall.value, each.f1) == pytest.approx((precision[at], recall[at], f1[at]))
        assert each.samples == support[at]
    assert (found[4].name, found[4].recall, found[4].precision, found[4].f1) == ("4", None, None, None)
    worst = mistakes(counts, ("a", "b", "c", "d"), 3)
    off = [(counts[i, j], i, j) for i in range(4) for j in range(4) if i != j]
    assert [count for count, *_ in worst] == sorted((int(count) for count, *_ in off), reverse=True)[:3]


def test_the_calibration_error_is_that_of_torchmetrics() -> None:
    """Fails if a bin is one too far, an empty bin counts, or the bins are not weighted by their counts."""
    from torchmetrics.functional.classification import multiclass_calibration_error

    generator = torch.Generator().manual_seed(3)
    scores = 2 * torch.randn(500, 6, generator=generator)
    truth = torch.where(torch.rand(500, generator=generator) < 0.5, scores.argmax(1), torch.randint(6, (500,)))
    probabilities = scores.double().softmax(1)
    sure, said = probabilities.max(1)
    found = reliability(sure.numpy(), (said == truth).numpy())
    theirs = multiclass_calibration_error(probabilities, truth, num_classes=6, n_bins=15, norm="l1")
    assert found.error == pytest.approx(float(theirs), abs=1e-6)
    assert found.counts.sum() == 500
    assert found.too_sure == pytest.approx(float((sure - (said == truth).double()).mean()))


def test_a_threshold_leaves_out_what_is_less_sure() -> None:
    """Fails if the share answered, or the share right of those, is not that of the samples above a threshold."""
    generator = np.random.default_rng(2)
    sure = np.round(generator.random(2000), 2)
    right = generator.random(2000) < sure
    found = answering(sure, right)
    for least in (0.0, 0.31, 0.5, 0.505, 0.99, 1.0):
        kept = sure >= least
        assert found.at(least) == (pytest.approx(kept.mean()), pytest.approx(right[kept].mean()))
    assert found.at(1.01)[0] == 0
    least = found.reaching(0.85)
    assert least is not None
    assert all(right[sure >= value].mean() >= 0.85 for value in np.unique(sure[sure >= least]))
    below = np.unique(sure)[np.unique(sure) < least]
    assert right[sure >= below[-1]].mean() < 0.85


def test_the_own_loss_of_a_sample_is_that_of_a_batch_of_it_alone() -> None:
    """Fails if the losses of a batch are shared out in another way than a batch of one would be."""
    found, said, truth, index = answers_of(linear_net())
    assert found.numbers.tolist() == index.tolist()
    own = nn.functional.cross_entropy(said, truth, reduction="none")
    np.testing.assert_allclose(found.losses, own.double().numpy(), rtol=1e-5)
    probabilities = said.double().softmax(1)
    np.testing.assert_allclose(found.sure, probabilities.max(1).values.numpy())
    np.testing.assert_allclose(found.of_truth, probabilities.gather(1, truth[:, None])[:, 0].numpy())
    assert found.confusion is not None
    assert found.confusion.trace() == int((said.argmax(1) == truth).sum()) == found.right.sum()


def test_own_losses_of_numbers_and_their_r2() -> None:
    """Fails if a picture's errors are not averaged for it alone, or R² is not that of scikit-learn."""
    found, said, _, index = answers_of(autoencoder())
    data = parts_of(compile_net(autoencoder())).data
    truth = data["digits.image"][index].flatten(1)
    np.testing.assert_allclose(found.losses, (said - truth).square().mean(1).numpy(), rtol=1e-5)
    judged = Judgement(found)
    true, told = truth.double().numpy(), said.double().numpy()
    changing = np.ptp(true, axis=0) > 0  # the corners of digits are the same in all
    theirs = r2_score(true[:, changing], told[:, changing])
    assert judged.intervals["r2"].value == pytest.approx(theirs, rel=1e-6)
    assert judged.intervals["mae"].value == pytest.approx(float((said - truth).abs().mean()), rel=1e-5)


def test_r2_of_prices_is_right_to_many_digits() -> None:
    """Fails if squares of large numbers are subtracted in single precision, or about 0."""
    generator = np.random.default_rng(0)
    truth = 5e6 + 100 * generator.standard_normal(400)
    said = truth + 30 * generator.standard_normal(400)
    about = truth - truth[0]
    sums = np.stack([(said - truth) ** 2, np.ones(400), about, about**2], 1)
    found = of_sums(sums, r2)
    assert found is not None
    assert found.value == pytest.approx(r2_score(truth, said), rel=1e-9)
    assert found.low < found.value < found.high


def test_r2_of_very_many_numbers_is_near_to_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if batches are lost or counted twice where not all numbers are kept, or outputs count by their unit."""
    generator = np.random.default_rng(1)
    truth = 2000 + generator.standard_normal((900, 3)) * [1, 1000, 0.01]
    said = truth + generator.standard_normal((900, 3)) * [0.1, 900, 0.02]
    for most, near in ((10**7, 1e-9), (1500, 0.15)):
        monkeypatch.setattr("app.training.judging.explained._MOST", most)
        gathered = Explained()
        for at in range(0, 900, 64):
            rows = slice(at, at + 64)
            gathered.add(torch.from_numpy((said - truth)[rows] ** 2), torch.from_numpy(truth[rows]))
        found = of_sums(gathered.sums(), r2)
        assert found is not None
        assert len(gathered.sums()) == 900
        assert found.value == pytest.approx(r2_score(truth, said), rel=near)
        assert found.low < found.value < found.high


def test_samples_that_a_loss_leaves_out_are_not_judged() -> None:
    """Fails if a sample of the class that is ignored counts as wrong, or has a loss."""
    graph = linear_net().graph
    graph = graph.with_nodes(node("loss", "CrossEntropyLoss", ignore_index=3))
    found, said, truth, _ = answers_of(replace(linear_net(), graph=graph))
    there = (truth != 3).numpy()
    assert found.accuracy == pytest.approx(float((said.argmax(1) == truth)[there].float().mean()))
    assert (found.truth[~there] == -1).all()
    assert np.isnan(found.losses[~there]).all()
    assert not np.isin(np.flatnonzero(~there), Judgement(found).hardest(len(there))).any()


def test_a_loss_that_cannot_be_vectorised_is_asked_sample_by_sample() -> None:
    """Fails if a loss with a decision inside gives no losses of samples, or those of others."""

    class Losses(nn.Module):
        def forward(self, said: Tensor, truth: Tensor) -> dict[str, Tensor]:
            value = nn.functional.cross_entropy(said, truth)
            return {"loss": value if value.item() > 0 else -value}

    net = compile_net(linear_net())
    said, truth = torch.randn(9, 10), torch.arange(9)
    returned, batch = said, {"digits.label": truth}
    found = own_losses(net, Losses(), returned, batch, 9)
    torch.testing.assert_close(found, nn.functional.cross_entropy(said, truth, reduction="none").double())


# What needs no net


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a regression was fitted."""
    done: list[int] = []
    fit = baselines_module._regressed
    monkeypatch.setattr(baselines_module, "_regressed", lambda *a, **k: (done.append(1), fit(*a, **k))[1])
    return done


def test_baselines_are_those_of_scikit_learn_on_the_same_split_and_are_kept(tmp_path: Path, fitted: list[int]) -> None:
    """Fails if the baselines learn from other samples than the net, or are computed again for the same ones."""
    net = compile_net(replace(linear_net(), recipe=replace(FAST, test=0.2)))
    parts = parts_of(net)
    learn, judged = (BaselineSamples(parts.samples, parts.index(part)) for part in ("train", "test"))
    found = baselines(net, learn, judged, 64, tmp_path)
    images, labels = parts.data["digits.image"].flatten(1).numpy(), parts.data["digits.label"].numpy()
    scaler = StandardScaler().fit(images[learn.index])
    model = LogisticRegression(max_iter=300).fit(scaler.transform(images[learn.index]), labels[learn.index])
    theirs = model.predict(scaler.transform(images[judged.index])) == labels[judged.index]
    most = np.bincount(labels[learn.index]).argmax()
    assert [each.name for each in found.entries] == ["most frequent class", "logistic regression"]
    assert found.entries[0].metrics["accuracy"].value == pytest.approx((labels[judged.index] == most).mean())
    assert found.entries[1].metrics["accuracy"].value == pytest.approx(theirs.mean(), abs=0.006)
    again = baselines(net, learn, judged, 64, tmp_path)
    assert fitted == [1]
    assert again.entries[1].metrics == found.entries[1].metrics
    assert again.entries[1].each.tolist() == found.entries[1].each.tolist()
    baselines(net, learn, BaselineSamples(parts.samples, judged.index[:50]), 64, tmp_path)
    assert fitted == [1, 1]
    (tmp_path / "baselines.json").write_text('{"x": [1, {"entries": 3}]}')
    assert baselines(net, learn, judged, 64, tmp_path).entries[1].metrics == found.entries[1].metrics


def series_source(wrong: int = 0) -> Layer:
    """Two clouds of points, ``wrong`` of which have the other label, and a number that is nearly a sum."""

    def describe(*, count: int) -> Schema:
        """Made for a test."""
        return Schema({"x": Field((4,)), "label": Field((), "int", ("low", "high")), "y": Field(())}, count)

    def load(*, count: int) -> Feed:
        generator = torch.Generator().manual_seed(1)
        label = torch.arange(count) % 2
        x = torch.randn(count, 4, generator=generator) + 2.2 * (2 * label[:, None] - 1)
        y = 1000 + 50 * x.sum(1) + 10 * torch.randn(count, generator=generator)
        told = label.clone()
        told[:wrong] = 1 - told[:wrong]
        return Feed({"x": x, "label": told, "y": y})

    return source(
        id="Clouds",
        name="Clouds",
        params=[Int("count", 300, low=2, high=10_000)],
        fields=["x", "label", "y"],
        describe=describe,
        load=load,
    )


def clouds_net(target: str = "label", loss: str = "CrossEntropyLoss", out: int = 2) -> Project:
    graph = Graph.of(
        [
            node("data", "Clouds"),
            node("fc1", "Linear", out_features=8),
            node("tanh1", "Tanh"),
            node("fc2", "Linear", out_features=out),
            node("loss", loss),
        ],
        [*chain("data.x", "fc1", "tanh1", "fc2", "loss.prediction"), Wire("data", target, "loss", "target")],
    )
    return Project("Clouds", graph=graph)


@pytest.fixture
def clouds() -> Iterator[None]:
    from app.data import catalog

    catalog._held.clear()
    with among_ours(series_source(wrong=12)):
        yield
    catalog._held.clear()


def test_baselines_of_numbers(clouds: None) -> None:
    """Fails if mean or linear regression is measured on what they learned from, or R² is another one."""
    net = compile_net(replace(clouds_net("y", "MSELoss", 1), recipe=FAST))
    parts = parts_of(net)
    learn, judged = (BaselineSamples(parts.samples, parts.index(part)) for part in ("train", "validation"))
    mean, linear = baselines(net, learn, judged, 64).entries
    x, y = parts.data["data.x"].double().numpy(), parts.data["data.y"].double().numpy()
    theirs = LinearRegression().fit(x[learn.index], y[learn.index]).predict(x[judged.index])
    assert linear.metrics["r2"].value == pytest.approx(r2_score(y[judged.index], theirs), abs=1e-6)
    assert linear.metrics["mae"].value == pytest.approx(np.abs(theirs - y[judged.index]).mean(), rel=1e-5)
    assert mean.metrics["mae"].value == pytest.approx(np.abs(y[learn.index].mean() - y[judged.index]).mean(), rel=1e-6)


# Own losses over the epochs


def test_wrong_labels_are_found_first(clouds: None, tmp_path: Path) -> None:
    """Fails if the losses of other samples are kept, or are not those of the labels that were trained on."""
    recipe = replace(FAST, epochs=12, batch_size=16, lr=0.2)
    net = compile_net(replace(clouds_net(), recipe=recipe))
    list(train(net, recipe, out=tmp_path))
    history = read_history(tmp_path)
    assert history is not None
    assert history.epochs.tolist() == list(range(1, 13))
    assert sorted(history.numbers.tolist()) == sorted(parts_of(net).index("train").tolist())
    wrong = {number for number in history.numbers.tolist() if number < 12}
    assert len(wrong) >= 6
    order = history.numbers[np.argsort(-history.losses.mean(0))]
    assert set(order[: len(wrong)].tolist()) == wrong


def test_what_is_kept_is_the_loss_at_the_time(tmp_path: Path) -> None:
    """Fails if a loss is kept under the number of another sample: without any learning, each is that of the first
    weights."""
    recipe = replace(FAST, lr=1e-9, epochs=2, batch_size=33)
    net = compile_net(replace(linear_net(), recipe=recipe))
    list(train(net, recipe, out=tmp_path))
    history, data = read_history(tmp_path), parts_of(net).data
    assert history is not None
    with torch.no_grad():
        said = net.model(recipe.seed)(data["digits.image"][history.numbers])
    own = nn.functional.cross_entropy(said, data["digits.label"][history.numbers], reduction="none")
    np.testing.assert_allclose(history.losses, own.expand(2, -1).numpy(), rtol=1e-4)
    some = history.of(np.array([history.numbers[5], 10**9, history.numbers[0]]))
    assert some[:, 0].tolist() == history.losses[:, 5].tolist()
    assert np.isnan(some[:, 1]).all()


def test_a_continued_run_keeps_the_same_losses(tmp_path: Path) -> None:
    """Fails if a run that is continued forgets the epochs before, or tells one twice."""
    long, short = replace(FAST, epochs=4), replace(FAST, epochs=2)
    net = compile_net(replace(linear_net(), recipe=long))
    list(train(net, long, out=tmp_path / "whole"))
    list(train(net, short, out=tmp_path / "parts"))
    list(train(net, long, resume=tmp_path / "parts"))
    whole, parts = read_history(tmp_path / "whole"), read_history(tmp_path / "parts")
    assert whole is not None
    assert parts is not None
    assert parts.epochs.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(whole.losses, parts.losses)


def test_long_trainings_keep_few_epochs_and_large_parts_few_samples() -> None:
    """Fails if what is kept grows with the epochs or with the data."""
    net = compile_net(linear_net())
    kept = OwnLosses(net, torch.arange(50_000))
    read = {"scores": torch.zeros(500, 10), "target": torch.zeros(500, dtype=torch.int64)}
    for epoch in range(1, 3 * MOST_EPOCHS):
        kept.add(torch.arange(500) * 100, read)
        kept.after_epoch(epoch, None)
    history = kept.history()
    assert history is not None
    assert len(history.numbers) == 20_000
    assert len(history.epochs) <= MOST_EPOCHS
    assert len(set(np.diff(history.epochs))) == 1
    assert history.epochs[-1] > 2.9 * MOST_EPOCHS
    assert np.nanmax(history.losses) == pytest.approx(np.log(10))


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_damaged_file_of_losses_is_no_history(tmp_path: Path, content: bytes) -> None:
    """Fails if a file of somebody else ends a look with an error."""
    (tmp_path / OWN_LOSSES).write_bytes(content)
    assert read_history(tmp_path) is None


# Harder samples


def test_a_turn_by_90_degrees_is_that_of_torch() -> None:
    """Fails if pictures are turned to the other side, or around another point."""
    images = torch.rand(3, 2, 8, 8)
    torch.testing.assert_close(turned(images, 90), torch.rot90(images, 1, (2, 3)), atol=1e-5, rtol=0)
    torch.testing.assert_close(turned(images, 180), images.flip(2, 3), atol=1e-5, rtol=0)


def test_harder_samples_are_judged_by_their_own_labels(tmp_path: Path) -> None:
    """Fails if nothing added is not the plain result, the most noise is not worse, or a turned autoencoder is compared
    with turned pictures."""
    recipe = replace(FAST, epochs=8, batch_size=32)
    net = compile_net(replace(linear_net(), recipe=recipe))
    model = net.model(0)
    list(train(net, recipe, model=model))
    parts = parts_of(net)
    found = list(harder(net, model, parts, "validation"))
    index = parts.index("validation")
    with torch.no_grad():
        plain = (model(parts.data["digits.image"][index]).argmax(1) == parts.data["digits.label"][index]).float().mean()
        turn = model(turned(parts.data["digits.image"][index], 90)).argmax(1) == parts.data["digits.label"][index]
    by = {(each.kind, each.amount): each.result.value for each in found}
    assert by["noise", 0.0] == by["rotation", 0.0] == pytest.approx(float(plain))
    assert by["rotation", 90.0] == pytest.approx(float(turn.float().mean()), abs=0.006)
    assert by["noise", 1.0] < by["noise", 0.0]
    assert kinds_of(compile_net(digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10})))) == (
        "noise",
        "rotation",
    )


def test_the_words_say_what_the_numbers_say(tmp_path: Path) -> None:
    """Fails if a sentence has another number than the judgement, or a baseline is left out."""
    net = compile_net(replace(linear_net(), recipe=FAST))
    parts = parts_of(net)
    found, *_ = answers_of(replace(linear_net(), recipe=FAST))
    judgement = Judgement(found)
    learn, judged = (BaselineSamples(parts.samples, parts.index(part)) for part in ("train", "validation"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        words = " ".join(judgement.sentences(baselines(net, learn, judged, 64)))
    accuracy = judgement.intervals["accuracy"]
    assert f"{100 * accuracy.value:.1f} % of them are right" in words
    assert f"{100 * accuracy.low:.1f} to {100 * accuracy.high:.1f} % (Wilson)" in words
    assert "most frequent class would be right for 10." in words
    assert "logistic regression on the same split is right for 9" in words
    assert "better than the net by" in words  # which has learned nothing
    assert f"expected calibration error {100 * judgement.reliability.error:.1f} %" in words  # type: ignore[union-attr]
