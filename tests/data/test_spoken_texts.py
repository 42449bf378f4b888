"""Sounds with what is said in them: texts from a table or beside each sound, whole and by the right sound."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from app.data.understanding import candidates
from nodes.api import NoData
from nodes.reading import cache
from tests.data.test_sounds import tone
from tests.support.file_sources import check_script, feed, schema, whole

SAID = {"one.wav": "Ab ba", "two.wav": "cab", "three.flac": "a"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def beside(root: Path) -> Path:
    """Sounds of three lengths, each with its text beside it."""
    for number, (name, said) in enumerate(SAID.items()):
        tone(root / name, 300 + 200 * number, rate=8_000, seconds=0.2 + 0.1 * number)
        (root / name).with_suffix(".txt").write_text(f"{said}\n", encoding="utf-8")
    return root


def table(root: Path) -> Path:
    """The same with a table that also names a sound that is not there, and leaves one out."""
    for number, name in enumerate(SAID):
        tone(root / "clips" / name, 300 + 200 * number, rate=8_000, seconds=0.2 + 0.1 * number)
    rows = [f"clips/{name},{said},x" for name, said in list(SAID.items())[:2]] + ["clips/gone.wav,no,x"]
    (root / "all.csv").write_text("\n".join(["file,text,speaker", *rows]), encoding="utf-8")
    return root


def spelt(path: Path, **settings: object) -> list[str]:
    """The texts in the order of the samples."""
    letters = schema("SpokenTexts", path, **settings).fields["text"].words
    rows = whole(feed("SpokenTexts", path, **settings), "text").tolist()
    return ["".join(letters[number] for number in row if number) for row in rows]


def test_a_text_beside_each_sound(tmp_path: Path) -> None:
    """Fails if a text goes to another sound, capitals stay, or the longest sound is cut off."""
    told = schema("SpokenTexts", beside(tmp_path))
    assert told.fields["wave"].sizes == (1, 3_200)
    assert told.fields["text"].words == ("<pad>", " ", "a", "b", "c")
    found = feed("SpokenTexts", tmp_path)
    assert [found.name_of(number) for number in range(3)] == ["one.wav", "three.flac", "two.wav"]
    assert spelt(tmp_path) == ["ab ba", "a", "cab"]
    assert spelt(tmp_path, lower=False)[0] == "Ab ba"
    assert whole(found, "text")[1].tolist() == [2, 0, 0, 0, 0]
    wave = whole(found, "wave")
    assert float(wave[0, 0, 1_700:].abs().max()) == 0
    assert float(wave[1, 0, 3_000:].abs().max()) > 0.3
    assert candidates(tmp_path)[0].layer.id == "SpokenTexts"


@pytest.mark.parametrize("said", ["beside", "in a table", "zipped"])
def test_texts_of_many_sounds_are_found(tmp_path: Path, said: str) -> None:
    """Fails if only the first files of a large folder, or every second of a large zip file, are looked at, so that a
    sound seems to have no text and all texts are skipped."""
    place, count = tmp_path / "many", 450
    tone(place / "s000.wav", 300, rate=4_000, seconds=0.05)
    sound = (place / "s000.wav").read_bytes()
    for number in range(count):
        (place / f"s{number:03}.wav").write_bytes(sound)
        if said != "in a table":
            (place / f"s{number:03}.txt").write_text("ab", encoding="utf-8")
    if said == "in a table":
        rows = [f"s{number:03}.wav,ab" for number in range(count)]
        (place / "all.csv").write_text("\n".join(["file,text", *rows]), encoding="utf-8")
    if said == "zipped":
        with zipfile.ZipFile(tmp_path / "many.zip", "w") as file:
            for number in range(2_100):
                file.writestr(f"s{number:04}.txt", "ab")
                file.writestr(f"s{number:04}.wav", sound)
        place = tmp_path / "many.zip"
    assert candidates(place)[0].layer.id == "SpokenTexts"


def test_a_table_of_files_and_texts(tmp_path: Path) -> None:
    """Fails if another column is read as the text, or nobody hears which sounds are left out."""
    told = schema("SpokenTexts", table(tmp_path))
    assert spelt(tmp_path) == ["ab ba", "cab"]
    reasons = " ".join(f"{each.name} {each.sentence}" for each in told.skipped)
    assert "gone.wav" in reasons
    assert "three.flac" in reasons
    assert "all.csv" in " ".join(told.remarks)
    assert candidates(tmp_path)[0].layer.id == "SpokenTexts"


def test_the_same_in_a_zip_file_and_as_a_program(tmp_path: Path) -> None:
    """Fails if a zip file gives other texts, or the printed program other numbers."""
    root = beside(tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for path in sorted(root.iterdir()):
            packed.write(path, path.name)
    assert spelt(tmp_path / "all.zip") == spelt(root)
    check_script("SpokenTexts", root)
    check_script("SpokenTexts", table(tmp_path / "other"))


def test_too_long_texts_are_left_out_and_none_is_cut(tmp_path: Path) -> None:
    """Fails if a text is cut: a CTC loss would teach that what is heard at the end is nothing."""
    told = schema("SpokenTexts", beside(tmp_path), length=4)
    assert told.fields["text"].sizes == (4,)
    assert told.samples == 2
    assert "5 letters, more than 4" in told.skipped[0].sentence
    assert told.skipped_count == 1
    assert spelt(tmp_path, length=4) == ["a", "cab"]


def test_folders_named_as_parts(tmp_path: Path) -> None:
    """Fails if what lies in test is trained on."""
    for part in ("train", "test"):
        beside(tmp_path / part)
    assert schema("SpokenTexts", tmp_path).parts == {"train": 3, "test": 3}
    assert feed("SpokenTexts", tmp_path).parts["test"].tolist() == [0, 1, 2]
    assert torch.equal(
        whole(feed("SpokenTexts", tmp_path), "text")[:3], whole(feed("SpokenTexts", tmp_path), "text")[3:]
    )


def test_sounds_without_any_text(tmp_path: Path) -> None:
    """Fails if sounds that a net is to spell are refused, there is no sentence with the remedy, or a stranger's file
    that is no text gives a traceback."""
    tone(tmp_path / "a.wav")
    told = schema("SpokenTexts", tmp_path)
    assert set(told.fields) == {"wave"}
    assert "columns file and text" in " ".join(told.remarks)
    check_script("SpokenTexts", tmp_path / "a.wav")
    (tmp_path / "a.txt").write_bytes(bytes(range(256)))
    schema("SpokenTexts", tmp_path)
    with pytest.raises(NoData, match="more than 2 letters"):
        schema("SpokenTexts", beside(tmp_path / "long") / "one.wav", length=2)


@pytest.mark.parametrize("packed", [False, True])
def test_the_lists_of_librispeech(tmp_path: Path, packed: bool) -> None:
    """Fails if the texts of .trans.txt are not read, speakers are classes instead, a text goes to another sound, or
    a line without its sound goes in silence."""
    said = {"84": ["GO ON", "THE SUN IS UP"], "174": ["HE IS HERE", "NO"]}
    for at, (speaker, texts) in enumerate(said.items()):
        folder = tmp_path / "in" / "dev-clean" / speaker / "12"
        for number in range(len(texts)):
            tone(folder / f"{speaker}-12-{number:04d}.flac", 300 + 90 * number + 500 * at, rate=8_000, seconds=0.2)
        lines = [f"{speaker}-12-{number:04d} {text}" for number, text in enumerate([*texts, "GONE"])]
        (folder / f"{speaker}-12.trans.txt").write_text("\n".join(lines) + "\n")
    path = tmp_path / "in"
    if packed:
        path = tmp_path / "libri.zip"
        with zipfile.ZipFile(path, "w") as file:
            for each in sorted((tmp_path / "in").rglob("*.*")):
                file.write(each, each.relative_to(tmp_path))
    assert candidates(path)[0].layer.id == "SpokenTexts"
    assert spelt(path) == ["go on", "the sun is up", "he is here", "no"]
    told = schema("SpokenTexts", path)
    assert sorted(each.name.rpartition("/")[2] for each in told.skipped) == [
        "174-12.trans.txt, row 3", "84-12.trans.txt, row 3",
    ]  # fmt: skip
    check_script("SpokenTexts", path)


def test_the_list_of_lj_speech(tmp_path: Path) -> None:
    """Fails if metadata.csv without names of columns is called no table of these sounds, its quotation marks swallow
    lines, or the text as it is written stands in the place of the text as it is spoken."""
    for number in range(4):
        tone(tmp_path / "wavs" / f"LJ001-{number:04d}.wav", 300 + 90 * number, rate=8_000, seconds=0.2)
    rows = [("In 19, he said", "in nineteen, he said"), ('"Well', "well"), ("No; never", "no, never"), ("On | ", "on")]
    lines = [f"LJ001-{number:04d}|{a.replace('|', '')}|{b}" for number, (a, b) in enumerate(rows)]
    (tmp_path / "metadata.csv").write_text("\n".join(lines) + "\n")
    assert candidates(tmp_path)[0].layer.id == "SpokenTexts"
    assert spelt(tmp_path) == [b for _, b in rows]
    assert not schema("SpokenTexts", tmp_path).skipped
    check_script("SpokenTexts", tmp_path)


def test_classes_of_two_words_are_nothing_that_is_said(tmp_path: Path) -> None:
    """Fails if a list of sounds and their classes, "dog bark" or "air conditioner", without names of columns, is read
    as what is spoken in them."""
    for number in range(8):
        tone(tmp_path / f"s{number}.wav", 300 + 90 * number, rate=8_000, seconds=0.2)
    lines = [f"s{number}.wav,{('dog bark', 'air conditioner')[number % 2]}" for number in range(8)]
    (tmp_path / "list.csv").write_text("\n".join(lines) + "\n")
    assert candidates(tmp_path)[0].layer.id == "Sounds"
