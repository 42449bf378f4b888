"""Where a net looks that reads a picture piece by piece, next to the same net computed look by look in plain torch."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Node, Project, Wire
from app.insight.glimpses import drawn_path, eye_of, path_of
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.view_runner import views
from tests.insight.test_captions import small
from tests.insight.test_generative import looked


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(small("glimpse", "digits", pictures=40))


def read(image: torch.Tensor, x: float, y: float, reach: float) -> torch.Tensor:
    """12 × 12 values of an image (48, 48) through filters around a place from −1 to 1, a window ``reach`` dots wide."""
    dots, steps = torch.arange(48) + 0.5, torch.arange(12) - 5.5

    def filters(middle: float) -> torch.Tensor:
        places = (middle + 1) * 24 + steps * reach / 12
        weights = (-((dots - places[:, None]) ** 2) / (2 * max(reach / 24, 0.5) ** 2)).exp()
        return weights / weights.sum(1, keepdim=True)

    return filters(y) @ image @ filters(x).T


def by_hand(look: Look, image: torch.Tensor) -> tuple[list[list[float]], list[torch.Tensor], torch.Tensor]:
    """Windows (x, y, width, height in shares), what is read, and scores after each of four looks at an image."""
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    x = nn.functional.avg_pool2d(image[None], 4)
    glance = m["glance"](x.flatten(1)).relu()
    for number in (1, 2):
        x = m[f"norm{number}"](m[f"conv{number}"](x)).relu()
    places = x.flatten(2).transpose(1, 2)
    state = torch.zeros(1, 96)
    windows, patches, scores = [], [], []
    attention = m["eye.attention"]
    for _ in range(4):
        mixed = torch.tanh(attention.query(state)[:, None] + attention.memory(places))
        share = (mixed @ attention.score.weight[0])[0].softmax(0).reshape(12, 12)
        coordinates = (torch.arange(12) + 0.5) / 6 - 1
        across, down = float(share.sum(0) @ coordinates), float(share.sum(1) @ coordinates)
        wide = float(m["eye.zoom"](state).tanh())
        reach = 24 * np.exp(wide)
        patch = read(image[0], across, down, reach)
        windows.append([(across + 1) / 2, (down + 1) / 2, reach / 48, reach / 48])
        patches.append(patch)
        seen = nn.functional.max_pool2d(m["eye.conv1"](patch[None, None]).relu(), 2)
        seen = m["eye.fc"](m["eye.conv2"](seen).relu().flatten(1)).relu()
        where = torch.tensor([[across, down, wide]])
        state = m["eye.cell"](torch.cat([seen, where, glance], 1), state)
        scores.append(m["eye.says"](state)[0])
    return windows, patches, torch.stack(scores)


def test_windows_pieces_and_classes_are_those_of_the_net(look: Look) -> None:
    """Fails if windows are in another order, of another sample or turned, a piece is of another look, or a row of the
    table belongs to another one."""
    chosen = replace(look, sample=2)
    image = chosen.batch["digits.image"][0]
    with torch.no_grad():
        windows, patches, scores = by_hand(chosen, image)
        whole = scores.mean(0).softmax(0)
    path = path_of(chosen, eye_of(chosen.net))
    assert np.allclose(path.windows, windows, atol=1e-5)
    assert torch.allclose(path.patches[:, 0], torch.stack(patches), atol=1e-5)
    row, table = views()["glimpses"].pictures(chosen, {})
    best = int(whole.argmax())
    assert row.title == f"{best}, {100 * float(whole[best]):.1f} %, after 4 looks"
    chances = scores.softmax(1)
    assert table.labels == (*(f"look {at}" for at in range(1, 5)), *map(str, range(10)))
    assert np.allclose(table.maps[0], chances.numpy(), atol=1e-5)
    said = [f"look {at + 1}: {int(each.argmax())} {100 * float(each.max()):.1f} %" for at, each in enumerate(chances)]
    assert row.labels == ("the path", *said)
    pieces = row.maps[1:, 12::24, 12::24, 0]  # 288 dots for 12 values
    assert np.allclose(pieces[:, 1:-1, 1:-1], torch.stack(patches)[:, 1:-1, 1:-1].numpy(), atol=1e-5)


def test_the_share_of_right_answers_is_told_after_each_look(look: Look) -> None:
    """Fails if another part is judged, or looks are counted together."""
    parts = parts_for(look.net)
    ((_, batch),) = parts.read(parts.index("validation"))
    truth = batch["digits.label"]
    with torch.no_grad():
        every = torch.stack([by_hand(look, image)[2] for image in batch["digits.image"]])
    right = float((every.mean(1).argmax(1) == truth).float().mean())
    after = [float(each) for each in (every.argmax(2) == truth[:, None]).float().mean(0)]
    note = views()["glimpses"].pictures(look, {})[0].note
    assert f"Of {len(truth)} validation samples the net tells {100 * right:.1f} % rightly" in note
    assert f"after each look: {', '.join(f'{100 * share:.1f} %' for share in after)})" in note


def test_frames_lie_where_the_windows_are() -> None:
    """Fails if x and y are exchanged in the picture, the line misses a middle, or what lies outside is not cut off."""
    inks = np.array([[255, 0, 0], [0, 0, 255]], np.uint8)
    windows = np.array([[0.25, 0.75, 0.3, 0.2], [0.8, 0.3, 0.6, 0.4]], np.float32)
    made = drawn_path(np.zeros((200, 400, 3), np.float32), windows, inks)
    red, blue = (made == (1, 0, 0)).all(2), (made == (0, 0, 1)).all(2)
    assert red[150, 40]  # left side: 0.25 − 0.15 of 400
    assert red[130, 100]  # upper side: 0.75 − 0.1 of 200
    assert red[150, 160]
    assert not red[100, 50]
    assert blue[60, 200]
    assert blue[100, 350]
    white = (made == (1, 1, 1)).all(2)
    assert white[105, 210]  # half way between both middles


def test_a_net_that_looks_at_windows_without_a_block_over_time_shows_them_too() -> None:
    """Fails if glimpses one after the other in the main drawing are not found, or there must be classes."""
    nodes = [
        Node("image", "Input", MappingProxyType({"shape": (1, 20, 30)})),
        Node("flat", "Flatten"),
        Node("first", "Linear", MappingProxyType({"out_features": 3})),
        Node("look1", "Glimpse", MappingProxyType({"size": 6})),
        Node("look2", "Glimpse", MappingProxyType({"size": 6, "share": 0.4})),
        Node("both", "Concat"),
        Node("end", "Output"),
    ]
    wires = [
        Wire("image", "output", "flat", "x"),
        Wire("flat", "output", "first", "x"),
        *(Wire("image", "output", look, "x") for look in ("look1", "look2")),
        *(Wire("first", "output", look, "where") for look in ("look1", "look2")),
        *(Wire(look, "output", "both", "xs") for look in ("look1", "look2")),
        Wire("both", "output", "end", "x"),
    ]
    net = compile_net(Project("Two looks", graph=Graph.of(nodes, wires)))
    model = net.model(0).eval()
    images = torch.rand(2, 1, 20, 30, generator=torch.Generator().manual_seed(3))
    look = Look(Subject(net, model, Samples({"image.output": images}, ("a", "b"))), sample=1)
    (row,) = views()["glimpses"].pictures(look, {})
    assert row.maps.shape == (3, 200, 300, 3)
    with torch.no_grad():
        told = dict(model.named_modules())["first"](images[1].flatten()[None])[0]
    path = path_of(look, eye_of(net))
    for window, usual in zip(path.windows, (1.0, 0.4)):
        share = usual * float(told[2].exp())
        assert window.tolist() == pytest.approx(
            [(float(told[0]) + 1) / 2, (float(told[1]) + 1) / 2, share, 1.5 * share], abs=1e-4
        )


@pytest.mark.parametrize("name", ["lenet_digits", "memory_network"])
def test_a_net_that_looks_at_no_window_says_so(name: str) -> None:
    """Fails if a net without a glimpse, or without a picture, ends in a traceback."""
    with pytest.raises(NoPicture, match="looks at no window"):
        views()["glimpses"].pictures(looked(name), {})
