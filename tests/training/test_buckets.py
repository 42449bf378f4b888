"""Padding to the longest of buckets: each sample once in an epoch, the same numbers, the same again after a break."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.data.buckets import alike
from app.data.source_looks import looked_at
from app.training import batches
from app.training.buckets import lengths_of
from app.training.checkpoints import load_run
from app.training.events import Failed, Finished
from app.training.loop import train
from tests.training.bucketed import names, sentences, words


def test_each_sample_comes_once_and_beside_its_like() -> None:
    """Fails if a sample is lost or comes twice, batches hold all lengths, or every epoch has the same batches."""
    lengths = torch.randint(1, 60, (103,), generator=torch.Generator().manual_seed(1))
    learn = torch.arange(103)[torch.arange(103) % 7 > 0]
    seen = []
    for epoch in range(3):
        order, _ = batches.shuffled(learn, 5, epoch, lengths, 10)
        again, _ = batches.shuffled(learn, 5, epoch, lengths, 10)
        assert torch.equal(order, again)
        assert torch.equal(order.sort().values, learn)
        spread = [int(lengths[piece].max() - lengths[piece].min()) for piece in batches.cut(order, 10)]
        assert max(spread) <= 20
        assert sum(spread) / len(spread) < 10
        seen.append(order)
    assert not torch.equal(seen[0], seen[1])
    first = [int(lengths[piece].min()) for piece in batches.cut(seen[0], 10)]
    assert first != sorted(first)
    assert {frozenset(p.tolist()) for p in batches.cut(seen[0], 10)} != {
        frozenset(p.tolist()) for p in batches.cut(seen[1], 10)
    }


def test_a_last_piece_stays_the_last() -> None:
    """Fails if a small batch in the middle shifts all that follow, so that pieces are of mixed lengths."""
    order = alike(torch.arange(7), torch.tensor([9, 1, 9, 1, 9, 1, 5]), 3, torch.Generator().manual_seed(0))
    assert [sorted(piece.tolist()) for piece in order.split(3)][-1] == [int(order[-1])]
    assert len(order.unique()) == 7


@pytest.mark.parametrize("padding", ["behind", "before"])
def test_losses_of_a_cut_batch_are_those_of_the_whole(padding: str) -> None:
    """Fails if what is real is cut off, or padding changes a number. Batches are compared with the same samples at full
    length, and each sample with itself alone."""
    net = compile_net(words(padding=padding))
    data = batches.load(net.plan)
    samples = batches.DeviceData(data, torch.device("cpu"))
    model, losses = net.model(1).eval(), net.losses()
    assert losses is not None
    lengths = lengths_of(data)
    assert lengths is not None
    order, _ = batches.shuffled(torch.arange(120), 0, 0, lengths, 12)
    sizes = set()
    for piece in batches.cut(order, 12)[:4]:
        cut, whole = samples.at(piece, seed=3), samples.at(piece)
        assert whole["pairs.target"].shape[1] == 20
        sizes.add(cut["pairs.source"].shape[1])
        for name in ("pairs.source", "pairs.target"):
            assert int((cut[name] > 0).sum()) == int((whole[name] > 0).sum())
        model.train()  # true values are read, so that nothing depends on which symbol was the likeliest
        with torch.no_grad():
            one = net.loss_values(losses, model(*net.inputs_from(cut)), cut)["loss"]
            other = net.loss_values(losses, model(*net.inputs_from(whole)), whole)["loss"]
            assert float(one) == pytest.approx(float(other), abs=1e-6)
            told = net.outputs(model(*net.inputs_from(cut)))["decoder.scores"]
            for row in range(0, 12, 5):
                alone = {name: values[row : row + 1] for name, values in whole.items()}
                real = int((alone["pairs.target"] > 0).sum())
                scores = net.outputs(model(*net.inputs_from(alone)))["decoder.scores"]
                assert torch.allclose(scores[0, :real], told[row, :real], atol=1e-6)
    assert len(sizes) > 1
    assert min(sizes) < 20


def test_a_continued_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    """Fails if batches after a break are others."""
    net = compile_net(words())
    recipe = replace(net.plan.recipe, epochs=2, batch_size=8, test=0.86, device="cpu")
    assert isinstance([*train(net, recipe, out=tmp_path / "whole")][-1], Finished)
    events = train(net, recipe, out=tmp_path / "broken")
    for _ in range(6):
        next(events)
    events.close()  # type: ignore[attr-defined]
    assert isinstance([*train(net, recipe, resume=tmp_path / "broken")][-1], Finished)
    one, other = (load_run(tmp_path / name).model.state_dict() for name in ("whole", "broken"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_net_in_which_padding_counts_is_refused() -> None:
    """Fails if such a net trains on other numbers than it is asked with later."""
    net = compile_net(words())
    assert not isinstance([*train(net, replace(net.plan.recipe, epochs=1, device="cpu", test=0.86))][-1], Failed)
    project = load("letters_to_sounds")
    pairs = project.graph.nodes["pairs"].with_param("pairs", 1500).with_param("buckets", 3)
    kept = [wire for wire in project.graph.wires if (wire.target, wire.target_port) != ("encoder", "keep")]
    pairs = pairs.with_param("padding", "before")
    changed = type(project.graph).of([*project.graph.with_nodes(pairs).nodes.values()], kept)
    net = compile_net(looked_at(project.with_graph("", changed)))
    *_, last = train(net, replace(net.plan.recipe, epochs=1, device="cpu"))
    assert isinstance(last, Failed)
    assert last.node == "pairs"
    assert "padding" in last.sentence
    assert "set buckets of pairs to 0" in last.sentence


def test_labelled_texts_are_padded_in_buckets() -> None:
    """Fails if what is real of a labelled text is cut off, labels come with other texts, or nothing is shorter."""
    net = compile_net(names(6))
    data = batches.load(net.plan)
    samples = batches.DeviceData(data, torch.device("cpu"))
    lengths = lengths_of(data)
    assert lengths is not None
    model, losses = net.model(1).eval(), net.losses()
    assert losses is not None
    order, _ = batches.shuffled(torch.arange(0, len(lengths), 40), 0, 0, lengths, 32)
    sizes = []
    for piece in batches.cut(order, 32)[:6]:
        cut, whole = samples.at(piece, seed=3), samples.at(piece)
        sizes.append(cut["names.text"].shape[1])
        real = (whole["names.text"] > 0).sum(1)
        assert torch.equal((cut["names.text"] > 0).sum(1), real)
        assert torch.equal(cut["names.text"], whole["names.text"][:, -sizes[-1] :])
        assert torch.equal(cut["names.label"], whole["names.label"])
        with torch.no_grad():
            one = net.loss_values(losses, model(*net.inputs_from(cut)), cut)["loss"]
            other = net.loss_values(losses, model(*net.inputs_from(whole)), whole)["loss"]
        assert float(one) == pytest.approx(float(other), abs=1e-6)
    assert min(sizes) < max(sizes) <= whole["names.text"].shape[1]
    net = compile_net(names(6, mask=False))
    *_, last = train(net, replace(net.plan.recipe, epochs=1, device="cpu"))
    assert isinstance(last, Failed)
    assert "Wire a padding mask" in last.sentence


@pytest.mark.parametrize(("template", "source"), [("sentiment_lstm", "reviews"), ("tagger_bilstm", "sentences")])
def test_made_up_sentences_are_padded_in_buckets(template: str, source: str) -> None:
    """Fails if made-up sentences are padded to the longest of all though buckets are asked for, if something real is
    cut off, or if their wires still name one length."""
    net = compile_net(sentences(template, source))
    assert str(net.report.main.nodes["embedding"].outputs["output"]).startswith("any×")
    data = batches.load(net.plan)
    samples = batches.DeviceData(data, torch.device("cpu"))
    lengths = lengths_of(data)
    assert lengths is not None
    order, _ = batches.shuffled(torch.arange(400), 0, 0, lengths, 40)
    sizes = []
    for piece in batches.cut(order, 40):
        cut, whole = samples.at(piece, seed=3), samples.at(piece)
        sizes.append(cut[f"{source}.text"].shape[1])
        for name, values in whole.items():
            assert int((cut[name] > 0).sum()) == int((values > 0).sum())
    assert min(sizes) < max(sizes) <= whole[f"{source}.text"].shape[1]
    *_, last = train(net, replace(net.plan.recipe, epochs=1, device="cpu"))
    assert isinstance(last, Finished)
