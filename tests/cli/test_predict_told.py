"""What nets that read more than a picture say of a lone one: a sentence, or an answer to a question."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from app.cli.main import run
from app.core.compile.net import compile_net
from app.data.source_looks import looked_at
from app.training.checkpoints import LoadedRun, load_run
from app.training.importing import write_run
from app.training.prediction import predictions
from nodes.sources.asked_shapes import WORDS as ASKED
from nodes.sources.asked_shapes import answers_to
from nodes.sources.told_shapes import WORDS as TOLD
from tests.insight.test_captions import small

Capture = pytest.CaptureFixture[str]
SIDE = 16


def run_of(template: str, source: str, folder: Path) -> LoadedRun:
    """A net of a template with its first weights, as a run."""
    net = compile_net(looked_at(small(template, source, pictures=40, side=SIDE)))
    write_run(folder, net, net.model(0), net.project.recipe)
    return load_run(folder)


def picture_at(path: Path, seed: int) -> torch.Tensor:
    """A picture on the disk, and its values (1, 3, side, side)."""
    dots = torch.randint(0, 256, (SIDE, SIDE, 3), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    Image.fromarray(dots.numpy()).save(path)
    return dots.permute(2, 0, 1)[None] / 255


def chance_by_hand(model: nn.Module, image: torch.Tensor, words: list[str]) -> float:
    """The probability of a sentence and its end, of plain layers that are told each word before the next."""
    m: dict[str, nn.Module] = dict(model.named_modules())
    x = image
    for number in (1, 2, 3):
        x = m[f"norm{number}"](m[f"conv{number}"](x)).relu()
        x = nn.functional.max_pool2d(x, 2) if number < 3 else x
    memory = x.flatten(2).transpose(1, 2) + m["positions"].weight
    numbers = [2 + TOLD.index(word) for word in words] + [1] * (len(words) < 11)
    h = c = torch.zeros(1, 96)
    total = 0.0
    for token, right in zip([1, *numbers], numbers):
        mixed = torch.tanh(m["writer.attention"].query(h)[:, None] + m["writer.attention"].memory(memory))
        share = (mixed @ m["writer.attention"].score.weight[0]).softmax(1)
        seen = (share[..., None] * memory).sum(1)
        h, c = m["writer.cell"](torch.cat([m["writer.embed"](torch.tensor([token])), seen], 1), (h, c))
        scores = m["writer.fc"](torch.cat([h, seen], 1))[0].double()
        scores[0] = -torch.inf  # padding is never written
        total += float(scores.log_softmax(0)[right])
    return float(torch.tensor(total).exp())


def test_a_lone_picture_is_told_in_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a picture without words beside it is refused, another picture is told of, or the probability is that
    of another sentence."""
    loaded = run_of("caption", "shapes", tmp_path / "run")
    names = ["a.png", "b.png"]
    images = [picture_at(tmp_path / name, seed) for seed, name in enumerate(names)]
    paths = [str(tmp_path / name) for name in names]
    assert run(["predict", str(tmp_path / "run"), *paths, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert [each["name"] for each in told] == names
    loaded.model.eval()
    with torch.no_grad():
        for image, each in zip(images, told, strict=True):
            words = [] if each["sentence"] == "(nothing)" else each["sentence"].split()
            assert each["probability"] == pytest.approx(chance_by_hand(loaded.model, image, words), rel=1e-4)
    assert run(["predict", str(tmp_path / "run"), paths[0]]) == 0
    assert capsys.readouterr().out.startswith(f"a.png: {told[0]['sentence']} (")


def test_a_question_about_a_picture_is_answered(tmp_path: Path, capsys: Capture) -> None:
    """Fails if words stand at other places than in the training, a question goes to one of two pictures, or a picture
    without a question, a question without a picture or a strange word is met with anything but a remedy."""
    loaded = run_of("vqa", "shapes", tmp_path / "run")
    names, asked = ["a.png", "b.png"], ["Is there a red circle?", "how many squares are there"]
    images = [picture_at(tmp_path / name, seed) for seed, name in enumerate(names)]
    paths = [str(tmp_path / name) for name in names]
    texts = [each for text in asked for each in ("--text", text)]
    assert run(["predict", str(tmp_path / "run"), *paths, *texts, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert [each["name"].partition(", ")[0] for each in told] == ["a.png", "a.png", "b.png", "b.png"]
    assert [each["question"] for each in told] == ["is there a red circle?", "how many squares are there?"] * 2
    at, length = iter(told), 6
    loaded.model.eval()
    for image in images:
        for text in asked:
            words = text.lower().strip("?").split()
            numbers = torch.tensor([[0] * (length - len(words)) + [1 + ASKED.index(word) for word in words]])
            with torch.no_grad():
                given = loaded.net.inputs_from({"shapes.image": image, "shapes.question": numbers})
                chances = loaded.model(*given)[0].double().softmax(0).tolist()
            found = {each["class"]: each["probability"] for each in next(at)["classes"]}
            assert found == pytest.approx(dict(zip(answers_to(4), chances, strict=True)), abs=1e-6)
    for given, sentence in (
        ([paths[0]], "a.png is a picture, and this net also reads a question about it. Give --text with one."),
        (["--text", asked[0]], "This net is asked about pictures. Give one beside the question."),
        (
            [paths[0], "--text", "is there a red circel?"],
            "The net has never seen the word 'circel'. Did you mean circle?",
        ),
    ):
        assert run(["predict", str(tmp_path / "run"), *given]) == 1
        assert sentence in capsys.readouterr().err


def test_a_mask_and_points_are_told_and_written(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a mask file has other classes than the net gives, writes over the picture, points are told as thousands
    of numbers or with rows and columns exchanged, or answers in words are said to be written."""
    (tmp_path / "in").mkdir()
    image = picture_at(tmp_path / "in" / "a.png", 0)
    before = (tmp_path / "in" / "a.png").read_bytes()
    loaded = run_of("segment", "shapes", tmp_path / "masks")
    given = [str(tmp_path / "in"), "-o", str(tmp_path / "in"), "--json"]
    assert run(["predict", str(tmp_path / "masks"), *given]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"][0]
    assert told["picture"] == str(tmp_path / "in" / "a_mask.png")
    with torch.no_grad():
        classes = loaded.model.eval()(image)[0].argmax(0)
    with Image.open(told["picture"]) as mask:
        assert np.array_equal(np.asarray(mask), classes.numpy())
    shares = [float((classes == each).double().mean()) for each in range(4)]
    assert list(told["numbers"].values()) == pytest.approx(shares)
    assert (tmp_path / "in" / "a.png").read_bytes() == before
    (tmp_path / "in" / "a_mask.png").unlink()

    loaded = run_of("keypoints", "triangles", tmp_path / "points")
    bell = torch.zeros(3, SIDE, SIDE)
    spots = [(3, 9), (12, 2), (7, 7)]
    for at, (column, row) in enumerate(spots):
        bell[at, row, column] = 1.0
    answer = bell[None]
    model = loaded.model

    def planted(module: nn.Module, inputs: object, returned: torch.Tensor) -> torch.Tensor:
        return answer.expand(len(returned), -1, -1, -1)

    model.get_submodule("maps").register_forward_hook(planted)
    found = next(iter(predictions(loaded, tmp_path / "in" / "a.png")))
    assert [(x, y) for _, x, y, _ in found.points] == [(column + 0.5, row + 0.5) for column, row in spots]
    caption = run_of("caption", "shapes", tmp_path / "words")
    assert caption.epoch == 0
    assert run(["predict", str(tmp_path / "words"), str(tmp_path / "in"), "-o", str(tmp_path / "none")]) == 0
    assert "nothing to write" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
