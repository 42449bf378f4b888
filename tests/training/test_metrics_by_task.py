"""Every metric that can be chosen, next to torchmetrics: in batches of many sizes, for many classes and for two. Where
torchmetrics itself misleads, a calculation by hand stands beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torchmetrics.classification as theirs
from torch import Tensor
from torchmetrics import MeanSquaredError
from torchmetrics.functional.text import char_error_rate
from torchmetrics.image import PeakSignalNoiseRatio, StructuralSimilarityIndexMeasure
from torchmetrics.text import Perplexity

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.events import Diagnosed, EpochDone, Started
from app.training.loop import train
from app.training.metrics import Averages
from nodes.api import declared
from tests.support.drawings import chain, node
from tests.training.nets import FAST, autoencoder, compiled, linear_net, only

COUNT = 10
OF_CLASSES: dict[str, Callable[[], Any]] = {
    "accuracy": lambda: theirs.MulticlassAccuracy(COUNT, average="micro"),
    "f1": lambda: theirs.MulticlassF1Score(COUNT),
    "dice": lambda: theirs.MulticlassF1Score(COUNT),
    "precision": lambda: theirs.MulticlassPrecision(COUNT),
    "recall": lambda: theirs.MulticlassRecall(COUNT),
    "iou": lambda: theirs.MulticlassJaccardIndex(COUNT),
    "auroc": lambda: theirs.MulticlassAUROC(COUNT),
    "top_k": lambda: theirs.MulticlassAccuracy(COUNT, average="micro", top_k=5),
}


def measured(drawing: Any, *ids: str, **settings: Any) -> Averages:
    """The printed metrics of a drawing."""
    recipe = Recipe(metrics=ids).with_settings(**settings)
    functions = compiled(drawing).with_recipe(recipe).functions
    return Averages(functions["metric_sums"], functions["metric_values"])


def binary_net() -> Project:
    """One score for two classes."""
    graph = Graph.of(
        [node("cells", "BreastCancer"), node("fc", "Linear", out_features=1), node("loss", "BCEWithLogitsLoss")],
        [*chain("cells.x", "fc", "loss.prediction"), Wire("cells", "label", "loss", "target")],
    )
    return Project("Two classes", graph=graph)


def samples(count: int, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, classes, (count,), generator=generator)
    scores = torch.randn(count, classes, generator=generator) + 1.5 * torch.nn.functional.one_hot(target, classes)
    return scores, target


@pytest.mark.parametrize("id", OF_CLASSES)
@pytest.mark.parametrize("seed", range(3))
def test_metrics_of_classes_are_those_of_torchmetrics(id: str, seed: int) -> None:
    """Fails if a metric is another number, or depends on how the samples were cut into batches."""
    scores, target = samples(700, COUNT, seed)
    ours, other = measured(linear_net(), id), OF_CLASSES[id]()
    for part in torch.arange(700).split([300, 1, 99, 300]):
        ours.add_read({"scores": scores[part], "target": target[part]})
        other.update(scores[part].softmax(-1), target[part])
    assert ours.numbers("val")[f"val_{id}"] == pytest.approx(
        float(other.compute()), abs=1e-3 if id == "auroc" else 1e-6
    )


@pytest.mark.parametrize("id", ["f1", "precision", "recall", "iou", "dice"])
def test_one_class_alone(id: str) -> None:
    """Fails if the number of one class is that of another, or a mean."""
    scores, target = samples(500, COUNT, 0)
    other = OF_CLASSES[id]()
    other.average = None
    other.update(scores.softmax(-1), target)
    for place in (0, 7):
        ours = measured(linear_net(), id, of_class=place)
        ours.add_read({"scores": scores, "target": target})
        assert ours.numbers("val")[f"val_{id}"] == pytest.approx(float(other.compute()[place]))
    ours = measured(linear_net(), id, of_class=12)
    ours.add_read({"scores": scores, "target": target})
    assert math.isnan(ours.numbers("val")[f"val_{id}"])


def test_a_class_is_meant_for_every_metric() -> None:
    """Fails if the setting without the name of a metric is that of one of them, and another tells its mean as if it
    were the class."""
    scores, target = samples(500, COUNT, 0)
    ours = measured(linear_net(), "accuracy", "iou", "dice", of_class=3)
    ours.add_read({"scores": scores, "target": target})
    told, own = scores.argmax(-1).eq(3), target.eq(3)
    both, found = (told & own).sum().item(), ours.numbers("val")
    assert found["val_iou"] == pytest.approx(both / (told | own).sum().item())
    assert found["val_dice"] == pytest.approx(2 * both / (told.sum() + own.sum()).item())
    recipe = Recipe(metrics=("iou", "dice")).changed({"iou.of_class": 3})
    assert (recipe.value("iou.of_class"), recipe.value("dice.of_class")) == (3, -1)
    assert not recipe.with_setting("of_class", -1).own


def test_classes_without_samples_are_left_out() -> None:
    """Fails if balanced accuracy counts a class that is chosen but has no sample, or AUROC one without samples as 0."""
    scores, target = samples(400, 4, 1)
    scores = torch.cat([scores, torch.full((400, COUNT - 4), -2.0)], 1)
    scores[::7, 8] = 9  # a class that no sample has
    ours = measured(linear_net(), "balanced_accuracy", "auroc", "recall")
    ours.add_read({"scores": scores, "target": target})
    found = ours.numbers("val")
    told = scores.argmax(-1)
    shares = [(told[target == each] == each).float().mean().item() for each in range(4)]
    assert found["val_balanced_accuracy"] == pytest.approx(sum(shares) / 4)
    assert found["val_recall"] == pytest.approx(sum(shares) / 5)
    each = theirs.MulticlassAUROC(COUNT, average=None)
    each.update(scores.softmax(-1), target)
    with pytest.warns(UserWarning, match="No positive samples"):
        areas = each.compute()
    assert found["val_auroc"] == pytest.approx(float(areas[:4].mean()), abs=1e-3)


@pytest.mark.parametrize("distance", [0.0, 0.1, 1.0, 50.0])
def test_auroc_of_two_classes(distance: float) -> None:
    """Fails where scores are all alike, or so sure that their probabilities are 0 and 1."""
    generator = torch.Generator().manual_seed(3)
    target = torch.randint(0, 2, (500,), generator=generator)
    scores = torch.randn(500, generator=generator).mul(min(distance, 1.0) * 2) + distance * target
    ours = measured(binary_net(), "auroc", "accuracy")
    for part in torch.arange(500).split([123, 376, 1]):
        ours.add_read({"scores": scores[part][:, None], "target": target[part]})
    other = theirs.BinaryAUROC()
    other.update(scores.double().sigmoid(), target)
    assert ours.numbers("val")["val_auroc"] == pytest.approx(float(other.compute()), abs=2e-3)


def test_perplexity_is_that_of_torchmetrics() -> None:
    """Fails if it is a mean of batches instead of answers, or of something else than the right class."""
    scores, target = samples(300, COUNT, 5)
    ours, other = measured(linear_net(), "perplexity"), Perplexity()
    for part in torch.arange(300).split([200, 1, 99]):
        ours.add_read({"scores": scores[part], "target": target[part]})
        other.update(scores[part][None], target[part][None])
    assert ours.numbers("val")["val_perplexity"] == pytest.approx(float(other.compute()), rel=1e-5)
    even = measured(linear_net(), "perplexity")
    even.add_read({"scores": torch.zeros(7, COUNT), "target": target[:7]})
    assert even.numbers("val")["val_perplexity"] == pytest.approx(COUNT)


def test_a_label_beyond_the_classes_counts_for_nothing() -> None:
    """Fails if samples without a class, which losses leave out as −100, end the training or count."""
    scores, target = samples(60, COUNT, 2)
    ids = ("auroc", "perplexity", "precision", "iou", "balanced_accuracy")
    ours, without = measured(linear_net(), *ids), measured(linear_net(), *ids)
    ours.add_read({"scores": torch.cat([scores, scores]), "target": torch.cat([target, torch.full((60,), -100)])})
    without.add_read({"scores": scores, "target": target})
    assert ours.numbers("val") == pytest.approx(without.numbers("val"), nan_ok=True)


@pytest.mark.parametrize("span", [1.0, 255.0])
def test_metrics_of_pictures_are_those_of_torchmetrics(span: float) -> None:
    """Fails if a short batch counts as much as a long one, or the range is not that which is set."""
    generator = torch.Generator().manual_seed(0)
    truth = span * torch.rand(90, 64, generator=generator)
    told = truth + 0.1 * span * torch.randn(90, 64, generator=generator)
    ours = measured(autoencoder(), "mse", "psnr", data_range=span)
    mse, psnr = MeanSquaredError(), PeakSignalNoiseRatio(data_range=span)
    for part in torch.arange(90).split([60, 29, 1]):
        ours.add_read({"prediction": told[part], "truth": truth[part]})
        mse.update(told[part], truth[part])
        psnr.update(told[part], truth[part])
    found = ours.numbers("val")
    assert found["val_mse"] == pytest.approx(float(mse.compute()), rel=1e-5)
    assert found["val_psnr"] == pytest.approx(float(psnr.compute()), rel=1e-5)


def redrawn(channels: int = 1) -> Project:
    """Pictures in, pictures out."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("conv", "Conv2d", out_channels=channels, kernel_size=3, padding=1),
            node("loss", "MSELoss"),
        ],
        [*chain("digits.image", "conv", "loss.prediction"), Wire("digits", "image", "loss", "target")],
    )
    return Project("Redrawn", graph=graph)


@pytest.mark.parametrize("span", [1.0, 255.0])
@pytest.mark.parametrize("sizes", [(1, 24, 31), (3, 16, 8)])
def test_the_structural_similarity_is_that_of_torchmetrics(span: float, sizes: tuple[int, int, int]) -> None:
    """Fails if the range is taken from the batch, a short batch counts as much as a long one, or the borders count."""
    generator = torch.Generator().manual_seed(1)
    truth = span * torch.rand(40, *sizes, generator=generator)
    told = (truth + 0.2 * span * torch.randn(40, *sizes, generator=generator)).clamp(0, span)
    truth[3] = told[3] = 0.0  # two black pictures
    ours, other = (
        measured(redrawn(), "ssim", data_range=span),
        StructuralSimilarityIndexMeasure(data_range=span, reduction="none"),
    )
    each = []
    for part in torch.arange(40).split([30, 9, 1]):
        ours.add_read({"prediction": told[part], "truth": truth[part]})
        each.append(other(told[part], truth[part]).flatten())
        other.reset()
    assert ours.numbers("val")["val_ssim"] == pytest.approx(float(torch.cat(each).mean()), abs=2e-5)


def test_small_pictures_are_compared_in_a_small_window() -> None:
    """Fails if a picture smaller than the window ends in an error, or one that is alike is not 1."""
    ours = measured(redrawn(), "ssim")
    truth = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    ours.add_read({"prediction": truth, "truth": truth})
    assert ours.numbers("val")["val_ssim"] == pytest.approx(1.0)
    narrow = measured(redrawn(), "ssim")
    narrow.add_read({"prediction": 1 - truth[:, :, :3, :2], "truth": truth[:, :, :3, :2]})
    assert -1 <= narrow.numbers("val")["val_ssim"] < 0.9


def spelling(blank: int = 0) -> Project:
    """Six scores at each of nine steps, and texts of at most four letters."""
    graph = Graph.of(
        [
            node("x", "Input", shape=(9, 6)),
            node("y", "Input", shape=(4,), dtype="int"),
            node("soft", "LogSoftmax"),
            node("loss", "CTCLoss", blank=blank),
        ],
        [*chain("x", "soft", "loss.log_probs"), *chain("y", "loss.targets")],
    )
    return Project("Spelling", graph=graph)


@pytest.mark.parametrize("blank", [0, 5])
def test_the_character_error_rate_is_that_of_torchmetrics(blank: int) -> None:
    """Fails if repeats are not joined, blanks count, or the rate is a mean of texts instead of letters."""
    generator = torch.Generator().manual_seed(blank)
    steps = 2 * torch.randn(200, 9, 6, generator=generator)
    steps[::3, :, blank] += 2
    letters = torch.tensor([each for each in range(6) if each != blank])[
        torch.randint(5, (200, 4), generator=generator)
    ]
    for text in range(0, 200, 2):
        letters[text, 1 + text % 3 :] = blank  # shorter ones
    letters[7] = blank  # and an empty one
    ours = measured(spelling(blank), "cer")
    for part in torch.arange(200).split([150, 49, 1]):
        ours.add_read({"steps": steps[part], "letters": letters[part]})

    def spelt(path: list[int], joined: bool) -> str:
        kept = [each for at, each in enumerate(path) if not joined or at == 0 or each != path[at - 1]]
        return "".join("abcdef"[each] for each in kept if each != blank)

    told = [spelt(path, True) for path in steps.argmax(-1).tolist()]
    truth = [spelt(text, False) for text in letters.tolist()]
    assert min(map(len, told)) == 0 or max(map(len, told)) > 4
    assert ours.numbers("val")["val_cer"] == pytest.approx(float(char_error_rate(told, truth)))
    nothing = measured(spelling(blank), "cer")
    nothing.add_read({"steps": steps[:3], "letters": torch.full((3, 4), blank)})
    assert math.isnan(nothing.numbers("val")["val_cer"])


def test_the_roc_of_one_class() -> None:
    """Fails if the area of a class is that of another."""
    scores, target = samples(500, COUNT, 0)
    each = theirs.MulticlassAUROC(COUNT, average=None)
    each.update(scores.softmax(-1), target)
    for place in (0, 7):
        ours = measured(linear_net(), "auroc", of_class=place)
        ours.add_read({"scores": scores, "target": target})
        assert ours.numbers("val")["val_auroc"] == pytest.approx(float(each.compute()[place]), abs=1e-3)


def test_metrics_that_do_not_fit_are_named() -> None:
    """Fails if a metric that was asked for is missing without a word, or one that nobody chose is complained of."""

    def said(drawing: Any, *ids: str) -> list[str]:
        events = train(compiled(drawing), replace(FAST, epochs=1, metrics=ids))
        return [each.sentence for each in only(events, Diagnosed) if each.code == "metrics"]

    assert said(autoencoder(), "accuracy", "mae") == []
    assert said(linear_net(), "auroc") == []
    (sentence,) = said(autoencoder(), "auroc", "iou", "mae")
    assert sentence.startswith("AUROC and IoU cannot be measured here: they need a loss that compares scores")
    (sentence,) = said(autoencoder(), "ssim", "cer")
    assert sentence.startswith("SSIM and Character error rate cannot be measured here: they need a loss that compares")
    (sentence,) = said(linear_net(), "psnr")
    assert sentence.startswith("PSNR cannot be measured here: it needs a loss that compares numbers")


def test_every_metric_is_compared() -> None:
    """Fails if a metric is added and compared with nothing."""
    others = {"balanced_accuracy", "perplexity", "mse", "psnr", "mae", "r2", "ssim", "cer"}
    others |= {"map", "map_50"}  # in test_box_metrics.py
    others |= {"reward", "episode_length", "epsilon", "memory"}  # in test_playing.py
    others |= {"unbeaten", "draws"}  # in test_self_play.py
    others |= {"exact_match", "f1_micro", "f1_macro", "auroc_macro"}  # in test_labels.py
    assert declared.metrics().keys() == OF_CLASSES.keys() | others


@pytest.mark.parametrize("name", ["mlp_digits", "autoencoder_digits", "gan_points", "dqn_cartpole"])
def test_a_training_says_first_what_its_epochs_will_tell(name: str) -> None:
    """Fails if curves are headed by numbers that never come, or numbers come that nobody was told of."""
    project = load(name)
    net = compile_net(replace(project, recipe=replace(project.recipe, epochs=1, device="cpu")))
    events = list(train(net, net.plan.recipe))
    started, done = only(events, Started)[0], only(events, EpochDone)[0]
    told = {part.partition("_")[2] for part in done.metrics} - {"loss"}
    assert set(started.measures or ()) == told
