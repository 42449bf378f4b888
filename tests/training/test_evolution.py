"""The evolutionary search: who gets children, what they inherit, who goes; without any training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from app.core.storage import templates
from app.core.variants.axes import axes
from app.core.variants.drawings import Variant, value_now
from app.training.events import EpochDone, Failed, Finished
from app.training.sweeping.evolution import Evolution, mutated
from app.training.sweeping.results import SweepTable
from app.training.sweeping.sweep_events import VariantAdded, VariantEvent

EVERY = axes(["fc1.out_features=8,16,32,64,128,256", "relu1.type=ReLU,Tanh,Sigmoid,GELU", "lr=0.0001~1", "seed=0..9"])
Judge = Callable[[Mapping[str, Any]], float | None]


def goodness(values: Mapping[str, Any]) -> float:
    """A landscape with one top: 256 units, GELU, rate 0.01."""
    from math import log10

    units = values["fc1.out_features"] / 256
    return 0.5 * units + 0.2 * (values["relu1.type"] == "GELU") - 0.1 * abs(log10(values["lr"]) + 2)


def lived(
    tries: int, seed: int, judge: Judge = goodness, population: int | None = None
) -> tuple[SweepTable, list[list[int]]]:
    """A whole search with made-up results; the table, and who was alive when each variant was chosen."""
    table = SweepTable()
    source = Evolution(templates.load("mlp_digits"), EVERY, tries, seed, table, population)
    alive: list[list[int]] = []
    while some := source():
        start = len(table.rows)
        for number, variant in enumerate(some, start):
            alive.append(list(source.alive))
            table.hear(VariantAdded(number, variant.name, variant.values, "", parent=variant.parent))
        for number, variant in enumerate(some, start):
            told(table, number, variant, judge)
    return table, alive


def told(table: SweepTable, number: int, variant: Variant, judge: Judge) -> None:
    value = judge(variant.values)
    if value is None:
        table.hear(VariantEvent(number, Failed(None, "It has diverged.", useless=True)))
        return
    table.hear(VariantEvent(number, EpochDone(1, 1, {"val_accuracy": value}, 1.0, 1.0, 0.1)))
    table.hear(VariantEvent(number, Finished(1, "done", {"val_accuracy": value}, "")))


def test_a_child_differs_from_its_parent_in_one_setting() -> None:
    """Fails if a child is drawn anew, has two other settings, or none, or is one that somebody had before."""
    table, _ = lived(60, 3)
    children = [row for row in table.rows.values() if row.parent is not None]
    assert len(table.rows) == 60
    assert len(children) == 60 - 16
    for row in children:
        parent = table.rows[row.parent or 0]
        assert parent.number < row.number
        assert sum(row.values[name] != parent.values[name] for name in row.values) == 1
    assert len({tuple(row.values.values()) for row in table.rows.values()}) == 60


def test_parents_are_the_best_of_those_drawn_and_the_oldest_go() -> None:
    """With a draw of all that live the parent is the best of the last ``population``, computed here from the numbers
    alone. Fails if the worst of a draw gets the child, or who has lived longest stays."""
    size = 4
    table = SweepTable()
    source = Evolution(templates.load("mlp_digits"), EVERY, 30, 1, table, size)
    source.drawn_at_a_time = size
    while some := source():
        start = len(table.rows)
        for number, variant in enumerate(some, start):
            if variant.parent is not None:
                living = range(start - size, start)
                assert variant.parent == max(living, key=lambda each: goodness(table.rows[each].values))
            table.hear(VariantAdded(number, variant.name, variant.values, "", parent=variant.parent))
        for number, variant in enumerate(some, start):
            told(table, number, variant, goodness)


def test_it_goes_the_same_way_again() -> None:
    """Fails if a search that is continued would choose others: the same seed and results, the same variants."""
    first, second, other = (lived(40, seed)[0] for seed in (5, 5, 6))
    assert [row.values for row in first.rows.values()] == [row.values for row in second.rows.values()]
    assert [row.values for row in first.rows.values()] != [row.values for row in other.rows.values()]


def test_it_finds_more_than_chance() -> None:
    """Ten seeds on a landscape with one top, as many tries by chance. Fails if selection or mutation do nothing."""
    found = [max(goodness(row.values) for row in lived(40, seed)[0].rows.values()) for seed in range(10)]
    chance = []
    for seed in range(10):
        random = Random(seed)
        chance.append(max(goodness({each.name: each.drawn(random) for each in EVERY}) for _ in range(40)))
    assert sum(found) > sum(chance)


def test_who_diverges_has_no_children() -> None:
    """Half of the values cannot be trained, at first all. Fails if one of them becomes a parent, or the search ends."""
    table, _ = lived(40, 2, lambda values: None if values["relu1.type"] in ("ReLU", "Tanh") else goodness(values))
    assert len(table.rows) == 40
    for row in table.rows.values():
        if row.parent is not None:
            assert table.rows[row.parent].result is not None
    nobody, _ = lived(12, 2, lambda values: None)
    assert len(nobody.rows) == 12
    assert all(row.parent is None for row in nobody.rows.values())


def test_the_first_is_the_drawing_and_a_small_space_ends() -> None:
    """Fails if what is drawn is not among the founders, or a search without anything new goes on for ever."""
    project = templates.load("mlp_digits")
    table, _ = lived(6, 0)
    assert table.rows[0].values["relu1.type"] == "ReLU"
    assert table.rows[0].values["fc1.out_features"] == value_now(project, "fc1.out_features") == 64
    assert table.rows[0].values["lr"] == value_now(project, "lr")
    small = Evolution(project, axes(["seed=0..2"]), 20, 0, few := SweepTable(), 2)
    count = 0
    while some := small():
        for variant in some:
            few.hear(VariantAdded(count, variant.name, variant.values, "", parent=variant.parent))
            told(few, count, variant, lambda values: float(values["seed"]))
            count += 1
    assert sorted(row.values["seed"] for row in few.rows.values()) == [0, 1, 2]


def test_numbers_go_to_their_neighbours() -> None:
    """Fails if a number jumps over one between, words never change, or a range is left."""
    random, now = Random(0), {"fc1.out_features": 32, "relu1.type": "Tanh", "lr": 0.9, "seed": 9}
    seen: dict[str, set[Any]] = {name: set() for name in now}
    for _ in range(400):
        for name, value in mutated(now, EVERY, random).items():
            seen[name].add(value)
    assert seen["fc1.out_features"] == {16, 32, 64}
    assert seen["relu1.type"] == {"ReLU", "Tanh", "Sigmoid", "GELU"}
    assert all(0.0001 <= value <= 1 for value in seen["lr"])
    assert all(isinstance(value, int) and 0 <= value <= 9 for value in seen["seed"])


def test_path_and_line_are_those_of_the_numbers() -> None:
    """Fails if the path leaves out a new best, or keeps one that was no better, or a line misses a parent."""
    table, _ = lived(40, 4)
    best, path = float("-inf"), []
    for number in range(40):
        value = goodness(table.rows[number].values)
        if value > best:
            best, path = value, [*path, number]
    assert [row.number for row in table.path()] == path
    top = table.best
    assert top is not None
    line = table.line(top)
    assert line[0].parent is None
    assert line[-1] is top
    assert [row.parent for row in line[1:]] == [row.number for row in line[:-1]]
