"""Pairs of words of a text file: those that stand near each other, read by the program and by its script alike."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.cli.main import run
from app.core.storage.files import open_project
from app.data.examination import examine
from app.data.source_looks import schema_of
from app.data.understanding import candidates
from nodes.api import NoData
from nodes.reading import word_contexts
from tests.support.file_sources import check_script, feed, guess, schema, source_of, whole

TALE = "The king wore a crown. The queen wore\r\na crown… Café! " * 12


def by_hand(text: str, window: int) -> Counter[tuple[str, str]]:
    """Each two words of a sentence that are at most ``window`` places apart, both ways round."""
    found: Counter[tuple[str, str]] = Counter()
    for sentence in re.findall(r"[^.!…]+[.!…]", text.lower()):
        words = re.findall(r"\w+|[.!…]", sentence)
        for here, one in enumerate(words):
            found.update((one, other) for there, other in enumerate(words) if 0 < abs(here - there) <= window)
    return found


@pytest.mark.parametrize("packed", [False, True])
def test_the_seen_pairs_are_those_of_the_window(tmp_path: Path, packed: bool) -> None:
    """Fails if a pair is missing or invented, the number of a word means another one, or the printed lines differ."""
    path = tmp_path / ("tale.txt.gz" if packed else "tale.txt")
    path.write_bytes(gzip.compress(TALE.encode()) if packed else TALE.encode())
    told = schema("TextWordPairs", path, window=2, negatives=3)
    made = check_script("TextWordPairs", path, window=2, negatives=3, seed=4)
    words, label = told.fields["word"].words, whole(made, "label")
    seen = [whole(made, name)[label == 1].tolist() for name in ("word", "context")]
    assert Counter((words[a], words[b]) for a, b in zip(*seen)) == by_hand(TALE, 2)
    assert told.fields["label"].counts == (3 * len(seen[0]), len(seen[0]))
    drawn = whole(made, "word")[label == 0].bincount()
    assert drawn.tolist() == [3 * seen[0].count(number) for number in range(len(words))]


def test_capitals_rare_words_and_the_begin(tmp_path: Path) -> None:
    """Fails if a setting is passed over: rare words are learned, capitals lost, or what is left unread is not told."""
    path = tmp_path / "tale.txt"
    path.write_text(TALE * 3 + "Rare words here.")
    assert "rare" in schema("TextWordPairs", path).fields["word"].words
    assert "rare" not in schema("TextWordPairs", path, least=2).fields["word"].words
    assert "King" not in schema("TextWordPairs", path, lower=False).fields["word"].words
    assert {"The", "Café"} & set(schema("TextWordPairs", path, lower=False).fields["word"].words)
    short = schema("TextWordPairs", path, limit=1)
    assert "rare" not in short.fields["word"].words
    assert guess(short, "limit").sentence == "Of 2 kB the first 1 kB are read."
    check_script("TextWordPairs", path, limit=1, least=3)


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        ("One. Two.", {"least": 3}, "3 times or more"),
        ("Alone", {}, "Choose a longer text."),
        ("", {}, "is empty"),
        (TALE * 30, {"negatives": 50, "window": 9}, "less of the text"),
    ],
)
def test_a_text_that_teaches_nothing_says_so(
    tmp_path: Path, text: str, settings: dict[str, int], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if such a text ends otherwise than in a sentence with what helps."""
    monkeypatch.setattr(word_contexts, "MOST_PAIRS", 20_000)
    path = tmp_path / "tale.txt"
    path.write_text(text)
    with pytest.raises(NoData, match=said):
        schema("TextWordPairs", path, **settings)


def test_a_missing_file_and_none_are_named(tmp_path: Path) -> None:
    """Fails if nothing says which file is not there, or that none is chosen."""
    with pytest.raises(NoData, match=r"gone\.txt"):
        schema("TextWordPairs", tmp_path / "gone.txt")
    with pytest.raises(NoData, match="No file is chosen"):
        schema_of(source_of("TextWordPairs"), source_of("TextWordPairs").defaults())


def test_a_text_is_first_of_all_a_long_text(tmp_path: Path) -> None:
    """Fails if somebody who drops a book is given pairs of words where a net that writes was meant."""
    path = tmp_path / "tale.txt"
    path.write_text(TALE)
    assert next(each.layer.id for each in candidates(path)) == "TextFile"
    assert "TextWordPairs" in [each.layer.id for each in candidates(path)]


def test_skip_gram_learns_from_a_text_of_ones_own(tmp_path: Path) -> None:
    """Fails if ``start TEXT --net skipgram`` is refused, or the tables of words have another length than the text has
    words."""
    path, out = tmp_path / "tale.txt", tmp_path / "own.netloom"
    path.write_text(TALE)
    assert run(["start", str(path), "--net", "skipgram", "--out", str(out)]) == 0
    graph = open_project(out).project.graph
    source = next(node for node in graph.nodes.values() if node.type == "TextWordPairs")
    words = len(schema("TextWordPairs", path).fields["word"].words)
    assert {n.params["num_embeddings"] for n in graph.nodes.values() if n.type == "Embedding"} == {words}
    assert {wire.source_port for wire in graph.out_of(source.name)} == {"word", "context", "label"}
    assert feed("TextWordPairs", path).length == schema("TextWordPairs", path).samples


def test_pairs_that_come_again_are_no_remark(tmp_path: Path) -> None:
    """Fails if the look through all samples calls pairs that were seen and drawn a contradiction, or those that stand
    in two parts a leak: a text repeats itself. Another source still says both."""
    path = tmp_path / "tale.txt"
    path.write_text(TALE)
    known = schema("TextWordPairs", path)
    parts = {"train": torch.arange(0, known.samples, 2), "test": torch.arange(1, known.samples, 2)}
    *_, found = examine(feed("TextWordPairs", path), known, parts)
    assert found.equal_count
    assert found.across
    assert not [each for each in found.remarks if "same content" in each or "identical" in each or "once" in each]
    *_, elsewhere = examine(feed("TextWordPairs", path), replace(known, recurring=False), parts)
    assert any("identical pairs" in each for each in elsewhere.remarks)
    assert any("not the same class" in each for each in elsewhere.remarks)


@pytest.mark.parametrize(("window", "least"), [(1, 1), (3, 1), (3, 12), (50, 13)])
def test_too_many_pairs_are_refused_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int, least: int
) -> None:
    """Fails if all pairs of a large text are made before they are counted, which takes all memory, or if another number
    is counted than are made: a text with one pair more than may be held has to be read, or refused, by that number."""
    path = tmp_path / "tale.txt"
    path.write_text(TALE + "A rare, rare word. Alone.")
    made = schema("TextWordPairs", path, window=window, least=least, negatives=1).samples
    monkeypatch.setattr(word_contexts, "MOST_PAIRS", made - 1)
    monkeypatch.setattr(word_contexts, "pairs_of", None)
    with pytest.raises(NoData, match=f"These are {made:,} pairs"):
        schema("TextWordPairs", path, window=window, least=least, negatives=1, seed=1, lower=True, limit=499)
