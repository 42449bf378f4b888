"""The lines of a program of its own that loads a set of sounds with soundfile, to the same numbers."""

from __future__ import annotations

import inspect

from nodes.api.schema import PARTS
from nodes.api.sources import Script
from nodes.reading.classes import LabelsAndParts
from nodes.reading.listing import Listing
from nodes.reading.picture_scripts import folder_lines, literal, root_of
from nodes.reading.picture_sets import in_order
from nodes.reading.sounds import ENDINGS, SoundPreparation, wave_of

_BY_FOLDER = ("folders", "innermost folders", "none")


def script_of(found: Listing, made: LabelsAndParts, how: SoundPreparation) -> Script:
    """Lines that read the sounds where they lie now. Where folders say what they are, new files in them are read as
    well; else every file stands in the lines."""
    archive = found.archive is not None
    lines = [*inspect.getsource(wave_of).rstrip().splitlines(), "", "", f"root = {root_of(found)}"]
    lines += ["archive = zipfile.ZipFile(root)"] if archive else []
    lines += ["files, labels, parts = [], [], []  # labels and parts are -1 where there is none"]
    if made.by in _BY_FOLDER and made.values is None:
        lines += folder_lines(found, made, archive, ENDINGS)
    else:
        numbers, _ = in_order(found, made)
        lines += literal("files", [found.path(number) for number in numbers])
        values = made.values if made.values is not None else made.label_of
        lines += literal("labels", [values[number] for number in numbers])
        lines += literal("parts", [made.part_of[number] for number in numbers])
    opened = "io.BytesIO(archive.read(file))" if archive else "root / file"
    lines += [
        "waves = []",
        "for file in files:",
        f"    waves.append(wave_of({opened}, {how.rate}, {how.count}, {how.incomplete}))",
    ]
    fields = {"wave": "torch.from_numpy(numpy.stack(waves))"}
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
    imports = ["import re", "from pathlib import Path", "from typing import Any", "import numpy"]
    imports += ["import io", "import zipfile"] if archive else []
    return Script(tuple(lines), fields, tuple(imports), "soundfile scipy", given)
