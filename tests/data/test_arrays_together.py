"""Several arrays of one file that a net reads side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.core.inference import infer
from app.core.storage.files import open_project
from app.data.understanding import understand
from nodes.api import NoData
from nodes.reading.digit_pairs import digit_pairs
from nodes.reading.gesture_pairs import gesture_pairs
from tests.support.file_sources import check_script, guess, schema, whole


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def gestures(path: Path, count: int = 90) -> Path:
    image, motion, gesture = gesture_pairs(count, 24, 32, 0.1, 0.05, 3)
    return write(path, image=image, motion=motion, gesture=gesture)


def test_arrays_without_telling_names_stay_together(tmp_path: Path) -> None:
    """Fails if one of two inputs is dropped, their order is lost, or the single numbers are no classes."""
    file = gestures(tmp_path / "hands.npz")
    (found, *_) = understand(file)
    assert found.layer.id == "ArraysTogether"
    assert found.sentence.startswith("90 samples in 9 classes. A net reads image as x and motion as x2.")
    made = check_script("ArraysTogether", file)
    stored = np.load(file)
    assert np.array_equal(whole(made, "x").numpy(), stored["image"].astype("float32"))
    assert np.array_equal(whole(made, "x2").numpy(), stored["motion"].astype("float32"))
    assert np.array_equal(whole(made, "y").numpy(), stored["gesture"])
    turned = check_script("ArraysTogether", file, inputs="motion, image", targets="none")
    assert set(turned.fields) == {"x", "x2"}
    assert np.array_equal(whole(turned, "x").numpy(), stored["motion"].astype("float32"))


def test_what_is_guessed_can_be_changed(tmp_path: Path) -> None:
    """Fails if a choice that is offered is none, numbers are always classes, or bytes are not scaled."""
    rng = np.random.default_rng(0)
    bytes_of = rng.integers(0, 256, (40, 8, 8), dtype="uint8")
    file = write(tmp_path / "a.npz", left=bytes_of, right=bytes_of[::-1], much=rng.random(40), odd=rng.random((7, 2)))
    told = schema("ArraysTogether", file)
    assert told.fields["x"].sizes == (1, 8, 8)
    assert told.fields["y"].dtype == "float"
    assert "Also in there: odd" in told.remarks
    made = check_script("ArraysTogether", file)
    assert torch.allclose(whole(made, "x2"), torch.from_numpy(bytes_of[::-1].astype("float32") / 255)[:, None])
    for each in told.guesses:
        for _, value in each.choices:
            schema("ArraysTogether", file, **{each.setting: value})
    assert guess(told, "targets").chosen == "much"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"inputs": "left nothing"}, "has no array 'nothing' for inputs"),
        ({"targets": "short"}, "short in b.npz has 3 samples, and others have 5"),
        ({"inputs": "left right left left"}, "at most 3 are read"),
        ({"inputs": "words"}, "words in b.npz cannot be read"),
        ({"targets": "words", "kind": "numbers"}, "words holds texts. Set kind to classes"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    """Fails with a traceback, or if samples of different number are put beside each other."""
    rows = np.arange(10.0).reshape(5, 2)
    texts = np.array(["a", "b", "a", "b", "a"])
    file = write(tmp_path / "b.npz", left=rows, right=rows, words=texts, label=texts, short=np.zeros(3))
    with pytest.raises(NoData, match=words):
        schema("ArraysTogether", file, **settings)


def test_a_usual_pair_of_inputs_and_targets_is_read_as_before(tmp_path: Path) -> None:
    """Fails if files with x_train and y_test lose their parts."""
    x, y = np.random.default_rng(0).random((20, 4)), np.arange(20) % 2
    (found, *_) = understand(write(tmp_path / "c.npz", x_train=x, y_train=y, x_test=x[:5], y_test=y[:5]))
    assert found.layer.id == "ArrayFiles"
    (found, *_) = understand(write(tmp_path / "d.npz", x=x, y=y))
    assert found.layer.id == "ArrayFiles"


@pytest.mark.parametrize("net", ["fusion", "siamese"])
def test_nets_with_two_inputs_take_them(tmp_path: Path, net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a net for two senses, or for pairs, cannot be moved to one's own data, trained and asked."""
    file = tmp_path / "own.npz"
    if net == "fusion":
        gestures(file)
    else:
        rng = np.random.default_rng(1)
        labels = np.arange(200) % 4
        images = rng.random((200, 1, 12, 12)).astype("float32") * 0.2 + labels[:, None, None, None] / 4
        one, other, same = digit_pairs(labels, {"train": 120}, [], 0)
        write(file, first=images[one], second=images[other], same=same)
    drawing = tmp_path / "own.netloom"
    assert run(["start", str(file), "-o", str(drawing), "--net", net]) == 0
    project = open_project(drawing).project
    assert infer(project).problems == ()
    (own,) = [each for each in project.graph.nodes.values() if each.type == "ArraysTogether"]
    ports = {wire.source_port for wire in project.graph.out_of(own.name)}
    assert ports == {"x", "x2", "y"}
    assert run(["train", str(drawing), "--set", "epochs=1", "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    assert run(["predict", str(tmp_path / "run"), str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["predictions"]) == (90 if net == "fusion" else 120)
