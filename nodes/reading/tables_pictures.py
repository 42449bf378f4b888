"""A column of a table that names pictures, beside the table or below its folder."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Each
from nodes.api.schema import Guess, NoData, Unreadable
from nodes.reading.pictures import PicturePreparation, formats, head, made_alike, prepare

if TYPE_CHECKING:
    import polars as pl

LOOKED_AT = 50  # pictures whose size is asked for
SIDE = 64  # of pictures of different or large sizes


def place_of(table: Path, cell: str) -> Path:
    """The file that a cell names; folders are separated as on the machine that wrote the table."""
    return table.parent / cell.replace("\\", "/")


def there(table: Path, cells: Sequence[str | None]) -> list[bool]:
    """Which cells name a file that there is."""
    return [cell is not None and place_of(table, cell).is_file() for cell in cells]


def preparation(table: Path, cells: pl.Series, size: Any) -> tuple[PicturePreparation, list[Guess]]:
    """How the pictures are made alike: with ``auto``, small ones of one size as they are, others as squares.

    Raises:
        NoData: if none can be read.
    """
    heads, trouble = [], ""
    for cell in cells.drop_nulls().head(LOOKED_AT).to_list():
        try:
            with place_of(table, cell).open("rb") as file:
                heads.append(head(file, cell))
        except (OSError, Unreadable) as reason:
            trouble = trouble or (str(reason) if isinstance(reason, Unreadable) else f"There is no file {cell}.")
    if not heads:
        raise NoData(f"None of the pictures that {table.name} names can be read. {trouble}")
    channels = 3 if any(each.colour for each in heads) else 1
    if size != "auto":
        return PicturePreparation(size[0], size[1], channels), []
    sizes = {(each.height, each.width) for each in heads}
    (height, width), *others = sorted(sizes)
    if others or max(height, width) > SIDE:
        said = f"The pictures are of {'different sizes' if others else f'{height}×{width}'} and made {SIDE}×{SIDE}."
        choices = tuple((f"{side}×{side}", (side, side)) for side in (28, 32, 64, 128, 224))
        return PicturePreparation(SIDE, SIDE, channels), [Guess("size", said, choices, (SIDE, SIDE))]
    return PicturePreparation(height, width, channels), []


def column(table: Path, cells: Sequence[str], how: PicturePreparation) -> Each:
    """The pictures, read when they are asked for: (channels, height, width) from 0 to 1."""

    def picture(number: int) -> Any:
        place = place_of(table, cells[number])
        if not place.is_file():
            raise Unreadable(f"{cells[number]} is not there any more.")
        return prepare(str(place), how, cells[number])

    return Each(len(cells), picture)


def lines_of(table: Path, name: str, how: PicturePreparation) -> list[str]:
    """Lines that make ``pictures``, a tensor (rows, channels, height, width), of the column of ``table``."""
    settings = (how.height, how.width, how.channels, how.fit, how.background)
    return [
        *inspect.getsource(made_alike).rstrip().splitlines(),
        "",
        "",
        f"folder = {str(table.parent)!r}",
        f"formats = {list(formats('.tga'))!r}",
        "pictures = []",
        f"for cell in table[{name!r}].to_list():",
        '    with Image.open(folder + "/" + cell.replace("\\\\", "/"), formats=formats) as picture:',
        f"        pictures.append(made_alike(picture, *{settings!r}))",
        "pictures = torch.from_numpy(numpy.stack(pictures)).to(torch.float32).div_(255)",
    ]


IMPORTS = ("from typing import Any", "import numpy", "from PIL import Image")
