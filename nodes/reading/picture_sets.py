"""A set of pictures as a whole: found, arranged, looked into, and loaded; what pictures and videos have in common."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.schema import PARTS, Field, Guess, NoData, Schema, Unreadable
from nodes.api.words import listed, sentence_case
from nodes.reading.classes import LabelsAndParts, arranged
from nodes.reading.listing import Listing, ending, listing, natural, shown
from nodes.reading.pictures import ENDINGS, PictureHeader, PicturePreparation, begins_as_picture, dots, head
from nodes.reading.probing import head_of, probed

if TYPE_CHECKING:
    from torch import Tensor

_SECONDS = 0.8  # for looking into more of them
_KEPT_AS_IS = 128  # dots on a side: larger pictures are made smaller unless somebody asks
_SIZES = ((32, 32), (64, 64), (128, 128), (224, 224))


def chosen_path(path: str, noun: str) -> Path:
    """The path of a setting.

    Raises:
        NoData: if none is chosen.
    """
    if not path:
        raise NoData(f"No folder is chosen. Choose a folder or zip file with {noun}.")
    return Path(path).expanduser()


def gathered(
    path: Path, noun: tuple[str, str], clips: int = 0, most: int | None = None, **how: str
) -> tuple[Listing, LabelsAndParts]:
    """The pictures at a path with their classes and parts.

    Raises:
        TooMany: if there are more than ``most``.
        NoData: if there are none, or not as the settings say.
    """
    found = listing(path, ENDINGS, "picture", most, begins_as_picture, lists=not clips)
    return found, arranged(found, noun, clips=clips, **how)


def resolved(
    found: Listing, made: LabelsAndParts, *, size: Any, colour: str, fit: str, background: str
) -> tuple[PicturePreparation, list[Guess]]:
    """How the pictures are made alike, with what was decided for it. The same files always give the same answer.

    Raises:
        NoData: if no picture can be read.
    """
    guesses: list[Guess] = []
    heads: list[PictureHeader] = []
    if size == "auto" or colour == "auto":
        heads = probed(found, made, lambda number: _head(found, number), ("picture", "pictures"))
    if size == "auto":
        size, guess = _size(heads)
        guesses += guess
    channels = {"grey": 1, "RGB": 3}.get(colour)
    if channels is None:
        colours = [each.colour for each in heads]
        channels = 3 if any(colours) else 1
        if any(colours) and not all(colours):
            choices = (("in colour", "RGB"), ("grey", "grey"))
            guesses.append(
                Guess("colour", "Some pictures are grey, others not; all are read in colour.", choices, "RGB")
            )
    return PicturePreparation(size[0], size[1], channels, fit, background), guesses


def _head(found: Listing, number: int) -> PictureHeader | str:
    return head_of(found, number, head, _reason)


def _reason(error: Exception) -> str:
    from nodes.reading.pictures import why_not

    return why_not(error)


def _size(heads: list[PictureHeader]) -> tuple[tuple[int, int], list[Guess]]:
    """The size of all, rows first."""
    sizes = {(each.height, each.width) for each in heads}
    if len(sizes) == 1 and max(next(iter(sizes))) <= _KEPT_AS_IS:
        return next(iter(sizes)), []
    shorter = sorted(min(size) for size in sizes)[len(sizes) // 2]
    side = 64 if shorter >= 64 else 32 if shorter >= 32 else max(8, shorter)
    size = (side, side)
    offered = dict.fromkeys([size, *_SIZES])
    small, large = min(sizes, key=lambda s: s[0] * s[1]), max(sizes, key=lambda s: s[0] * s[1])
    have = (
        f"have {small[0]}×{small[1]} dots"
        if len(sizes) == 1
        else (f"have different sizes, {small[0]}×{small[1]} to {large[0]}×{large[1]} (height × width)")
    )
    choices = tuple((f"{high}×{wide}", (high, wide)) for high, wide in sorted(offered))
    return size, [Guess("size", f"The pictures {have}; all are made {side}×{side}.", choices, size)]


def looked_into(found: Listing, made: LabelsAndParts, began: float) -> list[str]:
    """What is odd about the pictures, as far as looking into them for a moment shows. ``began`` is when the look
    began; all of it together stays well below two seconds."""
    now = time.perf_counter()
    until = max(min(now + _SECONDS, began + 1.4), now + 0.2)
    remarks = _broken(found, made, until)
    remarks += _twins(found, made, max(until, time.perf_counter() + 0.2))
    return remarks


def _broken(found: Listing, made: LabelsAndParts, until: float) -> list[str]:
    seen = 0
    bad: list[tuple[int, str]] = []
    known = set(found.asked)
    rest = (number for number in range(len(found)) if number not in known)
    total = made.samples
    for numbers in (found.asked, rest):
        for number in numbers:
            if made.part_of[number] <= -2:
                continue
            if time.perf_counter() > until:
                break
            seen += 1
            reason = _trouble(found, number)
            if reason:
                bad.append((number, reason.partition(". ")[0].rstrip(".")))
    remarks = []
    if bad:
        # In the order of the samples, so that whoever looks through all of them says it in the same words.
        bad.sort(key=lambda each: _place(found, each[0]))
        amount = "1 picture cannot" if len(bad) == 1 else f"{len(bad):,} pictures cannot"
        remarks.append(
            f"{amount} be read and {'is' if len(bad) == 1 else 'are'} left out: "
            f"{listed((reason for _, reason in bad), '; ', most=4, letters=120)}"
        )
    if seen < total:
        remarks.append(f"{seen:,} of {total:,} pictures were opened to see whether they can be read")
    return remarks


def _place(found: Listing, number: int) -> tuple[Any, Any]:
    """What a file is sorted by, as ``LabelsAndParts.ordered`` does."""
    return natural(found.folders[found.folder_of[number]]), natural(found.names[number])


def _trouble(found: Listing, number: int) -> str:
    """Why a picture cannot be read, or nothing. Its begin is looked at, and all of it where its end looks cut off."""
    name = shown(found.path(number))
    try:
        with found.open(number) as file:
            head(file, name)
            kind = ending(found.names[number])
            mark = {"png": b"IEND", "gif": b";"}.get(
                kind, b"\xff\xd9" if kind in ("jpg", "jpeg", "jfif", "jpe") else b""
            )
            if mark:
                file.seek(max(0, found.sizes[number] - 64))
                if mark not in file.read(64):
                    file.seek(0)
                    dots(file, PicturePreparation(8, 8, 1), name)
        return ""
    except Unreadable as reason:
        return str(reason)
    except (OSError, ValueError) as error:
        return f"{name} {_reason(error)}"


def _twins(found: Listing, made: LabelsAndParts, until: float) -> list[str]:
    """Pictures that stand in two parts of the data, by content: those of one size are compared."""
    if len(made.parts()) < 2:
        return []
    alike: dict[tuple[int, int], int] = {}
    for number, part in enumerate(made.part_of):
        if part >= 0:
            key = (found.sizes[number], found.times[number] if found.archive is not None else 0)
            alike[key] = alike.get(key, 0) | 1 << part
    where: dict[bytes, Counter[int]] = {}
    whole = True
    for number, part in enumerate(made.part_of):
        key = (found.sizes[number], found.times[number] if found.archive is not None else 0)
        if part < 0 or alike[key].bit_count() < 2:
            continue
        if found.archive is not None:
            digest = b"%d %d" % key  # its check sum stands in the table of contents
        else:
            if time.perf_counter() > until:
                whole = False
                break
            try:
                with found.open(number) as file:
                    digest = blake2b(file.read(), digest_size=16).digest()
            except (OSError, ValueError):
                continue
        where.setdefault(digest, Counter())[part] += 1
    shared: Counter[tuple[int, ...]] = Counter()
    for places in where.values():
        for pair in combinations(sorted(places), 2):
            shared[pair] += places[pair[1]]  # pictures of the later part, as the look through all samples counts them
    remarks = []
    for parts, number in sorted(shared.items()):
        least = "" if whole else "at least "
        amount = f"{number:,} identical pictures" if number > 1 else "1 identical picture"
        remarks.append(f"{least}{amount} in {' and '.join(PARTS[part] for part in parts)}")
    return remarks


def sentences(remarks: Iterable[str]) -> tuple[str, ...]:
    """Remarks as sentences of their own."""
    return tuple(f"{sentence_case(remark.rstrip('.'))}." for remark in remarks)


def read_dots(found: Listing, number: int, how: PicturePreparation) -> Any:
    """A picture of a set in bytes: uint8 (channels, height, width).

    Raises:
        Unreadable: if it cannot be read.
    """
    name = shown(found.path(number))
    try:
        file = found.open(number)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{name} {_reason(error)}") from error
    with file:
        return dots(file, how, name)


def in_order(found: Listing, made: LabelsAndParts) -> tuple[list[int], list[int]]:
    """The files that are samples in their order, and the place of each among all files."""
    every = made.ordered(found, all_files=True)
    places = [place for place, number in enumerate(every) if made.part_of[number] > -2]
    return [every[place] for place in places], places


def schema_of(
    found: Listing,
    made: LabelsAndParts,
    how: PicturePreparation,
    noun: tuple[str, str],
    fields: Mapping[str, Field],
    guesses: Sequence[Guess],
    remarks: Sequence[str],
) -> Schema:
    """What a source of pictures or of videos offers."""
    return Schema(
        fields,
        made.samples,
        made.parts(),
        noun,
        guesses=(*made.guesses, *guesses),
        remarks=sentences((*made.remarks, *remarks)),
        skipped=tuple(found.skipped),
        skipped_count=found.skipped_count,
        stamp=found.stamp,
        settled={"size": (how.height, how.width), "colour": "RGB" if how.channels == 3 else "grey"},
    )


def parts_of(made: LabelsAndParts, numbers: Iterable[int]) -> dict[str, Tensor]:
    """The samples of each part, each of which is known by the file with one of these numbers."""
    import torch

    given = torch.tensor([made.part_of[number] for number in numbers])
    return {name: (given == index).nonzero()[:, 0] for index, name in enumerate(PARTS) if name in made.parts()}
