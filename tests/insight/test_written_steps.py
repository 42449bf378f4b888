"""Attention of a decoder while it writes, and what it writes beside the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Project, Wire
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject
from app.insight.views import views
from app.training.writing.translating import answers, edits, translator_of
from nodes.api import NoData
from tests.core.test_over_time import UNITS, by_hand, decoder, drawing
from tests.support.drawings import node
from tests.training.test_translating import made, small


def seen(project: Project, view: str = "attention", model: Any = None, layer: str = "", **settings: Any) -> Any:
    """The pictures of a view, the net's model and the batch."""
    net = compile_net(project)
    model = net.model(2) if model is None else model
    look = Look(Subject(net, model, load_samples(net, project.recipe)), layer, 1)
    return views()[view].pictures(look, settings), model, look.batch


@pytest.mark.parametrize("layer", ["decoder/attention", ""])
@pytest.mark.parametrize("true_values", ["always", "never"])
def test_each_step_of_a_loop_is_shown(true_values: str, layer: str) -> None:
    """Fails if only the last step is seen, or steps are in another order: Bahdanau's attention by hand."""
    (found,), model, batch = seen(drawing(decoder(true_values)), layer=layer)
    given = [batch[name] for name in ("previous.output", "letters.output", "begin.output")]
    wanted = by_hand(model, *given, own=true_values == "never")[2]
    assert np.allclose(found.maps, wanted.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", ["ScaledDotProductAttention", "MultiheadAttention", "MultiplicativeAttention"])
def test_attentions_of_every_kind_are_shown_at_each_step(kind: str) -> None:
    """Fails if an attention in a loop is seen at one step because it hands on no weights, or heads are mixed up."""
    block = decoder("always")
    kept = [each for name, each in block.graph.nodes.items() if name not in ("attention", "looked")]
    wires = [wire for wire in block.graph.wires if "attention" not in (wire.source, wire.target)]
    ports = ("query", "key", "value") if kind != "MultiplicativeAttention" else ("query", "memory")
    params = {"num_heads": 2} if kind == "MultiheadAttention" else {}
    kept += [
        node("list", "Unsqueeze", dim=1),
        node("wide", "Linear", out_features=6),
        node("attention", kind, **params),
        node("flat", "Flatten"),
    ]
    wires += [Wire("h", "output", "wide", "x"), Wire("wide", "output", "list", "x")]
    wires += [Wire("list", "output", "attention", "query")]
    wires += [Wire("memory", "output", "attention", port) for port in ports[1:]]
    wires += [Wire("attention", "output", "flat", "x"), Wire("flat", "output", "both", "xs")]
    project = drawing(Block(Graph.of(kept, wires)))
    graph = project.graph
    nodes = [each for name, each in graph.nodes.items() if name != "looks"]
    project = replace(project, graph=Graph.of(nodes, [wire for wire in graph.wires if wire.target != "looks"]))
    (found,), model, batch = seen(project, layer="decoder/attention")
    memory, h = batch["letters.output"], batch["begin.output"]
    rows = []
    cell = model.decoder
    with torch.no_grad():
        for token in batch["previous.output"][0]:
            query = cell.wide(h)[:, None]
            if kind == "MultiheadAttention":
                mixed, weights = cell.attention(query, memory, memory, average_attn_weights=False)
                weights = weights[0]
            elif kind == "MultiplicativeAttention":
                mixed, weights = cell.attention(query, memory)
            else:
                weights = (query @ memory.mT / 6**0.5).softmax(-1)
                mixed = weights @ memory
            rows.append(weights)
            x = {"flat": mixed[:, 0], "embed": cell.embed.weight[token][None]}
            h = cell.cell(torch.cat([x[wire.source] for wire in wires if wire.target == "both"], 1), h)
    assert h.shape == (1, UNITS)
    assert np.allclose(found.maps, torch.cat(rows, 1).numpy(), atol=1e-5)


def table(found: Tiles) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    rows, columns = found.size
    assert len(found.labels) == rows + columns
    return found.maps[0], found.labels[:rows], found.labels[rows:]


def test_letters_that_are_read_stand_beside_what_is_written() -> None:
    """Fails if the table is turned, padding is shown, or columns are called by other letters than the net wrote."""
    project = small("copying")
    translator, model, _, _ = made(project)
    (found,), _, batch = seen(project, model=model)
    values, rows, columns = table(found)
    asked = batch["pairs.source"][0]
    letters = [translator.read[number] for number in asked.tolist() if number]
    assert list(rows) == letters
    assert np.allclose(values.sum(0), 1, atol=1e-5)
    model.eval()
    with torch.no_grad():
        scores = model(batch["pairs.source"], batch["pairs.previous"])[0]
    told = [translator.written[number] for number in scores.argmax(1).tolist()]
    told = told[: told.index("<end>") + 1] if "<end>" in told else told
    assert list(columns) == told
    cell = model.decoder
    memory = model.encoder(model.embed(batch["pairs.source"][:, : len(letters)]))[0]  # without padding at all
    h, token, wanted = torch.zeros(1, 64), batch["pairs.previous"][:, 0], []
    with torch.no_grad():
        for step in range(len(told)):
            mixed, weights = cell.attention(h, memory)
            h = cell.cell(torch.cat([cell.embed(token), mixed], 1), h)
            token = scores[step].argmax()[None]
            wanted.append(weights[0])
    assert np.allclose(values, torch.stack(wanted, 1).numpy(), atol=1e-4)


@pytest.mark.parametrize("beam", [1, 3])
def test_answers_stand_beside_the_truth(beam: int) -> None:
    """Fails if right answers are counted wrong, or the share of wrong symbols is not that of the samples shown."""
    project = small("copying")
    translator, model, _, _ = made(project)
    (found,), _, _ = seen(project, "translated", model, beam=beam, count=5)
    fields = load_samples(translator.net, project.recipe).fields
    said = answers(translator, model, fields["pairs.source"], beam)
    truths = [[number for number in row if number > 1] for row in fields["pairs.target"].tolist()]
    values, rows, _ = table(found)
    assert len(rows) == 5
    for row, answer, truth, (rate, chance) in zip(rows, said, truths, values):
        assert rate == pytest.approx(edits(answer.tokens, truth) / len(truth), abs=1e-6)
        assert chance == pytest.approx(np.exp(answer.log_probability), abs=1e-6)
        assert translator.said(answer.tokens) in row
        assert (", not " in row) == (list(answer.tokens) != truth)
    right = sum(list(answer.tokens) == truth for answer, truth in zip(said, truths))
    assert found.title.startswith(f"{right} of {len(truths)} right")
    assert ("Greedy:" in found.note) == (beam > 1)


@pytest.mark.parametrize("true_values", ["in training", "always"])
def test_a_line_of_ones_own_is_translated(true_values: str) -> None:
    """Fails if a line that is typed is answered by a sample, its probability or its attention is another one's, or a
    letter that the net has never seen is a traceback."""
    project = small("copying", true_values)
    translator, model, _, _ = made(project)
    fields = load_samples(translator.net, project.recipe).fields
    asked = fields["pairs.source"][3]
    line = translator.question(asked.tolist())
    (answer, attention), _, _ = seen(project, "translated", model, sentence=f" {line} ", beam=3)
    values, rows, _ = table(answer)
    wanted = [answers(translator, model, asked[None], width)[0] for width in (1, 3)]
    assert rows == tuple(
        f"{way} → {translator.said(each.tokens)}" for way, each in zip(("greedy", "beam of 3"), wanted)
    )
    assert values[:, 0] == pytest.approx([np.exp(each.log_probability) for each in wanted], abs=1e-6)
    assert answer.title == f"{line} → {translator.said(wanted[1].tokens)}"
    looks, read, written = table(attention)
    assert "".join(read) == line
    assert "".join(written).removesuffix("<end>") == translator.said(wanted[0].tokens)
    assert np.allclose(looks.sum(0), 1, atol=1e-5)
    assert "truth" not in attention.note.partition("Each column")[0]
    with pytest.raises(NoPicture, match="has never seen the letter 'ß'"):
        seen(project, "translated", model, sentence="ßß")


def test_a_training_that_waits_is_not_kept_for_more_than_is_shown() -> None:
    """Fails if all samples are translated with a beam between two batches."""
    project = small("copying")
    translator, model, _, _ = made(project)
    samples = load_samples(translator.net, project.recipe)
    subject = Subject(translator.net, model, samples, seconds=0.1, progress=0.5)
    (found,) = views()["translated"].pictures(Look(subject), {"count": 2})
    assert "of 2 right" in found.title
    assert samples.count > 2


def test_a_net_that_writes_nothing_is_told_so() -> None:
    """Fails if a net of another kind is a traceback."""
    with pytest.raises(NoPicture, match="Wire a decoder"):
        seen(drawing(decoder()), "translated")
    with pytest.raises(NoData):
        translator_of(compile_net(drawing(decoder())))
