"""What layers answer to a sentence, and what changes with a word, against plain torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.insight.samples import load_samples
from app.insight.sentences import prefixes
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject
from app.insight.views import views
from app.insight.word_vectors import words_of


def seen(name: str, source: str, **settings: str) -> tuple[CompiledNet, torch.nn.Module, Look, tuple[Tiles, ...]]:
    project = load(name)
    data = project.graph.nodes[source]
    few = {"sentences": 300} if "sentences" in data.params else {"letters": 3_000}
    project = replace(project, graph=project.graph.with_nodes(replace(data, params={**data.params, **few})))
    net = compile_net(project)
    model = net.model(1)
    look = Look(Subject(net, model, load_samples(net, project.recipe)), sample=2)
    return net, model, look, views()["sentence"].pictures(look, settings)


def numbers(net: CompiledNet, text: str, length: int, before: bool) -> torch.Tensor:
    words = words_of(net.plan.sources[0], "text")
    found = [words.index(word) for word in text.split()]
    gap = [0] * (length - len(found))
    return torch.tensor([gap + found if before else found + gap])


def test_every_layer_answers_at_every_word() -> None:
    """Fails if a layer is left out, words stand above the columns of others, or the size is no root mean
    square, or a layer is shown as a share of another one, or the mask of the padding counts as a layer."""
    net, model, _, (table, bars) = seen("tagger_bilstm", "sentences", sentence="the light box fell .")
    length = net.plan.sources[0].fields["text"].sizes[0]
    tokens = numbers(net, "the light box fell .", length, before=False)
    with torch.no_grad():
        embedded = model.embedding(tokens)
        real, (h_n, c_n) = model.lstm(embedded[:, :5])
        output = torch.cat([real, torch.zeros(1, length - 5, real.shape[2])], 1)
        fc = model.fc(output)
    assert table.labels == ("embedding", "lstm", "fc", "the", "light", "box", "fell", ".")
    for row, value in zip(table.maps[0], (embedded, output, fc), strict=True):
        size = value[0, :5].pow(2).mean(1).sqrt()
        assert np.allclose(row, size / size.max(), atol=1e-5)
    assert bars.labels == ("embedding", "lstm", "lstm.h_n", "lstm.c_n", "fc")
    for size, value in zip(bars.maps.ravel(), (embedded, output, h_n, c_n, fc), strict=True):
        assert size == pytest.approx(float(value.pow(2).mean().sqrt()), rel=1e-4)
    kinds = words_of(net.plan.sources[0], "tags")
    assert table.title == "It says: " + " ".join(kinds[int(place)] for place in fc[0, :5].argmax(1))


def test_one_word_changes() -> None:
    """Fails if the difference is that of other words or layers, or both answers are not told."""
    net, model, _, (table, bars) = seen(
        "sentiment_lstm", "reviews", sentence="the film was good .", instead="the film was bad ."
    )
    length = net.plan.sources[0].fields["text"].sizes[0]
    both = [numbers(net, f"the film was {word} .", length, before=True) for word in ("good", "bad")]
    with torch.no_grad():
        one, other = (model.embedding(each) for each in both)
        scores = [model(each)[0].softmax(0) for each in both]
        outputs = [model.lstm(each[:, -5:])[0][:, -1] for each in (one, other)]
    assert table.labels == ("embedding", "the", "film", "was", "good → bad", ".")
    changed = (other - one)[0, -2].pow(2).mean().sqrt()
    assert np.allclose(table.maps[0, 0], [0, 0, 0, float(changed), 0], atol=1e-5)
    amounts = dict(zip(bars.labels, bars.maps.ravel().tolist()))
    assert amounts["embedding"] == pytest.approx(float((other - one).norm() / one.norm()), rel=1e-4)
    assert amounts["lstm"] == pytest.approx(float((outputs[1] - outputs[0]).norm() / outputs[0].norm()), rel=1e-4)
    said = [f"{('blame', 'praise')[int(each.argmax())]}, {100 * float(each.max()):.1f} %" for each in scores]
    assert table.title == f"It says: {said[0]} → {said[1]}"


def test_what_it_says_as_far_as_each_word() -> None:
    """Fails if a part of the sentence is padded at its other end, or holds words that come later."""
    net, model, _, (_, _, course) = seen("sentiment_lstm", "reviews", sentence="the film was not good")
    length = net.plan.sources[0].fields["text"].sizes[0]
    words = "the film was not good".split()
    assert set(course.labels[:2]) == {"blame", "praise"}
    assert list(course.labels[2:]) == words
    for place in range(5):
        with torch.no_grad():
            chances = model(numbers(net, " ".join(words[: place + 1]), length, before=True))[0].softmax(0)
        for row, name in enumerate(course.labels[:2]):
            assert course.maps[0, row, place] == pytest.approx(
                float(chances[("blame", "praise").index(name)]), abs=1e-5
            )
    assert prefixes(torch.tensor([4, 5, 0, 0]), 0, False)[0].tolist() == [4, 0, 0, 0]


def test_without_a_sentence_it_is_the_sample() -> None:
    """Fails if nothing is typed and another sample than the chosen one is shown."""
    net, _, look, (table, *_) = seen("sentiment_lstm", "reviews")
    words = words_of(net.plan.sources[0], "text")
    codes = [code for code in look.batch["reviews.text"][0].tolist() if code]
    assert list(table.labels[1:]) == [words[code] for code in codes]


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("mlp_digits", {}, "one line of text"),
        ("memory_network", {}, "one line of text"),
        ("sentiment_lstm", {"sentence": "zzz"}, "Write something that the net knows"),
        ("sentiment_lstm", {"sentence": "good", "instead": "zzz"}, "Write something that the net knows"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, settings: dict[str, str], said: str) -> None:
    """Fails if a net that reads no text, or a sentence of unknown words, ends in a traceback."""
    project = load(name)
    net = compile_net(project)
    look = Look(Subject(net, net.model(0), load_samples(net, project.recipe)))
    with pytest.raises(NoPicture, match=said):
        views()["sentence"].pictures(look, settings)


def test_what_only_fills_a_line_up_is_not_shown() -> None:
    """Fails if a short line of a net that reads so many letters stands behind as many empty columns, or its letters are
    others than the last that are read; or a sign that the net says cannot be told from a comma of the sentence."""
    _, _, _, (table, *_) = seen("char_transformer", "book", sentence="and god said")
    rows, columns = table.maps.shape[1:]
    assert columns == len("and god said")
    assert "".join(table.labels[rows:]) == "and god said"
    assert "the rest is filled up" in table.note
    said = table.title.removeprefix("It says: ").rpartition(",")[0]
    assert said[:1].isalnum() or (said[0], said[-1]) == ("“", "”")
