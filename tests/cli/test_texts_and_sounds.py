"""From a dropped text or sound to a net that has learned and answers: the commands data, start, train and predict."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.storage.files import open_project
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.training.loop import train
from app.training.script import print_script
from app.training.threads import prepare_threads
from nodes.reading import cache

GOOD, BAD = ["wonderful", "great", "lovely"], ["terrible", "awful", "poor"]
ANY = ["the", "film", "was", "plot", "and", "its", "actors", "in"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def sentence(random: np.random.Generator, words: list[str]) -> str:
    found = [str(random.choice(ANY)) for _ in range(int(random.integers(3, 9)))]
    found.insert(int(random.integers(len(found))), str(random.choice(words)))
    return " ".join(found) + "."


def data(kind: str, root: Path) -> Path:
    """Data of a kind, with something in it to be learned."""
    random = np.random.default_rng(5)
    root.mkdir(parents=True, exist_ok=True)
    if kind == "folders":
        for part in ("train", "test"):
            for label, words in (("bad", BAD), ("good", GOOD)):
                for number in range(24):
                    path = root / "reviews" / part / label / f"{number}.txt"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(sentence(random, words))
        return root / "reviews"
    if kind == "rows":
        rows = [{"text": sentence(random, (BAD, GOOD)[n % 2]), "label": ("bad", "good")[n % 2]} for n in range(80)]
        (root / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
        return root / "rows.jsonl"
    if kind == "pairs":
        lines = [f"take {n % 9} and {n}\tnimm {n % 9} und {n}" for n in range(60)]
        (root / "pairs.tsv").write_text("\n".join(lines))
        return root / "pairs.tsv"
    if kind == "several":
        lines = [f"take {n % 40}\tnimm {n % 40} {n // 40}" for n in range(70)]
        (root / "several.tsv").write_text("\n".join(lines))
        return root / "several.tsv"
    if kind == "book":
        (root / "book.txt").write_text("\n".join(sentence(random, GOOD) for _ in range(150)))
        return root / "book.txt"
    if kind == "spoken":
        (root / "spoken").mkdir()
        for number in range(24):
            said = ("ab", "ba", "a", "b")[number % 4]
            pitches = np.repeat([{"a": 400, "b": 1_600}[letter] for letter in said], 1_200)
            wave = 0.5 * np.sin(2 * math.pi * np.cumsum(pitches * random.uniform(0.9, 1.1)) / 8_000)
            soundfile.write(root / "spoken" / f"{number}.wav", wave, 8_000)
            (root / "spoken" / f"{number}.txt").write_text(said)
        return root / "spoken"
    time = np.arange(4_000) / 8_000
    for label, pitch in (("high", 1_500), ("low", 300)):
        (root / "tones" / label).mkdir(parents=True)
        for number in range(12):
            wave = 0.5 * np.sin(2 * math.pi * pitch * random.uniform(0.9, 1.1) * time)
            path = root / "tones" / label / f"{number}.{('wav', 'flac', 'ogg')[number % 3]}"
            soundfile.write(path, wave[: int(random.integers(3_000, 4_000))], 8_000)
    return root / "tones"


def printed(capsys: Any, *command: object) -> tuple[int, str, str]:
    status = run([str(each) for each in command])
    out, err = capsys.readouterr()
    return status, out, err


READS = {
    "folders": "Texts",
    "rows": "Texts",
    "pairs": "TextPairs",
    "several": "TextPairs",  # answers to one source, which are never torn into two parts
    "book": "TextFile",
    "sounds": "Sounds",
    "spoken": "SpokenTexts",
}


@pytest.mark.parametrize("kind", READS)
def test_a_drawing_for_it_trains_as_it_stands(kind: str, tmp_path: Path, capsys: Any) -> None:
    """Fails if the wrong source reads it, the proposed drawing has a problem, its loss does not fall, or the exported
    script loads or divides the data in another way than the training does."""
    path, drawing = data(kind, tmp_path), tmp_path / "first.netloom"
    assert printed(capsys, "start", path, "-o", drawing)[::2] == (0, "")
    project = open_project(drawing).project
    assert READS[kind] in [node.type for node in project.graph.nodes.values()]
    assert printed(capsys, "check", drawing)[:2] == (0, f"{drawing}: no problems.\n")
    recipe = replace(project.recipe, epochs=3, device="cpu")
    net = compile_net(project)
    prepare_threads(net, recipe)
    model = net.model(recipe.seed)
    events = list(train(net, recipe, model=model))
    assert isinstance(events[-1], Finished), events[-1]
    losses = [event.train_loss for event in events if hasattr(event, "train_loss")]
    assert losses[-1] < losses[0]
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(print_script(net, recipe), "script", "exec", dont_inherit=True), names)
    theirs = names["train"]().state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in model.state_dict().items())
    if kind in ("sounds", "spoken"):
        (spectrum,) = [node for node in project.graph.nodes.values() if node.type == "LogMelSpectrogram"]
        assert spectrum.params["sample_rate"] == 8_000


def test_sounds_without_texts_are_spelt(tmp_path: Path, capsys: Any) -> None:
    """Fails if a net that spells needs texts to be asked, or says classes of steps where its texts belong."""
    path, drawing, folder = data("spoken", tmp_path), tmp_path / "first.netloom", tmp_path / "run"
    assert printed(capsys, "start", path, "-o", drawing)[0] == 0
    assert printed(capsys, "train", drawing, "--epochs", 60, "--lr", 0.003, "--out", folder)[0] == 0
    few = tmp_path / "few"
    few.mkdir()
    for number in (0, 1, 2):
        (few / f"{number}.wav").write_bytes((path / f"{number}.wav").read_bytes())
    status, out, err = printed(capsys, "predict", folder, few)
    assert (status, err) == (0, "")
    assert [line.split()[1] for line in out.splitlines()] == ["ab", "ba", "a"]


@pytest.mark.parametrize("kind", ["folders", "sounds"])
def test_other_data_is_prepared_as_that_of_the_training(kind: str, tmp_path: Path, capsys: Any) -> None:
    """Fails if other texts get numbers or a length of their own, or other sounds a rate of their own: then the same
    file would get another answer among others than alone."""
    path, drawing, folder = data(kind, tmp_path), tmp_path / "first.netloom", tmp_path / "run"
    assert printed(capsys, "start", path, "-o", drawing)[0] == 0
    assert printed(capsys, "train", drawing, "--epochs", 4, "--out", folder)[0] == 0
    few = tmp_path / "few"
    part = "test/" if kind == "folders" else ""
    names = ("good", "bad") if kind == "folders" else ("low", "high")
    chosen = [next(iter(sorted((path / part / name).iterdir()))) for name in names]
    for name, file in zip(names, chosen):
        (few / name).mkdir(parents=True)
        (few / name / file.name).write_bytes(file.read_bytes())
    if kind == "folders":
        (few / "good" / "0.txt").write_text(chosen[0].read_text() + " Unheard-of, and very much longer. " * 20)
        (few / "good" / "1.txt").write_text(chosen[0].read_text())
    status, out, err = printed(capsys, "predict", folder, few, "--json")
    assert (status, err) == (0, "")
    answers = {each["name"]: each["classes"] for each in json.loads(out)["predictions"]}
    for name, file in zip(names, chosen):
        status, out, _ = printed(capsys, "predict", folder, file, "--json")
        assert status == 0
        (alone,) = json.loads(out)["predictions"]
        among = answers[f"{name}/1.txt" if (kind, name) == ("folders", "good") else f"{name}/{file.name}"]
        assert {each["class"]: each["probability"] for each in alone["classes"]} == pytest.approx(
            {each["class"]: each["probability"] for each in among}, abs=1e-6
        )
    status, out, err = printed(capsys, "evaluate", folder, "--data", few, "--json")
    assert (status, err) == (0, "")
    loaded = load_run(folder)
    assert loaded.epoch == 4


def test_a_sentence_of_each_kind(tmp_path: Path, capsys: Any) -> None:
    """Fails if what is said first hides the classes behind a vocabulary, or counts samples of another kind."""
    said = {kind: printed(capsys, "data", data(kind, tmp_path / kind))[1].splitlines()[0] for kind in READS}
    assert said["folders"].startswith("96 texts in 2 classes: bad, good (48 for train, 48 for test). ")
    assert said["rows"].startswith("80 texts in 2 classes: bad, good. ")
    assert said["pairs"].startswith("60 pairs. ")
    assert " windows. " in said["book"]
    assert said["sounds"].startswith("24 sounds in 2 classes: high, low.")


def test_padding_is_nothing_to_be_right_about(tmp_path: Path) -> None:
    """Fails if a first net for pairs learns to write padding, or is called right for it."""
    path, drawing, folder = data("pairs", tmp_path), tmp_path / "first.netloom", tmp_path / "run"
    assert run(["start", str(path), "-o", str(drawing)]) == 0
    project = open_project(drawing).project
    (loss,) = (node for node in project.graph.nodes.values() if node.type == "CrossEntropyLoss")
    assert loss.params["ignore_index"] == 0
    assert "ignore_index=0" in print_script(compile_net(project), project.recipe)
    assert run(["train", str(drawing), "--epochs", "1", "--out", str(folder)]) == 0
    assert 0 <= load_run(folder).metrics[-1]["train_accuracy"] < 1
