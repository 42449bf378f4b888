"""What an augmentation makes of one sample, before any net is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.data import catalog
from app.data.source_looks import looked_at
from app.insight.augmented import augmented
from app.training import batches
from nodes.api import NoData
from tests.support.drawings import chain, node
from tests.training.data_nets import shifted, straightened
from tests.training.mixed_nets import mixed


def photos(*kinds: str) -> Project:
    """Coloured pictures behind each other through these augmentations, and nothing else."""
    names = [f"aug{number + 1}" for number in range(len(kinds))]
    nodes = [node("photos", "Photos"), *(node(name, kind) for name, kind in zip(names, kinds, strict=True))]
    return Project("Photos", graph=Graph.of(nodes, chain("photos.image", *names)))


def test_the_sample_stands_first_and_eight_results_follow() -> None:
    """Fails if the first picture is not the sample itself, results are alike, or a net is asked for."""
    found = augmented(photos("RandomFlip", "ColorJitter"), "aug2")
    assert (found.source, found.behind) == ("photos", ("aug1",))
    assert len(found.pictures) == 9
    feed = catalog.load(next(iter(_sources(photos("RandomFlip")))))
    known = {feed.name_of(place): value for place, value in enumerate(feed.fields["image"])}
    assert np.allclose(found.pictures[0], known[found.sample].permute(1, 2, 0).numpy(), atol=1e-6)
    assert len({picture.tobytes() for picture in found.pictures}) == 9


def _sources(project: Project):  # type: ignore[no-untyped-def]
    from app.insight.augmented import _plan

    return _plan(project, "aug1").sources


def test_again_draws_others_and_the_same_seed_the_same() -> None:
    """Fails if a preview cannot be had again, or Again shows the same once more."""
    project = photos("RandomRotate")
    first, same, other = (augmented(project, "aug1", 2, seed) for seed in (0, 0, 1))
    assert all(map(np.array_equal, first.pictures, same.pictures))
    assert np.array_equal(first.pictures[0], other.pictures[0])
    assert not any(map(np.array_equal, first.pictures[1:], other.pictures[1:]))


def test_results_are_those_of_the_augmentation() -> None:
    """Fails if another function, or other settings, act in the preview than in the training."""
    project = photos("RandomFlip")
    graph = project.graph.with_nodes(
        replace(project.graph.nodes["aug1"], params={"direction": "up and down", "p": 1.0})
    )
    found = augmented(project.with_graph("", graph), "aug1", 4)
    assert all(np.array_equal(picture, found.pictures[0][::-1]) for picture in found.pictures[1:])


def test_mixed_samples_say_how_much_of_each() -> None:
    """Fails if a mixed result does not name its classes, or the sample itself is mixed."""
    project = mixed("Mixup")
    graph = project.graph.with_nodes(project.graph.nodes["mix1"].with_param("alpha", 50.0))
    found = augmented(project.with_graph("", graph), "mix1", 3)
    assert found.labels[0].isdigit()
    told = [label for label in found.labels[1:] if "%" in label]
    assert len(told) >= 3
    for label in told:
        assert sum(int(part.split()[1].rstrip("%")) for part in label.split(", ")) in (99, 100, 101)


def test_series_are_shown_as_curves() -> None:
    """Fails if a row of numbers is shown as a picture, or leaves the frame."""
    graph = Graph.of([node("wine", "Wine"), node("noise", "RandomNoise", std=0.5)], chain("wine.x", "noise"))
    found = augmented(Project("Wine", graph=graph), "noise")
    assert found.pictures == ()
    assert len(found.curves) == 9
    assert all(line.shape == (1, 13) for line in found.curves)
    assert min(line.min() for line in found.curves) >= 0
    assert max(line.max() for line in found.curves) <= 1


def test_the_axis_of_time_is_that_of_the_setting() -> None:
    """Fails if the curves of a sound (channels, time) run across its channels."""
    graph = Graph.of(
        [node("noise", "Noise", shape=(2, 50)), node("mask", "TimeMask", time="last")], chain("noise.noise", "mask")
    )
    found = augmented(Project("Sound", graph=graph), "mask")
    assert {line.shape for line in found.curves} == {(2, 50)}
    turned = replace(graph.nodes["mask"], params={"time": "first"})
    found = augmented(Project("Sound", graph=graph.with_nodes(turned)), "mask")
    assert {line.shape for line in found.curves} == {(3, 2)}


def test_no_sample_of_the_test_part_is_shown() -> None:
    """Fails if a preview looks at samples that nobody may look at yet: nearly all of them are held out here."""
    recipe = Recipe(validation=0.3, test=0.6)
    project = replace(shifted(), recipe=recipe)
    plan = compile_net(project).plan
    parts = batches.divide(plan, batches.load(plan), recipe.validation, recipe.seed, recipe.test)
    learned = {f"sample {number + 1:,}" for number in parts.training.tolist()}
    seen = {augmented(project, "shift1", number).sample for number in range(0, 179, 3)}
    assert len(seen) == 60
    assert seen <= learned


@pytest.mark.parametrize(
    ("wired", "words"), [("", "No source is wired to it yet"), ("Input", "only says what shape arrives")]
)
def test_without_data_it_is_said_what_to_do(wired: str, words: str) -> None:
    """Fails if an augmentation without a source ends in a traceback, or says nothing."""
    nodes = [node("aug1", "RandomFlip"), *([node("in1", wired)] if wired else [])]
    graph = Graph.of(nodes, chain("in1", "aug1") if wired else [])
    with pytest.raises(NoData, match=words):
        augmented(Project("Bare", graph=graph), "aug1")


def test_data_that_does_not_fit_is_said() -> None:
    """Fails if rows of numbers before a flip end in the words of torch."""
    graph = Graph.of([node("wine", "Wine"), node("flip", "RandomFlip")], chain("wine.x", "flip"))
    with pytest.raises(NoData, match="reads an image"):
        augmented(Project("Wine", graph=graph), "flip")


def test_muted_ones_before_it_are_passed_over() -> None:
    """Fails if a muted augmentation acts in the preview of the next one, or breaks it."""
    project = straightened()
    muted = replace(project.graph.nodes["shift1"], bypassed=True)
    found = augmented(project.with_graph("", project.graph.with_nodes(muted)), "shift2")
    assert found.behind == ()
    assert len(found.pictures) == 9


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """Fails if data that is gone ends in a traceback."""
    graph = Graph.of(
        [node("data", "IDX", path=str(tmp_path / "gone")), node("flip", "RandomFlip")],
        [Wire("data", "image", "flip", "x")],
    )
    with pytest.raises(NoData):
        augmented(Project("Gone", graph=graph), "flip")


def test_torchs_numbers_are_left_alone() -> None:
    """Fails if looking at a preview changes what a training beside it draws."""
    before = torch.get_rng_state()
    augmented(mixed("Mixup", "CutMix"), "mix2")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_tone_is_no_silence(tmp_path: Path) -> None:
    """Fails if every so many values of a sound are drawn: a tone whose period fits becomes a flat line."""
    wave = 0.5 * np.sin(2 * np.pi * 300 * np.arange(8_000) / 8_000) * np.linspace(1, 0, 8_000)
    for name in ("a", "b"):
        for number in range(3):
            file = tmp_path / name / f"{number}.wav"
            file.parent.mkdir(exist_ok=True)
            soundfile.write(file, wave, 8_000)
    sounds = node("sounds", "Sounds", path=str(tmp_path))
    graph = Graph.of([sounds, node("shift", "TimeShift")], chain("sounds.wave", "shift"))
    (line, *_) = augmented(looked_at(Project(graph=graph)), "shift", 0, 0).curves[0]
    assert len(line) <= 200
    heights = line.reshape(-1, 2)
    assert (heights[:, 1] - heights[:, 0])[[0, 25, 50]] == pytest.approx([1 / 1.3, 0.75 / 1.3, 0.5 / 1.3], abs=0.03)
