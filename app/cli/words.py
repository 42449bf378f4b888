"""The command words: which words are near another one, and what is to one as two others are to each other."""

from __future__ import annotations

from typing import Any

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, say, say_json
from nodes.api import cut

MOST = 1_000


def words(
    what: str,
    nearest: str | None,
    analogy: tuple[str, str, str] | None,
    count: int,
    by: str,
    embedding: str,
    numbers: int,
    text: str,
    window: int | None,
    as_json: bool,
) -> int:
    """Answer one of both questions about the words of a run, or of a drawing with the weights it would begin with."""
    if (nearest is None) == (analogy is None):
        raise Usage("Give either --nearest WORD or --analogy A B C.")
    with ending_at_once():
        from app.cli.views import loaded
        from app.insight import word_vectors
        from app.insight.tiles import NoPicture

    if by not in word_vectors.BY:
        raise Usage(f"--by must be one of {', '.join(word_vectors.BY)}, but it is {cut(by, 40)!r}.")
    try:
        run = loaded(what)
        found = word_vectors.vectors_of(
            run.net, run.model, by, embedding, text, window if window is not None else "auto", numbers
        )
        if nearest is not None:
            asked = [found.words[found.place(nearest)]]
            best = word_vectors.nearest(found, nearest, count)
        else:
            assert analogy is not None
            asked = [found.words[found.place(word)] for word in analogy]
            best = word_vectors.analogy(found, analogy, count)
    except NoPicture as reason:
        raise Stop(str(reason)) from None
    if as_json:
        about: dict[str, Any] = {"run": what, "epoch": run.epoch, "vectors": found.said, "words": len(found.words)}
        if nearest is not None:
            say_json(about | {"word": asked[0], "nearest": [{"word": word, "cosine": score} for word, score in best]})
        else:
            say_json(about | {"question": asked, "answers": [{"word": word, "score": score} for word, score in best]})
        return 0
    if nearest is not None:
        say(f"Nearest to {asked[0]}, by the cosine ({found.said}):")
    else:
        a, b, c = asked
        say(f"{a} is to {b} as {c} is to {best[0][0]}, by how far a word goes along {b} − {a} + {c} ({found.said}):")
    wide = max(len(word) for word, _ in best)
    for word, score in best:
        say(f"  {word:<{wide}}  {score:.3f}")
    return 0
