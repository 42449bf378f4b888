"""Text that somebody has written, as the net of a training reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from app.training.net_inputs import NetInputs, OddSample, Sample
from nodes.api import NoData, cut, quoted
from nodes.reading.texts import PADDING, UNKNOWN, shown_word, text_of, tokens_of


def written_tokens(text: str, reads: NetInputs, takes: Callable[[int], bool] | None = None) -> tuple[Tensor, str]:
    """A line of text as the tokens (steps,) that the net reads; and what had to be done with it, in a sentence. Where
    the net ``takes`` another length than that of its training, a line that is longer stays whole, and one that is
    shorter is not filled up, unless short ones were so in the training.

    Raises:
        ValueError: if nobody knows the words of the training, or the text has none of them.
    """
    (name,) = reads.fields
    field = reads.trained.fields.get(name) if reads.trained is not None else None
    words = field.words if field is not None else ()
    if not words:
        raise ValueError("The words that the net was trained on are not known, so a line of text cannot be read.")
    places = {word: number for number, word in enumerate(words)}
    length = reads.shape.sizes[0]
    settings = reads.own.settings
    found = _tokens(text, _unit(reads, words), bool(settings.get("lower", False)))
    found = [token if token in places else _small(token, places) for token in found]
    unknown = places.get(UNKNOWN)
    numbers = [places.get(token, unknown) for token in found]
    strange = [token for token, number in zip(found, numbers) if number is None or number == unknown]
    kept = [number for number in numbers if number is not None]
    if not kept:
        raise ValueError("Write something that the net knows: none of this was in the data of its training.")
    windows = PADDING not in places
    over = len(kept) - length
    if (over > 0 or (windows and over < 0)) and takes is not None and takes(len(kept)):
        said = [_strange(strange)] if strange else []
        if over > 0:
            said.append(f"All {len(kept):,} are read; in the training there were at most {length:,}.")
        return torch.tensor(kept), " ".join(said)
    # A text is cut as those of the training are: its begin counts; where the next token is told, its end does.
    kept = kept[-length:] if windows else kept[:length]
    gap = [places.get(PADDING, places.get(" ", kept[0]))] * (length - len(kept))
    behind = settings.get("padding") == "behind"
    said = []
    if strange:
        said.append(_strange(strange))
    if over > 0:
        said.append(f"The {'last' if windows else 'first'} {length:,} count.")
    elif windows and gap:
        said.append(f"Shorter than the {length:,} that it reads; the rest is filled up.")
    return torch.tensor(kept + gap if behind else gap + kept), " ".join(said)


def _small(token: str, places: Mapping[str, int]) -> str:
    """A token in small letters, where only these were in the data: sentences begin with a capital."""
    return token.lower() if token.lower() in places else token


def _strange(tokens: Sequence[str]) -> str:
    return f"Not known from the training: {', '.join(dict.fromkeys(tokens[:5]))}."


def _unit(reads: NetInputs, words: Sequence[str]) -> str:
    told = str(reads.own.settings.get("unit", "auto"))
    if told == "auto" and reads.trained is not None:
        told = str(reads.trained.settled.get("unit", "auto"))
    if told != "auto":
        return told
    plain = [word for word in words if not word.startswith("<") and not word.startswith("\\")]
    return "characters" if all(len(word) == 1 for word in plain) else "words"


def _tokens(text: str, unit: str, lower: bool) -> list[str]:
    text = text.lower() if lower else text
    return [shown_word(token) for token in tokens_of(text, unit)]


def reads_text(reads: NetInputs) -> bool:
    """Whether a sample is one text whose words or letters are known."""
    field = reads.trained.fields.get(next(iter(reads.fields))) if reads.trained is not None else None
    return reads.kind == "tokens" and field is not None and bool(field.words)


def written_lines(path: Path, reads: NetInputs) -> Iterator[Sample]:
    """Each line of a file with plain text as a sample, called by what stands there; empty lines are none.

    Raises:
        NoData: if it is empty or no text.
    """
    try:
        lines = [line.strip() for line in text_of(path.read_bytes()).splitlines()]
    except ValueError as reason:
        raise NoData(f"{path.name} {str(reason).rstrip('.')}.") from None
    except OSError as error:
        raise NoData(f"{path.name} cannot be read: {error.strerror or error}.") from None
    if not any(lines):
        raise NoData(f"{path.name} is empty. Write a line for each text into it.")
    for line in filter(None, lines):
        yield written_line(line, reads)


def written_line(line: str, reads: NetInputs) -> Sample:
    """One line of text as a sample, or why it cannot be read.

    Raises:
        NoData: if the net does not read text.
    """
    if not reads_text(reads):
        raise NoData("This net reads no text. Give it a file of the kind that it was trained on.")
    (field,) = reads.fields
    name = cut(line, 60)
    try:
        tokens, said = written_tokens(line, reads)
    except ValueError as reason:
        return name, f"{quoted(line, 40)} cannot be read. {reason}"
    return name, OddSample({field: tokens}, said) if said else {field: tokens}
