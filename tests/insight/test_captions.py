"""What is said about a picture and where each word looks, next to the same net computed step by step in plain torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight.captions import attention_of, usual_sentence
from app.insight.part_predictions import parts_for
from app.insight.places import lit, places_of
from app.insight.samples import picture_of
from app.insight.tiles import NoPicture
from app.insight.view import Look, Subject
from app.insight.view_runner import views
from app.training.checkpoints import load_run
from app.training.importing import write_run
from app.training.writing.translating import captioner_of, translator_of
from nodes.api import NoData
from nodes.sources.told_shapes import WORDS
from tests.insight.test_generative import looked

READ, TOLD = ("<pad>", "<start>", *WORDS), ("<pad>", "<end>", *WORDS)


def small(name: str, source: str, **settings: object) -> Project:
    """A template with few, small pictures."""
    project = load(name)
    nodes = dict(project.graph.nodes)
    nodes[source] = replace(nodes[source], params=MappingProxyType({**nodes[source].params, **settings}))
    return replace(project, graph=Graph.of(nodes.values(), project.graph.wires))


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(small("caption", "shapes", pictures=60, side=16))


def by_hand(look: Look, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The scores of each step (n, 11, words) and where it looks (n, 11, 16), free running, of plain layers."""
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    x = images
    for number in (1, 2, 3):
        x = m[f"norm{number}"](m[f"conv{number}"](x)).relu()
        x = nn.functional.max_pool2d(x, 2) if number < 3 else x
    memory = x.flatten(2).transpose(1, 2) + m["positions"].weight
    token = torch.full((len(images),), READ.index("<start>"))
    h = c = torch.zeros(len(images), 96)
    cell, attention = m["writer.cell"], m["writer.attention"]
    scores, looks = [], []
    for _ in range(11):
        mixed = torch.tanh(attention.query(h)[:, None] + attention.memory(memory))
        share = (mixed @ attention.score.weight[0]).exp()
        share = share / share.sum(1, keepdim=True)
        seen = (share[..., None] * memory).sum(1)
        h, c = cell(torch.cat([m["writer.embed"](token), seen], 1), (h, c))
        scores.append(m["writer.fc"](torch.cat([h, seen], 1)))
        looks.append(share)
        token = scores[-1].argmax(1)
    return torch.stack(scores, 1), torch.stack(looks, 1)


def sentence(numbers: list[int]) -> str:
    return " ".join(TOLD[number] for number in (numbers[: numbers.index(1)] if 1 in numbers else numbers))


def test_each_word_stands_below_the_places_that_it_looked_at(look: Look) -> None:
    """Fails if words are those of another sample, an attention is of another step, or its places are turned."""
    chosen = replace(look, sample=3)
    batch = chosen.batch
    with torch.no_grad():
        scores, looks = by_hand(chosen, batch["shapes.image"])
    numbers = scores[0].argmax(1).tolist()
    shown, table = views()["captions"].pictures(chosen, {"count": 2})
    steps = numbers.index(1) if 1 in numbers else 11
    assert shown.title == (sentence(numbers) or "–")
    assert shown.labels == ("picture", *(TOLD[number] for number in numbers[:steps]))
    truth = [number for number in batch["shapes.target"][0].tolist() if number > 1]
    assert shown.note.startswith(f"The truth: {' '.join(TOLD[number] for number in truth)}.")
    image = batch["shapes.image"][0].permute(1, 2, 0).numpy()
    dots = shown.maps.shape[1] // 16
    assert np.allclose(shown.maps[0][::dots, ::dots], image, atol=1e-6)
    for step in range(steps):
        share = looks[0, step].reshape(4, 4).repeat_interleave(4, 0).repeat_interleave(4, 1)[..., None].numpy()
        expected = (0.25 + 0.75 * image) * (0.15 + 0.85 * share / share.max())
        assert np.allclose(shown.maps[step + 1][::dots, ::dots], expected, atol=1e-5)
    assert table.layout == "table"
    assert len(table.labels) == 2 + 2


def test_baselines_are_those_of_the_data(look: Look) -> None:
    """Fails if the most frequent sentence is not that of the training part, or its share or that of the net shown
    another picture is of other samples."""
    parts = parts_for(look.net)
    trained = [row for _, batch in parts.read(parts.index("train")) for row in batch["shapes.target"].tolist()]
    counts = Counter(tuple(number for number in row if number > 1) for row in trained)
    captioner = captioner_of(look.net)
    usual = usual_sentence(look.net, captioner)
    assert counts[usual] == max(counts.values())
    fields = look.subject.samples.several()
    truths = [tuple(n for n in row if n > 1) for row in fields["shapes.target"].tolist()]
    note = views()["captions"].pictures(look, {})[1].note
    assert f'"{" ".join(TOLD[number] for number in usual)}"' in note
    assert f"is right for {truths.count(usual)}; the net shown the picture of another sample, for 0 of 6." in note


def test_places_are_those_of_the_image_before_the_memory(look: Look) -> None:
    """Fails if rows and columns are exchanged, or an attention that reads no picture is laid over one."""
    assert places_of(look.net, "writer/attention") == (4, 4)
    assert attention_of(look.net, captioner_of(look.net)) == "writer/attention"
    text = looked(small("translate_dates", "pairs", samples=40))
    assert places_of(text.net, "decoder/attention") is None
    shares = np.array([[0.0, 1.0, 0.5], [0.0, 0.0, 0.0]])
    shown = lit(np.ones((4, 6, 3), np.float32), shares)
    assert np.allclose(shown[:2, 2:4], 1.0)
    assert np.allclose(shown[2:], 0.15)
    assert np.allclose(shown[:2, 4:], 0.575)


def test_a_picture_of_ones_own_is_told_of_and_asked_about(tmp_path: Path) -> None:
    """Fails if a file cannot stand in the place of a sample where words are read beside it, or the truth of some sample
    is said of it."""
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (20, 20, 3), np.uint8)).save(tmp_path / "own.png")
    for name, view in (("caption", "captions"), ("vqa", "asked")):
        project = small(name, "shapes", pictures=30, side=16)
        net = compile_net(project)
        write_run(tmp_path / name, net, net.model(0), project.recipe)
        loaded = load_run(tmp_path / name)
        own = Look(Subject(loaded.net, loaded.model, picture_of(loaded, str(tmp_path / "own.png"))))
        shown = views()[view].pictures(own, {})[0]
        pixels = np.asarray(Image.open(tmp_path / "own.png").resize((16, 16), Image.Resampling.BILINEAR)) / 255
        assert np.abs(shown.maps[0][::8, ::8] - pixels).mean() < 0.1
        assert "truth" not in shown.note
        assert "ight" not in shown.note.split("lit")[0]


def test_a_net_that_writes_about_no_picture_is_told_what_to_do(look: Look) -> None:
    """Fails if a net that translates or classifies ends in a traceback, or a captioner is taken for a translator."""
    with pytest.raises(NoData, match="reads one sequence"):
        translator_of(look.net)
    for name in ("lenet_digits", "translate_dates"):
        other = looked(small(name, "pairs", samples=40)) if name == "translate_dates" else looked(name)
        with pytest.raises(NoPicture, match="picture"):
            views()["captions"].pictures(other, {})
    with pytest.raises(NoPicture, match="sequence"):
        views()["translated"].pictures(look, {})
