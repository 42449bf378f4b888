"""What is said about clips over time, next to the same nets fed by hand; and folders of frames in their place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from app.core.compile.net import compile_net
from app.core.inference import infer
from app.core.starting.exchange import exchange
from app.core.storage.templates import load
from app.data.source_looks import looked_at, schema_of
from app.insight.clip import growing
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from nodes.api.registry import find
from nodes.sources.moving_shapes import KINDS
from tests.insight.test_captions import small
from tests.insight.test_generative import looked

TEMPLATES = ("video_3d", "video_cnn_lstm")


@pytest.fixture(scope="module", params=TEMPLATES)
def look(request: pytest.FixtureRequest) -> Look:
    return looked(small(request.param, "clips", clips=48, frames=6, side=16))


def pictures(look: Look, **settings: object) -> tuple[Tiles, ...]:
    return views()["clip"].pictures(look, settings)


def test_a_growing_clip_keeps_showing_its_last_frame() -> None:
    """Fails if it shows a frame that is still to come, or axes are exchanged."""
    clip = torch.arange(2 * 4 * 3 * 5).reshape(2, 4, 3, 5)
    found = growing(clip)
    assert found.shape == (4, 2, 4, 3, 5)
    for known in range(4):
        for frame in range(4):
            assert torch.equal(found[known, :, frame], clip[:, min(known, frame)])


def over_time(look: Look, clip: torch.Tensor) -> torch.Tensor:
    """The probabilities of the classes after each frame (frames, classes)."""
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    if "lstm" not in m:
        stopped = [torch.cat([clip[:, : at + 1]] + [clip[:, at : at + 1]] * (5 - at), 1) for at in range(6)]
        return torch.stack([look.model(each[None])[0].softmax(0) for each in stopped])
    seen = []
    for at in range(6):
        x = torch.cat([clip[None, :, at], clip[None, :, max(at - 1, 0)]], 1)
        for number in (1, 2, 3):
            x = m[f"seen.norm{number}"](m[f"seen.conv{number}"](x)).relu()
            x = nn.functional.max_pool2d(x, 2) if number < 3 else x
        seen.append(x.mean((2, 3)))
    return m["scores"](m["lstm"](torch.stack(seen, 1))[0])[0].softmax(1)


def test_the_classes_over_time_are_those_of_the_net(look: Look) -> None:
    """Fails if a frame has seen those behind it, a line is of another class, or what is said of the whole clip is what
    is said after some frame."""
    chosen = replace(look, sample=2)
    clip = chosen.batch["clips.video"][0]
    with torch.no_grad():
        chances = over_time(chosen, clip).numpy()
        whole = look.model(clip[None])[0].softmax(0)
    row, lines = pictures(chosen)
    best = int(whole.argmax())
    assert row.title == f"{KINDS[best]}, {100 * float(whole[best]):.1f} %"
    assert [label.rpartition(" ")[0].rpartition(" ")[0] for label in row.labels] == [
        KINDS[at] for at in chances.argmax(1)
    ]
    assert lines.maps.shape == (6, 1, 6)
    for name, line in zip(lines.labels, lines.maps):
        assert np.allclose(line[0], chances[:, KINDS.index(name)], atol=1e-5)
    assert lines.at is not None
    assert lines.at.tolist() == [1, 2, 3, 4, 5, 6]
    dots = row.maps.shape[1] // 16
    for at in range(6):
        assert np.allclose(row.maps[at][::dots, ::dots, 0], clip[0, at].numpy(), atol=1e-6)


def test_shares_of_right_answers_are_counted(look: Look) -> None:
    """Fails if clips that stand still move, or another part is judged."""
    parts = parts_for(look.net)
    ((_, batch),) = parts.read(parts.index("validation"))
    truth, clips = batch["clips.label"], batch["clips.video"]
    with torch.no_grad():
        right = float((look.model(clips).argmax(1) == truth).float().mean())
        still = float((look.model(clips[:, :, 3:4].repeat(1, 1, 6, 1, 1)).argmax(1) == truth).float().mean())
    usual = int(torch.bincount(truth).max()) / len(truth)
    shown = [f"{100 * share:.1f} %" for share in (right, still, usual)]
    note = pictures(look)[0].note
    assert f"Of {len(truth)} validation samples the net tells {shown[0]} rightly" in note
    assert f"middle frame {shown[1]}" in note
    assert note.endswith(f"is right for {shown[2]}.")


def test_a_net_that_watches_no_clips_says_so() -> None:
    """Fails if a net for pictures or texts ends in a traceback."""
    for name in ("lenet_digits", "memory_network", "segment"):
        with pytest.raises(NoPicture, match="read clips"):
            pictures(looked(name))


@pytest.mark.parametrize("name", TEMPLATES)
def test_folders_of_frames_fit_in_the_place_of_made_up_clips(name: str, tmp_path: Path) -> None:
    """Fails if somebody's own videos, in colour, of another size, length and number of classes, do not fit under these
    nets by the exchange of the source alone, or the picture of them is not to be had."""
    random = np.random.default_rng(0)
    for kind in ("run", "sit", "walk"):
        for clip in range(3):
            folder = tmp_path / kind / f"clip{clip}"
            folder.mkdir(parents=True)
            for number in range(1, 6):
                Image.fromarray(random.integers(0, 255, (20, 26, 3), np.uint8)).save(folder / f"{number}.png")
    layer = find("Videos")
    assert layer is not None
    settings = layer.settings({"path": str(tmp_path), "frames": 5})
    project = load(name)
    done = exchange(project, "clips", layer, settings, schema_of(layer, settings))
    assert done.left == ()
    after = looked_at(replace(done.command.apply(project), recipe=replace(project.recipe, validation=0.34)))
    assert infer(after).problems == ()
    other = looked(after)
    row, lines = pictures(other)
    assert row.maps.shape[0] == 5
    assert row.maps.shape[3] == 3
    assert row.maps[0].std(-1).max() > 0  # in colour
    assert set(lines.labels) == {"run", "sit", "walk"}
    model = compile_net(after).model(0)
    assert model(torch.zeros(2, 3, 5, 20, 26)).shape == (2, 3)
