"""Text as numbers: how a file is written, the letters or words of a text, and the vocabulary that numbers them."""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nodes.api.schema import Guess, NoData
from nodes.api.words import cut, per_cent, quoted
from nodes.reading.tables_dialect import NoTable, encoding_of

UNITS = ("characters", "words")
PADDING, UNKNOWN, START, END = "<pad>", "<unk>", "<start>", "<end>"
# A word, also one like don't; a sign such as a comma; or one sign of a script that puts no blanks between its words.
_SINGLE = "\u3041-\u30ff\u3400-\u9fff\uf900-\ufad9"  # printed as the signs themselves: the line fits
WORD = rf"[{_SINGLE}]|[^\W{_SINGLE}]+(?:['’][^\W{_SINGLE}]+)*|[^\w\s]"
MOST_OF_ONE = 1_000_000  # bytes that are read of one of many texts
HEAD = 100_000  # bytes by which the encoding is guessed
BLOCK = 1 << 20  # letters that are turned into tokens at once
_TOKENS = re.compile(WORD)
_SHOWN = str.maketrans({"\n": "\\n", "\t": "\\t", "\f": "\\f", "\v": "\\v"})
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a document in Rich Text Format"),
    (b"PK\3\4", "a packed file, such as a document of a word processor"),
    (b"\x1f\x8b", "packed"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"RIFF", "a sound or a video"),
)


@dataclass(frozen=True, slots=True)
class TextFileFormat:
    """How a file is written. ``size`` are the bytes that are read of ``whole``; ``strange`` letters of it cannot be
    read and become a mark each. ``guessed`` says that the encoding is not sure. ``reads`` gives the text where it is
    only a part of what stands in the file, as among the verses of a book in JSON."""

    path: Path
    encoding: str
    size: int
    whole: int
    strange: int = 0
    guessed: bool = False
    reads: Callable[[], str] | None = None

    @property
    def errors(self) -> str:
        """What happens to bytes that are no letter, in Python's words."""
        return "replace" if self.strange or self.encoding == "cp1252" else "strict"

    @property
    def name(self) -> str:
        """The encoding as the setting writes it."""
        return {"cp1252": "latin-1", "utf-8-sig": "utf-8"}.get(self.encoding, self.encoding.removesuffix("-le")[:6])


_STRANGE = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")


def no_text(head: bytes) -> str:
    """Why a file is no text, by its first bytes: the end of a sentence, empty if it is one."""
    for mark, kind in _MARKS:
        if head.startswith(mark):
            return f"is {kind}, not plain text. Save its text as a .txt file"
    try:
        encoding_of(head)
    except NoTable:
        return "holds bytes that no text has. Choose a file with plain text"
    first = head[:4000]
    strange = len(first) - len(first.translate(None, _STRANGE))
    if b"\0" not in first and strange > 0.02 * len(first):
        return "holds bytes that no text has. Choose a file with plain text"
    return ""


def written(path: Path, encoding: str = "auto", most: int = 0) -> TextFileFormat:
    """How a file is written, of which at most ``most`` bytes are read (0: all).

    Raises:
        NoData: if it is empty or no text, or not in the ``encoding`` that was asked for.
        OSError: if it cannot be read.
    """
    if path.is_dir():
        raise NoData(f"{path.name} is a folder. Choose a file with text.")
    whole = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
            raise NoData(f"{path.name} is empty. Choose a file with text.")
        reason = no_text(head)
        if reason:
            raise NoData(f"{path.name} {reason}.")
        found = _encoding(head, encoding)
        size = _until(file, whole, most, found)
        if found == "cp1252":
            return TextFileFormat(path, found, size, whole, guessed=encoding == "auto")
        where = _first_bad(file, size, found)
        if where is None:
            return TextFileFormat(path, found, size, whole)
        if encoding != "auto":
            raise NoData(
                f"{path.name} is not written in {encoding}: the byte at {where:,} is none of it. "
                "Choose another encoding."
            )
        strange, others = _strange(file, size, found)
    if found.startswith("utf-8") and strange * 4 > others:
        return TextFileFormat(path, "cp1252", size, whole, guessed=True)
    return TextFileFormat(path, found, size, whole, strange)


def _encoding(head: bytes, asked: str) -> str:
    if asked == "latin-1":
        return "cp1252"
    if asked == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-be" if head[:4000:2].count(0) > head[1:4000:2].count(0) else "utf-16-le"
    if asked != "auto":
        return "utf-8-sig" if asked == "utf-8" and head.startswith(codecs.BOM_UTF8) else asked
    found = encoding_of(head)
    return "utf-8" if found == "cp1252" else found  # whether it really is not, all of the file decides


def _until(file: IO[bytes], whole: int, most: int, encoding: str) -> int:
    """How many bytes are read, so that the last word is whole."""
    if not most or whole <= most:
        return whole
    if encoding.startswith("utf-16"):
        return most // 2 * 2
    start = max(0, most - 4096)
    file.seek(start)
    tail = file.read(most - start)
    gap = max(tail.rfind(b" "), tail.rfind(b"\n"))
    return start + gap + 1 if gap >= 0 else most


def _blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    file.seek(0)
    while size > 0 and (block := file.read(min(BLOCK, size))):
        size -= len(block)
        yield block


def _first_bad(file: IO[bytes], size: int, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    before = 0
    try:
        for block in _blocks(file, size):
            decoder.decode(block)
            before += len(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return before + error.start
    return None


def _strange(file: IO[bytes], size: int, encoding: str) -> tuple[int, int]:
    """How many letters cannot be read, and how many beyond ASCII can."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    strange = others = 0
    for block in (*_blocks(file, size), b""):
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            marks = text.count("\ufffd")
            strange += marks
            others += len(text) - len(text.encode("ascii", "ignore")) - marks
    return strange, others


def pieces(how: TextFileFormat, lower: bool) -> Iterator[str]:
    """The text of a file in pieces that end between words, with ``\\n`` at the ends of its lines.

    Raises:
        NoData: if the file has changed meanwhile.
    """
    if how.reads is not None:
        yield from _pieces(io.StringIO(how.reads()), how, lower)
        return
    with how.path.open("rb") as raw:
        # What is read of a larger file is small; all of it is read as it comes.
        file: IO[bytes] = io.BytesIO(raw.read(how.size)) if how.size < how.whole else raw
        with io.TextIOWrapper(file, encoding=how.encoding, errors=how.errors, newline=None) as text:
            yield from _pieces(text, how, lower)


def _pieces(text: IO[str], how: TextFileFormat, lower: bool) -> Iterator[str]:
    kept, first = "", True
    try:
        while block := text.read(BLOCK):
            if first:
                block, first = block.removeprefix("\ufeff"), False
            block = kept + block
            end = next((at for at in range(len(block) - 1, max(0, len(block) - 100_000), -1) if block[at].isspace()), 0)
            kept = block[end:] if end else ""
            block = block[:end] if end else block
            yield block.lower() if lower else block
    except UnicodeDecodeError:
        raise NoData(f"{how.path.name} was changed while it was read. Look at it again.") from None
    if kept:
        yield kept.lower() if lower else kept


def text_of(data: bytes) -> str:
    """A short text, decoded as its bytes suggest; of a long one its begin.

    Raises:
        ValueError: if it is no text; the sentence lacks its subject.
    """
    reason = no_text(data[:HEAD])
    if not reason and b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        reason = "holds bytes that no text has. Choose a file with plain text"
    if reason:
        raise ValueError(reason)
    return plain_text(data, MOST_OF_ONE)


def plain_text(data: bytes, most: int) -> str:
    """The text of at most ``most`` bytes, in UTF-16 or UTF-8 if it is that, else in Latin-1 as Windows knows it."""
    if len(data) >= most:
        data = data[: (max(data.rfind(b" "), data.rfind(b"\n")) + 1) or None]
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252" if encoding == "utf-8" else encoding
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def numbered(
    text: str, number_of: Mapping[str, int], pattern: str, length: int, lower: bool, before: bool
) -> list[int]:
    """The numbers of the first ``length`` tokens: what ``pattern`` finds, or single letters where it is empty.
    Where there are fewer, 0 stands ``before`` or behind them; 1 is a token that is unknown."""
    text = text.lower() if lower else text
    found = [number_of.get(token, 1) for token in (re.findall(pattern, text) if pattern else text)[:length]]
    gap = [0] * (length - len(found))
    return gap + found if before else found + gap


def tokens_of(text: str, unit: str) -> Sequence[str]:
    """The characters of a text, or its words and signs."""
    return text if unit == "characters" else _TOKENS.findall(text)


def shown_word(word: str) -> str:
    """A token as it stands in lists: the end of a line as ``\\n``."""
    return word.translate(_SHOWN)


@dataclass(frozen=True)
class Vocabulary:
    """Words and their numbers, those for padding and for unknown words first where there are any. ``left_out`` is how
    many different ones were too rare, ``share`` how much of the text is unknown by that."""

    words: tuple[str, ...]
    left_out: int = 0
    share: float = 0.0

    @property
    def classes(self) -> tuple[str, ...]:
        """The words as a field names its classes."""
        return tuple(shown_word(word) for word in self.words)

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.words)}

    @property
    def unknown(self) -> int | None:
        """The number of unknown words."""
        return self.words.index(UNKNOWN) if UNKNOWN in self.words[:4] else None


MOST_KNOWN = 200_000  # words of a vocabulary: a drawing's file holds them all


def vocabulary(counts: Mapping[str, int], unit: str, most: int, first: Sequence[str] = ()) -> Vocabulary:
    """The most frequent words, at most ``most``, behind those of ``first``. Characters stand in the order of their
    codes, words by how often they occur. UNKNOWN is added where some are left out."""
    usual = sorted((word for word in counts if word not in first), key=lambda word: (-counts[word], word))
    heads = list(first)
    room = max(1, most - len(heads))
    gone: list[str] = []
    if len(usual) > room:
        if UNKNOWN not in heads:
            heads.append(UNKNOWN)
            room = max(1, room - 1)
        usual, gone = usual[:room], usual[room:]
    if unit == "characters":
        usual.sort()
    total = sum(counts.values())
    share = sum(counts[word] for word in gone) / total if total else 0.0
    return Vocabulary((*heads, *usual), len(gone), share)


def counted(texts: Iterable[str], unit: str) -> Counter[str]:
    """How often each token occurs."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokens_of(text, unit))
    return counts


def rare_said(known: Vocabulary, unit: str, most: int) -> list[Guess]:
    """What is said of words that are left out, with other sizes to choose."""
    if not known.left_out:
        return []
    total = known.left_out + len(known.words)
    share = per_cent(known.share, 1) if known.share >= 0.001 else "less than 0.1 %"
    said = (
        f"Of {total:,} different {unit} the most frequent {len(known.words):,} are kept; the others ({share}) are <unk>"
    )
    every = min(total, MOST_KNOWN)
    sizes = sorted(size for size in {1_000, 5_000, 10_000, 50_000, most, every} if size <= every)
    choices = tuple((f"all {size:,} {unit}" if size == total else f"{size:,} {unit}", size) for size in sizes)
    return [Guess("vocabulary", f"{said}.", choices, most)]


def encoding_said(how: TextFileFormat) -> list[Guess]:
    """What is said of letters that are not sure."""
    if how.guessed:
        choices = (("latin-1", "latin-1"), ("utf-16", "utf-16"))
        said = f"{cut(how.path.name)} is no UTF-8, so its letters are read as latin-1."
        return [Guess("encoding", said, choices, "latin-1")]
    if how.strange:
        letters = "1 letter" if how.strange == 1 else f"{how.strange:,} letters"
        choices = (("utf-8", "auto"), ("latin-1", "latin-1"))
        said = f"{letters} of {cut(how.path.name)} cannot be read and become {quoted(chr(0xFFFD))}."
        return [Guess("encoding", said, choices, "auto")]
    return []
