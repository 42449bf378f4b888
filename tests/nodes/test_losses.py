"""Losses next to their formulas, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.checks.fixes import command_for
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Node, Project
from app.core.inference import infer
from nodes.api import SetParam, Shape, ShapeError
from nodes.api.registry import find
from tests.support.drawings import chain, node

BATCH = 5


def drawing(kind: str, settings: dict[str, Any], ports: dict[str, Shape], *layers: Node) -> Project:
    """A loss named ``it`` with an input for each port; ``layers`` stand before its first port."""
    inputs = [node(f"in_{port}", "Input", shape=shape.sizes, dtype=shape.dtype) for port, shape in ports.items()]
    first, *others = ports
    wires = chain(f"in_{first}", *(each.name for each in layers), f"it.{first}")
    wires += [wire for port in others for wire in chain(f"in_{port}", f"it.{port}")]
    return Project("Loss", graph=Graph.of([*inputs, *layers, node("it", kind, **settings)], wires))


def value_of(net: CompiledNet, **values: Tensor) -> Tensor:
    """The loss for what stands at its ports."""
    losses = net.losses()
    assert losses is not None
    return net.loss_values(losses, (), {f"in_{port}.output": value for port, value in values.items()})["it"]


def probabilities(*sizes: int) -> Tensor:
    return torch.rand(*sizes) * 0.98 + 0.01


def one_hot(target: Tensor, classes: int) -> Tensor:
    return torch.nn.functional.one_hot(target, classes).float()


def smoothed_and_weighed(prediction: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy with label smoothing 0.1 and class weights 1, 2, 3."""
    weights, logs = torch.tensor([1.0, 2.0, 3.0]), prediction.log_softmax(-1)
    right = -(weights[target] * logs.gather(1, target[:, None])[:, 0]).sum()
    spread = -(weights * logs).sum() / 3
    return (0.9 * right + 0.1 * spread) / weights[target].sum()


def hinge_of_classes(prediction: Tensor, target: Tensor) -> Tensor:
    right = prediction.gather(1, target[:, None])
    missing = (1.0 - right + prediction).clamp(min=0) * (1 - one_hot(target, prediction.shape[1]))
    return (missing.sum(1) / prediction.shape[1]).mean()


def huber(prediction: Tensor, target: Tensor) -> Tensor:
    d = (prediction - target).abs()
    return torch.where(d <= 0.5, 0.5 * d**2, 0.5 * (d - 0.25)).mean()


def cross_entropy_of_answers(prediction: Tensor, target: Tensor) -> Tensor:
    return -(target * prediction.log() + (1 - target) * (1 - prediction).log()).mean()


def contrastive(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    d = ((input1 - input2) ** 2).sum(1).sqrt()
    return torch.where(target == 1, 0.5 * d**2, 0.5 * (2.0 - d).clamp(min=0) ** 2).mean()


def cosine(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    angle = (input1 * input2).sum(1) / (input1.norm(dim=1) * input2.norm(dim=1))
    return torch.where(target > 0, 1 - angle, (angle - 0.2).clamp(min=0)).mean()


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    return ((anchor - positive).norm(dim=1) - (anchor - negative).norm(dim=1) + 0.5).clamp(min=0).mean()


LABEL = Shape((), "int")
Case = tuple[str, dict[str, Any], dict[str, Shape], Callable[[], dict[str, Tensor]], Callable[..., Tensor]]
CASES: dict[str, Case] = {
    "cross-entropy": (
        "CrossEntropyLoss", {"label_smoothing": 0.1, "class_weights": (1, 2, 3)},
        {"prediction": Shape((3,)), "target": LABEL},
        lambda: {"prediction": torch.randn(BATCH, 3), "target": torch.tensor([0, 1, 2, 2, 1])},
        smoothed_and_weighed,
    ),
    "cross-entropy of steps": (
        "CrossEntropyLoss", {},
        {"prediction": Shape((4, 3)), "target": Shape((4,), "int")},
        lambda: {"prediction": torch.randn(BATCH, 4, 3), "target": torch.randint(3, (BATCH, 4))},
        lambda prediction, target: -(prediction.log_softmax(-1) * one_hot(target, 3)).sum(-1).mean(),
    ),
    "cross-entropy of dots": (
        "CrossEntropyLoss", {},
        {"prediction": Shape((3, 4, 4)), "target": Shape((4, 4), "int")},
        lambda: {"prediction": torch.randn(BATCH, 3, 4, 4), "target": torch.randint(3, (BATCH, 4, 4))},
        lambda prediction, target: -(prediction.log_softmax(1).movedim(1, -1) * one_hot(target, 3)).sum(-1).mean(),
    ),
    "nll": (
        "NLLLoss", {},
        {"prediction": Shape((3,)), "target": LABEL},
        lambda: {"prediction": torch.randn(BATCH, 3), "target": torch.randint(3, (BATCH,))},
        lambda prediction, target: -(prediction * one_hot(target, 3)).sum(-1).mean(),
    ),
    "bce of labels": (
        "BCELoss", {},
        {"prediction": Shape((1,)), "target": LABEL},
        lambda: {"prediction": probabilities(BATCH, 1), "target": torch.tensor([0, 1, 1, 0, 1])},
        lambda prediction, target: cross_entropy_of_answers(prediction[:, 0], target),
    ),
    "bce of numbers": (
        "BCELoss", {},
        {"prediction": Shape((3,)), "target": Shape((3,))},
        lambda: {"prediction": probabilities(BATCH, 3), "target": probabilities(BATCH, 3)},
        cross_entropy_of_answers,
    ),
    "bce of scores": (
        "BCEWithLogitsLoss", {"pos_weight": 3.0},
        {"prediction": Shape(()), "target": LABEL},
        lambda: {"prediction": torch.randn(BATCH), "target": torch.tensor([0, 1, 1, 0, 1])},
        lambda prediction, target: torch.where(
            target == 1, -3 * prediction.sigmoid().log(), -(-prediction).sigmoid().log()
        ).mean(),
    ),
    "mse of a list of one": (
        "MSELoss", {},
        {"prediction": Shape((1,)), "target": Shape(())},
        lambda: {"prediction": torch.randn(BATCH, 1), "target": torch.randn(BATCH)},
        lambda prediction, target: (prediction[:, 0] - target).square().mean(),
    ),
    "half squared error": (
        "HalfSquaredError", {},
        {"prediction": Shape((3, 2)), "target": Shape((3, 2))},
        lambda: {"prediction": torch.randn(BATCH, 3, 2), "target": torch.randn(BATCH, 3, 2)},
        lambda prediction, target: sum(0.5 * (p - t).square().sum() for p, t in zip(prediction, target)) / BATCH,
    ),
    "l1": (
        "L1Loss", {},
        {"prediction": Shape((3,)), "target": Shape((3,))},
        lambda: {"prediction": torch.randn(BATCH, 3), "target": torch.randn(BATCH, 3)},
        lambda prediction, target: (prediction - target).abs().mean(),
    ),
    "huber": (
        "HuberLoss", {"delta": 0.5},
        {"prediction": Shape((3,)), "target": Shape((3,))},
        lambda: {"prediction": torch.randn(BATCH, 3), "target": torch.randn(BATCH, 3)},
        huber,
    ),
    "hinge of labels": (
        "HingeLoss", {"squared": True},
        {"prediction": Shape((1,)), "target": LABEL},
        lambda: {"prediction": torch.randn(BATCH, 1), "target": torch.tensor([0, 1, 1, 0, 1])},
        lambda prediction, target: (1 - (2 * target - 1) * prediction[:, 0]).clamp(min=0).square().mean(),
    ),
    "hinge of signs": (
        "HingeLoss", {"margin": 0.5},
        {"prediction": Shape(()), "target": Shape(())},
        lambda: {"prediction": torch.randn(BATCH), "target": torch.tensor([-1.0, 1, 1, -1, 1])},
        lambda prediction, target: (0.5 - target * prediction).clamp(min=0).mean(),
    ),
    "hinge of classes": (
        "HingeLoss", {},
        {"prediction": Shape((3,)), "target": LABEL},
        lambda: {"prediction": torch.randn(BATCH, 3), "target": torch.randint(3, (BATCH,))},
        hinge_of_classes,
    ),
    "kl": (
        "KLDivLoss", {},
        {"prediction": Shape((3,)), "target": Shape((3,))},
        lambda: {"prediction": torch.randn(BATCH, 3).log_softmax(-1), "target": torch.randn(BATCH, 3).softmax(-1)},
        lambda prediction, target: (target * (target.log() - prediction)).sum() / BATCH,
    ),
    "cosine": (
        "CosineEmbeddingLoss", {"margin": 0.2},
        {"input1": Shape((4,)), "input2": Shape((4,)), "target": LABEL},
        lambda: {"input1": torch.randn(BATCH, 4), "input2": torch.randn(BATCH, 4),
                 "target": torch.tensor([0, 1, 1, 0, 0])},
        cosine,
    ),
    "cosine of signs": (
        "CosineEmbeddingLoss", {"margin": 0.2},
        {"input1": Shape((4,)), "input2": Shape((4,)), "target": Shape(())},
        lambda: {"input1": torch.randn(BATCH, 4), "input2": torch.randn(BATCH, 4),
                 "target": torch.tensor([-1.0, 1, 1, -1, -1])},
        cosine,
    ),
    "contrastive": (
        "ContrastiveLoss", {"margin": 2.0},
        {"input1": Shape((4,)), "input2": Shape((4,)), "target": LABEL},
        lambda: {"input1": torch.randn(BATCH, 4), "input2": torch.randn(BATCH, 4),
                 "target": torch.tensor([0, 1, 1, 0, 0])},
        contrastive,
    ),
    "triplet": (
        "TripletMarginLoss", {"margin": 0.5},
        {"anchor": Shape((4,)), "positive": Shape((4,)), "negative": Shape((4,))},
        lambda: {port: torch.randn(BATCH, 4) for port in ("anchor", "positive", "negative")},
        triplet,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_loss_is_its_formula(name: str) -> None:
    """Fails if a printed loss is not what its formula says, calculated by hand."""
    kind, settings, ports, make, formula = CASES[name]
    torch.manual_seed(0)
    values = make()
    net = compile_net(drawing(kind, settings, ports))
    torch.testing.assert_close(value_of(net, **values), formula(**values), rtol=1e-4, atol=1e-5)


def test_ctc_sums_over_all_ways_to_spell_the_target() -> None:
    """Fails if steps and samples change places, or the blanks that fill a short target are spelled."""
    torch.manual_seed(0)
    net = compile_net(drawing("CTCLoss", {}, {"log_probs": Shape((3, 3)), "targets": Shape((2,), "int")}))
    logs = torch.randn(2, 3, 3).log_softmax(-1)
    targets = torch.tensor([[1, 2], [2, 0]])  # the second is one letter long

    def spelled(path: tuple[int, ...]) -> list[int]:
        return [now for before, now in zip((0, *path), path) if now != 0 and now != before]

    paths = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
    by_hand = []
    for sample, wanted in enumerate(([1, 2], [2])):
        total = sum(logs[sample, range(3), path].sum().exp() for path in paths if spelled(path) == wanted)
        by_hand.append(-torch.log(torch.as_tensor(total)) / len(wanted))
    torch.testing.assert_close(value_of(net, log_probs=logs, targets=targets), torch.stack(by_hand).mean())


def test_class_weights_move_with_the_losses() -> None:
    """Fails if weights stay behind when the losses go to a GPU."""
    ports = {"prediction": Shape((3,)), "target": LABEL}
    for kind in ("CrossEntropyLoss", "NLLLoss"):
        net = compile_net(drawing(kind, {"class_weights": (1, 2, 3)}, ports))
        assert f"self.it = nn.{kind}(weight=torch.tensor([1.0, 2.0, 3.0]))" in net.source.text
        losses = net.losses()
        assert losses is not None
        assert [str(value.device) for value in losses.to("meta").buffers()] == ["meta"]


LIST = Shape((4,))
REFUSED: list[tuple[str, dict[str, Any], dict[str, Shape], list[Node], str]] = [
    ("CrossEntropyLoss", {"class_weights": (1, 2)}, {"prediction": LIST, "target": LABEL}, [], "2 class weights"),
    ("NLLLoss", {"class_weights": (0, 0, 0, 0)}, {"prediction": LIST, "target": LABEL}, [], "All class weights are 0"),
    ("CrossEntropyLoss", {}, {"prediction": Shape((5, 4)), "target": LABEL}, [], "one label for all of them"),
    ("MSELoss", {}, {"prediction": LIST, "target": Shape((3,))}, [node("fc", "Linear")], "same shape"),
    ("L1Loss", {}, {"prediction": LIST, "target": Shape((2, 2))}, [], "same shape"),
    ("BCELoss", {}, {"prediction": LIST, "target": LABEL}, [node("fc", "Linear", out_features=2)], "same shape"),
    ("CTCLoss", {"blank": 7}, {"log_probs": Shape((9, 4)), "targets": Shape((3,), "int")}, [], "The blank is class 7"),
    ("ContrastiveLoss", {}, {"input1": Shape((2, 2)), "input2": LIST, "target": LABEL}, [], "arrives at input1"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "settings", "ports", "layers", "words"), REFUSED, ids=str)
def test_a_refusal_has_a_remedy(
    kind: str, settings: dict[str, Any], ports: dict[str, Shape], layers: list[Node], words: str
) -> None:
    """Fails if what does not fit is not named, or a click on the first remedy leaves a problem."""
    project = drawing(kind, settings, ports, *layers)
    (problem,) = infer(project).problems
    assert words in problem.sentence
    command = command_for(project, "", "it", problem.fixes[0])
    assert command is not None
    fix_applied = command.apply(project)
    assert infer(fix_applied).problems == ()
    compile_net(fix_applied)


@pytest.mark.parametrize("kind", ["BCELoss", "BCEWithLogitsLoss", "ContrastiveLoss", "CosineEmbeddingLoss"])
def test_more_than_two_classes_are_refused(kind: str) -> None:
    """Fails if the digits 0 to 9 pass for yes and no."""
    first = "prediction" if "BCE" in kind else "input1"
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("fc", "Linear", out_features=1),
            node("it", kind),
        ],
        [
            *chain("digits.image", "flatten", "fc", f"it.{first}"),
            *(chain("fc", "it.input2") if first == "input1" else []),
            *chain("digits.label", "it.target"),
        ],
    )
    (problem,) = infer(Project(graph=graph)).problems
    assert "tells two classes apart, 0 and 1, but the target has 10" in problem.sentence


def test_a_class_that_cannot_be_ignored_is_refused() -> None:
    """Fails if labels that are mixed meet an ignored class, at which torch raises an error, or the only class is
    ignored, of which torch gives no number."""
    layer = find("CrossEntropyLoss")
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "ignore_index": 0})
    for scores, target in ((Shape((3,)), Shape((3,), classes=3)), (Shape((3,)), Shape((), "int", classes=1))):
        with pytest.raises(ShapeError, match="ignored") as refused:
            layer.build({"prediction": [scores], "target": [target]}, settings)
        assert SetParam("ignore_index", -100) in refused.value.fixes
