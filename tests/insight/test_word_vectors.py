"""Counts of words, their decomposition, near words and analogies, against other ways to compute them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Project
from app.core.starting.first_net import fitted_net
from app.core.storage.templates import load
from app.data.source_looks import schema_of
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views, word_map
from app.insight.word_vectors import WordVectors, analogy, counted, flat, nearest, vectors_of
from app.training.batches import load as load_data
from nodes.api.registry import find
from nodes.sources.word_counts import FIRST_TEXT

# Written down by hand for the three sentences of the lecture, with a window of one word on either side.
LECTURE = {
    ("I", "like"): 2,
    ("I", "enjoy"): 1,
    ("like", "deep"): 1,
    ("like", "NLP"): 1,
    ("deep", "learning"): 1,
    ("learning", "."): 1,
    ("NLP", "."): 1,
    ("flying", "."): 1,
    ("enjoy", "flying"): 1,
}
WAR = "It was war. War is war, and war it was! The war is over"


def net_of(name: str, node: str = "text", **settings: object) -> CompiledNet:
    project = load(name)
    changed = replace(project.graph.nodes[node], params={**project.graph.nodes[node].params, **settings})
    return compile_net(replace(project, graph=project.graph.with_nodes(changed)))


def pictures(name: str, view: str, net: CompiledNet | None = None, **settings: object):  # type: ignore[no-untyped-def]
    net = net or net_of(name)
    return views()[view].pictures(Look(Subject(net, net.model(0), Samples({}, ()))), settings)


def test_counts_are_those_of_the_lecture() -> None:
    """Fails if one count is wrong, the full stop is no word, or the window reaches into the next sentence."""
    found = counted(net_of("word_vectors_svd"))
    assert set(found.words) == {word for pair in LECTURE for word in pair}
    for row, word in enumerate(found.words):
        for column, other in enumerate(found.words):
            expected = LECTURE.get((word, other), LECTURE.get((other, word), 0))
            assert found.table[row, column] == expected, (word, other)


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("text", [FIRST_TEXT, WAR, "one", "no no no. no"])
def test_windows_of_any_size(window: int, text: str) -> None:
    """Fails if a window is cut at its wrong end, or a word beside itself is counted once for both ways."""
    found = counted(net_of("word_vectors_svd", text=text, window=window))
    expected: Counter[tuple[str, str]] = Counter()
    for sentence in text.replace("!", " !|").replace(".", " .|").replace(",", " ,").split("|"):
        words = sentence.split()
        for distance in range(1, window + 1):
            for first, second in zip(words, words[distance:]):
                expected[first, second] += 1
                expected[second, first] += 1
    made = {(a, b): int(found.table[i, j]) for i, a in enumerate(found.words) for j, b in enumerate(found.words)}
    assert {pair: count for pair, count in made.items() if count} == dict(expected)


def test_the_data_are_the_same_counts() -> None:
    """Fails if the net learns another table than the one that is shown, or a text of one word cannot be learned."""
    net = net_of("word_vectors_svd", text=WAR, window=2, lower=True)
    found = counted(net)
    fields = load_data(net.plan)
    table = torch.zeros(len(found.words), len(found.words))
    table[fields["text.word"], fields["text.other"]] = fields["text.count"]
    assert np.array_equal(table.numpy(), found.table)
    assert "War" not in found.words
    assert counted(net_of("word_vectors_svd", text="one")).table.tolist() == [[0]]


def test_the_decomposition_gives_the_counts_back() -> None:
    """Fails if vectors are no rows of U·S: their products must be those of the rows of the counts, all numbers kept."""
    net = net_of("word_vectors_svd", text=WAR, window=2)
    table = counted(net).table
    found = vectors_of(net, net.model(0), numbers=100)
    assert np.allclose(found.vectors @ found.vectors.T, table @ table.T)
    two = vectors_of(net, net.model(0)).vectors
    values = np.sort(np.linalg.eigvalsh(table @ table.T))[::-1]
    assert np.allclose((two**2).sum(0), values[:2])


def test_training_comes_near_the_decomposition_and_not_below() -> None:
    """Fails if the net of the template learns something else than the best table of rank two."""
    net = net_of("word_vectors_svd")
    least = float((torch.linalg.svdvals(torch.tensor(counted(net).table))[2:] ** 2).sum()) / 64
    model, fields = net.model(0), load_data(net.plan)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        loss = (model(fields["text.word"], fields["text.other"]) - fields["text.count"]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert least <= loss.item() < 1.05 * least
    _, bars = pictures("word_vectors_svd", "cooccurrence", net)
    assert f"{least:.3g} at least" in bars.note


def test_positive_pairs_are_those_of_the_window_and_others_are_drawn() -> None:
    """Fails if a seen pair is missing or invented, labels are exchanged, or a word is not drawn for each."""
    net = net_of("skipgram", corpus="typed text", text=FIRST_TEXT, window=1, lower=False, negatives=4)
    fields = load_data(net.plan)
    seen = fields["text.label"] == 1
    words = counted(net).words
    pairs = Counter(
        (words[a], words[b]) for a, b in zip(fields["text.word"][seen].tolist(), fields["text.context"][seen].tolist())
    )
    assert pairs == Counter({pair: count for (a, b), count in LECTURE.items() for pair in ((a, b), (b, a))})
    assert (~seen).sum() == 4 * seen.sum()
    drawn = fields["text.word"][~seen].bincount()
    assert torch.equal(drawn, 4 * fields["text.word"][seen].bincount())


def test_words_are_drawn_by_their_count_to_three_quarters() -> None:
    """Fails if frequent words are drawn as often as they occur, or all equally often."""
    fields = load_data(net_of("skipgram", sentences=1500).plan)
    seen = fields["text.label"] == 1
    often = fields["text.context"][seen].bincount().double() ** 0.75
    drawn = fields["text.context"][~seen].bincount().double()
    share, expected = drawn / drawn.sum(), often / often.sum()
    assert float((share / expected - 1).abs().max()) < 0.15


def vectors() -> WordVectors:
    made = np.random.default_rng(3).normal(size=(30, 5))
    return WordVectors((*(f"w{number}" for number in range(29)), "King"), made, "made")


def test_nearest_words_have_the_largest_cosine() -> None:
    """Fails if length counts, the word itself is told, or the order is another."""
    found = vectors()
    table = torch.tensor(found.vectors)
    cosines = torch.nn.functional.cosine_similarity(table, table[4:5].expand_as(table))
    order = [place for place in cosines.argsort(descending=True).tolist() if place != 4][:6]
    told = nearest(found, "w4", 6)
    assert [word for word, _ in told] == [found.words[place] for place in order]
    assert np.allclose([score for _, score in told], cosines[order])
    assert nearest(found, "king", 1) == nearest(found, "King", 1)


def test_the_analogy_is_that_of_the_lecture() -> None:
    """Fails if the formula is another, or a word of the question is an answer."""
    found = vectors()
    a, b, c = found.vectors[1], found.vectors[2], found.vectors[29]
    scores = {}
    for word, x in zip(found.words, found.vectors):
        if word not in ("w1", "w2", "King"):
            scores[word] = float(np.dot(b - a + c, x) / np.sqrt(np.sum((b - a + c) ** 2)))
    best = sorted(scores, key=lambda word: -scores[word])[:7]
    told = analogy(found, ["w1", "w2", "King"], 7)
    assert [word for word, _ in told] == best
    assert np.allclose([score for _, score in told], [scores[word] for word in best])
    assert not {"w1", "w2", "King"} & {word for word, _ in analogy(found, ["w1", "w2", "King"], 100)}


def test_learned_vectors_are_rows_of_the_table_without_padding() -> None:
    """Fails if words and rows are shifted against each other, or another Embedding is looked at than was named."""
    net = net_of("skipgram")
    model = net.model(1)
    first, second = vectors_of(net, model), vectors_of(net, model, node="context")
    fields = load_data(net.plan)
    assert len(first.words) == int(fields["text.word"].max()) + 1
    assert np.allclose(first.vectors, model.word.weight[: len(first.words)].detach().numpy())
    assert np.allclose(second.vectors, model.context.weight[: len(first.words)].detach().numpy())


def test_the_plane_is_that_of_the_principal_components() -> None:
    """Fails if the map shows other directions than those in which words differ most."""
    found = WordVectors(vectors().words, vectors().vectors, "made", node="word")
    places, said = flat(found)
    centred = found.vectors - found.vectors.mean(0)
    values = np.linalg.eigvalsh(np.cov(centred.T))[::-1]
    assert np.allclose(places.var(0, ddof=1), values[:2])
    assert f"{100 * values[:2].sum() / values.sum():.0f} %" in said


def test_pictures_hold_the_numbers() -> None:
    """Fails if the table, the bars or the map show other numbers than were computed, or other words beside them."""
    net = net_of("word_vectors_svd")
    table, bars = pictures("word_vectors_svd", "cooccurrence", net)
    found = counted(net)
    assert np.array_equal(table.maps[0], found.table)
    assert table.labels == (*found.words, *found.words)
    assert np.allclose(bars.maps.ravel(), np.linalg.svd(found.table)[1], atol=1e-5)
    (plane,) = pictures("word_vectors_svd", "word_map", net, mark="like NLP")
    expected = vectors_of(net, net.model(0))
    assert np.allclose(plane.maps[0], expected.vectors, atol=1e-6)
    assert [plane.labels[place] for place in plane.strong] == ["like", "NLP"]
    (near,) = pictures("word_vectors_svd", "nearest_words", net, word="like", count=3)
    assert near.labels == tuple(word for word, _ in nearest(expected, "like", 3))
    answers, four = pictures("word_vectors_svd", "word_analogy", net, words="like : deep :: enjoy : ?")
    assert answers.labels[0] == four.labels[-1] == analogy(expected, ["like", "deep", "enjoy"], 1)[0][0]


def test_a_text_can_be_typed_into_the_view() -> None:
    """Fails if the view counts the drawing's text although another is typed, even for a drawing without text."""
    table, _ = pictures("mlp_digits", "cooccurrence", compile_net(load("mlp_digits")), text="a b a.", window=1)
    assert table.labels[:3] == ("a", "b", ".")
    assert table.maps[0].tolist() == [[0, 2, 1], [2, 0, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("name", "view", "settings", "said"),
    [
        ("mlp_digits", "cooccurrence", {}, "Type a text"),
        ("mlp_digits", "word_map", {}, "No Embedding"),
        ("word_vectors_svd", "nearest_words", {"word": "likes"}, "for example: like"),
        ("word_vectors_svd", "word_analogy", {"words": "like deep"}, "three words"),
        ("word_vectors_svd", "word_analogy", {"words": "a b c"}, "not known"),
        ("word_vectors_svd", "nearest_words", {"text": "alone", "word": "alone"}, "only one word"),
        ("word_vectors_svd", "word_map", {"text": "... !"}, None),
        ("skipgram", "word_map", {"embedding": "score"}, "There are: word, context"),
    ],
)
def test_what_cannot_be_shown_is_said(name: str, view: str, settings: dict[str, object], said: str | None) -> None:
    """Fails if a word that nobody knows, or a net without words, ends in a traceback or in silence."""
    if said is None:
        assert pictures(name, view, **settings)
        return
    with pytest.raises(NoPicture, match=said):
        pictures(name, view, compile_net(load(name)), **settings)


def test_text_that_is_no_text_is_a_problem_of_the_drawing() -> None:
    """Fails if an empty text stops the program instead of being said at the source."""
    project = load("word_vectors_svd")
    node = replace(project.graph.nodes["text"], params={**project.graph.nodes["text"].params, "text": "  "})
    with pytest.raises(ValueError, match="Type a few short sentences"):
        compile_net(Project(graph=project.graph.with_nodes(node)))


def test_words_of_a_file_are_counted_as_those_that_are_typed(tmp_path: Path) -> None:
    """Fails if a net that learns from a text file has no map of words, or its file is counted otherwise."""
    path = tmp_path / "lecture.txt"
    path.write_text(FIRST_TEXT)
    project = load("skipgram")
    layer = find("TextWordPairs")
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(path), "window": 1, "lower": False})
    net = compile_net(fitted_net(project, layer, settings, schema_of(layer, settings)).project)
    typed = counted(net_of("skipgram", corpus="typed text", text=FIRST_TEXT, window=1, lower=False))
    assert counted(net).words == typed.words
    assert np.array_equal(counted(net).table, typed.table)
    assert word_map._fits(net.plan)
    path.unlink()
    with pytest.raises(NoPicture, match=r"lecture\.txt"):
        counted(net)
