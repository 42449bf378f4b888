"""What a stranger's file brings is cut in every sentence, so that a sentence can still be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.core.checks.notes import notes
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from nodes.api import cut, listed, quoted
from tests.support.drawings import block_net, small_net

LONG = "z" * 10_000
MOST = 500  # letters of a sentence
HOSTILE: dict[str, Any] = {
    "text": LONG,
    "wire": f"{LONG}.{LONG}",
    "block": f"block:{LONG}",
    "many": [f"item{i}" for i in range(3_000)],
    "long items": [LONG, LONG],
    "entry": {LONG: LONG},
    "number": int("9" * 4_000),
}
DRAWINGS = {"blocks": json.loads(to_text(block_net())), "training": json.loads(to_text(small_net()))}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a file, from the outside in."""
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from places(inner, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> bytes:
    """The file with another value at one place."""
    copy = deepcopy(document)
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(copy).encode()


def sentences(file: bytes) -> Iterator[str]:
    """Everything that is said of a file and its drawing."""
    try:
        opened = read_text(file, "test")
    except ValueError as refusal:
        yield str(refusal)
        return
    yield from map(str, opened.complaints)
    report = infer(opened.project)
    yield from map(str, (*report.problems, *notes(opened.project, report)))
    for inner in report.blocks.values():
        yield from map(str, inner.problems)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", DRAWINGS)
def test_no_sentence_is_as_long_as_the_file_wants(name: str, kind: str) -> None:
    """Fails if some field of a file, of 10,000 letters or 3,000 items, stands in a sentence as it is."""
    said = 0
    for path in places(DRAWINGS[name]):
        for sentence in sentences(changed(DRAWINGS[name], path, HOSTILE[kind])):
            said += 1
            assert len(sentence) <= MOST, f"{path}: {sentence[:200]} …"
    assert said > 20, "hardly any of these files was found wrong"


def test_check_says_it_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if the command line prints a type of 10,000 letters."""
    file = tmp_path / "hostile.netloom"
    file.write_bytes(changed(DRAWINGS["training"], ("nodes", 1, "type"), LONG))
    assert run(["check", str(file)]) == 1
    told = capsys.readouterr()
    assert "There is no layer type 'zzz" in told.out + told.err
    assert max(map(len, (told.out + told.err).splitlines())) <= MOST


def test_short_words_stay_as_they_are() -> None:
    """Fails if the helper cuts what fits, or hides that it has cut."""
    assert (cut("conv1"), cut("a" * 60), cut("a" * 61)) == ("conv1", "a" * 60, "a" * 59 + "…")
    assert (quoted("it's"), quoted([1, 2])) == ('"it\'s"', "[1, 2]")
    assert quoted(LONG).endswith("…")
    assert len(quoted(LONG)) == 60
    assert quoted(10**5_000) == "a value too large to be written"
    assert listed(["a", "b"]) == "a, b"
    assert listed(map(str, range(13))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"
    assert listed(map(str, range(3_000)), most=3) == "0, 1, 2 and 2,997 more"
