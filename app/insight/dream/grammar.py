"""What ``--objective`` may say: a sum of terms, each with a weight, such as ``conv2:3 - 0.5*fc1:7``.

    conv2                a whole layer                     conv2:3             one channel, feature or class
    fc:daisy             a class by its word               conv2:3@4,5         one unit: channel 3, row 4, column 5
    conv2[3, 7=-0.5]     a direction between channels      conv2~"cat.jpg"     what the layer finds in that picture
    conv2="cat.jpg"      the same values as that picture   conv2#"sea.jpg"     the same style as that picture

Words with blanks and names of files stand in quotes. Nothing here knows the net; this only reads the words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nodes.api import cut
from nodes.api.params import BadSetting

MOST_TERMS = 16
MOST_LETTERS = 1000
HOW = "Write it like conv2:3 - 0.5*fc1:7."
_BLANK = re.compile(r"\s*")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_WHOLE = re.compile(r"\d+")
_NODE = re.compile(r"[^\W\d]\w*(?:/[^\W\d]\w*)*")
_WORD = re.compile(r"[^\s:@,+*\[\]~\"'-][^\s:@,+*\[\]~\"']*")
_PICTURE = re.compile(r"[~=#]")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")


@dataclass(frozen=True)
class ObjectiveTerm:
    """One part of the sum. ``channel`` is a number, a word for a class, or None for the whole layer; ``place`` a row
    and a column of its map; ``mix`` the weights of channels; ``picture`` the file of a guide, ``sign`` how it is meant:
    ``~`` is found again, ``=`` has the same content, ``#`` the same style."""

    node: str
    weight: float = 1.0
    channel: int | str | None = None
    place: tuple[int, int] | None = None
    mix: tuple[tuple[int, float], ...] = ()
    picture: str = ""
    sign: str = "~"

    def __str__(self) -> str:
        if self.picture:
            return f'{self.node}{self.sign}"{self.picture}"'
        if self.mix:
            return f"{self.node}[{', '.join(str(c) if w == 1 else f'{c}={w:g}' for c, w in self.mix)}]"
        if self.channel is None:
            return self.node
        channel = self.channel
        if isinstance(channel, str) and not _WORD.fullmatch(channel):
            channel = f'"{channel}"'
        return f"{self.node}:{channel}" + (f"@{self.place[0]},{self.place[1]}" if self.place else "")


def written(terms: tuple[ObjectiveTerm, ...]) -> str:
    """The words that ``parse`` reads as these terms."""
    said = ""
    for term in terms:
        size = abs(term.weight)
        sign = "-" if term.weight < 0 else "+"
        lead = (f" {sign} " if said else "-" if sign == "-" else "") + (f"{size!r}*" if size != 1 else "")
        said += f"{lead}{term}"
    return said


def parse(text: str) -> tuple[ObjectiveTerm, ...]:
    """The terms that are written there.

    Raises:
        BadSetting: with a sentence that names the place, for what cannot be read.
    """
    if len(text) > MOST_LETTERS:
        raise BadSetting(f"objective has {len(text):,} letters; at most {MOST_LETTERS:,} are read. {HOW}")
    if not text.strip():
        raise BadSetting(f"objective is empty. {HOW}")
    return _Reader(text).terms()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self._skip()

    def terms(self) -> tuple[ObjectiveTerm, ...]:
        found: list[ObjectiveTerm] = []
        while self.at < len(self.text) or not found:
            minus = bool(self._take(re.compile(r"[-−]")))
            if not minus and not self._take(re.compile(r"\+")) and found:
                raise self._stuck("Between two parts stands + or -")
            found.append(self._term(-1.0 if minus else 1.0))
            if len(found) > MOST_TERMS:
                raise BadSetting(f"objective has more than {MOST_TERMS} parts. Leave some out.")
        return tuple(found)

    def _term(self, sign: float) -> ObjectiveTerm:
        weight = 1.0
        number = self._take(_NUMBER)
        if number is not None:
            weight = float(number)
            if not self._take(re.compile(r"[*·×]")):
                raise self._stuck(f"Behind the weight {number} stands * and a layer")
            if not 0 < weight < 1e6:
                raise BadSetting(f"objective has the weight {number}; a weight is above 0 and below 1,000,000.")
        node = self._take(_NODE)
        if node is None:
            raise self._stuck(
                "Here the name of a layer is missing" if self.at >= len(self.text) else "This names no layer"
            )
        weight *= sign
        sign_of = self._take(_PICTURE)
        if sign_of is not None:
            file = self._quoted(f"Behind {node}{sign_of} stands the file of a picture in quotes")
            return ObjectiveTerm(node, weight, picture=file, sign=sign_of)
        if self._take(re.compile(r"\[")):
            return ObjectiveTerm(node, weight, mix=self._mix(node))
        if not self._take(re.compile(r":")):
            return ObjectiveTerm(node, weight)
        channel = self._channel(node)
        if not self._take(re.compile(r"@")):
            return ObjectiveTerm(node, weight, channel)
        row = self._whole(f"Behind {node}:{channel}@ stand a row and a column, such as 4,5")
        if not self._take(re.compile(r",")):
            raise self._stuck(f"Behind {node}:{channel}@{row} stand a comma and the column")
        return ObjectiveTerm(
            node, weight, channel, (row, self._whole(f"Behind {node}:{channel}@{row}, stands the column"))
        )

    def _channel(self, node: str) -> int | str:
        if self.at < len(self.text) and self.text[self.at] in "\"'":
            return self._quoted("A word is missing its other quote")
        word = self._take(_WORD)
        if word is None:
            raise self._stuck(f"Behind {node}: stands the number of a channel, or the word for a class")
        if _WHOLE.fullmatch(word):
            return int(word)
        return word

    def _mix(self, node: str) -> tuple[tuple[int, float], ...]:
        what = f"Between the brackets of {node} stand channels, such as [3, 7=-0.5]"
        found: dict[int, float] = {}
        while True:
            channel = self._whole(what)
            weight = 1.0
            if self._take(re.compile(r"=")):
                sign = -1.0 if self._take(re.compile(r"[-−]")) else 1.0
                number = self._take(_NUMBER)
                if number is None:
                    raise self._stuck(what)
                weight = sign * float(number)
            if channel in found:
                raise BadSetting(f"objective names channel {channel} of {node} twice. Give it one weight.")
            found[channel] = weight
            if self._take(re.compile(r"\]")):
                break
            if not self._take(re.compile(r",")):
                raise self._stuck(what)
        if not any(found.values()) or max(abs(weight) for weight in found.values()) > 1e6:
            raise BadSetting(f"objective gives no channel of {node} a weight other than 0 (and at most 1,000,000).")
        return tuple(found.items())

    def _whole(self, what: str) -> int:
        number = self._take(_WHOLE)
        if number is None or len(number) > 9:
            raise self._stuck(what)
        return int(number)

    def _quoted(self, what: str) -> str:
        found = _QUOTED.match(self.text, self.at)
        word = (found[1] or found[2] or "") if found is not None else ""
        if found is None or not word:
            raise self._stuck(what)
        self.at = found.end()
        self._skip()
        return word

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None or not found[0]:
            return None
        self.at = found.end()
        self._skip()
        return found[0]

    def _skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def _stuck(self, need: str) -> BadSetting:
        before = self.text[: self.at].strip()
        rest = self.text[self.at :].strip()
        where = f"behind “{cut(before, 40)}”" if before else "at its beginning"
        there = f", but there is “{cut(rest, 40)}”" if rest else ""
        return BadSetting(f"objective cannot be read {where}. {need}{there}. {HOW}")
