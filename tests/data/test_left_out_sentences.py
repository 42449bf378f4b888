"""What is said of files that are left out: whole sentences, with each name once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from app.cli.main import run
from nodes.api import Skipped


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("belongs to the system.", "it belongs to the system."),
        ("is no array", "it is no array."),
        ("its sounds lie beside train and test.", "its sounds lie beside train and test."),
        ("It has 3 fields, not 4.", "It has 3 fields, not 4."),
        ("a.png is cut off.", "a.png is cut off."),
    ],
)
def test_the_end_of_a_sentence_becomes_a_whole_one(reason: str, sentence: str) -> None:
    """Fails if "belongs to the system" stands alone behind a colon, or a whole sentence gets a second subject."""
    assert Skipped("x", reason).sentence == sentence


def test_the_command_says_whole_sentences_and_each_name_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails if reasons are fragments, or the name of a picture that cannot be read is said twice in a line."""
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            Image.new("RGB", (9, 9), (number * 50, 0, len(kind))).save(tmp_path / kind / f"{number}.png")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    whole = (tmp_path / "cat" / "0.png").read_bytes()
    (tmp_path / "cat" / "0.png").write_bytes(whole[: len(whole) // 2])
    assert run(["data", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Skipped .DS_Store: it belongs to the system or to another program." in lines
    assert "Skipped empty: it is a folder without any picture." in lines
    (told,) = [line for line in lines if line.startswith("Unreadable")]
    assert told.count("cat/0.png") == 1
    assert "5 of 6 samples can be read" in " ".join(lines)
    assert not any("nothing more was found" in line or "nothing is odd" in line for line in lines)
