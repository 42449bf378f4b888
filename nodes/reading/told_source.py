"""One declaration for all sources of pictures about which other files say something. A kind of them is a class that
reads these files; what they have in common, from the settings to the printed lines, stands here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from inspect import getdoc
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from nodes.api.feeds import Feed
from nodes.api.layer import Layer
from nodes.api.params import File, Param
from nodes.api.schema import Field, Guess, Recognised, Schema
from nodes.api.sources import Script, source
from nodes.reading.annotated_pictures import (
    PICTURES,
    arrangement,
    image_column,
    imports_of,
    looked,
    only_of,
    ordered,
    part_indices,
    parts_line,
    schema_of,
    script_head,
    told_listing,
)
from nodes.reading.annotation_settings import PICTURE_SETTINGS
from nodes.reading.listing import Listing, shown
from nodes.reading.one_look import with_settings
from nodes.reading.picture_scripts import literal
from nodes.reading.picture_sets import resolved

PIXELS = "torch.from_numpy(pixels).to(torch.float32).div_(255)"


class Printed(NamedTuple):
    """What a training script needs besides the pictures: functions that are printed, lines behind those that read the
    pictures, and the expression of each field beside the image."""

    functions: Sequence[Callable[..., Any]]
    lines: Sequence[str]
    fields: Mapping[str, str]


class ToldPictures(ABC):
    """The pictures of a listing, and what files say about them, as they are read with the settings ``given``. The
    docstring of a kind is the help a student reads.

    ``arranged`` says which pictures are samples and of which part, ``how`` as what they are read; a kind adds to
    ``guesses`` and ``remarks``.
    """

    what: ClassVar[str]  # what a folder is asked for, such as "pictures and their masks"

    def __init__(self, found: Listing, given: Mapping[str, Any]) -> None:
        self.found, self.given = found, given
        self.remarks: list[str] = []
        self.arranged = arrangement(found, self.read(only_of(given["path"])), given["split"], PICTURES)
        asked = {name: given[name] for name in ("size", "colour", "fit", "background")}
        self.how, guesses = resolved(found, self.arranged, **asked)
        self.guesses: list[Guess] = list(guesses)
        self.settle()

    @abstractmethod
    def read(self, only: str) -> dict[int, int]:
        """Read what is said, in the file ``only`` where one was chosen itself: the number in the listing of each
        picture about which something is said, with its part or -1.

        Raises:
            NoData: if nothing is said.
            Unreadable: if a file that should say it is damaged.
        """

    @abstractmethod
    def settle(self) -> None:
        """What follows from what was read, once it is known as what pictures are read and which are samples."""

    @abstractmethod
    def fields(self) -> Mapping[str, Field]:
        """The fields beside the image."""

    @abstractmethod
    def settled(self) -> Mapping[str, Any]:
        """Settings that were guessed, as they stand now, and what other data needs to be read in the same way."""

    @abstractmethod
    def columns(self) -> Mapping[str, Any]:
        """The columns of the fields beside the image."""

    @abstractmethod
    def printed(self) -> Printed:
        """How a training script reads the same."""

    @cached_property
    def numbers(self) -> list[int]:
        """The number in the listing of each picture, in the order of the samples."""
        return ordered(self.found, self.arranged)[0]

    @property
    def pictures(self) -> list[int] | None:
        """For each sample the place of its picture in ``numbers``; None where each picture is one sample."""
        return None

    @property
    def parts(self) -> list[int]:
        """The part of each sample, or -1."""
        return [self.arranged.part_of[number] for number in self.numbers]

    def more(self) -> dict[str, Any]:
        """What a schema says otherwise than that each picture is a sample."""
        return {}

    def name_of(self, at: int) -> str:
        """What a sample is called."""
        return shown(self.found.path(self.numbers[at]))

    def image(self) -> Any:
        """The column of the pictures, one for each sample."""
        return image_column(self.found, self.arranged, self.how)


def told_source(
    kind: type[ToldPictures],
    *,
    path: str,
    settings: Sequence[Param],
    fields: Sequence[str],
    recognise: Callable[[Path], Recognised | None],
    **declared: Any,
) -> Layer:
    """Declare a source of such pictures. ``path`` is the help of the setting that names their place, ``settings`` are
    those of its own, ``fields`` are named beside the image; ``declared`` is what ``source`` takes besides."""
    params = (File("path", card=True, help=path), *settings, *PICTURE_SETTINGS)

    def opened(given: Mapping[str, Any]) -> ToldPictures:
        return kind(told_listing(given["path"], kind.what, most=False), given)

    def describe(given: Mapping[str, Any]) -> Schema:
        def say(found: Listing, began: float) -> Schema:
            made = kind(found, given)
            told = made.fields(), made.guesses, made.remarks, made.settled()
            return schema_of(found, made.arranged, made.how, began, *told, **made.more())

        return looked(kind.__module__, given, kind.what, say)

    def load(given: Mapping[str, Any]) -> Feed:
        made = opened(given)
        import torch

        groups = None if made.pictures is None else torch.tensor(made.pictures)
        columns = {"image": made.image(), **made.columns()}
        return Feed(columns, part_indices(made.parts), groups=groups, name_of=made.name_of)

    def script(given: Mapping[str, Any]) -> Script:
        made = opened(given)
        own, grouped = made.printed(), made.pictures is not None
        lines = script_head(made.found, made.how, [made.found.path(n) for n in made.numbers], *own.functions)
        if grouped:
            lines += literal("pictures", made.pictures or [])
        lines += own.lines
        if made.found.archive is not None:
            lines.append("archive.close()")
        if grouped:
            lines += [
                f"pictures = torch.tensor(pictures)  # which picture each {made.more()['noun'][0]} is about",
                "unreadable = [at for at, picture in enumerate(pictures.tolist()) if picture in unreadable]",
            ]
        lines += [*literal("parts", made.parts), "given = torch.tensor(parts)"]
        return Script(
            tuple(lines),
            {"image": f"{PIXELS}[pictures]" if grouped else PIXELS, **own.fields},
            imports_of(made.found),
            "pillow",
            parts_line(made.parts),
            groups="pictures" if grouped else "",
            unreadable="unreadable",
        )

    return source(
        params=params,
        fields=["image", *fields],
        describe=with_settings(describe, params, kind, getdoc(kind) or ""),
        load=with_settings(load, params, kind),
        script=with_settings(script, params, kind),
        recognise=recognise,
        **declared,
    )
