"""Words as lists of numbers: learned ones, or those that a decomposition of counts gives; which are near, and what is
to one word as two others are to each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource, Ref
from app.data.source_looks import schema_of
from app.insight.tiles import NoPicture, finite
from app.insight.vocabulary import read_whole
from nodes.api import NoData, quoted
from nodes.api.corrections import class_words
from nodes.api.registry import find
from nodes.api.words import per_cent
from nodes.reading.texts import END, PADDING, START, UNKNOWN
from nodes.reading.word_contexts import counts_of, sentences_of

NO_WORDS = (PADDING, UNKNOWN, START, END)  # that stand in a vocabulary
OF_FILE = "TextWordPairs"
MOST_COUNTED = 2_000  # different words of a table of counts
BY = ("auto", "counts", "net")
COUNTED = "WordCounts"  # the source whose vectors are those of its counts unless somebody says otherwise


@dataclass(frozen=True, eq=False)
class WordVectors:
    """A list of numbers for each word, ``vectors`` (words, numbers). ``said`` is where they come from, ``node`` the
    layer that has learned them; empty where it is a decomposition."""

    words: tuple[str, ...]
    vectors: np.ndarray
    said: str
    node: str = ""

    def place(self, word: str) -> int:
        """The number of a word; capitals do not matter where only one word differs by them.

        Raises:
            NoPicture: if it is not known.
        """
        if word in self.words:
            return self.words.index(word)
        alike = [place for place, each in enumerate(self.words) if each.lower() == word.lower()]
        if len(alike) == 1:
            return alike[0]
        if not word:
            raise NoPicture("Type a word.")
        close = difflib.get_close_matches(word.lower(), [each.lower() for each in self.words], 3, 0.6)
        some = [each for each in self.words if each.lower() in close] or self._some()
        raise NoPicture(f"The word {quoted(word, 40)} is not known here. There are, for example: {', '.join(some)}.")

    def _some(self) -> list[str]:
        """A few words; signs, such as the full stop, only where there is nothing else."""
        plain = [each for each in self.words if any(letter.isalnum() for letter in each)]
        return (plain or list(self.words))[:5]


@dataclass(frozen=True, eq=False)
class CooccurrenceCounts:
    """How often words stand beside each other: ``table`` (words, words), symmetric."""

    words: tuple[str, ...]
    table: np.ndarray
    window: int

    def decomposed(self) -> tuple[np.ndarray, np.ndarray]:
        """Left singular vectors (words, words) and singular values, the largest first. Of each pair of singular vectors
        that one is taken whose largest entry is positive."""
        left, values, _ = np.linalg.svd(self.table)
        largest = np.abs(left).argmax(0)
        return left * np.where(left[largest, np.arange(left.shape[1])] < 0, -1.0, 1.0), values


def counted(
    net: CompiledNet, text: str = "", window: int | str = "auto", lower: bool | None = None
) -> CooccurrenceCounts:
    """The counts of a text that is typed, or of that of the drawing's data.

    Raises:
        NoPicture: if there is no text.
    """
    source = next((each for each in net.plan.sources if each.type in (COUNTED, "SkipGram", OF_FILE)), None)
    settings = source.settings if source is not None else {}
    reach = window if isinstance(window, int) else settings.get("window", 1)
    if text.strip():
        sentences = sentences_of(text, bool(settings.get("lower", False)) if lower is None else lower)
    elif source is not None and source.type == COUNTED:
        sentences = sentences_of(settings["text"], settings["lower"])
    elif source is not None and source.type == "SkipGram":
        from nodes.reading.kingdom import read_sentences

        given = (settings[name] for name in ("corpus", "text", "sentences", "seed", "lower"))
        sentences = read_sentences(*given)
    elif source is not None:
        from nodes.sources.text_word_pairs import sentences_at

        try:
            sentences = sentences_at(**{name: settings[name] for name in ("path", "lower", "limit", "encoding")})
        except (OSError, ValueError) as reason:
            raise NoPicture(f"The text cannot be read: {reason}") from None
    else:
        raise NoPicture("This drawing's data is no text whose words are counted. Type a text in the settings.")
    different = {word for sentence in sentences for word in sentence}
    if not different:
        raise NoPicture("There is no word in the text. Type a few short sentences.")
    if len(different) > MOST_COUNTED:
        raise NoPicture(
            f"The text has {len(different):,} different words, and {MOST_COUNTED:,} are as many as can be counted here."
        )
    words, table = counts_of(sentences, reach)
    return CooccurrenceCounts(tuple(words), np.array(table, np.float64), reach)


def vectors_of(
    net: CompiledNet,
    model: nn.Module,
    by: str = "auto",
    node: str = "",
    text: str = "",
    window: int | str = "auto",
    numbers: int = 2,
) -> WordVectors:
    """The vectors of words. ``by``: those that an Embedding has learned (``net``), that of the name ``node`` or else
    the first; or those of the singular value decomposition of the counts (``counts``), ``numbers`` for each word: its
    row of the left singular vectors times the singular values.

    Raises:
        NoPicture: if there are none.
    """
    if by == "auto":
        counts = not node and (bool(text.strip()) or any(each.type == COUNTED for each in net.plan.sources))
        by = "counts" if counts else "net"
    if by == "counts":
        found = counted(net, text, window)
        left, values = found.decomposed()
        kept = min(numbers, len(values))
        said = f"singular value decomposition of the counts, window {found.window}, {kept} numbers for each word"
        return WordVectors(found.words, left[:, :kept] * values[:kept], said)
    weights = dict(model.named_parameters())
    tables = {path: words for path, words in _tables(net) if f"{path}.weight" in weights}
    if not tables:
        raise NoPicture(
            "No Embedding of this net reads words that are known. Wire one to a source of text, or type a text."
        )
    if node and node not in tables:
        raise NoPicture(f"{node} is no Embedding that reads words. There are: {', '.join(tables)}.")
    chosen = node or next(iter(tables))
    words = tables[chosen]
    table = finite(weights[f"{chosen}.weight"].detach().cpu().numpy().copy(), f"The table of {chosen}")
    kept_words = [place for place, word in enumerate(words[: len(table)]) if word not in NO_WORDS]
    if not kept_words:
        raise NoPicture(f"{chosen} has no word yet. Choose data with words.")
    said = f"table of {chosen}, {table.shape[1]} numbers for each word"
    return WordVectors(tuple(words[place] for place in kept_words), table[kept_words].astype(np.float64), said, chosen)


def _tables(net: CompiledNet) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each Embedding that reads the words of a source, by the path of its weights, with these words."""
    sources = {each.node: each for each in net.plan.sources}
    for entry in net.plan.inputs:
        origin = net.plan.origin(Ref(entry.node, entry.port))
        source = sources.get(origin.node)
        words = words_of(source, origin.port) if source is not None and entry.shape.dtype == "int" else ()
        if words:
            for path in read_whole(net.plan.graph, {Ref(entry.node, entry.port)}):
                yield path, words


def words_of(source: PlanSource, field: str) -> tuple[str, ...]:
    """The words of the classes of a field of a source; none where it has none."""
    layer = find(source.type)
    schema = source.seen
    if schema is None and layer is not None and layer.source is not None:
        try:
            schema = schema_of(layer, source.settings)
        except NoData:
            return ()
    return class_words(schema.fields[field]) if schema is not None and field in schema.fields else ()


def nearest(found: WordVectors, word: str, count: int) -> list[tuple[str, float]]:
    """The words whose vectors point most nearly the same way, with the cosine of the angle.

    Raises:
        NoPicture: if the word is not known or is the only one.
    """
    place = found.place(word)
    if len(found.words) < 2:
        raise NoPicture("There is only one word, so no other can be near it. Choose a longer text.")
    lengths = np.linalg.norm(found.vectors, axis=1)
    products = found.vectors @ found.vectors[place]
    cosines = products / np.where(lengths * lengths[place] > 0, lengths * lengths[place], 1.0)
    return _best(found, cosines, {place}, count)


def analogy(found: WordVectors, words: Sequence[str], count: int) -> list[tuple[str, float]]:
    """What is to the third word as the second is to the first: the words x with the largest
    (x_b − x_a + x_c) · x / ‖x_b − x_a + x_c‖, without the three of the question.

    Raises:
        NoPicture: if a word is not known, there are not three, or none is left.
    """
    if len(words) != 3:
        raise NoPicture("Type three words, such as man woman king: man is to woman as king is to what?")
    a, b, c = (found.place(word) for word in words)
    if len({a, b, c}) == len(found.words):
        raise NoPicture("There are no other words than those of the question. Choose a longer text.")
    sought = found.vectors[b] - found.vectors[a] + found.vectors[c]
    length = float(np.linalg.norm(sought))
    if length == 0:
        raise NoPicture("The three vectors cancel each other out, so no word is nearer than another.")
    return _best(found, found.vectors @ sought / length, {a, b, c}, count)


def _best(found: WordVectors, scores: np.ndarray, left_out: set[int], count: int) -> list[tuple[str, float]]:
    order = [int(place) for place in np.argsort(-scores, kind="stable") if int(place) not in left_out]
    return [(found.words[place], float(scores[place])) for place in order[:count]]


def flat(found: WordVectors) -> tuple[np.ndarray, str]:
    """A place in a plane for each word (words, 2), and how it was found: two numbers as they are, else the two
    directions in which the vectors differ most."""
    vectors = found.vectors
    if not found.node and vectors.shape[1] >= 2:
        return vectors[:, :2], "The first two numbers of the decomposition."
    if vectors.shape[1] == 1:
        return np.concatenate(
            [vectors, np.zeros_like(vectors)], 1
        ), "Each word has one number, drawn from left to right."
    if vectors.shape[1] == 2:
        return vectors, "The two numbers of each word."
    centred = vectors - vectors.mean(0)
    _, values, ways = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(ways).argmax(1)
    ways = ways * np.where(ways[np.arange(len(ways)), largest] < 0, -1.0, 1.0)[:, None]
    total = float((values**2).sum())
    share = float((values[:2] ** 2).sum()) / total if total else 1.0
    return centred @ ways[:2].T, f"The two principal components, {per_cent(share)} of what differs."
