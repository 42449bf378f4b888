"""Pictures that fool a net, next to the same made by plain torch."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.core.graph.recipe import Recipe
from app.insight.adversarial import Attack, attack, told_by
from app.insight.perturbing import perturbed
from app.insight.robustness import AccuracyPoint, bars, curve
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import Look, Subject
from app.insight.views import views
from app.training.importing import write_run
from tests.insight.conftest import Trained


def subject(of: Trained) -> Subject:
    return Subject(of.net, of.model, load_samples(of.net, of.net.plan.recipe))


def cross_entropy_step(model: nn.Module, pictures: Tensor, labels: Tensor, size: float, towards: bool) -> Tensor:
    """One step along the sign of the gradient of the cross-entropy, in double precision."""
    model = model.double()
    seen = pictures.double().requires_grad_()
    loss = nn.functional.cross_entropy(model(seen), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, seen)
    model.float()
    step = size * gradient.sign()
    return (pictures + (-step if towards else step)).clamp(0, 1).float()


@pytest.mark.parametrize("towards", [False, True])
@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_a_batch_is_moved_as_plain_torch_moves_it(lenet: Trained, method: str, towards: bool) -> None:
    """Fails if a sign is turned, a step too long, a bound passed, or one picture of a batch gets another's gradient."""
    start, epsilon = lenet.images[:6].clone(), 0.1
    wanted = lenet.labels[:6] if not towards else (lenet.labels[:6] + 3) % 10
    with torch.enable_grad():
        made = perturbed(lenet.model, start, wanted, epsilon, method, towards).detach()  # type: ignore[arg-type]
    by_hand = start.clone()
    for _ in range(10 if method == "pgd" else 1):
        by_hand = cross_entropy_step(lenet.model, by_hand, wanted, epsilon / 4 if method == "pgd" else epsilon, towards)
        by_hand = torch.minimum(torch.maximum(by_hand, start - epsilon), start + epsilon)
    # Where a gradient is zero but for rounding, its sign may be either.
    assert ((made - by_hand).abs() < 1e-5).float().mean() > 0.995
    assert (made - start).abs().max() <= epsilon + 1e-6


def length(made: Attack) -> float:
    return float(np.linalg.norm((made.after - made.before).astype(np.float64)))


def test_lbfgs_finds_a_smaller_change_than_one_step_makes(lenet: Trained) -> None:
    """Fails if the search stops at the first change that fools, or at none, or leaves 0..1."""
    for sample in range(5):
        small = attack(lenet.net, lenet.model, lenet.images, sample=sample, method="lbfgs")
        assert small.fooled
        assert 0 <= small.after.min() <= small.after.max() <= 1
        sizes = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
        steps = (attack(lenet.net, lenet.model, lenet.images, sample=sample, epsilon=size) for size in sizes)
        first = next((one for one in steps if one.fooled), None)
        assert first is None or length(small) < length(first)
    note = small.tiles().note
    assert f"of length {length(small):.3g}" in note
    assert f"more than {small.moved:.3g}" in note


def test_lbfgs_reaches_the_class_it_is_sent_to(lenet: Trained) -> None:
    """Fails if a target is taken for what to get away from."""
    sample = 3
    said = attack(lenet.net, lenet.model, lenet.images, sample=sample).said_before
    for target in [one for one in range(10) if one != said][:4]:
        made = attack(lenet.net, lenet.model, lenet.images, sample=sample, target=target, method="lbfgs")
        assert made.said_after == target


def test_the_one_pixel_is_the_best_of_all(mlp: Trained) -> None:
    """Fails if another pixel, set to black or white, would have gone further: every one is tried by hand."""
    alone = 0
    for sample in range(8):
        picture = mlp.images[sample : sample + 1]
        made = attack(mlp.net, mlp.model, mlp.images, sample=sample, method="pixel")
        moved = np.argwhere(made.before[0] != made.after[0])
        assert 1 <= len(moved) <= 5
        assert f"{len(moved)} of 64 pixels moved" in made.tiles().note
        if len(moved) > 1:
            continue
        alone += 1
        margins = {}
        for row, column, value in product(range(8), range(8), (0.0, 1.0)):
            tried = picture.clone()
            tried[0, 0, row, column] = value
            with torch.no_grad():
                scores = mlp.model(tried)[0]
            own = scores[made.said_before].clone()
            scores[made.said_before] = -torch.inf
            margins[row, column, value] = float(scores.max() - own)
        row, column, value = max(margins, key=margins.__getitem__)
        assert (row, column) == tuple(moved[0])
        assert made.after[0, row, column] == value
        assert made.fooled == (margins[row, column, value] > 0)
    assert alone, "at least one of these digits is turned by a single pixel"


def test_noise_is_made_to_look_like_a_class(lenet: Trained) -> None:
    """Fails if the sample is changed in its place, or noise stays noise to the net."""
    for target in (0, 4, 8):
        made = attack(lenet.net, lenet.model, lenet.images, target=target, method="pgd", epsilon=0.3, start="noise")
        assert np.abs(made.before - lenet.images[0].numpy()).mean() > 0.2
        assert 0.29 < made.before.min() < made.before.max() < 0.71
        assert made.said_after == target
        assert made.probability_after > 0.9
    with pytest.raises(NoPicture, match="set the class to go towards"):
        attack(lenet.net, lenet.model, lenet.images, start="noise")


def test_of_a_thousand_classes_the_likeliest_are_shown() -> None:
    """Fails if the bars of a net with many classes leave out the one that it says."""
    before, after = np.full(1000, 1e-4), np.full(1000, 1e-4)
    before[985], after[17] = 0.9, 0.8
    made = Attack(np.zeros((3, 4, 4)), np.ones((3, 4, 4)), 985, 985, 17, 0.9, 0.8, 0.1, "softmax", False,
                  tuple(before), tuple(after))  # fmt: skip
    words = [f"class {number}" for number in range(1000)]
    for tiles in made.bars(words):
        assert tiles.labels[0] == "class 985"
        assert "class 17" in tiles.labels
        assert len(tiles.labels) == 12
        assert "12 of 1,000 classes" in tiles.note


@pytest.fixture(scope="module")
def other(lenet: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the same drawing with fresh weights."""
    folder = tmp_path_factory.mktemp("other") / "fresh"
    write_run(folder, lenet.net, lenet.net.model(seed=5), Recipe())
    return folder


@pytest.fixture(scope="module")
def same(lenet: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with the very weights of the net."""
    folder = tmp_path_factory.mktemp("same") / "twin"
    write_run(folder, lenet.net, lenet.model, Recipe())
    return folder


def test_another_run_is_shown_the_same_picture(lenet: Trained, other: Path, same: Path) -> None:
    """Fails if it is shown another one, or this net's answer is told as the other's."""
    made = attack(lenet.net, lenet.model, lenet.images, sample=5, epsilon=0.15)
    twin = told_by(lenet.net, made, str(same))
    assert np.allclose(twin.maps.ravel(), made.all_after, atol=1e-5)
    assert twin.title == ("twin is fooled, too" if made.fooled else "twin is not fooled")
    fresh = lenet.net.model(seed=5).eval()
    with torch.no_grad():
        expected = fresh(torch.from_numpy(made.after)[None]).softmax(1)[0]
    assert np.allclose(told_by(lenet.net, made, str(other / "weights.safetensors")).maps.ravel(), expected, atol=1e-5)
    with pytest.raises(NoPicture, match="nowhere"):
        told_by(lenet.net, made, "/nowhere")


def test_a_run_that_reads_something_else_is_refused(lenet: Trained, mlp: Trained, tmp_path: Path) -> None:
    """Fails if a net is shown a picture that it cannot read."""
    write_run(tmp_path / "mlp", mlp.net, mlp.model, Recipe())
    made = attack(lenet.net, lenet.model, lenet.images)
    with pytest.raises(NoPicture, match="cannot be shown the same pictures"):
        told_by(lenet.net, made, str(tmp_path / "mlp"))


def test_accuracy_falls_as_counted_by_hand(lenet: Trained, other: Path, same: Path) -> None:
    """Fails if a sample is left out, the wrong label is defended, or the two nets are mixed up."""
    *_, points = curve(subject(lenet), 0.2, 3, "fgsm", "validation", 60)
    from app.insight.part_predictions import parts_for

    parts = parts_for(lenet.net)
    numbers = torch.as_tensor(parts.index("validation")[:60])
    pictures, labels = lenet.images[numbers], lenet.labels[numbers]
    for point, size in zip(points, (0.0, 0.1, 0.2), strict=True):
        moved = cross_entropy_step(lenet.model, pictures, labels, size, towards=False) if size else pictures
        with torch.no_grad():
            known = (lenet.model(moved).argmax(1) == labels).float().mean()
        assert point.epsilon == pytest.approx(size)
        assert point.accuracy == pytest.approx(float(known), abs=0.02)
    assert points[0].accuracy > 0.9 > points[2].accuracy
    from app.insight.robustness import beside

    *_, twins = curve(subject(lenet), 0.2, 3, "fgsm", "validation", 60, beside(lenet.net, str(same)))
    for point, alone in zip(twins, points, strict=True):
        assert point.accuracy == point.other == point.transferred == alone.accuracy
    *_, fresh = curve(subject(lenet), 0.2, 2, "fgsm", "validation", 60, beside(lenet.net, str(other)))
    assert fresh[0].accuracy > 0.9
    assert (fresh[0].other or 0.0) < 0.5


def test_bars_say_where_half_of_it_is_gone() -> None:
    """Fails if points that are still to come are shown as values, or the sentence names another epsilon."""
    points = (AccuracyPoint(0.0, 0.9, 0.8, 0.8), AccuracyPoint(0.1, 0.4, 0.7, 0.75))
    made = bars(points, 0.2, 3, "fgsm", 50, "robust")
    assert [tiles.title for tiles in made] == [
        "Accuracy under attack",
        "robust, attacked itself",
        "robust, shown what fools this net",
    ]
    assert made[0].maps.ravel().tolist() == pytest.approx([0.9, 0.4, 0.0])
    assert "Half of it is gone at 0.1." in made[0].note
    assert "Half" not in made[1].note
    assert made[0].labels == ("0", "0.1", "0.2")


def test_the_view_counts_step_by_step(lenet: Trained) -> None:
    """Fails if nothing is seen before the end, or an unknown run is a traceback."""
    view = views()["robustness"]
    steps = list(view.steps(Look(subject(lenet)), {"points": 3, "count": 20, "epsilon": 0.3}))
    assert [(step.done, step.steps) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert steps[0].pictures[0].maps.ravel()[1:].tolist() == [0.0, 0.0]
    with pytest.raises(NoPicture, match="nowhere"):
        next(view.steps(Look(subject(lenet)), {"other": "/nowhere"}))
