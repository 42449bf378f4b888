"""Data in a file: seen before it is loaded, kept in the drawing, told of where it is missing, and found again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.checks.fixes import command_at, words_at
from app.core.checks.lint import notes
from app.core.checks.problems import FindFile
from app.core.commands import SetSetting
from app.core.compile.net import compile_net
from app.core.compile.plan import NotReady, make_plan
from app.core.document import Document
from app.core.graph.model import Project, Wire
from app.core.graph.seen import key_of
from app.core.graph.seen_schema import SeenSchema
from app.core.inference import infer
from app.core.storage.files import open_project, read_text, save_project
from app.core.storage.format import to_text
from app.data.source_looks import looked_at, looks
from app.training.events import Failed, Finished
from app.training.loop import train
from app.training.script import print_script
from nodes.api import Field, Layer, Schema, SetParam
from tests.support.drawings import node
from tests.support.example_source import example_source, example_text, rows_net, write_rows
from tests.training.nets import FAST, same_weights
from tests.training.test_script import by_script, by_us

RECIPE = replace(FAST, lr=0.1, epochs=60, batch_size=16)


@pytest.fixture(autouse=True)
def rows(tmp_path: Path) -> Iterator[Layer]:
    with example_source(tmp_path) as layer:
        yield layer


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "data" / "rows.csv")


def test_the_example_is_as_short_as_it_says() -> None:
    """Fails if the README promises 25 lines and shows more."""
    assert len(example_text().strip().splitlines()) <= 25


def test_it_trains_and_a_script_of_its_own_trains_to_the_same(csv: Path) -> None:
    """Fails if one file is not enough for the check, the training and the exported script."""
    project = looked_at(rows_net(csv))
    model, done = by_us(project, RECIPE)
    assert done[-1].val_loss is not None
    assert done[-1].val_loss < done[0].val_loss / 4  # type: ignore[operator]
    text = print_script(compile_net(project), RECIPE)
    assert "nodes" not in text
    assert "Rows of numbers, 60 samples: x (2,) and y (1,)." in text
    assert same_weights(model, by_script(text))


def test_inference_opens_no_file(csv: Path) -> None:
    """Fails if checking a drawing reads files: what was seen of them has to be given, and nothing else counts."""
    project = rows_net(csv)
    assert [problem.code for problem in infer(project).problems] == ["data"]
    schema = Schema({"x": Field((5,)), "y": Field((1,))}, 9)
    key = key_of(project.graph.nodes["rows"])
    assert key is not None
    csv.unlink()
    report = infer(replace(project, schemas={key: SeenSchema(schema)}))
    assert report.problems == ()
    assert report.main.nodes["rows"].outputs["x"].sizes == (5,)
    assert report.main.nodes["rows"].built.about == "9 samples"  # type: ignore[union-attr]


def test_a_drawing_whose_data_is_elsewhere_keeps_its_shapes(csv: Path, tmp_path: Path) -> None:
    """Fails if a drawing without its file opens without shapes or code, says nothing of it, or trains on nothing."""
    save_project(looked_at(rows_net(csv)), tmp_path / "a.netloom")
    moved = csv.rename(tmp_path / "moved.csv")
    opened = open_project(tmp_path / "a.netloom")
    assert opened.complaints == ()
    project = looked_at(opened.project, tmp_path / "a.netloom")
    assert infer(project).problems == ()
    assert "nn.Linear(2, 8)" in compile_net(project).source.text
    (note,) = notes(project, infer(project))
    assert note.node == "rows"
    assert note.sentence == f"There is no file {csv}. Find it, or choose another one."
    (fix,) = note.fixes
    assert isinstance(fix, FindFile)
    assert words_at(project, "", "rows", fix) == "Find the file…"
    (failed,) = train(compile_net(project), RECIPE)
    assert isinstance(failed, Failed)
    assert str(csv) in failed.sentence
    command = command_at(project, "", "rows", replace(fix, path=str(moved)))
    assert command is not None
    found = looked_at(command.apply(project))
    assert notes(found, infer(found)) == ()
    assert isinstance(list(train(compile_net(found), RECIPE))[-1], Finished)


def test_a_file_that_moved_along_with_the_drawing_is_offered(csv: Path, tmp_path: Path) -> None:
    """Fails if a folder that was copied as a whole has to be searched by hand."""
    project = looked_at(rows_net(csv))
    place = tmp_path / "elsewhere" / "data" / "rows.csv"
    place.parent.mkdir(parents=True)
    csv.rename(place)
    away = looked_at(project, tmp_path / "elsewhere" / "a.netloom")
    (note,) = notes(away, infer(away))
    assert note.fixes == (SetParam("path", str(place.resolve())), FindFile("path"))


def test_a_drawing_that_never_saw_its_data_says_so(tmp_path: Path) -> None:
    """Fails if a missing file of a new drawing is a traceback, or a layer behind it is blamed."""
    for path, sentence in (("", "No file is chosen yet"), (str(tmp_path / "no.csv"), "There is no file")):
        project = looked_at(rows_net(path))
        (problem,) = infer(project).problems
        assert problem.node == "rows"
        assert sentence in problem.sentence
        assert isinstance(problem.fixes[0], FindFile)
        with pytest.raises(NotReady):
            make_plan(project)


@pytest.mark.parametrize("content", ["", "a,b\n", "1,2\n3\n", "\x00\x01", "1,2,3\n4,5,6\n7,8\n"])
def test_a_broken_file_is_a_sentence(tmp_path: Path, content: str) -> None:
    """Fails if a file that cannot be read ends in a traceback or in the words of numpy alone."""
    file = tmp_path / "broken.csv"
    file.write_text(content)
    project = looked_at(rows_net(file))
    if problems := infer(project).problems:
        assert problems[0].sentence.endswith(".")
        return
    (failed,) = train(compile_net(project), RECIPE)
    assert isinstance(failed, Failed)
    assert failed.node == "rows"
    assert failed.sentence.endswith(".")
    assert "torch refused" not in failed.sentence


def test_a_file_that_has_changed_is_not_trained_on_with_old_shapes(csv: Path) -> None:
    """Fails if a file with other columns than the drawing was checked with ends in torch's words."""
    project = looked_at(rows_net(csv))
    write_rows(csv, columns=6)
    (failed,) = train(compile_net(project), RECIPE)
    assert isinstance(failed, Failed)
    assert "Look at it again" in failed.sentence


def test_a_setting_that_names_a_folder_is_a_sentence(tmp_path: Path) -> None:
    """Fails if what is no file at all is a traceback."""
    (tmp_path / "folder.csv").mkdir()
    (problem,) = infer(looked_at(rows_net(tmp_path / "folder.csv"))).problems
    assert "cannot be read" in problem.sentence


def test_what_was_seen_survives_the_file_of_the_drawing() -> None:
    """Fails if classes, parts or counts change on the way through the drawing's file."""
    project = rows_net("far/away.csv")
    key = key_of(project.graph.nodes["rows"])
    assert key is not None
    fields = {"x": Field((3, 4)), "y": Field((), "int", ("cat", "dog"))}
    for schema in (
        Schema(fields, 9, {"train": 6, "test": 3}),
        Schema(fields, 9, ordered=True, overlap=4),
        Schema({"x": Field((2,), "int", 7), "y": Field()}, None),
    ):
        seen = replace(project, schemas={key: SeenSchema(schema, "It is gone.", "near.csv")})
        (back,) = read_text(to_text(seen).encode(), "a").project.schemas.values()
        assert back == SeenSchema(schema)


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {"fields": {}},
        {"fields": {"x": 3}},
        {"fields": {"x": {"sizes": [10**30], "dtype": "float"}}},
        {"fields": {"x": {"sizes": [0], "dtype": "float"}}},
        {"fields": {"x": {"sizes": [2], "dtype": "object"}}},
        {"fields": {"x": {"sizes": [2], "dtype": "int", "classes": [1]}}},
        {"fields": {"x": {"sizes": [2], "dtype": "float"}}, "samples": -1},
        {"fields": {"x": {"sizes": [2], "dtype": "float"}}, "samples": True},
        {"fields": {"x": {"sizes": [2], "dtype": "float"}}, "parts": {"all": 3}},
        {"fields": {"x": {"sizes": [2], "dtype": "float"}}, "parts": [3]},
    ],
)
def test_a_strangers_schema_is_checked(entry: object) -> None:
    """Fails if a drawing's file can say anything of data: what is no schema is left out, and told."""
    project = looked_at(rows_net("far/away.csv"))
    data = json.loads(to_text(project))
    text = json.dumps({**data, "schemas": {"rows": entry, "nobody": {}}})
    opened = read_text(text.encode(), "a")
    assert opened.project.schemas == {}
    assert any("data of 'rows'" in complaint for complaint in opened.complaints)


def test_a_drawing_without_files_is_written_as_before() -> None:
    """Fails if every drawing's file carries an entry that only few need."""
    assert '"schemas"' not in to_text(Project())


def test_learning_is_no_step(csv: Path) -> None:
    """Fails if what was seen can be undone, makes a saved drawing unsaved, or is lost with an undo."""
    document = Document(rows_net(csv))
    document.do(SetSetting("", ("fc1",), "out_features", 5))
    document.undo()
    assert not document.dirty
    change = document.learn(dict(looks(document.project)))
    assert change is not None
    assert {"rows", "fc1"} <= change.reported
    assert not document.dirty
    assert document.undo_title is None
    assert document.report.problems == ()
    document.redo()
    assert document.report.problems == ()
    assert document.dirty
    assert document.learn(dict(looks(document.project))) is None


def test_a_field_that_the_data_lacks_is_told(csv: Path) -> None:
    """Fails if a wire from a field that is not there leaves the layers behind it without a word."""
    project = rows_net(csv)
    key = key_of(project.graph.nodes["rows"])
    assert key is not None
    report = infer(replace(project, schemas={key: SeenSchema(Schema({"x": Field((2,))}, 5))}))
    assert [problem.sentence for problem in report.problems] == [
        "The data of rows has no y (it has: x). Remove the wire."
    ]


def test_the_command_line_looks_for_itself(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a drawing that was never opened in the window cannot be checked or trained without one."""
    save_project(replace(rows_net(csv), recipe=RECIPE), tmp_path / "a.netloom")
    assert run(["check", str(tmp_path / "a.netloom")]) == 0
    assert run(["train", str(tmp_path / "a.netloom"), "--out", str(tmp_path / "run"), "--epochs", "2"]) == 0
    capsys.readouterr()
    csv.unlink()
    assert run(["check", str(tmp_path / "a.netloom")]) == 1
    assert f"rows: There is no file {csv}." in capsys.readouterr().out
    look = ["inspect", str(tmp_path / "run"), "--node", "fc1", "-o", str(tmp_path / "a.png"), "--view"]
    assert run([*look, "filters"]) == 0
    assert run([*look, "activations"]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_two_nodes_with_one_file_are_looked_at_once(csv: Path) -> None:
    """Fails if a large folder is read through once for every node that names it."""
    project = rows_net(csv)
    graph = project.graph.with_nodes(node("again", "NumberRows", path=str(csv)))
    graph = graph.with_wires([*graph.wires, Wire("again", "y", "loss", "target")])
    assert len(list(looks(project.with_graph("", graph)))) == 1
