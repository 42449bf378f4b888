"""Training, validation and test part: no sample in two, nothing torn, time kept in order, nobody looks at the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.data.splits import divide
from app.insight.samples import load_samples, validation_samples
from app.training import batches
from app.training.checkpoints import load_run
from app.training.events import EpochDone, Failed, Finished, Started
from app.training.loop import train
from app.training.script import print_script
from tests.support.example_source import among_ours
from tests.support.own_data import BAD, READ, broken_data, own_data, own_net
from tests.training.nets import FAST, linear_net, same_weights
from tests.training.test_script import by_script, by_us

SHARES = st.floats(min_value=0.01, max_value=0.45)


@pytest.fixture(autouse=True)
def nothing_is_bad() -> Iterator[None]:
    """A script chooses how many threads torch uses; samples are bad for one test alone."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
    BAD.clear()
    READ.clear()


def together(*parts: torch.Tensor) -> list[int]:
    return sorted(number for part in parts for number in part.tolist())


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=3, max_size=200), SHARES, SHARES, st.integers(0, 1000))
def test_each_sample_is_in_one_of_three_parts(classes: list[int], validation: float, test: float, seed: int) -> None:
    """Fails if a sample is in two parts or in none, if a part is empty, if a class is far from its share, or if a class
    is held out as a whole though others are there to be held out."""
    labels = torch.tensor(classes)
    parts = divide(len(labels), validation, test, seed, labels)
    assert together(*parts) == list(range(len(labels)))
    assert all(len(part) for part in parts)
    for each in labels.unique():
        fair = test * int((labels == each).sum())
        assert abs(int((labels[parts[2]] == each).sum()) - fair) <= 2
    if (torch.bincount(labels) > 2).sum() >= 2 and len(labels) > 40:
        assert set(labels.tolist()) == set(labels[parts[0]].tolist())


@pytest.mark.parametrize("count", [3, 4, 5, 7])
def test_few_samples_still_fill_each_part(count: int) -> None:
    """Fails if shares are rounded to nothing, as 5 samples by 0.8, 0.1 and 0.1 are elsewhere."""
    learn, validation, test = divide(count, 0.1, 0.1, 0)
    assert (len(validation), len(test)) == (1, 1)
    assert len(learn) == count - 2


def test_without_a_test_part_drawings_hold_out_what_they_did() -> None:
    """Fails if the samples that a run of an earlier version held out are learned from when it is continued."""
    labels = torch.arange(50) % 3
    order = torch.randperm(50, generator=torch.Generator().manual_seed(7))
    order = order[torch.argsort(labels[order], stable=True)]
    place = torch.arange(50)
    teeth = (place + 1) * 10 // 50 > place * 10 // 50
    learn, validation, test = divide(50, 0.2, 0.0, 7, labels)
    assert torch.equal(validation, order[teeth].sort().values)
    assert torch.equal(learn, order[~teeth].sort().values)
    assert not len(test)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 9), min_size=4, max_size=40), SHARES, SHARES, st.integers(0, 99), st.booleans())
def test_no_group_is_torn(sizes: list[int], validation: float, test: float, seed: int, ordered: bool) -> None:
    """Fails if two samples of one group are in two parts, or a share is further off than the largest group."""
    groups = torch.repeat_interleave(torch.arange(len(sizes)) * 13 + 5, torch.tensor(sizes))
    if not ordered:
        groups = groups[torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed))]
    parts = divide(len(groups), validation, test, seed, groups=groups, ordered=ordered)
    assert together(*parts) == list(range(len(groups)))
    named = [set(groups[part].tolist()) for part in parts]
    assert all(named)
    assert sum(map(len, named)) == len(set().union(*named))
    for part, share in zip(parts[1:], (validation, test)):
        assert abs(len(part) - share * len(groups)) <= max(sizes) + 1


def test_groups_come_as_near_to_the_share_as_they_can() -> None:
    """Fails if the first group that comes decides, though others would fit: 30 + 10 is the share of 40 in 200."""
    groups = torch.repeat_interleave(torch.arange(6), torch.tensor([70, 30, 50, 25, 15, 10]))
    for seed in range(5):
        _, validation, _ = divide(200, 0.2, 0.0, seed, groups=groups)
        assert len(validation) == 40


def test_grouped_classes_keep_their_proportion() -> None:
    """Fails if groups are chosen by their size alone, so that one class is missing from what is checked."""
    groups = torch.arange(400) // 4
    labels = (groups % 5 == 0).long()
    _, validation, test = divide(400, 0.2, 0.2, 1, labels, groups)
    for part in (validation, test):
        assert len(part) == 80
        assert int(labels[part].sum()) == 16


def test_time_is_never_mixed() -> None:
    """Fails if something of the future is learned from: what is held out comes last, the test behind the check."""
    learn, validation, test = divide(20, 0.2, 0.15, 5, torch.arange(20) % 2, ordered=True)
    assert learn.tolist() == list(range(13))
    assert validation.tolist() == list(range(13, 17))
    assert test.tolist() == [17, 18, 19]


@pytest.mark.parametrize("test", [0.0, 0.15])
def test_samples_that_share_values_are_never_in_two_parts(test: float) -> None:
    """Fails if a sample of the training shares values with one that is held out, or more are left out than do."""
    learn, validation, tested = divide(40, 0.2, test, 5, ordered=True, overlap=3)
    borders = [part.tolist() for part in (learn, validation, tested) if len(part)]
    assert [number for part in borders for number in part] == sorted({n for part in borders for n in part})
    assert all(second[0] - first[-1] == 4 for first, second in pairwise(borders))
    assert len(validation) == 8
    assert len(tested) == 40 * test
    assert sum(map(len, borders)) == 40 - 3 * (len(borders) - 1)


def test_what_the_data_holds_out_itself_is_kept_apart_too() -> None:
    """Fails if only what is cut here is kept apart, or if groups forget it."""
    parts = {"test": torch.arange(20, 25)}
    learn, validation, test = divide(60, 0.2, 0.2, 0, ordered=True, overlap=2, parts=parts)
    assert test.tolist() == list(range(20, 25))
    assert learn.tolist() == [n for n in range(min(validation.tolist()) - 2) if not 18 <= n < 27]
    groups = torch.arange(60) // 5
    learn, validation, test = divide(60, 0.2, 0.2, 0, groups=groups, ordered=True, overlap=2)
    named = [set(groups[part].tolist()) for part in (learn, validation, test)]
    assert not named[0] & named[1]
    assert not named[1] & named[2]
    assert max(learn) + 2 < min(validation)
    assert max(validation) + 2 < min(test)


def test_what_is_left_out_is_in_no_part() -> None:
    """Fails if a sample that was left out by hand is learned from, or the shares are taken of more than is left."""
    parts = {"train": torch.arange(60), "test": torch.arange(60, 80)}
    out = torch.tensor([0, 5, 61])
    learn, validation, test = divide(80, 0.25, 0.3, 0, without=out, parts=parts)
    assert together(learn, validation) == [n for n in range(60) if n not in (0, 5)]
    assert test.tolist() == [60, *range(62, 80)]
    assert len(validation) == round(58 * 0.25)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"count": 2, "validation": 0.2, "test": 0.2}, "2 samples cannot be divided"),
        ({"count": 8, "validation": 0.2, "test": 0.2, "ordered": True, "overlap": 3}, "share values with"),
        ({"count": 50, "validation": 0.6, "test": 0.4}, "together take all samples"),
        ({"count": 50, "validation": 0.2, "test": 0.0, "groups": torch.zeros(50)}, "1 group that may not be torn"),
        ({"count": 3, "validation": 0.2, "test": 0.0, "without": torch.arange(3)}, "0 samples cannot be divided"),
    ],
)
def test_what_cannot_be_divided_is_a_sentence(arguments: dict[str, object], words: str) -> None:
    """Fails if data that cannot be held out from is a traceback, or trains on nothing."""
    with pytest.raises(ValueError, match=words):
        divide(seed=0, **arguments)  # type: ignore[arg-type]


RECIPE = replace(FAST, batch_size=16, validation=0.2, test=0.15, seed=3)
KINDS = {
    "plain": RECIPE,
    "grouped": RECIPE,
    "ordered": RECIPE,
    "overlapping": RECIPE,
    "overlapping, test alone": replace(RECIPE, validation=0.0),
    "rare": replace(RECIPE, test=0.0, validation=0.7),
    "plain, test alone": replace(RECIPE, validation=0.0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_divides_the_data_in_the_same_way(kind: str) -> None:
    """Fails if the exported program learns from another sample than the training did: then a weight differs."""
    with among_ours(own_data(kind.partition(",")[0])) as layer:
        del layer
        project, recipe = own_net(f"Own{kind.partition(',')[0].capitalize()}"), KINDS[kind]
        model, done = by_us(project, recipe)
        text = print_script(compile_net(project), recipe)
        assert done
        assert same_weights(model, by_script(text))


def test_the_short_way_is_printed_where_it_does() -> None:
    """Fails if every program shows the whole function, though few need more than a share of each class."""
    text = print_script(compile_net(linear_net()), FAST)
    assert "def split(labels):" in text
    assert "def divide" not in text


def test_nobody_reads_the_test_part(tmp_path: Path) -> None:
    """Fails if training, the check, measured layers, early stopping or pictures look at one sample of the test."""
    with among_ours(broken_data()):
        project = own_net("Broken", ("scale", "Standardize"), classes=2)
        recipe = replace(RECIPE, stopping="no-better")
        project = replace(project, recipe=recipe)
        net = compile_net(project)
        parts = batches.divide(net.plan, batches.load(net.plan), recipe.validation, recipe.seed, recipe.test)
        READ.clear()
        events = list(train(net, recipe, out=tmp_path / "run"))
        assert isinstance(events[-1], Finished)
        (started,) = (event for event in events if isinstance(event, Started))
        assert (started.samples, started.validation, started.test) == tuple(map(len, parts))
        load_samples(net, recipe)
        held = validation_samples(load_run(tmp_path / "run"))
        assert held.count == len(parts.validation)
        for number in range(held.count):
            held.one(number)
        assert set(READ) == {*parts.training.tolist(), *parts.validation.tolist()}


def test_a_run_keeps_its_test_part(tmp_path: Path) -> None:
    """Fails if a run can be continued with another share, so that it learns from what it is tested on."""
    recipe = replace(FAST, epochs=1, test=0.2)
    net = compile_net(replace(linear_net(), recipe=recipe))
    assert isinstance(list(train(net, recipe, out=tmp_path / "run"))[-1], Finished)
    (failed,) = train(net, replace(recipe, epochs=2, test=0.0), resume=tmp_path / "run")
    assert isinstance(failed, Failed)
    assert "share for the test 0.2, not 0.0" in failed.sentence
    assert Recipe().changed(dict(recipe.as_dict())).test == 0.2
    assert "test" not in Recipe().as_dict()


def test_the_share_of_the_test_is_not_learned_from() -> None:
    """Fails if the test share is taken, and trained on all the same."""
    counts = {}
    for test in (0.0, 0.5):
        (started, *events) = train(compile_net(linear_net()), replace(FAST, epochs=1, test=test))
        assert isinstance(started, Started)
        assert any(isinstance(event, EpochDone) for event in events)
        counts[test] = started.samples
    assert counts[0.0] - counts[0.5] == round(1797 * 0.5)


@pytest.mark.parametrize("overlap", [1, 3, 9])
def test_between_two_parts_lie_as_many_samples_as_share_values(overlap: int) -> None:
    """Fails if fewer samples than share values lie between two parts of ordered data, or one part ends up empty."""
    learn, validation, test = divide(100, 0.2, 0.1, 0, ordered=True, overlap=overlap)
    assert int(validation.min()) - int(learn.max()) == overlap + 1
    assert int(test.min()) - int(validation.max()) == overlap + 1
    assert int(test.max()) == 99
    assert together(learn, validation, test) == sorted(
        {*range(100)}
        - {*range(len(learn), len(learn) + overlap)}
        - {*range(int(validation.max()) + 1, int(test.min()))}
    )
    with pytest.raises(ValueError, match="share values with their neighbours"):
        divide(60, 0.2, 0.1, 0, ordered=True, overlap=50)
