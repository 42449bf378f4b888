"""Nets that write: what is carried from letter to letter, draws and searches, the film, and the count of triples."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from math import log, log2
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.data.source_looks import looked_at
from app.training import batches
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.training.loop import train
from app.training.writing import film
from app.training.writing.bits_per_character import bits_of_run
from app.training.writing.carrying import CarriedState, RereadingStepper, stepper_of
from app.training.writing.cells import by_cells
from app.training.writing.counting import bits_of_triples
from app.training.writing.sampling import write
from app.training.writing.writer import writer_of
from nodes.api import NoData
from tests.support.drawings import chain, node, small_net

WINDOW = 12


def drawing(*layers: tuple[str, dict[str, Any]], **text: Any) -> Project:
    """A net that reads the Zen of Python, which comes with every Python, and tells the next letter."""
    source = {"which": "Zen of Python", "window": WINDOW, "step": 3, **text}
    known = looked_at(Project("a", "", Graph.of([node("book", "PackagedText", **source)])))
    classes = len(next(iter(known.schemas.values())).schema.fields["text"].words)  # type: ignore[union-attr]
    nodes = [
        node("book", "PackagedText", **source),
        node("embed", "Embedding", num_embeddings=classes, embedding_dim=8),
    ]
    nodes += [node(f"layer{place}", type_, **params) for place, (type_, params) in enumerate(layers)]
    nodes += [node("fc", "Linear", out_features=classes), node("loss", "CrossEntropyLoss")]
    names = [each.name for each in nodes]
    wires = [*chain("book.text", *names[1:-1], "loss.prediction"), Wire("book", "next", "loss", "target")]
    return looked_at(Project("Writes", "", Graph.of(nodes, wires), recipe=Recipe(epochs=1, validation=0.1)))


NETS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "rnn": (("RNN", {"hidden_size": 9}),),
    "lstm": (("LSTM", {"hidden_size": 9, "num_layers": 2}),),
    "gru": (("GRU", {"hidden_size": 9}), ("Dropout", {}), ("LSTM", {"hidden_size": 7, "proj_size": 3})),
    "transformer": (
        ("LearnedPositionalEncoding", {}),
        ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16, "causal": True}),
    ),
}


def made(name: str, **text: Any) -> tuple[CompiledNet, torch.nn.Module]:
    net = compile_net(drawing(*NETS[name], **text))
    return net, net.model(3).eval()


@pytest.mark.parametrize("name", NETS)
def test_what_is_carried_gives_the_numbers_of_the_whole_text(name: str) -> None:
    """Fails if a memory is lost, mixed up between layers or carried twice, or a transformer is read step by step."""
    net, model = made(name)
    writer = writer_of(net)
    assert isinstance(stepper_of(writer, model), RereadingStepper if name == "transformer" else CarriedState)
    letters = list(write(writer, model, prompt="Now is", length=25, temperature=0.0))
    numbers = writer.numbers("Now is")
    words = writer.spelled
    for letter in letters:
        seen = numbers[-WINDOW:] if name == "transformer" else numbers
        if name == "transformer" and len(seen) < WINDOW:
            seen = seen + [0] * (WINDOW - len(seen))
        with torch.no_grad():
            scores = model(torch.tensor([seen]))[0, min(len(numbers), len(seen)) - 1]
        chances = scores.softmax(0)
        assert letter.text == words[int(scores.argmax())]
        assert letter.probability == pytest.approx(float(chances.max()), abs=1e-5)
        assert letter.others[0][1] == pytest.approx(float(chances.max()), abs=1e-5)
        assert len(letter.others) == 5
        numbers.append(int(scores.argmax()))


def test_a_net_that_reads_both_ways_does_not_write() -> None:
    """Fails if a net writes that was told what it should say, or one that tells one class for a whole text."""
    both = compile_net(drawing(("GRU", {"hidden_size": 6, "bidirectional": True})))
    with pytest.raises(NoData, match="looks ahead"):
        list(write(writer_of(both), both.model(0), length=3))
    plain = compile_net(drawing(("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8})))
    with pytest.raises(NoData, match="looks ahead"):
        list(write(writer_of(plain), plain.model(0), length=3))
    with pytest.raises(NoData, match="reads no text"):
        writer_of(compile_net(small_net()))


def test_a_net_that_writes_of_a_class_tells_where_it_writes() -> None:
    """Fails if somebody who asks the writer of names for a text learns only that it has two inputs."""
    with pytest.raises(NoData, match=r"2 inputs.*Names that it writes"):
        writer_of(compile_net(templates.load("names_writer")))


def test_draws_follow_the_seed_and_the_temperature() -> None:
    """Fails if the same seed writes another text, or temperature does nothing, or works the other way round."""
    net, model = made("lstm")
    with torch.no_grad():
        for weights in model.fc.parameters():  # type: ignore[union-attr]
            weights.mul_(6)
    writer = writer_of(net)

    def text(**options: Any) -> str:
        return "".join(each.text for each in write(writer, model, length=80, **options))

    assert text(seed=1) == text(seed=1) != text(seed=2)
    assert text(temperature=0.0, seed=1) == text(temperature=0.0, seed=2)

    def surprise(temperature: float) -> float:
        letters = write(writer, model, length=300, temperature=temperature)
        return sum(-log(each.probability) for each in letters) / 300

    cold, usual, hot = surprise(0.3), surprise(1.0), surprise(3.0)
    assert cold < usual < hot
    before = torch.get_rng_state()
    model.train()
    text()
    assert model.training
    assert torch.equal(torch.get_rng_state(), before), "a training goes on as if nobody had written"


def test_draws_come_as_often_as_the_net_says() -> None:
    """Fails if what is drawn is not what softmax of the scores, divided by the temperature, says."""
    net, model = made("rnn")
    writer = writer_of(net)
    with torch.no_grad():
        scores = model(torch.tensor([writer.numbers("T")]))[0, -1]
    wanted = (scores / 0.5).softmax(0)
    first = Counter(
        next(iter(write(writer, model, prompt="T", length=1, temperature=0.5, seed=s))).text for s in range(900)
    )
    likely = int(wanted.argmax())
    share = first[writer.spelled[likely]] / 900
    assert abs(share - float(wanted[likely])) < 4 * (float(wanted[likely]) / 900) ** 0.5


@pytest.mark.parametrize("name", ["gru", "transformer"])
def test_a_search_that_keeps_all_finds_the_likeliest_text(name: str) -> None:
    """Fails if texts side by side get each other's memory, or probabilities are not added up along each."""
    net, model = made(name)
    writer = writer_of(net)
    classes = len(writer.words)
    found = list(write(writer, model, prompt="The", length=2, beam=classes))
    start = writer.numbers("The")
    best: tuple[float, tuple[int, ...]] = (float("-inf"), ())
    with torch.no_grad():
        for first in range(classes):
            fill = [0] * (WINDOW - 4)
            out = model(torch.tensor([[*start, first, *fill]]))[0].log_softmax(-1)
            for second in range(classes):
                best = max(best, (float(out[2, first] + out[3, second]), (first, second)))
    assert "".join(each.text for each in found) == writer.text(list(best[1]))
    assert log(found[0].probability) + log(found[1].probability) == pytest.approx(best[0], abs=1e-4)
    greedy = list(write(writer, model, prompt="The", length=12, temperature=0.0))
    wide = list(write(writer, model, prompt="The", length=12, beam=8))
    total = [sum(log(each.probability) for each in text) for text in (greedy, wide)]
    assert total[1] >= total[0] - 1e-6


def test_words_are_written_with_blanks_and_an_unknown_letter_is_named() -> None:
    """Fails if words run together, a comma gets a blank before it, or a letter never seen ends in a traceback."""
    net, model = made("rnn", unit="words", window=WINDOW)
    writer = writer_of(net)
    assert writer.unit == "words"
    text = writer.text(writer.numbers("Simple is better than complex."))
    assert text == "Simple is better than complex."
    written = list(write(writer, model, prompt="Simple", length=30))
    assert all(each.text[0] == " " or each.text in ".,;:!?)" for each in written)
    searched = list(write(writer, model, prompt="Simple is", length=4, beam=3))
    assert all(each.text[0] == " " or each.text in ".,;:!?)" for each in searched)
    assert writer.unknown("Simple is zebra than zebra") == "Not known from the training: zebra."
    assert writer.unknown("Simple is better.") == ""
    letters = writer_of(made("rnn")[0])
    with pytest.raises(NoData, match=r"never seen the letter.*é.*It knows:.*abc"):
        letters.numbers("é")


def test_triples_are_counted_as_by_hand() -> None:
    """Fails if contexts cross windows, the mix is another than Witten and Bell's, or probabilities do not add up."""
    generator = torch.Generator().manual_seed(1)
    learned = torch.randint(4, (6, 7), generator=generator)
    validation = torch.randint(5, (3, 7), generator=generator)
    rows = learned.tolist()
    one = Counter(each for row in rows for each in row)
    two = Counter(pair for row in rows for pair in itertools.pairwise(row))
    three = Counter(triple for row in rows for triple in zip(row, row[1:], row[2:]))

    def mixed(count: int, total: int, kinds: int, less: float) -> float:
        return (count + kinds * less) / (total + kinds) if total else less

    def chance(context: tuple[int, ...], now: int) -> float:
        if not context:
            return mixed(one[now], sum(one.values()), len(one), 1 / 5)
        table: Counter[Any] = three if len(context) == 2 else two
        counts = {each: table[(*context, each)] for each in range(5)}
        kinds = sum(count > 0 for count in counts.values())
        return mixed(counts[now], sum(counts.values()), kinds, chance(context[1:], now))

    assert sum(chance((1, 2), now) for now in range(5)) == pytest.approx(1)
    wanted = [
        -log2(chance(tuple(row[max(0, place - 2) : place]), row[place]))
        for row in validation.tolist()
        for place in range(1, 7)
    ]
    assert bits_of_triples(learned, validation, 5) == pytest.approx(sum(wanted) / len(wanted), abs=1e-6)


def test_a_film_is_kept_and_the_training_does_not_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a frame is missing or of another moment, or the weights differ from those of a training that nobody
    lets write; and if bits are not those of the loss."""
    project = drawing(("LSTM", {"hidden_size": 6}), ("Dropout", {"p": 0.3}))
    recipe = replace(project.recipe, epochs=3, batch_size=8, lr=0.01)
    project = replace(project, recipe=recipe)
    monkeypatch.setattr(film, "FIRST", (2, 40, 60))
    monkeypatch.setattr(film, "LENGTH", {"characters": 20, "words": 5})
    net = compile_net(project)
    run = tmp_path / "run"
    assert isinstance([*train(net, recipe, out=run)][-1], Finished)
    alone = net.model(recipe.seed)
    assert isinstance([*train(net, recipe, model=alone)][-1], Finished)
    loaded = load_run(run)
    assert all(torch.equal(loaded.model.state_dict()[name], value) for name, value in alone.state_dict().items())
    frames = film.read_film(run)
    steps = -(-len(batches.divide(net.plan, batches.load(net.plan), 0.1, recipe.seed, 0.0)[0]) // 8)
    assert [(each.iteration, each.epoch) for each in frames] == [(at, -(-at // steps)) for at in (2, 40, 60)]
    assert all(len(each.text) == 20 == len(each.probabilities) for each in frames)
    assert len({each.text for each in frames}) == 3
    # What was written at the end is what the weights of then write: none of it is made up later.
    assert json.loads((run / "texts.jsonl").read_text().splitlines()[0])["iteration"] == 2
    bits = bits_of_run(loaded)
    data = batches.load(net.plan)
    _, validation, _ = batches.divide(net.plan, data, recipe.validation, recipe.seed, recipe.test)
    feed = data.feeds["book"].at(validation, None, ["text", "next"])
    with torch.no_grad():
        chances = loaded.model(feed["text"]).log_softmax(-1)
    own = -chances.gather(-1, feed["next"][..., None]).mean() / log(2)
    assert bits.net == pytest.approx(float(own), abs=1e-4)
    assert bits.triples is not None
    assert f"{bits.triples:.2f}" in bits.sentence


def test_a_broken_film_is_no_reason_to_fail(tmp_path: Path) -> None:
    """Fails if a line that was cut off, or is no frame at all, hides the others."""
    frame = film.FilmFrame(5, 1, ("a", "b"), (0.5, 1.0), ((("a", 0.5),), (("b", 1.0),)))
    film.add_frame(tmp_path, frame)
    with open(tmp_path / "texts.jsonl", "a", encoding="utf-8") as file:
        file.write('{"iteration": 7, "epoch"\n[]\n{"iteration": "x"}\n')
    film.add_frame(tmp_path, replace(frame, iteration=9))
    assert [each.iteration for each in film.read_film(tmp_path)] == [5, 9]
    assert film.read_film(tmp_path / "nowhere") == ()


CONVOLVED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("CausalConv1d", {"out_channels": 6, "kernel_size": 2}),
    ("Tanh", {}),
    ("CausalConv1d", {"out_channels": 5, "kernel_size": 3, "dilation": 2}),
)


def test_quick_steps_give_the_numbers_of_all_the_text_also_side_by_side() -> None:
    """Fails if steps taken as a list of calls lose what layers look back on, go on with weights of before, or give one
    text the memory of another; or if no such list is made, so that each step costs all that modules do."""
    net = compile_net(drawing(*CONVOLVED, NETS["rnn"][0]))
    model = net.model(3).eval()
    writer = writer_of(net)
    calls: list[int] = []
    model.register_forward_pre_hook(lambda _, given: calls.append(given[0].shape[1]))
    stepper = stepper_of(writer, model)
    assert isinstance(stepper, CarriedState)
    calls.clear()
    generator = torch.Generator().manual_seed(4)
    tokens = torch.randint(len(writer.words), (3, 60), generator=generator)
    rows = torch.tensor([2, 0, 0])
    with torch.no_grad(), stepper.attached():
        stepper.read(tokens[:, :5])
        found = [stepper.read(tokens[:, at : at + 1]) for at in range(5, 30)]
        with torch.no_grad():
            model.fc.weight.mul_(2)  # type: ignore[union-attr,operator]
        stepper.keep(rows)
        later = [stepper.read(tokens[:, at : at + 1]) for at in range(30, 60)]
    assert len(calls) < 20, "the rest were no calls of the module"
    with torch.no_grad():
        after = model(torch.cat([tokens[rows, :30], tokens[:, 30:]], 1))
        model.fc.weight.div_(2)  # type: ignore[union-attr,operator]
        whole = model(tokens)
    assert torch.allclose(torch.stack(found, 1), whole[:, 5:30], atol=1e-5)
    assert torch.allclose(torch.stack(later, 1), after[:, 30:], atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "tanh", "relu"])
def test_a_step_of_cells_is_a_step_of_the_layer(kind: str, bias: bool) -> None:
    """Fails if weights of one layer or gate are taken for those of another, or the layer stays as it was made here."""
    options: dict[str, Any] = {"num_layers": 3, "batch_first": True, "bias": bias}
    torch.manual_seed(1)
    named = kind in ("tanh", "relu")
    layer: torch.nn.RNNBase = (
        torch.nn.RNN(4, 5, nonlinearity=kind, **options) if named else getattr(torch.nn, kind)(4, 5, **options)
    )
    layer.eval()
    x = torch.randn(2, 6, 4)
    with torch.no_grad():
        whole, last = layer(x)
        _, state = layer(x[:, :3])
        with by_cells(layer):
            for at in range(3, 6):
                found, state = layer(x[:, at : at + 1], state)
                assert torch.allclose(found[:, 0], whole[:, at], atol=1e-6)
        for one, other in zip(*((each if isinstance(each, tuple) else (each,)) for each in (state, last))):
            assert one.shape == other.shape
            assert torch.allclose(one, other, atol=1e-6)
    assert "forward" not in vars(layer)
