"""A question about data can be answered a second time, and otherwise."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.cli.main import run
from app.core.graph.model import Graph, Node, Project
from app.core.graph.seen import schema_now
from app.data.source_looks import looked_at
from app.data.understanding import looked_at as understood_again
from app.data.understanding import understand
from nodes.api import Guess, Schema
from tests.data.table_files import described, guess_of, write

RATED = "rating,zip,id,day,gap,price\n" + "".join(
    f"{1 + at * 7 % 5},0123{at % 3},{at},0{1 + at % 9}/0{1 + at % 7}/2020,{at % 4 or ''},{at * 1.5}\n"
    for at in range(40)
)


def pictures(root: Path) -> Path:
    for at in range(6):
        place = root / "ab"[at % 2] / f"{at}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((30 + 9 * at, 40), 80).save(place)
    Image.new("RGB", (50, 60), (200, 0, 0)).save(root / "a" / "red.png")
    return root


def asked(project: Project) -> dict[str, Guess]:
    schema = schema_now(project.schemas, project.graph.nodes["data"])
    assert schema is not None
    return {guess.setting: guess for guess in schema.guesses}


def drawing(path: Path, **settings: object) -> Project:
    return Project(graph=Graph.of([Node("data", "Pictures", {"path": str(path), **settings})], []))


def test_an_answer_can_be_changed_in_the_drawing(tmp_path: Path) -> None:
    """Fails if what was asked vanishes with the answer, says what is no longer so, or is forgotten by the next look."""
    project = looked_at(drawing(pictures(tmp_path / "data")))
    assert asked(project)["size"].chosen == (32, 32)
    for size in ((64, 64), (128, 128)):
        graph = Graph.of(
            [Node("data", "Pictures", {"path": str(tmp_path / "data"), "size": size, "colour": "grey"})], []
        )
        project = looked_at(replace(project, graph=graph))
        guesses = asked(project)
        assert guesses["size"].chosen == size
        assert f"{size[0]}×{size[0]}" in guesses["size"].sentence
        assert (32, 32) in [value for _, value in guesses["size"].choices]
        assert guesses["colour"].chosen == "grey"
        assert [value for _, value in guesses["colour"].choices] == ["RGB", "grey"]
    assert asked(looked_at(project))["size"].chosen == (128, 128)  # and when it is looked at once more


def test_what_was_typed_is_among_the_answers(tmp_path: Path) -> None:
    """Fails if a value that nobody offered presses no button, so that it seems that nothing was chosen."""
    (found,) = [next(understand(pictures(tmp_path)))]
    again = understood_again(replace(found, settings={**found.settings, "size": (20, 30)}))
    assert again.schema is not None
    (guess,) = [each for each in again.schema.guesses if each.setting == "size"]
    assert guess.chosen == (20, 30)
    assert ("20×30", (20, 30)) in guess.choices


def kinds(schema: Schema, name: str) -> Guess:
    return guess_of(schema, "kinds", f"'{name}'")


@pytest.mark.parametrize("kind", ["number", "category", "ordered category"])
def test_the_kind_of_a_column_can_be_chosen_again(tmp_path: Path, kind: str) -> None:
    """Fails if the question about a rating is gone once it was answered, or its sentence says what it was before."""
    path = write(tmp_path / "a.csv", RATED)
    first = kinds(described(path), "rating")
    (value,) = [value for label, value in first.choices if label == kind]
    again = kinds(described(path, kinds=value), "rating")
    assert again.choices == first.choices
    assert again.chosen == value
    assert again.sentence.endswith(f" and is read as a{'n' * kind.startswith('o')} {kind}.")


def test_every_question_about_a_table_stays(tmp_path: Path) -> None:
    """Fails if an answer about the role of a column, missing cells, a date or the target takes its question away, or
    another column's with it."""
    path = write(tmp_path / "a.csv", RATED)
    schema = described(path)
    assert {guess.setting for guess in schema.guesses} >= {"kinds", "roles", "missing", "target"}
    for guess in schema.guesses:
        for _, value in guess.choices:
            changed = described(path, **{guess.setting: value})
            same = [
                each
                for each in changed.guesses
                if each.setting == guess.setting
                and [label for label, _ in each.choices] == [x for x, _ in guess.choices]
            ]
            assert value in [each.chosen for each in same], (guess.sentence, value)
    changed = described(path, roles=("id=feature",))
    said = guess_of(changed, "roles", "'id'").sentence
    assert said == "'id' is a feature, as you chose. Without it, it would be left out."


def test_several_targets_can_become_one_again(tmp_path: Path) -> None:
    """Fails if choosing two targets leaves no way back."""
    path = write(tmp_path / "a.csv", "a,b,c\n" + "".join(f"{n}.5,{n * 7 % 11}.25,{n * 5 % 11}.75\n" for n in range(12)))
    both = guess_of(described(path, target="b, c"), "target")
    assert both.chosen == "b, c"
    assert both.sentence == "'b', 'c' are what is predicted."
    assert "c" in [value for _, value in both.choices]


def test_what_the_command_offers_can_be_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a choice that ``data`` prints is refused when it is typed as it stands there."""
    path = write(tmp_path / "a.csv", RATED)
    assert run(["data", str(path)]) == 0
    offers = re.findall(r"\((--set .+?)\)(?:[;\n]|$)", capsys.readouterr().out)
    assert len(offers) > 10
    for offer in offers:
        assert run(["data", str(path), *shlex.split(offer)]) == 0, offer
        out, err = capsys.readouterr()
        assert err == ""
        assert "40 rows, 6 columns" in out or "skipped" in out


def test_columns_are_named_one_after_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a second --set of another column forgets the first, or a kind with a comma is torn."""
    path = write(tmp_path / "a.csv", RATED)
    several = ["--set", "kinds=rating=category", "--set", "kinds=day=date, month first", "--set", "kinds=zip=number"]
    assert run(["data", str(path), *several]) == 0
    out = capsys.readouterr().out
    assert "'rating' has whole numbers from 1 to 5 and is read as a category." in out
    assert "and is read with the month first." in out
