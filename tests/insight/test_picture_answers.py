"""An answer that is something to be seen: what a detector finds, the class of each dot, another picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.core.compile.net import CompiledNet, compile_net
from app.core.storage.templates import load
from app.insight.plot import class_inks
from app.insight.view import Samples, Subject
from app.training import prediction
from app.training.importing import write_run
from app.ui.predict.asking import PredictionAnswer, PredictionRequest
from app.ui.predict.words import headline, shares_of_dots


def asked(
    template: str, field: str, picture: torch.Tensor
) -> tuple[PredictionAnswer, CompiledNet, dict[str, torch.Tensor]]:
    """The answer about one's own picture, and what the model itself gives, by the name of the node."""
    net = compile_net(load(template))
    model = net.model(3).eval()
    samples = (("mine.png", {field.partition(".")[2]: picture}),)
    answer = PredictionRequest(samples=samples, invert=False).look(Subject(net, model, Samples({}, ())))
    with torch.no_grad():
        read = {f"{entry.node}.{entry.port}": picture[None] for entry in net.plan.inputs}
        given = net.outputs(model(*net.inputs_from(read)))
    return answer, net, {key.partition(".")[0]: values[0] for key, values in given.items()}


def test_what_a_detector_finds_is_named_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if an own photo gets a list of numbers, a box lies elsewhere, or what is below the limit is told."""
    picture = torch.rand(1, 48, 48, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(prediction, "LEAST_SURE", 0.0)
    answer, _, given = asked("detect", "scenes.image", picture)
    found = given["found"].double()
    kept = found[found[:, 5] > 0]
    (said,) = answer.predictions
    assert said.things is not None
    assert len(said.things) == len(kept) > 1
    assert [each.score for each in said.things] == pytest.approx(kept[:, 4].tolist())
    assert [each.word for each in said.things] == [str(int(kind) - 1) for kind in kept[:, 5]]  # the digits
    sides = torch.cat([kept[:, :2] - kept[:, 2:4] / 2, kept[:, :2] + kept[:, 2:4] / 2], 1)
    assert np.allclose([each.box for each in said.things], sides.numpy())
    assert headline(said).startswith(f"{said.things[0].word} ({said.things[0].score:.2f}), ")
    assert answer.made is not None
    assert answer.made.shape == (192, 192, 3)
    assert (answer.made == class_inks(2)[1].round().astype(np.uint8)).all(-1).any()  # an orange line
    monkeypatch.setattr(prediction, "LEAST_SURE", 1.01)
    answer, *_ = asked("detect", "scenes.image", picture)
    assert headline(answer.predictions[0]) == "nothing found"
    grey = (picture[0].numpy().repeat(4, 0).repeat(4, 1) * 255).round().astype(np.uint8)
    assert answer.made is not None
    assert np.array_equal(answer.made[..., 1], grey)


def test_the_class_of_each_dot_lies_over_the_picture() -> None:
    """Fails if the colours are those of other classes, or the shares do not belong to them."""
    picture = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(2))
    answer, _, given = asked("segment", "shapes.image", picture)
    classes = given["classes"].argmax(0).numpy()
    (said,) = answer.predictions
    assert said.dots is not None
    assert np.array_equal(said.dots.numpy(), classes)
    grey = np.repeat(picture.numpy().mean(0)[..., None], 3, -1)
    inks = class_inks(4) / 255
    wanted = np.where((classes > 0)[..., None], 0.4 * grey + 0.6 * inks[classes], grey)
    assert answer.made is not None
    assert np.abs(answer.made[::6, ::6] / 255 - wanted).max() <= 1 / 255
    told = {word: share for word, share, _ in shares_of_dots(said)}
    words = ("nothing", "circle", "square", "triangle")
    assert told == pytest.approx({word: float((classes == n).mean()) for n, word in enumerate(words)})


def test_a_net_that_makes_a_picture_shows_it() -> None:
    """Fails if the copy of an autoencoder is a list of numbers, or is not what the model gives."""
    picture = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(4))
    answer, net, _ = asked("denoising_autoencoder", "digits.image", picture)
    model = net.model(3).eval()
    with torch.no_grad():
        copy = net.outputs(model(*net.inputs_from({"digits.image": picture[None]})))
    dots = copy["sigmoid1.output"][0].reshape(8, 8, 1).numpy()
    assert headline(answer.predictions[0]) == "a picture of 8 × 8 dots"
    assert answer.made is not None
    assert np.abs(answer.made[::24, ::24, :1] / 255 - dots.clip(0, 1)).max() <= 1 / 255


@pytest.mark.parametrize(("template", "field"), [("super_resolution", "photos.image"), ("colorize", "photos.image")])
def test_larger_and_coloured_pictures_are_seen(template: str, field: str) -> None:
    """Fails if a net whose answer is compared with what it reads, through an augmentation, tells numbers."""
    side = 64 if template == "super_resolution" else 32
    answer, *_ = asked(template, field, torch.rand(3, side, side, generator=torch.Generator().manual_seed(4)))
    assert answer.predictions[0].dots is not None
    assert answer.predictions[0].dots.shape == (3, side, side)
    assert answer.made is not None


def test_maps_of_joints_are_no_colours() -> None:
    """Fails if three maps of heat are taken for red, green and blue: what is shown is what came in, with crosses."""
    given = torch.rand(3, 32, 32)
    answer, *_ = asked("keypoints", "triangles.image", given)
    assert answer.predictions[0].dots is None
    assert len(answer.predictions[0].points) == 3
    assert answer.made is not None
    times = len(answer.made) // 32
    plain = given.numpy().transpose(1, 2, 0).repeat(times, 0).repeat(times, 1) * 255
    assert (abs(answer.made - plain) <= 1).all(-1).mean() > 0.9


def test_a_net_that_plays_names_its_actions() -> None:
    """Fails if what each action is worth is told as number 1 and number 2."""
    net = compile_net(load("dqn_cartpole"))
    model = net.model(3).eval()
    state = {"place": 0.1, "speed": -0.2, "angle": 0.03, "angular speed": 0.4}
    (said,) = PredictionRequest(row=state).look(Subject(net, model, Samples({}, ()))).predictions
    with torch.no_grad():
        worth = model(torch.tensor([list(state.values())]))[0]
    assert [name for name, _ in said.numbers] == ["left", "right"]
    assert [value for _, value in said.numbers] == pytest.approx(worth.tolist(), abs=1e-6)


def test_the_command_names_what_is_found(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the command line lists the numbers of a grid, or its JSON lacks the boxes."""
    monkeypatch.setattr(prediction, "LEAST_SURE", 0.0)
    net = compile_net(load("detect"))
    write_run(tmp_path / "run", net, net.model(3), net.plan.recipe)
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (50, 60), np.uint8)).save(tmp_path / "mine.png")
    assert run(["predict", str(tmp_path / "run"), str(tmp_path / "mine.png"), "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)["predictions"]
    assert said["things"][0].keys() == {"class", "score", "box"}
    assert run(["predict", str(tmp_path / "run"), str(tmp_path / "mine.png")]) == 0
    first = said["things"][0]
    assert capsys.readouterr().out.startswith(
        f"mine.png: {first['class']} {first['score']:.2f} ({first['box'][0]:.2f}, "
    )
