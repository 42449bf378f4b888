"""What sources of pictures with sentences or questions about them have in common: a sample is what is said, and all
that is said about one picture stays in one part."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from nodes.api.schema import PARTS
from nodes.api.words import cut
from nodes.reading.annotated_pictures import times_of
from nodes.reading.annotation_texts import (
    AUTO,
    PictureColumn,
    PictureTexts,
    ToldSamples,
    in_order_of,
    known_in,
    longest_of,
    numbered_words,
    words_in,
)
from nodes.reading.listing import shown
from nodes.reading.texts import UNKNOWN
from nodes.reading.told_source import ToldPictures

_COUNTED = 100_000  # sentences, of more every second, third and so on says which words there are
_LETTERS = 60  # of what is said, in the name of a sample


class ToldSentences(ToldPictures):
    """Pictures and sentences about them, of which the first text of each is read word by word: ``long`` is how many
    words there are of one at most, ``known`` are all that are known."""

    noun: ClassVar[tuple[str, str]]  # what a sample is called
    first: ClassVar[int]  # the number of the first word, behind what pads and starts

    @abstractmethod
    def said(self, only: str) -> PictureTexts:
        """What the files say."""

    def kept(self, told: ToldSamples) -> tuple[ToldSamples, Sequence[str]]:
        """The samples that are used, and what there is to say about the others."""
        return told, ()

    def read(self, only: str) -> dict[int, int]:
        self._said = self.said(only)
        return self._said.parts

    def settle(self) -> None:
        told = in_order_of(self.found, self.arranged, self._said)
        self.told, left = self.kept(told)
        step = max(1, -(-len(self.told.texts) // _COUNTED))
        texts = [words_in(each[0]) for each in self.told.texts[::step]]
        self.long, cut_off = longest_of(texts, self.given["longest"])
        texts = [each[: self.long] for each in texts]
        self.known, rare = known_in(texts, self.told.parts[::step], self.given["vocabulary"], self.given["words"])
        if step > 1 and self.given["words"].strip() == AUTO and UNKNOWN not in self.known:
            self.known = [UNKNOWN, *self.known]
        many = self.noun[1]
        self.remarks = [
            f"they are about {self.about(times_of(len(told.numbers), 'picture', 'pictures'))}",
            *left,
            *([f"{cut_off:,} {many} have more than {self.long} words and are cut off there"] if cut_off else []),
            *([f"{rare:,} rare words are read as unknown"] if rare else []),
            *([f"words are counted in {len(texts):,} of the {many}, spread evenly"] if step > 1 else []),
        ]

    @cached_property
    def tokens(self) -> list[list[int]]:
        """The words of each sample as numbers."""
        numbers = {word: at for at, word in enumerate(self.known, start=self.first)}
        return [numbered_words(words_in(each[0])[: self.long], numbers) for each in self.told.texts]

    def about(self, pictures: str) -> str:
        """The number of pictures in the first remark, with what else there is to count."""
        return pictures

    def settled(self) -> Mapping[str, Any]:
        return {"words": " ".join(self.known), "longest": self.long, "unit": "words"}

    @property
    def pictures(self) -> list[int]:
        return self.told.pictures

    @property
    def parts(self) -> list[int]:
        return self.told.parts

    def more(self) -> dict[str, Any]:
        counts = Counter(self.parts)  # without torch, which is slow to come
        parts = {name: counts[index] for index, name in enumerate(PARTS) if index in counts}
        return {"samples": len(self.told.texts), "parts": parts, "noun": self.noun, "groups": "picture"}

    def name_of(self, at: int) -> str:
        place = shown(self.found.path(self.told.numbers[self.told.pictures[at]]))
        return f"{place}: {cut(self.told.texts[at][0], _LETTERS)}"

    def image(self) -> Any:
        import torch

        return PictureColumn(super().image(), torch.tensor(self.told.pictures))
