"""What a dream leaves in files: its recipe, and films."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.cli.main import run
from app.core.graph.recipe import Recipe
from app.insight.dream.films import film_bytes, zoomed
from app.insight.dream.recipes import KEY, DreamRecipe, fingerprint, in_words, read_recipe, with_recipe
from app.insight.tiles import NoPicture
from app.training.checkpoints import load_run
from app.training.importing import write_run
from tests.insight.conftest import Trained

Capture = pytest.CaptureFixture[str]
RECIPE = DreamRecipe(({"node": "conv2", "channel": 3, "seed": 1, "calm": 0.5},), "runs/ü", "abc", {"of": "zoom"})


@pytest.fixture(scope="module")
def folder(lenet: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run."""
    place = tmp_path_factory.mktemp("dreams") / "run"
    write_run(place, lenet.net, lenet.model, Recipe())
    return place


def test_a_picture_keeps_its_recipe(tmp_path: Path) -> None:
    """Fails if the recipe changes on its way through a PNG or a GIF, or the picture does."""
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    (tmp_path / "a.png").write_bytes(with_recipe(pixels, RECIPE))
    assert read_recipe(tmp_path / "a.png") == RECIPE
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), pixels)
    (tmp_path / "a.gif").write_bytes(film_bytes([pixels, 255 - pixels], ".gif", comment=RECIPE.text() + " " * 400))
    assert read_recipe(tmp_path / "a.gif") == RECIPE


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[" * 5000,
        "[]",
        json.dumps({"format": 2, "stages": [{"node": "a"}]}),
        json.dumps({"format": 1, "stages": []}),
        json.dumps({"format": 1, "stages": [{"channel": 3}]}),
        json.dumps({"format": 1, "stages": [{"node": "a", "steps": [1]}]}),
        json.dumps({"format": 1, "stages": [{"node": "a"}], "of": 7}),
        json.dumps({"format": 1, "stages": [{"node": "a"}] * 65}),
        "x" * 200_000,
    ],
)
def test_a_strangers_recipe_is_refused_in_words(text: str, tmp_path: Path) -> None:
    """Fails if a damaged or strange text in a picture is a traceback, or is followed."""
    about = PngInfo()
    about.add_text(KEY, text)
    Image.new("L", (4, 4)).save(tmp_path / "s.png", pnginfo=about)
    with pytest.raises(NoPicture, match=r"s\.png keeps no recipe of a dream"):
        read_recipe(tmp_path / "s.png")


def test_what_is_no_picture_has_no_recipe(tmp_path: Path) -> None:
    """Fails if a missing file, a folder or a text is a traceback."""
    (tmp_path / "t.png").write_text("text")
    for name, words in (("none.png", "There is no file"), ("t.png", "is no picture"), ("", "is no file")):
        with pytest.raises(NoPicture, match=words):
            read_recipe(tmp_path / name if name else tmp_path)


def test_weights_have_a_fingerprint(lenet: Trained) -> None:
    """Fails if another net passes for the one that was dreamt with."""
    assert fingerprint(lenet.model) == fingerprint(lenet.model)
    other = lenet.net.model(seed=0)
    other.load_state_dict(lenet.model.state_dict())
    assert fingerprint(other) == fingerprint(lenet.model)
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1e-6
    assert fingerprint(other) != fingerprint(lenet.model)


def test_a_recipe_in_words() -> None:
    """Fails if a wish that was changed on the way is not told."""
    stages = [{"node": "conv2", "channel": 3}, {"node": "conv2", "channel": 3}, {"node": "fc", "objective": "fc:1"}]
    assert in_words(stages) == "conv2:3, then fc:1"


def test_again_makes_the_very_same_picture(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a setting is not kept, or taken from elsewhere."""
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    wish = ["--objective", "conv2:3 - 0.5*fc1:7", "--steps", "6", "--seed", "4", "--octaves", "2", "--kind", "pixels"]
    assert run(["dream", str(folder), *wish, "-o", str(first)]) == 0
    assert run(["dream", "--again", str(first), "-o", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert "conv2:3 - 0.5*fc1:7, score" in capsys.readouterr().out


def test_again_with_other_weights_says_so(folder: Path, lenet: Trained, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a picture that cannot be the same is given out as the same."""
    other = tmp_path / "other"
    write_run(other, lenet.net, lenet.net.model(seed=9), Recipe())
    assert run(["dream", str(folder), "--node", "conv2", "--steps", "2", "-o", str(tmp_path / "a.png")]) == 0
    assert run(["dream", str(other), "--again", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png")]) == 0
    assert "are not those that a.png was dreamt with" in capsys.readouterr().err


def test_a_dream_with_several_stages_goes_on_with_the_picture_before(folder: Path, tmp_path: Path) -> None:
    """Fails if the stages of a changed wish are made apart from each other."""
    stages = ({"node": "conv2", "channel": 1, "steps": 5}, {"node": "fc3", "channel": 2, "steps": 3})
    kept = DreamRecipe(stages, str(folder), fingerprint(load_run(folder).model))
    (tmp_path / "s.png").write_bytes(with_recipe(np.zeros((4, 4), np.uint8), kept))
    (tmp_path / "t.png").write_bytes(with_recipe(np.zeros((4, 4), np.uint8), DreamRecipe(stages[1:], str(folder))))
    for name in ("s", "t"):
        assert run(["dream", "--again", str(tmp_path / f"{name}.png"), "-o", str(tmp_path / f"{name}2.png")]) == 0
    both, last = (np.asarray(Image.open(tmp_path / f"{name}2.png")) for name in ("s", "t"))
    assert not np.array_equal(both, last)
    assert read_recipe(tmp_path / "s2.png").stages == stages


@pytest.mark.parametrize(
    ("flags", "status", "words"),
    [
        (["--node", "conv2", "--film", "x.avi"], 2, "--film must name a .gif or an .mp4 file"),
        (["--node", "conv2", "--film", "x.gif", "--film-of", "cats"], 2, "--film-of must be zoom, steps or epochs"),
        (["--node", "conv2", "--film", "x.gif", "--frames", "1"], 2, "--frames must be from 2 to 2,000"),
        (["--node", "conv2", "--zoom", "1"], 2, "--zoom must be above 1"),
        ([], 2, "Name what to dream of: --node conv2, or --objective"),
        (["--objective", "conv2:"], 2, "--objective cannot be read behind"),
        (["--node", "conv2", "--channel", "1", "--objective", "conv2:2"], 1, "but not both"),
        (["--node", "conv2", "--film", "x.gif", "--film-of", "epochs", "--steps", "1"], 1, "kept no epochs"),
        (["--node", "conv2", "--channel", "each", "--film", "x.gif", "--steps", "1"], 1, "A film is of one picture"),
        (["--again", "nowhere.png"], 1, "There is no file nowhere.png"),
        (["--again", "x.png", "--node", "conv1"], 2, "Leave --node out"),
    ],
)
def test_wrong_use_is_one_sentence(
    flags: list[str],
    status: int,
    words: str,
    folder: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fails if a wish that cannot be met is a traceback, or leaves half of its files behind."""
    monkeypatch.chdir(tmp_path)
    assert run(["dream", str(folder), *flags, "-o", "out.png"]) == status
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
    assert not list(tmp_path.iterdir())


def test_a_film_zooms_into_the_dream(folder: Path, tmp_path: Path) -> None:
    """Fails if frames are missing, stand still, are of another size, or the film forgets how it was made."""
    flags = ["--node", "conv2", "--channel", "3", "--steps", "6", "--frames", "5", "--zoom", "1.1"]
    out, film = tmp_path / "a.png", tmp_path / "a.gif"
    assert run(["dream", str(folder), *flags, "-o", str(out), "--film", str(film)]) == 0
    with Image.open(film) as moving:
        assert moving.n_frames == 5
        frames = []
        for number in range(5):
            moving.seek(number)
            frames.append(np.asarray(moving.convert("L"), float))
    assert frames[0].shape == (256, 256)
    still = np.asarray(Image.open(out).convert("L").resize((256, 256), Image.Resampling.NEAREST), float)
    assert np.abs(frames[0] - still).mean() < 4
    assert all(np.abs(a - b).mean() > 1 for a, b in pairwise(frames))
    assert read_recipe(film).film == {"of": "zoom", "frames": 5, "zoom": 1.1}


def test_a_film_of_the_steps(folder: Path, tmp_path: Path) -> None:
    """Fails if the way through the octaves gives frames of several sizes, or the last frame is not the picture."""
    flags = ["--node", "conv2", "--steps", "6", "--octaves", "2", "--film-of", "steps", "--frames", "4"]
    out, film = tmp_path / "a.png", tmp_path / "a.mp4"
    pytest.importorskip("imageio_ffmpeg")
    assert run(["dream", str(folder), *flags, "-o", str(out), "--film", str(film)]) == 0
    assert film.stat().st_size > 500
    assert b"ftyp" in film.read_bytes()[:32]


def test_zooming_in_takes_the_middle() -> None:
    """Fails if the picture moves to a side while it grows, or changes its size."""
    rows, columns = np.mgrid[-10:11, -14:15] / 10.0
    smooth = (0.5 + 0.02 * columns + 0.01 * rows).astype(np.float32)
    larger = zoomed(smooth, 1.25)
    assert larger.shape == smooth.shape
    assert np.allclose(larger[4:-4, 4:-4], (0.5 + 0.8 * (smooth - 0.5))[4:-4, 4:-4], atol=2e-3)
    assert zoomed(np.repeat(smooth[..., None], 3, -1), 1.25).shape == (*smooth.shape, 3)


def test_a_class_takes_shape_over_the_epochs(lenet: Trained, tmp_path: Path) -> None:
    """Fails if every frame is dreamt with the same weights, with another seed, or an epoch is left out."""
    place = tmp_path / "run"
    write_run(place, lenet.net, lenet.model, Recipe())
    for epoch, model in ((0, lenet.net.model(seed=0)), (3, lenet.model)):
        write_run(tmp_path / "now", lenet.net, model, Recipe())
        (place / "kept").mkdir(exist_ok=True)
        (tmp_path / "now").rename(place / "kept" / str(epoch))
    flags = ["--node", "fc3", "--channel", "3", "--steps", "12", "--seed", "2", "--film-of", "epochs"]
    out, film = tmp_path / "a.png", tmp_path / "a.gif"
    assert run(["dream", str(place), *flags, "-o", str(out), "--film", str(film)]) == 0
    with Image.open(film) as moving:
        assert moving.n_frames == 2
        moving.seek(1)
        last = np.asarray(moving.convert("L"), float)
        moving.seek(0)
        first = np.asarray(moving.convert("L"), float)
    still = np.asarray(Image.open(out).convert("L").resize((256, 256), Image.Resampling.NEAREST), float)
    assert np.abs(last[:200] - still[:200]).mean() < 4, "the last epoch is that of the run"
    assert np.abs(first[:200] - still[:200]).mean() > 15
