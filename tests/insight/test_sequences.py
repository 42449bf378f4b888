"""Gates, attention and letters, next to what torch itself answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.insight.attention import attention_weights
from app.insight.letters import steps_said
from app.insight.part_predictions import parts_for
from app.insight.questions import UnitCorrelations, questions
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from tests.support.drawings import chain, node

TEXT = 'The "quick" fox (a red one) jumps.\n"Over" it, he said.\n' * 60


def look(*layers: tuple[str, dict[str, object]], name: str, shape: tuple[int, ...] = (7, 5)) -> Look:
    """A chain of layers behind a sequence of random numbers, and one of them."""
    nodes = [node("x", "Input", shape=shape)]
    nodes += [node(f"n{index}", kind, **settings) for index, (kind, settings) in enumerate(layers)]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", *(each.name for each in nodes[1:])))))
    torch.manual_seed(3)
    samples = Samples({"x.output": torch.randn(4, *shape)}, ("a", "b", "c", "d"))
    return Look(Subject(net, net.model(seed=1), samples), name, 2)


def seen(where: Look, view: str, **settings: object) -> tuple[Tiles, ...]:
    """What a view gives."""
    return views()[view].pictures(where, settings)


def by_name(tiles: Sequence[Tiles]) -> dict[str, np.ndarray]:
    """The maps of several pictures by their labels."""
    return {label: each for picture in tiles for label, each in zip(picture.labels, picture.maps)}


RECURRENT = [
    ("LSTM", {}),
    ("GRU", {}),
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu"}),
    ("LSTM", {"num_layers": 2, "bidirectional": True}),
    ("GRU", {"num_layers": 2, "bidirectional": True, "bias": False}),
    ("LSTM", {"proj_size": 2}),
]


@pytest.mark.parametrize(("kind", "settings"), RECURRENT)
def test_the_hidden_state_is_what_the_layer_answers(kind: str, settings: dict[str, object]) -> None:
    """Fails if a gate has the place of another, biases are left out, a direction is turned, or a layer reads the wrong
    one below it: then the hidden state, worked out from the gates, is not that of torch."""
    where = look((kind, {"hidden_size": 4, **settings}), name="n0")
    layers = int(settings.get("num_layers", 1))  # type: ignore[call-overload]
    told = int(settings.get("proj_size", 0)) or 4  # type: ignore[call-overload]
    with torch.no_grad():
        answer = where.model.n0(where.batch["x.output"])[0][0].numpy()
    for column, way in enumerate(("forward", "backward")[: 2 if settings.get("bidirectional") else 1]):
        found = by_name(seen(where, "gates", layer=layers - 1, way=way))
        assert np.allclose(found["hidden"][:told].T, answer[:, column * told : (column + 1) * told], atol=1e-6)
        assert not found["hidden"][told:].any()


def test_gates_are_those_of_the_formulas() -> None:
    """Fails if the input gate is shown as the forget gate, or the reset gate as the update gate."""
    where = look(("LSTM", {"hidden_size": 4}), name="n0")
    layer, x = where.model.n0, where.batch["x.output"][0]
    found = by_name(seen(where, "gates"))
    h = c = torch.zeros(4)
    with torch.no_grad():
        for step in range(7):
            total = layer.weight_ih_l0 @ x[step] + layer.bias_ih_l0 + layer.weight_hh_l0 @ h + layer.bias_hh_l0
            for place, (name, act) in enumerate(
                (
                    ("input gate", torch.sigmoid),
                    ("forget gate", torch.sigmoid),
                    ("candidate", torch.tanh),
                    ("output gate", torch.sigmoid),
                )
            ):
                assert np.allclose(found[name][:, step], act(total[4 * place : 4 * place + 4]), atol=1e-6)
            cell = nn.LSTMCell(5, 4)
            cell.load_state_dict({key.removesuffix("_l0"): value for key, value in layer.state_dict().items()})
            h, c = cell(x[step][None], (h.reshape(1, 4), c.reshape(1, 4)))
            h, c = h[0], c[0]
            assert np.allclose(found["cell"][:, step], c, atol=1e-6)


def test_the_update_gate_keeps_the_old_state() -> None:
    """Fails if reset and update gate are exchanged: with an update gate of 1 a GRU never changes its state."""
    where = look(("GRU", {"hidden_size": 4}), name="n0")
    where.model.n0.bias_ih_l0.data[4:8] = 100.0
    found = by_name(seen(where, "gates"))
    assert (found["update gate"] > 0.999).all()
    assert not found["hidden"].any()


def test_one_unit_is_drawn_as_lines_over_time() -> None:
    """Fails if the lines are those of another unit."""
    where = look(("LSTM", {"hidden_size": 4}), name="n0")
    maps, (lines,) = by_name(seen(where, "gates")), seen(where, "gates", unit=3)
    assert lines.layout == "lines"
    for label, line in zip(lines.labels, lines.maps[:, 0]):
        assert np.allclose(line, maps[label][3])


def test_a_state_that_is_handed_in_is_begun_with() -> None:
    """Fails if a layer that starts from the state of another is taken to begin at zero."""
    nodes = [
        node("x", "Input", shape=(6, 3)),
        node("y", "Input", shape=(5, 3)),
        node("one", "GRU", hidden_size=4),
        node("two", "GRU", hidden_size=4),
    ]
    wires = [*chain("x", "one"), *chain("y", "two"), Wire("one", "h_n", "two", "h_0")]
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    model = net.model(seed=0)
    fields = {"x.output": torch.randn(1, 6, 3), "y.output": torch.randn(1, 5, 3)}
    found = by_name(seen(Look(Subject(net, model, Samples(fields, ("a",))), "two"), "gates"))
    with torch.no_grad():
        answer = model.two(fields["y.output"], model.one(fields["x.output"])[1])[0][0]
    assert np.allclose(found["hidden"].T, answer.numpy(), atol=1e-6)


def test_another_layer_leads_to_the_one_that_fits() -> None:
    """Fails if somebody who has selected a layer without gates sees nothing of those that the net has."""
    where = look(("LSTM", {"hidden_size": 4}), ("Linear", {"out_features": 3}), name="n1")
    assert seen(where, "gates")[0].note.startswith("n1 has no gates; these are those of n0.")
    assert seen(replace(where, node="x"), "gates")[0].note.startswith("x has no gates; these are those of n0.")
    with pytest.raises(NoPicture, match="no layer 1; it has 1"):
        seen(where, "gates", layer=1)
    with pytest.raises(NoPicture, match="reads forward only"):
        seen(where, "gates", way="backward")
    with pytest.raises(NoPicture, match="no unit 9; there are 4"):
        seen(where, "gates", unit=9)
    plain = look(("Linear", {"out_features": 3}), name="n0")
    for view, word in (("gates", "no LSTM, GRU or RNN"), ("attention", "no attention"), ("letters", "no text")):
        with pytest.raises(NoPicture, match=word):
            seen(plain, view)


ATTENTION = [
    ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8, "causal": False}),
    ("TransformerEncoderLayer", {"nhead": 3, "dim_feedforward": 8, "causal": True}),
]


def softmax_by_hand(module: nn.MultiheadAttention, x: torch.Tensor, causal: bool) -> torch.Tensor:
    """The weights of an attention of a sequence to itself ``(heads, time, time)``, from its projections."""
    heads, width = module.num_heads, module.head_dim
    query, key, _ = (x @ module.in_proj_weight.T + module.in_proj_bias).chunk(3, -1)
    query, key = (each.reshape(len(x), heads, width).transpose(0, 1) for each in (query, key))
    scores = query @ key.transpose(1, 2) / width**0.5
    if causal:
        scores = scores + torch.full((len(x), len(x)), -torch.inf).triu(1)
    return scores.softmax(-1)


@pytest.mark.parametrize(("kind", "settings"), ATTENTION)
def test_attention_is_what_the_projections_make(kind: str, settings: dict[str, object]) -> None:
    """Fails if the mean over heads, another sample, or weights without their mask are shown; or if torch's fast way
    through an encoder passes the attention by."""
    where = look((kind, settings), name="n0", shape=(7, 6))
    (tiles,) = seen(where, "attention")
    with torch.no_grad():
        expected = softmax_by_hand(where.model.n0.self_attn, where.batch["x.output"][0], bool(settings["causal"]))
    assert np.allclose(tiles.maps, expected.numpy(), atol=1e-6)
    assert np.allclose(tiles.maps.sum(-1), 1, atol=1e-5)
    (one,) = seen(where, "attention", head=1)
    assert np.array_equal(one.maps[0], tiles.maps[1])


def test_a_decoder_shows_both_of_its_attentions() -> None:
    """Fails if the attention to the memory is left out, or is taken for that of the sequence to itself."""
    nodes = [
        node("x", "Input", shape=(5, 4)),
        node("m", "Input", shape=(7, 4)),
        node("dec", "TransformerDecoderLayer", nhead=2, dim_feedforward=8),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, [*chain("x", "dec"), Wire("m", "output", "dec", "memory")])))
    fields = {"x.output": torch.randn(1, 5, 4), "m.output": torch.randn(1, 7, 4)}
    first, second = seen(Look(Subject(net, net.model(seed=0), Samples(fields, ("a",)))), "attention")
    assert (first.maps.shape, second.maps.shape) == ((2, 5, 5), (2, 5, 7))
    assert "to the memory" in second.title


@pytest.mark.parametrize("causal", [False, True])
def test_an_attention_without_weights_is_heard_too(causal: bool) -> None:
    """Fails if a plain scaled dot product, which is no module, cannot be seen."""
    nodes = [
        node("x", "Input", shape=(5, 4)),
        node("q", "Linear", out_features=3),
        node("k", "Linear", out_features=3),
        node("dot", "ScaledDotProductAttention", causal=causal),
    ]
    wires = [*chain("x", "q", "dot.query"), *chain("x", "k", "dot.key"), Wire("x", "output", "dot", "value")]
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    model, x = net.model(seed=0), torch.randn(1, 5, 4)
    (tiles,) = seen(Look(Subject(net, model, Samples({"x.output": x}, ("a",))), "dot"), "attention")
    with torch.no_grad():
        scores = model.q(x[0]) @ model.k(x[0]).T / 3**0.5
        if causal:
            scores = scores + torch.full((5, 5), -torch.inf).triu(1)
    assert np.allclose(tiles.maps[0], scores.softmax(-1).numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", ["AdditiveAttention", "MultiplicativeAttention"])
def test_an_attention_that_hands_on_its_weights_shows_them(kind: str) -> None:
    """Fails if weights that a layer has a port for are not found, or those of another sample are shown."""
    nodes = [
        node("q", "Input", shape=(4,)),
        node("m", "Input", shape=(6, 3)),
        node("look", kind),
        node("out", "Output"),
    ]
    wires = [Wire("q", "output", "look", "query"), Wire("m", "output", "look", "memory"), *chain("look", "out")]
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    model = net.model(seed=0)
    fields = {"q.output": torch.randn(2, 4), "m.output": torch.randn(2, 6, 3)}
    (tiles,) = seen(Look(Subject(net, model, Samples(fields, ("a", "b"))), "", 1), "attention")
    expected = net.capture(model, [fields["q.output"][1:], fields["m.output"][1:]], ["look.weights"])["look.weights"]
    assert np.allclose(tiles.maps[0], expected.numpy(), atol=1e-6)
    assert tiles.maps.sum() == pytest.approx(1, abs=1e-5)


def test_nothing_is_left_hooked_when_a_model_fails() -> None:
    """Fails if hooks stay behind after an error inside the model, or after many requests."""
    where = look(
        ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8}),
        ("LSTM", {"hidden_size": 3}),
        name="n1",
        shape=(4, 6),
    )
    bad = Look(Subject(where.net, where.model, where.subject.samples), "n1", 0)
    before = where.model.training
    weight = where.model.n1.weight_hh_l0.data
    for turn in range(60):
        where.model.n1.weight_hh_l0.data = weight if turn % 2 else weight[:, :1]
        for view in ("gates", "attention"):
            try:
                seen(bad, view)
            except (NoPicture, RuntimeError):
                assert turn % 2 == 0
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in where.model.modules())
    assert where.model.training == before


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Look:
    """An LSTM that reads letters of a file."""
    file = tmp_path_factory.mktemp("text") / "t.txt"
    file.write_text(TEXT)
    nodes = [
        node("text", "TextFile", path=str(file), window=30),
        node("embed", "Embedding", embedding_dim=6),
        node("lstm", "LSTM", hidden_size=8),
        node("last", "LSTM", hidden_size=4, last_step_only=True),
        node("end", "Linear", out_features=3),
        node("fc", "Linear", out_features=40),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [
        *chain("text.text", "embed", "lstm", "fc", "loss.prediction"),
        *chain("lstm", "last"),
        Wire("text", "next", "loss", "target"),
    ]
    wires += [*chain("last", "end", "out")]
    net: CompiledNet = compile_net(looked_at(Project(graph=Graph.of([*nodes, node("out", "Output")], wires))))
    return Look(Subject(net, net.model(seed=0), load_samples(net, net.plan.recipe)), "lstm")


def test_questions_are_answered_rightly() -> None:
    """Fails if a quote is taken for open before or after it is, or a place is counted from the wrong letter."""
    text = 'He: "ab c" (x)\\nE1.'
    tokens = [*'He: "ab c" (x)', "\\n", *"E1."]
    found = questions(tokens)
    assert "".join(tokens) == text
    assert found["in quotes"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert found["in brackets"].tolist() == [0] * 11 + [1, 1, 1] + [0] * 4
    assert found["vowel"].tolist() == [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    assert found["line so far"].tolist() == [*range(1, 15), 0, 1, 2, 3]
    assert found["word so far"].tolist() == [1, 2, 0, 0, 0, 1, 2, 0, 1, 0, 0, 0, 1, 0, 0, 1, 2, 0]
    assert found["digit"].sum() == 1
    words = questions(["The", "<unk>", "``", "cat", "''", "."])
    assert words["word length"].tolist() == [3, 0, 2, 3, 2, 1]
    assert words["unknown word"].tolist() == [0, 1, 0, 0, 0, 0]
    assert words["in quotes"].tolist() == [0, 0, 1, 1, 1, 0]


def test_correlations_are_those_of_numpy(reading: Look) -> None:
    """Fails if pieces are added up wrongly, or steps of one sample meet the letters of another."""
    (tiles,) = seen(reading, "letters", samples="all")
    data = parts_for(reading.net)
    numbers = data.index("validation")
    schema = data.data.feeds["text"].schema
    assert schema is not None
    words = schema.fields["text"].words
    values, vowels, quotes = [], [], []
    for _, batch in data.read(numbers):
        with torch.no_grad():
            values.append(reading.net.capture(reading.model, [batch["text.text"]], ["lstm"])["lstm"].flatten(0, 1))
        for row in batch["text.text"].tolist():
            letters = [words[each] for each in row]
            vowels += [letter.lower() in set("aeiouy") for letter in letters]
            quotes += questions(letters)["in quotes"].tolist()
    every = torch.cat(values).double().numpy()
    names = [word.split(" ", 1)[1].rstrip(".") for word in tiles.note.split("Questions: ")[1].split(", ")]
    for answers, name in ((vowels, "vowel"), (quotes, "in quotes")):
        expected = [np.corrcoef(column, np.array(answers, float))[0, 1] for column in every.T]
        assert np.allclose(tiles.maps[0][names.index(name)], expected, atol=1e-5)
        (line,) = [each for each in tiles.text if each.startswith(f"{name}: ")]
        best = int(np.argmax(np.abs(expected)))
        assert line == f"{name}: unit {best} ({expected[best]:.2f})".replace("-", "−")
    strongest = [abs(float(line.rsplit("(", 1)[1].rstrip(")").replace("−", "-"))) for line in tiles.text if "(" in line]
    assert strongest == sorted(strongest, reverse=True)


def test_what_never_changes_is_not_followed() -> None:
    """Fails if a unit that is always the same, or a question that is always answered alike, gives no number."""
    sums = UnitCorrelations()
    sums.add(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]), {"yes": np.array([2.0, 4.0, 6.0]), "never": np.zeros(3)})
    assert np.allclose(sums.found(), [[1, 0], [0, 0]])


def test_a_text_is_coloured_letter_by_letter(reading: Look) -> None:
    """Fails if the colours belong to another unit, sample or letter than those they stand at."""
    bars, text = seen(Look(reading.subject, "lstm", 3), "letters", unit=2)
    assert bars.labels[0] == "vowel"
    tokens = reading.subject.samples.fields["text.text"][3:4]
    with torch.no_grad():
        expected = reading.net.capture(reading.model, [tokens], ["lstm"])["lstm"][0, :, 2]
    assert np.allclose(text.maps[:, 0, 0], expected.numpy(), atol=1e-6)
    said = steps_said(Look(reading.subject, "lstm", 3), 30)
    assert said == f"Steps from 0 on: {''.join(text.labels)}"
    with pytest.raises(NoPicture, match="no value for each step"):
        seen(Look(reading.subject, "end"), "letters")
    with pytest.raises(NoPicture, match="no unit 8"):
        seen(reading, "letters", unit=8)


def test_a_layer_that_hands_on_its_last_step_is_asked_about_all(reading: Look) -> None:
    """Fails if an LSTM that gives one answer to a whole text cannot be asked which letters its units follow, or the
    states are those of another batch or step."""
    look = Look(reading.subject, "last", 3)
    bars, text = seen(look, "letters", unit=1, samples="all")
    data = parts_for(reading.net)
    schema = data.data.feeds["text"].schema
    assert schema is not None
    words = schema.fields["text"].words
    values, vowels = [], []
    model = reading.model.eval()
    with torch.no_grad():
        for _, batch in data.read(data.index("validation")):
            values.append(model.last(model.lstm(model.embed(batch["text.text"]))[0])[0][:, :, 1].flatten())
            vowels += [words[each].lower() in set("aeiouy") for each in batch["text.text"].flatten().tolist()]
        tokens = reading.subject.samples.fields["text.text"][3:4]
        expected = model.last(model.lstm(model.embed(tokens))[0])[0][0, :, 1]
    assert bars.maps.ravel()[0] == pytest.approx(np.corrcoef(torch.cat(values), np.array(vowels))[0, 1], abs=1e-5)
    assert np.allclose(text.maps[:, 0, 0], expected.numpy(), atol=1e-6)
    assert not model.last._forward_hooks


def test_a_layer_that_leaves_padding_out_is_asked_about_the_words() -> None:
    """Fails if packed states cannot be asked, or stand at other words than those that were read."""
    project = load("sentiment_lstm")
    own = project.graph.nodes["reviews"]
    few = replace(own, params={**own.params, "sentences": 120, "padding": "before"})
    net = compile_net(replace(project, graph=project.graph.with_nodes(few)))
    model: Any = net.model(5).eval()
    look = Look(Subject(net, model, load_samples(net, project.recipe)), "lstm", 1)
    _, text = seen(look, "letters", unit=2, samples="all")
    (tokens,) = look.batch["reviews.text"]
    real = tokens != 0
    assert 0 < int(real.sum()) < len(tokens)
    with torch.no_grad():
        wanted = model.lstm(model.embedding(tokens[real][None]))[0][0, :, 2]
    found = torch.from_numpy(text.maps[:, 0, 0])
    assert torch.allclose(found[real], wanted, atol=1e-6)
    assert not found[~real].any()
    said = seen(look, "gates")[0].note
    assert all(label in said for label, is_real in zip(text.labels, real.tolist()) if is_real)


def test_a_mask_has_no_gradient() -> None:
    """Fails if torch's words about empty inputs reach whoever clicks on the mask of the padding."""
    project = load("sentiment_bag")
    own = project.graph.nodes["reviews"]
    few = replace(own, params={**own.params, "sentences": 60})
    net = compile_net(replace(project, graph=project.graph.with_nodes(few)))
    look = Look(Subject(net, net.model(5), load_samples(net, project.recipe)), "keep", 1)
    with pytest.raises(NoPicture, match="No loss depends on what keep gives"):
        seen(look, "gradients")


def test_gates_say_which_letters_stand_at_the_steps(reading: Look, tmp_path: Path) -> None:
    """Fails if somebody who looks at gates cannot tell which letter they saw."""
    assert "Steps from 0 on: " in seen(reading, "gates")[0].note
    assert attention_weights(reading, "fc") == []


def test_a_sample_of_text_is_called_by_how_it_begins() -> None:
    """Fails if somebody who chooses one of many texts sees numbers alone, or marks that only pad one."""
    project = load("translate_dates")
    own = project.graph.nodes["pairs"]
    project = replace(project, graph=project.graph.with_nodes(replace(own, params={**own.params, "samples": 100})))
    samples = load_samples(compile_net(project), project.recipe)
    net = compile_net(project)
    words = parts_for(net).data.feeds["pairs"].schema.fields["source"].words  # type: ignore[union-attr]
    for name, row in zip(samples.names, samples.fields["pairs.source"].tolist(), strict=True):
        spelled = "".join(words[each] for each in row if each)
        assert name == spelled or (name[-1] == "…" and spelled.startswith(name[:-1]))
