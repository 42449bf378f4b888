"""What each sense adds, next to plain torch; and the layer that leaves senses out."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.modalities_picture import senses_of
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture
from app.insight.view import Look
from app.insight.view_runner import views
from app.training.events import EpochDone, Failed
from app.training.loop import train
from nodes.api import InsertBefore, Shape, ShapeError
from nodes.api.registry import find
from nodes.modules.modality_dropout import ModalityDropout
from nodes.reading.gesture_pairs import gesture_pairs
from tests.insight.test_generative import looked
from tests.support.drawings import chain, node
from tests.training.nets import compiled, only


def small(samples: int = 90, **settings: object) -> Project:
    project = load("fusion")
    nodes = dict(project.graph.nodes)
    nodes["gestures"] = replace(
        nodes["gestures"], params=MappingProxyType({"samples": samples, "side": 12, "steps": 10} | settings)
    )
    return replace(project, graph=Graph.of(nodes.values(), project.graph.wires))


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(small())


def told(look: Look, batch: dict[str, Tensor], hand: float, motion: float) -> Tensor:
    """The scores, layer by layer, with each sense times a number."""
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    with torch.no_grad():
        x = batch["gestures.image"]
        for number in (1, 2):
            x = nn.functional.max_pool2d(m[f"conv{number}"](x).relu(), 2)
        seen = m["seen"](x.flatten(1)).relu()
        x = batch["gestures.motion"].transpose(1, 2)
        for number in (3, 4):
            x = m[f"conv{number}"](x).relu()
        felt = m["felt"](x.mean(2)).relu()
        made: Tensor = m["told"](m["hidden"](torch.cat([hand * seen, motion * felt], 1)).relu())
    return made


def test_each_sense_alone_is_a_net_with_zeros_in_the_place_of_the_other(look: Look) -> None:
    """Fails if another sense is left out than is said, or shares are of other samples or another class."""
    parts = parts_for(look.net)
    ((_, batch),) = parts.read(parts.index("validation"))
    right = batch["gestures.gesture"]
    found = senses_of(look.subject, "validation")
    assert found.names == ("all", "picture alone", "motion alone")
    every = [told(look, batch, *senses).argmax(1) for senses in ((1, 1), (1, 0), (0, 1))]
    assert np.array_equal(found.chosen, torch.stack(every).numpy())
    assert not torch.equal(every[1], every[2])
    bars, table = views()["modalities"].pictures(look, {})
    shares = [float((each == right).float().mean()) for each in every]
    assert np.allclose(bars.maps[0, 0], shares)
    assert f"all {100 * shares[0]:.1f} %, picture alone {100 * shares[1]:.1f} %" in bars.note
    most = float(torch.bincount(right).max()) / len(right)
    assert f"most frequent class {100 * most:.1f} %" in bars.note
    classes = right.unique()
    for row, answer in enumerate(every):
        hits = [float((answer[right == each] == each).float().mean()) for each in classes]
        assert np.allclose(table.maps[0, row], hits)
    assert table.labels[3:] == tuple(look.classes[each] for each in classes.tolist())


def test_both_senses_are_better_than_one() -> None:
    """Fails if a sense says nothing, or one of both says everything: with both much is right, with one a third."""
    project = small(1500, side=24, steps=32, missing=0.0)
    net = compiled(project)
    model = net.model(0)
    recipe = replace(project.recipe, epochs=4, lr=0.004, device="cpu")
    events = list(train(net, recipe, model=model))
    assert not only(events, Failed)
    assert len(only(events, EpochDone)) == 4
    look = looked(project)
    look.model.load_state_dict(model.state_dict())
    both, *each = senses_of(look.subject, "validation").accuracies
    assert both > 0.6
    assert max(each) < both - 0.2
    assert min(each) > 1 / 9 + 0.05


def test_three_senses_are_also_left_out_one_by_one() -> None:
    """Fails if of three senses only single ones are looked at."""
    nodes = [
        node("digits", "Digits"),
        node("flatten", "Flatten"),
        *(node(name, "Linear", out_features=4) for name in "abc"),
        node("joined", "ModalityDropout"),
        node("fc", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("digits.image", "flatten")]
    for name in "abc":
        wires += chain("flatten", name, "joined.xs")
    wires += [*chain("joined", "fc", "loss.prediction"), Wire("digits", "label", "loss", "target")]
    look = looked(Project("Three", graph=Graph.of(nodes, wires)))
    found = senses_of(look.subject, "validation")
    assert found.names == ("all", "a alone", "b alone", "c alone", "without a", "without b", "without c")
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    read = [batch for _, batch in parts_for(look.net).read(parts_for(look.net).index("validation"))]
    x = torch.cat([batch["digits.image"] for batch in read]).flatten(1)
    with torch.no_grad():
        lists = [m["a"](x), torch.zeros(len(x), 4), m["c"](x)]
        assert np.array_equal(found.chosen[5], m["fc"](torch.cat(lists, 1)).argmax(1).numpy())


def test_a_net_of_one_sense_is_told_what_to_do(look: Look) -> None:
    """Fails if a usual net, a missing part or weights that are no numbers give a traceback."""
    for name in ("lenet_digits", "age"):
        with pytest.raises(NoPicture, match="Gestures by two senses"):
            views()["modalities"].pictures(looked(name), {})
    with pytest.raises(NoPicture, match="test part"):
        views()["modalities"].pictures(look, {"part": "test"})
    broken = looked(small())
    with torch.no_grad():
        next(broken.model.parameters()).fill_(float("nan"))
    with pytest.raises(NoPicture, match="not numbers"):
        views()["modalities"].pictures(broken, {})


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_whole_senses_are_left_out_of_a_sample_and_never_all(p: float) -> None:
    """Fails if single values are dropped, all senses are, what is left grows, the share is another one, or something is
    left out of a net that is used."""
    torch.manual_seed(0)
    xs = [torch.rand(20_000, width) + 0.5 for width in (3, 5)]
    layer = ModalityDropout(p)
    assert torch.equal(layer.eval()(*xs), torch.cat(xs, 1))
    made = layer.train()(*xs)
    gone = torch.stack([(made[:, :3] == 0).all(1), (made[:, 3:] == 0).all(1)])
    for at, columns in ((0, slice(0, 3)), (1, slice(3, 8))):
        assert torch.equal(made[:, columns], xs[at] * ~gone[at, :, None])
    assert not gone.all(0).any()
    alone = p * (1 - p)  # one is left out, the other is not
    assert gone.float().mean(1).tolist() == pytest.approx([alone, alone], abs=0.015)


def test_sequences_are_left_out_whole() -> None:
    """Fails if the steps of a sequence are dropped one by one."""
    torch.manual_seed(1)
    made = ModalityDropout(0.5).train()(torch.ones(500, 4, 2), torch.ones(500, 4, 3))
    for part in (made[..., :2], made[..., 2:]):
        assert set(part.flatten(1).mean(1).tolist()) == {0.0, 1.0}


def test_what_cannot_be_joined_is_told() -> None:
    """Fails if a picture is joined with a list, without a word."""
    layer = find("ModalityDropout")
    assert layer is not None
    with pytest.raises(ShapeError, match="one for each modality"):
        layer.build({"xs": [Shape((8,)), Shape((3, 4, 4))]}, layer.settings({}))
    with pytest.raises(ShapeError, match="one for each modality"):
        layer.build({"xs": [Shape(()), Shape(())]}, layer.settings({}))


@pytest.mark.parametrize(
    ("shapes", "place"), [([(5, 2), (1,)], 0), ([(1,), (5, 2)], 1), ([(5, 2), (4, 2)], 1), ([(3,), (4,), (3, 4, 4)], 2)]
)
def test_what_is_no_list_is_flattened(shapes: list[tuple[int, ...]], place: int) -> None:
    """Fails if the layer is offered before the list, where it changes nothing."""
    layer = find("ModalityDropout")
    assert layer is not None
    with pytest.raises(ShapeError) as raised:
        layer.build({"xs": [Shape(sizes) for sizes in shapes]}, layer.settings({}))
    assert list(raised.value.fixes) == [InsertBefore("Flatten", "xs", place=place)]


def test_hands_and_motions_say_one_third_each() -> None:
    """Fails if a picture shows the motion or a motion the hand, or a sensor fails more often than is said."""
    pictures, motions, labels = gesture_pairs(900, 16, 24, 0.2, 0.0, 0)
    blind, still = (pictures == 0).all((1, 2, 3)), (motions == 0).all((1, 2))
    assert not (blind & still).any()
    assert float((blind | still).mean()) == pytest.approx(0.2, abs=0.04)
    assert np.bincount(labels, minlength=9).min() > 60
    hand, motion = labels[~blind] // 3, labels[~still] % 3
    ink = (pictures[~blind, 0] > pictures[~blind, 0].mean((1, 2))[:, None, None] + 0.1).sum((1, 2))
    assert ink[hand == 0].mean() > ink[hand == 1].mean() > ink[hand == 2].mean()
    moved = motions[~still].std(1)
    assert moved[motion == 0, 2].mean() > 3 * moved[motion == 1, 2].mean()
    assert moved[motion == 2, 1].mean() > 2 * moved[motion == 1, 1].mean()
