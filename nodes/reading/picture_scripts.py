"""The lines of a program of its own that loads a set of pictures with Pillow, to the same numbers."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from nodes.api.schema import PARTS
from nodes.api.sources import Script
from nodes.reading.listing import Listing, ending, natural
from nodes.reading.pictures import ENDINGS, PicturePreparation, formats, made_alike

if TYPE_CHECKING:
    from nodes.reading.classes import LabelsAndParts

_BY_FOLDER = ("folders", "innermost folders", "none")
_IMPORTS = ("import re", "from pathlib import Path", "from typing import Any", "import numpy", "from PIL import Image")
_WIDTH = 100


def script_of(
    found: Listing, made: LabelsAndParts, how: PicturePreparation, clips: list[list[int]] | None = None
) -> Script:
    """Lines that read the pictures where they lie now. Where folders say what they are, new files in them are read as
    well; else every file stands in the lines. ``clips`` are the files of each sample, where a sample has several."""
    from nodes.reading.picture_sets import in_order

    lines = inspect.getsource(made_alike).rstrip().splitlines()
    settings = (how.height, how.width, how.channels, how.fit, how.background)
    lines += ["", "", f"root = {root_of(found)}"]
    archive = found.archive is not None
    if archive:
        lines += ["archive = zipfile.ZipFile(root)"]
    lines += ["files, labels, parts = [], [], []  # labels and parts are -1 where there is none"]
    numbers, _ = in_order(found, made)
    by_ending = all(ending(name) in ENDINGS for name in found.names)  # some may be known by what they hold alone
    if clips is None and made.by in _BY_FOLDER and made.values is None and by_ending:
        lines += folder_lines(found, made, archive, ENDINGS)
    else:
        rows = [[found.path(each) for each in clip] for clip in clips] if clips else [found.path(n) for n in numbers]
        lines += literal("files", rows)
        first = [clip[0] for clip in clips] if clips else numbers
        if made.values is not None:
            lines += literal("labels", [made.values[number] for number in first])
        else:
            lines += literal("labels", [made.label_of[number] for number in first])
        lines += literal("parts", [made.part_of[number] for number in first])
    opened = "archive.open(file)" if archive else "root / file"
    tga = any(ending(name) == "tga" for name in found.names)
    lines += literal("formats", list(formats(".tga" if tga else "")))
    one = f"made_alike(Image.open({opened}, formats=formats), *{settings})"
    kept = f"numpy.stack([{one} for file in clip], 1)" if clips else one
    sample = "clip" if clips else "file"
    sides = (how.channels, len(clips[0]), how.height, how.width) if clips else (how.channels, how.height, how.width)
    lines += [
        f"pixels = numpy.zeros((len(files), {', '.join(map(str, sides))}), numpy.uint8)",
        "unreadable = []  # the numbers of those that are left out",
        f"for number, {sample} in enumerate(files):",
        "    try:",
        f"        pixels[number] = {kept}",
        "    except Exception as error:",
        f'        print(f"{{{sample}}} is left out: {{error}}")',
        "        unreadable.append(number)",
    ]
    if archive:
        lines += ["archive.close()"]
    fields = {"video" if clips else "image": "torch.from_numpy(pixels).to(torch.float32).div_(255)"}
    if made.values is not None:
        fields["label"] = "torch.tensor(labels, dtype=torch.float32)[:, None]"
    elif made.words:
        lines += ["classes = [", *(f"    {word!r}," for word in made.words), "]"]
        fields["label"] = "torch.tensor(labels)"
    given = ""
    if made.parts():
        lines += ["given = torch.tensor(parts)"]
        named = [f'"{name}": (given == {PARTS.index(name)}).nonzero()[:, 0]' for name in made.parts()]
        given = "{" + ", ".join(named) + "}"
    imports = (*_IMPORTS, "import zipfile") if archive else _IMPORTS
    return Script(tuple(lines), fields, imports, "pillow", given, unreadable="unreadable")


def root_of(found: Listing) -> str:
    """The folder or zip file, as a program writes it."""
    return f"Path({str(found.archive.path if found.archive else found.root)!r})"


def folder_lines(found: Listing, made: LabelsAndParts, archive: bool, endings: frozenset[str]) -> list[str]:
    """Lines that find the files of each folder."""
    rows = [row for row in made.rows if row[2] > -2]
    rows.sort(key=lambda row: natural(row[0]))
    lines = [
        "",
        "",
        "def counted(name):",
        "    # as people count: frame2 before frame10",
        "    pieces = re.split('([0-9]+)', name.lower())",
        "    return [(1, int(p), '') if i % 2 else (0, 0, p) for i, p in enumerate(pieces)], name",
        "",
        "",
        "folders = [",
        *(f"    ({folder!r}, {label}, {part})," for folder, label, part in rows),
        "]",
    ]
    lines += literal("endings", sorted(endings))
    lines += ["for folder, label, part in folders:"]
    if archive:
        lines += [
            "    prefix = folder and folder + '/'",
            "    inside = [each for each in archive.infolist() if each.filename.rpartition('/')[0] == folder]",
            "    names = [each.filename[len(prefix) :] for each in inside if each.file_size]",
        ]
    else:
        lines += [
            "    prefix = folder and folder + '/'",
            "    names = [path.name for path in (root / folder).iterdir() if path.is_file() and path.stat().st_size]",
        ]
    lines += [
        "    names = [n for n in names if n.rpartition('.')[2].lower() in endings and not n.startswith(('.', '~$'))]",
        "    for name in sorted(names, key=counted):",
        "        files.append(prefix + name)",
        "        labels.append(label)",
        "        parts.append(part)",
    ]
    return lines


def literal(name: str, values: list[object] | list[str] | list[list[str]] | list[float] | list[int]) -> list[str]:
    """A list as rows of a program."""
    lines = [f"{name} = ["]
    row = "   "
    for value in values:
        text = f" {value!r},"
        if len(row) > 3 and len(row) + len(text) > _WIDTH:
            lines.append(row)
            row = "   "
        row += text
    return [*lines, row, "]"]
