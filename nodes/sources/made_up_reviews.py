"""Reviews of one sentence, with praise that is denied: where the order of words matters."""

from __future__ import annotations

from functools import lru_cache

from nodes.api import Choice, Feed, Field, Int, Lengths, NoData, Schema, Script, Several, source
from nodes.reading.buckets import BUCKETS, told, trims
from nodes.reading.denied_praise import BAD, FORMS, GOOD, reviews, scored_words
from nodes.reading.made_up import known_words, listed_words, padded, printed

LABELS = ("blame", "praise")
OWN, VADER = "own words", "vaderSentiment"


def describe(*, sentences: int, forms: tuple[str, ...], lexicon: str, padding: str, buckets: int, seed: int) -> Schema:
    """Praise and blame in one sentence each, made up by a seed: plain ones, denied ones (neither good nor clever), and
    pairs of the same words whose order decides (good, not bad; bad, not good). Nobody wrote them. 0 pads short ones."""
    return _described(sentences, forms, lexicon, buckets, seed)


@lru_cache(maxsize=8)  # asked for at each edit of a drawing, and by each problem that data might solve
def _described(sentences: int, forms: tuple[str, ...], lexicon: str, buckets: int, seed: int) -> Schema:
    rows, labels = _made(sentences, forms, lexicon, seed)
    words = known_words(rows)
    counts = (len(labels) - sum(labels), sum(labels))
    length = max(map(len, rows))
    return Schema(
        {
            "text": Field((length,), "int", words, any_length="text" if buckets else ""),
            "label": Field((), "int", LABELS, counts),
        },
        samples=len(rows),
        noun=("sentence", "sentences"),
        settled={"unit": "words"},
    )


def load(*, sentences: int, forms: tuple[str, ...], lexicon: str, padding: str, buckets: int, seed: int) -> Feed:
    """The numbers of the words (n, length), and the label of each sentence (n,)."""
    import torch

    rows, labels = _made(sentences, forms, lexicon, seed)
    numbers = padded(rows, list(known_words(rows)), max(map(len, rows)), padding == "before")
    feed = Feed({"text": torch.tensor(numbers), "label": torch.tensor(labels)})
    feed.trims = trims([(("text",), torch.tensor([len(row) for row in rows]), padding == "before")], buckets)
    return feed


def script(*, sentences: int, forms: tuple[str, ...], lexicon: str, padding: str, buckets: int, seed: int) -> Script:
    """The function that makes the sentences up, with its words."""
    rows, _ = _made(sentences, forms, lexicon, seed)
    good, bad = _lexicon(lexicon)
    lines = printed(reviews, padded) + listed_words("good", good) + listed_words("bad", bad)
    lines += listed_words("words", known_words(rows))
    lines += [
        f"rows, labels = reviews({sentences}, {seed}, good, bad, {list(_forms(forms))})",
        f"numbers = padded(rows, words, {max(map(len, rows))}, {padding == 'before'})",
    ]
    fields = {"text": "torch.tensor(numbers)", "label": "torch.tensor(labels)"}
    steps = Lengths(("text",), "torch.tensor([len(row) for row in rows])", padding == "before")
    return Script(tuple(lines), fields, lengths=told(buckets, steps), buckets=buckets)


def _forms(forms: tuple[str, ...]) -> tuple[str, ...]:
    if not forms:
        raise NoData("Choose at least one kind of sentence: plain, denied or order.")
    return forms


def _lexicon(name: str) -> tuple[list[str], list[str]]:
    return scored_words() if name == VADER else (GOOD, BAD)


@lru_cache(maxsize=4)
def _made(sentences: int, forms: tuple[str, ...], lexicon: str, seed: int) -> tuple[list[list[str]], list[int]]:
    return reviews(sentences, seed, *_lexicon(lexicon), list(_forms(forms)))


MADE_UP_REVIEWS = source(
    id="MadeUpReviews",
    name="Made-up reviews",
    params=[
        Int("sentences", 4000, low=10, high=200_000, card=True, help="How many sentences there are."),
        Several(
            "forms",
            FORMS,
            options=FORMS,
            help="Plain praise and blame; both denied; the same words in another order.",
        ),
        Choice(
            "lexicon",
            OWN,
            options=(OWN, VADER),
            card=True,
            help="Good and bad words: forty of our own, or up to 240 that people have scored, of vaderSentiment.",
        ),
        Choice("padding", "before", options=("before", "behind"), help="Where a short sentence is padded."),
        BUCKETS,
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same sentences."),
    ],
    describe=describe,
    load=load,
    script=script,
    fields=["text", "label"],
    examples=[{"sentences": 60, "forms": ("order",), "padding": "behind"}, {"sentences": 300, "lexicon": VADER}],
    words=["sentiment", "praise", "negation", "opinion", "texts", "nlp", "toy", "data"],
)
