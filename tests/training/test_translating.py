"""Answers of a decoder over time, greedy and with a beam, against every answer that there is."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.insight.samples import load_samples
from app.training.writing.translating import Translator, answers, edits, share_right, translator_of
from nodes.api import NoData


def small(task: str = "brackets", true_values: str = "in training", samples: int = 80) -> Project:
    """The template with other lines: brackets and yes or no, as long as the longest answer is three letters."""
    project = load("translate_dates")
    pairs = project.graph.nodes["pairs"]
    changed = replace(pairs, params={**pairs.params, "task": task, "samples": samples, "size": 4})
    block = project.blocks["Decoder"]
    token = block.graph.nodes["token"]
    read, written = {"brackets": (7, 7), "copying": (11, 12)}[task]
    told = block.graph.with_nodes(replace(token, params={**token.params, "true_values": true_values}))
    for name, setting in (("embed", "num_embeddings"), ("fc", "out_features")):
        each = told.nodes[name]
        told = told.with_nodes(replace(each, params={**each.params, setting: written}))
    embed = project.graph.nodes["embed"]
    graph = project.graph.with_nodes(changed, replace(embed, params={**embed.params, "num_embeddings": read}))
    return looked_at(replace(project, graph=graph, blocks={"Decoder": replace(block, graph=told)}))


def made(project: Project) -> tuple[Translator, Any, Tensor, Tensor]:
    """A net with large random weights, so that its answers differ, and what it is asked."""
    net = compile_net(project)
    model = net.model(1)
    with torch.no_grad():
        for value in model.parameters():
            value.mul_(3)
    fields = load_samples(net, project.recipe).fields
    return translator_of(net), model, fields["pairs.source"][:6], fields["pairs.target"][:6]


def scores_when_told(translator: Translator, model: Any, asked: Tensor, previous: Tensor) -> Tensor:
    """The logarithms of the probabilities (n, steps, classes) where the whole net reads these as the truth."""
    model.train()
    with torch.no_grad():
        scores = model(asked.expand(len(previous), -1), previous).double()
    model.eval()
    scores[..., list(translator.silent)] = -torch.inf
    return scores.log_softmax(2)


def every_answer(translator: Translator, model: Any, asked: Tensor) -> dict[tuple[int, ...], float]:
    """All answers that come to their end, with their log probabilities."""
    steps = translator.own.fields[translator.target].sizes[0]
    letters = [n for n in range(len(translator.written)) if n != translator.end and n not in translator.silent]
    found: dict[tuple[int, ...], float] = {}
    for length in range(steps):
        rows = list(product(letters, repeat=length))
        previous = torch.zeros(len(rows), steps, dtype=torch.int64)
        previous[:, 0] = translator.start
        for place, row in enumerate(rows):
            previous[place, 1 : length + 1] = torch.tensor(row, dtype=torch.int64)
        chances = scores_when_told(translator, model, asked, previous)
        for place, row in enumerate(rows):
            whole = (*row, translator.end)
            found[row] = sum(float(chances[place, step, number]) for step, number in enumerate(whole))
    return found


@pytest.mark.parametrize("true_values", ["in training", "always"])
def test_a_wide_beam_finds_the_likeliest_of_all_answers(true_values: str) -> None:
    """Fails if texts are mixed up between two steps, the state is not that of its own text, an answer that has ended
    goes on, or the truth is read. Every answer is computed here by the whole net at once."""
    translator, model, asked, _ = made(small(true_values=true_values))
    for line in asked[:4]:
        every = every_answer(translator, model, line[None])
        best = max(every, key=lambda row: every[row])
        (found,) = answers(translator, model, line[None], beam=400)
        assert found.ended
        assert found.tokens == best
        assert found.log_probability == pytest.approx(every[best], abs=1e-4)
        (narrow,) = answers(translator, model, line[None], beam=3)
        if narrow.ended:
            assert narrow.log_probability == pytest.approx(every[narrow.tokens], abs=1e-4)


def test_greedy_takes_the_likeliest_at_each_step() -> None:
    """Fails if a beam of one is another search: here the whole net reads a longer beginning for each letter."""
    translator, model, asked, _ = made(small("copying"))
    steps = translator.own.fields[translator.target].sizes[0]
    for line, found in zip(asked, answers(translator, model, asked), strict=True):
        previous = torch.zeros(1, steps, dtype=torch.int64)
        previous[0, 0] = translator.start
        wanted: list[int] = []
        for step in range(steps):
            number = int(scores_when_told(translator, model, line[None], previous)[0, step].argmax())
            if number == translator.end:
                break
            wanted.append(number)
            if step + 1 < steps:
                previous[0, step + 1] = number
        assert list(found.tokens) == wanted
        assert found.ended == (len(wanted) < steps)


def test_teacher_forcing_and_free_running_are_told_apart() -> None:
    """Fails if the truth is read where the net shall run free, or padding is counted: by the whole net at once."""
    translator, model, asked, target = made(small("copying"))
    steps, real = target.shape[1], target != 0
    shares = []
    for told in (True, False):
        previous = torch.full_like(target, translator.start)
        best = torch.zeros_like(target)
        for step in range(steps):
            for row, line in enumerate(asked):
                chances = scores_when_told(translator, model, line[None], previous[row][None])
                best[row, step] = chances[0, step].argmax()
            if step + 1 < steps:
                previous[:, step + 1] = target[:, step] if told else best[:, step]
        shares.append(int(((best == target) & real).sum()) / int(real.sum()))
        assert share_right(translator, model, asked, target, told) == pytest.approx(shares[-1])
    assert shares[0] != shares[1], "the two must differ for this to say anything"


def test_it_leaves_the_net_as_it_was() -> None:
    """Fails if a hook stays, or the mode is another one afterwards."""
    translator, model, asked, _ = made(small())
    model.train()
    answers(translator, model, asked[:1], 2)
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_line_is_read_as_the_data_reads_it() -> None:
    """Fails if a typed line is other numbers than the same line in the data, at either side of its padding."""
    for name, settings in (
        ("translate_dates", {}),
        ("letters_to_sounds", {}),
        ("letters_to_sounds", {"padding": "before"}),
    ):
        project = load(name)
        pairs = project.graph.nodes["pairs"]
        few = {"pairs": 300} if name == "letters_to_sounds" else {"samples": 60}
        graph = project.graph.with_nodes(replace(pairs, params={**pairs.params, **few, **settings}))
        net = compile_net(replace(project, graph=graph))
        translator = translator_of(net)
        fields = load_samples(net, project.recipe).fields
        line = fields["pairs.source"][3]
        said = translator.question(line.tolist())
        assert said
        assert torch.equal(translator.numbers(said), line)
        assert torch.equal(translator.numbers(said.upper()), line)
        told = fields["pairs.target"][3].tolist()
        assert translator.end not in translator.plain(told)
        assert translator.said(translator.plain(told))


def test_what_cannot_be_read_is_a_sentence() -> None:
    """Fails if a strange letter, nothing at all or a line that is too long is read as something else."""
    translator = translator_of(compile_net(load("translate_dates")))
    for text, said in (
        ("", "nothing to read"),
        ("may 3, 19ß4", "never seen the letter 'ß'"),
        ("may " * 20, "36 letters"),
    ):
        with pytest.raises(NoData, match=said):
            translator.numbers(text)
    with pytest.raises(NoData, match="Wire a decoder"):
        translator_of(compile_net(load("sentiment_lstm")))


def test_edits_are_those_of_the_definition() -> None:
    """Fails if the distance is not the fewest changes: by its recursive definition."""

    @cache
    def wanted(one: tuple[int, ...], other: tuple[int, ...]) -> int:
        if not one or not other:
            return len(one) + len(other)
        changed = wanted(one[1:], other[1:]) + (one[0] != other[0])
        return min(changed, wanted(one[1:], other) + 1, wanted(one, other[1:]) + 1)

    draw = random.Random(4)
    for _ in range(60):
        one, other = (tuple(draw.choices(range(3), k=draw.randint(0, 6))) for _ in range(2))
        assert edits(one, other) == wanted(one, other)
