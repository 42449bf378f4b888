"""A run at its epochs: the same weights, the same pictures, and films of them."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import run as command
from app.core.commands.nodes import Rename
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.time import epochs as kept_nets
from app.insight.time.epochs import KeptNets, caption, epochs_of, run_at
from app.insight.time.film import FilmMoment, film, moments_of, on_one_scale, some_of
from app.insight.view import Subject
from app.insight.view_runner import steps_of
from app.training.checkpoints import BadRun, LoadedRun, load_run
from app.training.events import Finished
from app.training.loop import train

RECIPE = Recipe(epochs=4, seed=5, device="cpu", batch_size=256)


def trained(folder: Path, recipe: Recipe) -> LoadedRun:
    *_, end = train(compile_net(load("mlp_digits")), recipe, out=folder)
    assert isinstance(end, Finished)
    return load_run(folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """Four epochs, all of them kept."""
    return trained(tmp_path_factory.mktemp("epochs") / "four", RECIPE)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """The same training, which ends after two."""
    return trained(tmp_path_factory.mktemp("epochs") / "two", replace(RECIPE, epochs=2))


def test_an_epoch_has_the_weights_of_a_training_that_ended_there(run: LoadedRun, short: LoadedRun) -> None:
    """Fails if the slider shows another epoch than it names, or a mixture of two."""
    then = run_at(run, 2)
    wanted = short.model.state_dict()
    assert then.epoch == 2
    assert all(torch.equal(value, wanted[name]) for name, value in then.model.state_dict().items())
    fresh = compile_net(load("mlp_digits")).model(seed=5).state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in run_at(run, 0).model.state_dict().items())
    now = run.model.state_dict()
    assert all(torch.equal(value, now[name]) for name, value in run_at(run, 4).model.state_dict().items())
    assert not torch.equal(now["fc1.weight"], wanted["fc1.weight"])  # and it has left the run itself alone


def test_a_view_at_an_epoch_is_that_of_a_training_that_ended_there(run: LoadedRun, short: LoadedRun) -> None:
    """Fails if a view looks at the newest weights although an epoch was asked for."""
    for name, node in (("filters", "fc1"), ("activations", "fc2"), ("confusion", None)):
        (*_, then), (*_, wanted) = steps_of(run_at(run, 2), name, node), steps_of(short, name, node)
        assert np.array_equal(then.pictures[0].maps, wanted.pictures[0].maps)
    weight = short.model.state_dict()["fc1.weight"].numpy()
    (*_, filters) = steps_of(run_at(run, 2), "filters", "fc1")
    assert np.array_equal(filters.pictures[0].maps.reshape(len(weight), -1), weight)


def test_an_epoch_that_was_not_kept_is_refused_with_those_that_were(run: LoadedRun) -> None:
    """Fails if the nearest one is shown under a wrong name."""
    with pytest.raises(BadRun, match=r"Epoch 9 .* was not kept. It has 0, 1, 2, 3, 4"):
        run_at(run, 9)
    assert epochs_of(run) == (0, 1, 2, 3, 4)


def test_a_run_that_kept_nothing_has_its_end_alone(tmp_path: Path) -> None:
    """Fails if the end of such a run cannot be named, or a film of one picture is made of it."""
    run = trained(tmp_path / "bare", replace(RECIPE, epochs=1, keep=0, snapshots=0))
    assert epochs_of(run) == (1,)
    assert run_at(run, 1) is run
    with pytest.raises(NoPicture, match="Fewer than two epochs of bare were kept"):
        moments_of(run, "filters", "fc1", {}, lambda *_: None)


def test_the_epochs_stay_behind_a_layer_that_was_renamed(run: LoadedRun, short: LoadedRun) -> None:
    """Fails if somebody who renames a layer loses the past of the run."""
    project = Rename(old="fc1", new="first").apply(run.project)
    net = compile_net(project)
    model = net.model(seed=9)
    model.load_state_dict(dict(zip(model.state_dict(), run.model.state_dict().values())))
    now = Subject(net, model.eval(), load_samples(net, project.recipe), "now", run.folder)
    then = KeptNets().subject(now, run.folder, 2)
    assert then.net is net
    assert then.caption == caption(2) == "at the end of epoch 2"
    assert torch.equal(then.model.state_dict()["first.weight"], short.model.state_dict()["fc1.weight"])


def test_nets_held_ready_are_bounded(run: LoadedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if going through the epochs of a large net fills the memory, or each look reads the file anew."""
    now = Subject(run.net, run.model, load_samples(run.net, run.project.recipe))
    nets = KeptNets()
    first = nets.subject(now, run.folder, 1)
    assert nets.subject(now, run.folder, 1).model is first.model
    monkeypatch.setattr(kept_nets, "MOST_BYTES", 2 * sum(v.nbytes for v in run.model.state_dict().values()))
    for epoch in (2, 3, 4, 0):
        nets.subject(now, run.folder, epoch)
    assert len(nets._made) == 2
    assert nets.subject(now, run.folder, 1).model is not first.model


def test_a_film_has_one_scale_and_a_picture_for_each_epoch(run: LoadedRun) -> None:
    """Fails if the colours of a film mean something else in each picture, or an epoch is left out."""
    moments = moments_of(run, "filters", "fc1", {}, lambda *_: None)
    assert [each.epoch for each in moments] == [0, 1, 2, 3, 4]
    same = on_one_scale(moments)
    reach = max(float(np.abs(each.pictures[0].maps).max()) for each in moments)
    assert {(each.pictures[0].low, each.pictures[0].high) for each in same} == {(-reach, reach)}
    assert all(np.array_equal(a.pictures[0].maps, b.pictures[0].maps) for a, b in zip(moments, same))
    with Image.open(io.BytesIO(film(moments, ".gif", width=240))) as picture:
        assert picture.n_frames == 5  # type: ignore[attr-defined]
        sizes = set()
        for place in range(5):
            picture.seek(place)
            sizes.add(picture.size)
        assert len(sizes) == 1


def test_an_mp4_has_as_many_pictures_and_even_sides(run: LoadedRun, tmp_path: Path) -> None:
    """Fails if the film is empty, which odd sides make it without a word."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    place = tmp_path / "film.mp4"
    place.write_bytes(film(moments_of(run, "filters", "fc1", {}, lambda *_: None), ".mp4", width=241))
    order = [ffmpeg, "-i", str(place), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(order, capture_output=True, check=True)
    found = re.search(r"Video: h264.*?, (\d+)x(\d+)", done.stderr.decode())
    assert found is not None
    across, down = map(int, found.groups())
    assert across == 242
    assert down % 2 == 0
    assert len(done.stdout) == (5 + 6) * across * down * 3  # and the last one stays for a moment


def test_many_epochs_become_a_film_that_can_be_watched() -> None:
    """Fails if a run of a thousand epochs makes a film of a thousand pictures, or one without its end."""
    assert some_of(range(3)) == (0, 1, 2)
    some = some_of(range(1001), 120)
    assert len(some) == 120
    assert (some[0], some[-1]) == (0, 1000)
    assert list(some) == sorted(set(some))


def test_epochs_without_a_picture_are_left_out_of_a_scale() -> None:
    """Fails if pictures of another kind are drawn on a scale that is not theirs."""
    low = Tiles(np.zeros((1, 1, 3), np.float32), 0.0, 1.0, "viridis", "", layout="bars")
    high = Tiles(np.zeros((1, 1, 3), np.float32), 0.0, 5.0, "viridis", "", layout="bars")
    other = Tiles(np.zeros((1, 1, 3), np.float32), -9.0, 9.0, "diverging", "")
    same = on_one_scale([FilmMoment(0, (low,)), FilmMoment(1, (other,)), FilmMoment(2, (high,))])
    assert [(each.pictures[0].low, each.pictures[0].high) for each in same] == [(0.0, 5.0), (-9.0, 9.0), (0.0, 5.0)]


@pytest.mark.parametrize(
    ("what", "rest", "sentence"),
    [
        ("RUN", ("--epoch", "9", "-o", "x.png"), "Epoch 9 of"),
        ("RUN", ("--epoch", "-1", "-o", "x.png"), "--epoch takes an epoch, such as 3, or a step of one, such as 1:50"),
        ("RUN", ("--epoch", "2", "-o", "x.gif"), "A film shows all kept epochs. Leave --epoch out"),
        ("mlp_digits", ("--epoch", "2", "-o", "x.png"), "--epoch is for the folder of a run"),
        ("mlp_digits", ("-o", "x.gif"), "A film shows the kept epochs of a run"),
    ],
)
def test_what_has_no_epochs_is_said(
    run: LoadedRun, what: str, rest: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails if a wrong epoch ends in a traceback, is told as a mistake of the program, or gives another picture."""
    place = str(run.folder) if what == "RUN" else what
    assert command(["inspect", place, "--view", "filters", "--node", "fc1", *rest]) != 0
    said = capsys.readouterr().err
    assert sentence in said
    assert "made a mistake" not in said


def test_the_command_writes_an_epoch_and_a_film(
    run: LoadedRun, short: LoadedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails if --epoch is taken and not followed, or the ending .gif gives a single picture."""
    rest = ("--view", "filters", "--node", "fc1", "-o")
    assert command(["inspect", str(run.folder), "--epoch", "2", *rest, str(tmp_path / "then.npz")]) == 0
    with np.load(tmp_path / "then.npz") as numbers:
        assert np.array_equal(numbers["maps"].reshape(64, -1), short.model.state_dict()["fc1.weight"].numpy())
    assert command(["inspect", str(run.folder), *rest, str(tmp_path / "film.gif")]) == 0
    assert "epochs 0 to 4 in 5 pictures" in capsys.readouterr().out
    with Image.open(tmp_path / "film.gif") as picture:
        assert picture.n_frames == 5  # type: ignore[attr-defined]
