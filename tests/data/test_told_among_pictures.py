"""A file that says what is in pictures is found among them, however many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.reading.annotation_signs import captions_at, questions_at

SAID = {
    "questions.csv": ("image,question,answer", "p{0}.png,what colour is it?,red"),
    "captions.txt": ("image,caption", "p{0}.png,a red ball at the left"),
}


@pytest.mark.parametrize("name", list(SAID))
@pytest.mark.parametrize("count", [3, 63, 64, 65, 700])
def test_what_is_said_is_found_beside_many_pictures(tmp_path: Path, name: str, count: int) -> None:
    """Fails if whether a table among its pictures is seen is a matter of the order on the disk, so that pictures with
    questions are taken for pictures of classes."""
    head, row = SAID[name]
    for number in range(count):
        (tmp_path / f"p{number}.png").write_bytes(b"")
        if number == count - 1:  # the last one of all on most disks
            (tmp_path / name).write_text("\n".join([head, *(row.format(at) for at in range(count))]))
    found = (questions_at if name == "questions.csv" else captions_at)(tmp_path)
    assert found is not None
    assert found.settings == {"path": str(tmp_path)}
