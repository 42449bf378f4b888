"""Sounds in folders and zip files: that they arrive at the right rate and length, and that nothing that is cut off is
taken for whole."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from app.core.compile.plan import PlanSource
from app.data import catalog
from app.data.understanding import candidates, sentence_of
from nodes.api import Feed, NoData, Unreadable
from nodes.reading import cache
from tests.support.file_sources import check_script, feed, guess, schema, source_of, whole


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def tone(
    path: Path, pitch: float = 440, rate: int = 16_000, seconds: float = 0.5, loud: float = 0.5, **how: Any
) -> Path:
    """A pure tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(rate * seconds)) / rate
    soundfile.write(path, (loud * np.sin(2 * np.pi * pitch * time)).astype(np.float32), rate, **how)
    return path


def tones(root: Path, *endings: str, **how: Any) -> Path:
    for number, kind in enumerate(endings or ("wav", "flac")):
        tone(root / "low" / f"{number}.{kind}", 300 + 10 * number, **how)
        tone(root / "high" / f"{number}.{kind}", 2_000 + 10 * number, **how)
    return root


def loaded(path: Path, **settings: Any) -> Feed:
    """Without reading all of it."""
    layer = source_of("Sounds")
    checked = layer.settings({"path": str(path), **settings})
    return catalog.load(PlanSource("here", "Sounds", checked, schema("Sounds", path, **settings).shapes))


def only(path: Path, **settings: Any) -> torch.Tensor:
    """The only sound at a path."""
    (wave,) = whole(feed("Sounds", path, **settings), "wave")
    return wave[0]


def pitch_of(wave: torch.Tensor, rate: int) -> float:
    spectrum = torch.fft.rfft(wave * torch.hann_window(len(wave))).abs()
    return float(spectrum.argmax()) * rate / len(wave)


def test_class_folders_of_every_format(tmp_path: Path) -> None:
    """Fails if a format cannot be read, has another pitch, or classes and counts are wrong."""
    tones(tmp_path, "wav", "flac", "ogg", "mp3", "aiff", seconds=1.0)
    told = schema("Sounds", tmp_path)
    assert told.fields["wave"].sizes == (1, 16_000)
    assert (told.words, told.fields["label"].counts) == (("high", "low"), (5, 5))
    assert sentence_of(told) == "10 sounds in 2 classes: high, low."
    made = feed("Sounds", tmp_path)
    for wave, label in zip(whole(made, "wave"), whole(made, "label")):
        assert pitch_of(wave[0], 16_000) == pytest.approx(2_020 if label == 0 else 320, abs=25)
        assert 0.45 < float(wave.abs().max()) < 0.56
    assert candidates(tmp_path)[0].layer.id == "Sounds"


def test_another_column_of_a_table_can_be_the_label(tmp_path: Path) -> None:
    """Fails if of the columns of a table of sounds only the one that was guessed can be the label."""
    for number in range(8):
        tone(tmp_path / f"{number}.wav", 300 + 100 * number)
    rows = "".join(f"{n}.wav,{('low', 'high')[n % 2]},{('anna', 'ben', 'cleo')[n % 3]}\n" for n in range(8))
    (tmp_path / "labels.csv").write_text(f"file,label,speaker\n{rows}")
    assert guess(schema("Sounds", tmp_path), "column").chosen == "label"
    made = check_script("Sounds", tmp_path, column="speaker")
    words = schema("Sounds", tmp_path, column="speaker").words
    assert [words[place] for place in whole(made, "label").tolist()] == [
        ("anna", "ben", "cleo")[n % 3] for n in range(8)
    ]


@pytest.mark.parametrize("split", [False, True])
def test_a_folder_of_noise_is_no_class(tmp_path: Path, split: bool) -> None:
    """Fails if _background_noise_ of Speech Commands is a class, hides the folders of parts, or goes in silence."""
    for part in ("train", "test") if split else ("",):
        tones(tmp_path / part, "wav", "wav")
    noise = tmp_path / ("train/_background_noise_" if split else "_background_noise_")
    for number in range(3):
        tone(noise / f"{number}.wav", 90 + number, seconds=2)
    (noise / "README.md").write_text("Noise of other places.")
    told = schema("Sounds", tmp_path)
    assert (told.words, told.fields["label"].counts) == (("high", "low"), (4, 4) if split else (2, 2))
    assert dict(told.parts) == ({"train": 4, "test": 4} if split else {})
    assert any("_background_noise_ is no class and is left alone" in each for each in told.remarks)
    assert any("3 sounds that stand beside the classes" in each.reason for each in told.skipped)
    assert told.fields["wave"].sizes == (1, 8_000)
    check_script("Sounds", tmp_path)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_resampling_keeps_pitch_length_and_loudness(tmp_path: Path, rate: int) -> None:
    """Fails if a sound of another rate plays faster, ends early, or what lies above the new rate comes back folded."""
    wave = only(tone(tmp_path / "a.wav", 1_000, rate, 1.0), rate=16_000, milliseconds=1_000)
    assert len(wave) == 16_000
    time = torch.arange(16_000, dtype=torch.float64) / 16_000
    expected = 0.5 * torch.sin(2 * torch.pi * 1_000 * time).float()
    assert torch.allclose(wave[200:-200], expected[200:-200], atol=0.01)
    folded = only(tone(tmp_path / "b.wav", 10_000, 44_100, 1.0), rate=16_000, milliseconds=1_000)
    assert float(folded[200:-200].abs().max()) < 0.02


def test_a_cut_sound_is_the_begin_of_the_whole(tmp_path: Path) -> None:
    """Fails if the filter meets silence where the sound goes on, or padding is not silence at the end."""
    path = tone(tmp_path / "a.wav", 700, 44_100, 1.0)
    whole_sound = only(path, rate=16_000, milliseconds=1_000)
    short = only(path, rate=16_000, milliseconds=300)
    assert torch.allclose(short, whole_sound[:4_800], atol=1e-6)
    long = only(path, rate=16_000, milliseconds=1_500)
    assert torch.allclose(long[:16_000], whole_sound, atol=1e-6)
    assert not long[16_000:].any()


def test_rate_and_length_are_those_of_most(tmp_path: Path) -> None:
    """Fails if sounds of several rates or lengths are made alike without a word, or the choice cannot be changed."""
    tones(tmp_path, *["wav"] * 9, rate=44_100, seconds=0.8)
    tone(tmp_path / "low" / "long.wav", seconds=3)
    told = schema("Sounds", tmp_path)
    assert guess(told, "rate").sentence == "The sounds have 16,000 to 44,100 values a second; all are made 16,000."
    asked = guess(told, "milliseconds")
    assert asked.sentence == "The sounds last 0.8 to 3 s; each is cut or padded to 0.8 s."
    assert told.fields["wave"].sizes == (1, 12_800)
    assert "1 sound is longer than 0.8 s and cut there." in told.remarks
    assert ("2 s", 2_000) in asked.choices
    assert schema("Sounds", tmp_path, milliseconds=2_000, rate=8_000).fields["wave"].sizes == (1, 16_000)
    alike = schema("Sounds", tones(tmp_path / "alike", rate=8_000))
    assert [each.setting for each in alike.guesses] == []
    assert dict(alike.settled) == {"rate": 8_000, "milliseconds": 500}


def test_channels_are_mixed(tmp_path: Path) -> None:
    """Fails if only one channel is heard."""
    soundfile.write(tmp_path / "two.wav", np.stack([np.full(800, 0.5), np.full(800, -0.25)], 1), 8_000, subtype="FLOAT")
    assert only(tmp_path / "two.wav", rate=8_000, milliseconds=100).unique().tolist() == [0.125]


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_every_kind_of_number_has_the_same_loudness(tmp_path: Path, subtype: str) -> None:
    """Fails if whole numbers are not scaled to -1 to 1."""
    wave = only(tone(tmp_path / "a.wav", subtype=subtype), rate=16_000, milliseconds=500)
    assert float(wave.abs().max()) == pytest.approx(0.5, abs=0.02)


def test_what_goes_beyond_full_scale_is_made_quieter(tmp_path: Path) -> None:
    """Fails if a float file or an MP3 gives values beyond -1 to 1, or its peaks are cut off flat."""
    wave = only(tone(tmp_path / "a.wav", loud=5, subtype="FLOAT"), rate=16_000, milliseconds=500)
    usual = only(tone(tmp_path / "b.wav", loud=1, subtype="FLOAT"), rate=16_000, milliseconds=500)
    assert float(wave.abs().max()) == 1
    assert torch.allclose(wave, usual / usual.abs().max(), atol=1e-5)
    square = np.sign(np.sin(np.arange(16_000) / 20)).astype(np.float32)
    soundfile.write(tmp_path / "c.mp3", square, 16_000)
    decoded, _ = soundfile.read(tmp_path / "c.mp3")
    assert np.abs(decoded).max() > 1, "what this test is about"
    assert float(only(tmp_path / "c.mp3", rate=16_000, milliseconds=1_000).abs().max()) == 1


def test_what_is_cut_off_is_named_and_left_out(tmp_path: Path) -> None:
    """Fails if a file without its end, which libraries read as a shorter sound, is taken for whole."""
    tones(tmp_path, "wav", "flac", "ogg", "mp3", "aiff", seconds=1.0)
    for kind in ("wav", "flac", "ogg", "mp3", "aiff"):
        content = (tmp_path / "low" / f"{['wav', 'flac', 'ogg', 'mp3', 'aiff'].index(kind)}.{kind}").read_bytes()
        (tmp_path / "low" / f"cut.{kind}").write_bytes(content[: len(content) // 2])
    told = schema("Sounds", tmp_path)
    said = guess(told, "incomplete")
    assert said.chosen == "leave out"
    assert any(
        each.startswith("3 sounds are cut off and left out: low/cut.aiff lacks 50 %; low/cut.mp3 lacks")
        for each in told.remarks
    )
    made = loaded(tmp_path)
    with pytest.raises(Unreadable) as error:
        made.at(torch.arange(told.samples or 0), None, ["wave"])
    reasons = {made.name_of(number): sentence for number, sentence in error.value.samples.items()}
    assert set(reasons) == {f"low/cut.{kind}" for kind in ("wav", "flac", "ogg", "mp3", "aiff")}
    assert all(each.startswith(name) and "cut off" in each for name, each in reasons.items())
    used = loaded(tmp_path, incomplete="use what is there")
    with pytest.raises(Unreadable) as error:
        used.at(torch.arange(told.samples or 0), None, ["wave"])
    assert {used.name_of(number) for number in error.value.samples} == {"low/cut.flac", "low/cut.ogg"}


def test_a_wav_of_a_recorder_without_a_length_is_whole(tmp_path: Path) -> None:
    """Fails if a file whose writer never came back to write its length counts as cut off."""
    path = tone(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert not schema("Sounds", path).remarks or "cut off" not in schema("Sounds", path).remarks[0]
    assert len(only(path, milliseconds=500, rate=16_000)) == 8_000


def test_what_is_no_sound_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Fails if other files with a sound's ending end an epoch, are silence, or make a library talk to the console."""
    tones(tmp_path)
    (tmp_path / "low" / "text.wav").write_bytes(b"this is no sound")
    (tmp_path / "low" / "text.mp3").write_bytes(b"this is no sound" * 100)
    (tmp_path / "low" / "head.wav").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    (tmp_path / "low" / "none.wav").write_bytes(b"")
    soundfile.write(tmp_path / "low" / "nan.wav", np.full(8_000, np.nan), 16_000, subtype="FLOAT")
    told = schema("Sounds", tmp_path)
    assert {each.name for each in told.skipped} == {"low/none.wav"}
    assert told.remarks[0].startswith("3 sounds cannot be read and are left out: low/head.wav is cut off or damaged")
    made = loaded(tmp_path)
    for _ in range(2):
        with pytest.raises(Unreadable) as error:
            made.at(torch.arange(told.samples or 0), None, ["wave"])
        reasons = {made.name_of(number): sentence for number, sentence in error.value.samples.items()}
        assert set(reasons) == {"low/text.wav", "low/text.mp3", "low/head.wav", "low/nan.wav"}
    assert reasons["low/nan.wav"] == "low/nan.wav holds values that are no numbers. Record or convert it again."
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("case", ["folders", "parts", "zip", "names", "rates"])
def test_a_program_of_its_own_has_the_same_sounds(tmp_path: Path, case: str) -> None:
    """Fails if the printed lines find other files, or resample them otherwise."""
    root = tmp_path / "d"
    settings: dict[str, Any] = {}
    if case == "parts":
        tones(root / "train")
        tones(root / "test")
    elif case == "names":
        tone(root / "low_1.wav", 300)
        tone(root / "high_1.flac", 3_000)
        settings = {"classes": "file names"}
    elif case == "rates":
        tones(root, "wav", "ogg", "mp3", rate=22_050)
        tone(root / "low" / "loud.wav", rate=48_000, loud=3, subtype="FLOAT")
        settings = {"rate": 12_000, "milliseconds": 700}
    else:
        tones(root, "wav", "flac", "mp3")
    path = root
    if case == "zip":
        path = tmp_path / "d.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for file in sorted(root.rglob("*.*")):
                packed.write(file, file.relative_to(tmp_path).as_posix())
        assert candidates(path)[0].layer.id == "Sounds"
    made = check_script("Sounds", path, **settings)
    assert made.parts.keys() == ({"train", "test"} if case == "parts" else set())


def test_the_second_epoch_reads_no_file(tmp_path: Path) -> None:
    """Fails if sounds are decoded again in each epoch, or what was kept is another sound."""
    tones(tmp_path)
    before = whole(feed("Sounds", tmp_path), "wave")
    made = loaded(tmp_path)
    for path in tmp_path.rglob("*.*"):
        path.unlink()
    assert torch.equal(whole(made, "wave"), before)


def test_no_sounds_is_a_sentence(tmp_path: Path) -> None:
    """Fails if an empty folder, or one of broken files alone, is a traceback."""
    (tmp_path / "a").mkdir()
    with pytest.raises(NoData, match="There is no sound in"):
        schema("Sounds", tmp_path)
    (tmp_path / "a" / "b.wav").write_bytes(b"nothing")
    (tmp_path / "a" / "c.wav").write_bytes(b"nothing")
    with pytest.raises(NoData, match=r"None of 2 sounds can be read\. a/[bc]\.wav is no sound"):
        schema("Sounds", tmp_path)


def test_the_first_word_of_a_name_is_a_class_if_asked(tmp_path: Path) -> None:
    """Fails if the digit of 7_jackson_32.wav can only be told together with the speaker, or is offered where names have
    one word."""
    for digit in range(3):
        for speaker in ("jackson", "theo"):
            for take in range(2):
                tone(tmp_path / "recordings" / f"{digit}_{speaker}_{take}.wav", 200 + 300 * digit + 20 * take)
    asked = guess(schema("Sounds", tmp_path), "classes")
    assert ("their first words", "first word of names") in asked.choices
    told = schema("Sounds", tmp_path, classes="first word of names")
    assert (told.words, told.fields["label"].counts) == (("0", "1", "2"), (4, 4, 4))
    made = check_script("Sounds", tmp_path, classes="first word of names")
    labels = whole(made, "label").tolist()
    assert [made.name_of(n).partition("/")[2][0] for n in range(12)] == list(map(str, labels))
    for number in range(3):
        tone(tmp_path / "one" / f"dog{number}.wav", 300)
    alone = guess(schema("Sounds", tmp_path / "one"), "classes")
    assert [value for _, value in alone.choices] == ["file names", "none"]
