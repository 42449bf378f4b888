"""Layers of the user's own: nothing runs without trust, what is broken is named, and the rest load."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from app.cli.main import run
from app.core import userlayers
from app.core.checks.lint import notes
from app.core.compile.net import compile_net
from app.core.document import Document
from app.core.graph.model import Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.saved_tensors import saved_at
from app.core.storage.files import save_project
from nodes.api.registry import find, layers, ours, set_yours
from tests.support.drawings import chain, node

Capture = pytest.CaptureFixture[str]
EXAMPLE = re.search(r"```python\n(.*?)```", userlayers.page_text(), re.DOTALL).group(1)  # type: ignore[union-attr]
PLAIN = '''
from nodes.api import Built, Call, Example, Float, Int, Misfit, Param, Shape, expression, layer, module
{before}
@layer(id="{id}", name="Mine", examples=[Example(inputs=[(4,)], output={output})], {more})
def mine(x: Shape) -> Built:
    """Does as it is told."""
    {body}
    return Built({call}, output={result})
'''


def text(**parts: str) -> str:
    """A layer file, with parts of it replaced."""
    usual = {
        "id": "Mine",
        "before": "",
        "output": "(4,)",
        "more": "",
        "body": "pass",
        "call": 'expression("{x}")',
        "result": "x",
    }
    result = PLAIN
    for name, value in (usual | parts).items():
        result = result.replace("{" + name + "}", value)
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty layer folder; afterwards the registry is as before."""
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path))
    place = tmp_path / "layers"
    place.mkdir()
    yield place
    set_yours(())


def load_all() -> userlayers.LoadedUserLayers:
    return userlayers.load(lambda file: True)


def using(type_: str) -> Project:
    return Project(
        "Mine",
        graph=Graph.of(
            [node("a", "Input", shape=(8,)), node("it", type_), node("end", "Output")], chain("a", "it", "end")
        ),
    )


def test_the_layer_of_the_explaining_page_works(folder: Path) -> None:
    """Fails if the page in the folder shows a layer that cannot be loaded, or one that computes something else."""
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    loaded = load_all()
    assert loaded.broken == ()
    assert [ids for _, ids in loaded.files] == [("TanhLinear",)]
    layer = find("TanhLinear")
    assert layer is not None
    assert layer.category == "yours"
    assert list(layers())[-1] == "TanhLinear"
    assert {param.name for param in layer.params} == {
        "out_features",
        "init",
        "init_value",
        "given",
        "frozen",
        "lr_factor",
    }
    net = compile_net(using("TanhLinear"))
    assert "import torch" in net.source.text
    assert "netloom" not in net.source.text.replace("drawn with Netloom", "")
    model, batch = net.model(seed=1), torch.rand(3, 8)
    with torch.no_grad():
        torch.testing.assert_close(model(batch), torch.tanh(model.it(batch)))


def test_the_folder_is_made_with_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the page is missing, or one that somebody has changed is overwritten."""
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "new"))
    assert load_all() == userlayers.LoadedUserLayers()
    assert not userlayers.folder().exists()
    place = userlayers.made_folder()
    assert (place / userlayers.README).read_text() == userlayers.page_text()
    (place / userlayers.README).write_text("mine")
    assert userlayers.made_folder() == place
    assert (place / userlayers.README).read_text() == "mine"
    assert load_all() == userlayers.LoadedUserLayers()


def test_nothing_runs_without_trust(folder: Path) -> None:
    """Fails if a file is executed before anybody has said that it may, or after it has changed."""
    marker = folder / "it_ran"
    path = folder / "mine.py"
    path.write_text(text(before=f"open({str(marker)!r}, 'w').close()"))
    project = using("Mine")
    loaded = userlayers.load(lambda file: False)
    assert [file.path for file in loaded.waiting] == [path]
    assert not marker.exists()
    assert [problem.code for problem in infer(project).problems] == ["unknown"]
    digest = loaded.waiting[0].digest
    assert userlayers.load(lambda file: file.digest == digest).waiting == ()
    assert marker.exists()
    assert infer(project).problems == ()
    path.write_text(path.read_text() + "\n# changed\n")
    assert userlayers.load(lambda file: file.digest == digest).waiting
    assert find("Mine") is None


def test_exactly_what_was_trusted_is_run(folder: Path) -> None:
    """Fails if a file that changes between the question and the answer is run as it is then."""
    path = folder / "mine.py"
    path.write_text(text())
    file = userlayers.load(lambda each: False).waiting[0]
    path.write_text("raise SystemExit('something else')")
    assert userlayers._layers_of(file, {})[0].id == "Mine"


BROKEN = {
    "syntax": (EXAMPLE + "\ndef broken(:\n", "This is no Python"),
    "import": ("import no_such_module\n", "ModuleNotFoundError"),
    "exit": ("x = 1\nraise SystemExit('bye')\n", "SystemExit: bye"),
    "error": ("\n\n1 / 0\n", "ZeroDivisionError"),
    "empty": ("", "declares no layer"),
    "borrowed": ("from nodes.activation.relu import relu\n", "declares no layer"),
    "id of ours": (text(id="ReLU"), "ReLU is the id of one of Netloom's own layers"),
    "bad id": (text(id="block:x"), "The id 'block:x' is not possible"),
    "twice": (text() + text().replace("def mine", "def other"), "Mine is the id of a layer in"),
    "category": (text(more='category="magic"'), "names the category 'magic'"),
    "not for layers": (text(more='category="sources"'), "names the category 'sources'"),
    "role": (text(more='role="source"'), "has the role source"),
    "no help": (text().replace('"""Does as it is told."""', ""), "the docstring is the help"),
    "no example": (text().replace("examples=[Example(inputs=[(4,)], output=(4,))]", "examples=[]"), "has no example"),
    "wrong example": (text(output="(5,)"), "promises output = 5, but the rule gives 4"),
    "failing example": (text(body="raise Misfit('It does not fit.')"), "does not work: It does not fit."),
    "failing rule": (text(body="1 / 0"), "The rule of Mine failed"),
    "no result": (text(body="return 3"), "must give Built"),
    "no shape": (text(result="(0, 2.5)"), "whole numbers above 0"),
    "nothing": (text(call="None"), "must give Built"),
    "foreign module": (text(call='module("os.system", "x")'), "can use modules of torch alone"),
    "data": (text(call='Call("data:Digits", forward=())'), "can use modules of torch alone"),
    "no module of ours": (text(call='module("modules.Nothing")'), "none of Netloom's modules"),
    "foreign name": (text(call='expression("numpy.tanh({x})")'), "uses numpy, which the printed file does not have"),
    "import in forward": (text(call='expression("{x}").used_as("import os")'), "imports something"),
    "no hole": (text(call='expression("{y}")'), "{y} stands for nothing"),
    "no python": (text(call='expression("{x} +")'), "is no Python"),
    "no value": (text(call='module("nn.Linear", object())'), "cannot be printed"),
    "kind of setting": (
        text(
            before="class Odd(Param):\n    def check(self, value):\n        return value\n", more='params=[Odd("a")]'
        ).replace("(x: Shape)", "(x: Shape, *, a)"),
        "of a kind that Netloom does not know",
    ),
    "settings differ": (text(more='params=[Int("a", 1)]'), "settings ['a'] and keyword-only arguments [] differ"),
    "twice a setting": (
        text(more='learns="weights", params=[Int("init", 1)]').replace("(x: Shape)", "(x: Shape, *, init)"),
        "declares a setting twice",
    ),
    "no name": (text().replace('name="Mine"', "name=3"), "that is no text"),
    "picture": (text(more='picture="linear"'), "The trait picture of Mine is none"),
    "values": (text(more="values=(0, 1)"), "The trait values of Mine is none"),
    "limits": (
        text(before="from nodes.api import Values", more='values=Values("a")'),
        "The trait values of Mine is none",
    ),
    "reads": (text(more='reads={"prediction": "numbers"}'), "The trait reads of Mine is none"),
    "reads what": (text(more='reads="words"'), "The trait reads of Mine is none"),
    "linear": (text(more="linear=True"), "The trait linear of Mine is none"),
    "saves": (text(more='saves="input"'), "The trait saves of Mine is none"),
    "least": (text(more='least="0"'), "The trait least of Mine is none"),
    "decides": (text(more='decides="smallest"'), "The trait decides of Mine is none"),
    "null byte": ("x = 1\0", "null byte"),
    "no text": (b"\xff\xfe\x00", "This is no Python"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_named_and_the_rest_load(what: str, folder: Path) -> None:
    """Fails if a broken file stops the program or the others, or is not reported with its place and a sentence."""
    content, words = BROKEN[what]
    path = folder / "broken.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "tanh_linear.py").write_text(EXAMPLE.replace("TanhLinear", "Healthy"))
    loaded = load_all()
    assert [ids for _, ids in loaded.files] == [("Healthy",)]
    (broken,) = loaded.broken
    assert broken.path == path
    assert words in broken.sentence, broken.sentence
    assert broken.sentence.endswith("."), broken.sentence
    assert "Mine" not in layers()
    assert layers()["ReLU"] is ours()["ReLU"]


@pytest.mark.parametrize(("what", "line"), [("error", 3), ("exit", 2), ("id of ours", 4), ("failing rule", 4)])
def test_the_line_is_named(what: str, line: int, folder: Path) -> None:
    """Fails if whoever wrote a file has to look for the mistake."""
    path = folder / "broken.py"
    path.write_text(str(BROKEN[what][0]))
    (broken,) = load_all().broken
    assert broken.line == line
    assert str(broken).startswith(f"{path}, line {line}: ")


def test_two_files_with_one_id(folder: Path) -> None:
    """Fails if the second takes the place of the first, or neither is loaded."""
    (folder / "a.py").write_text(text())
    (folder / "b.py").write_text(text())
    loaded = load_all()
    assert [file.path.name for file, _ in loaded.files] == ["a.py"]
    assert "in a.py already" in loaded.broken[0].sentence


def test_files_that_are_none_are_left_alone(folder: Path) -> None:
    """Fails if helpers, folders or other files are taken for layers, or a huge file is read."""
    (folder / "_helper.py").write_text("1 / 0")
    (folder / "notes.txt").write_text("1 / 0")
    (folder / "odd.py").mkdir()
    (folder / "huge.py").write_bytes(b"#" * 1_000_001)
    broken = load_all().broken
    assert sorted(each.path.name for each in broken) == ["huge.py", "odd.py"]
    assert all(str(each).endswith(".") for each in broken)


def test_a_category_of_ours_and_a_loss(folder: Path) -> None:
    """Fails if an own layer cannot stand among ours, or an own loss cannot be weighted."""
    (folder / "a.py").write_text(text(more='category="activation"'))
    (folder / "b.py").write_text(
        text(id="MyLoss", more='role="loss", outputs=["loss"]', output='None, outputs={"loss": ()}')
        .replace("(x: Shape)", "(prediction: Shape)")
        .replace(
            'Built(expression("{x}"), output=x)',
            'Built(module("nn.Identity").used_as("{loss} = {prediction}.mean()"), outputs={"loss": Shape(())})',
        )
    )
    loaded = load_all()
    assert loaded.broken == ()
    mine = find("Mine")
    assert mine is not None
    assert mine.category == "activation"
    order = [layer.category for layer in layers().values()]
    assert order == sorted(order, key=list(dict.fromkeys(order)).index)
    loss = find("MyLoss")
    assert loss is not None
    assert {param.name for param in loss.params} == {
        "weight",
        "updates",
        "steps",
        "optimizer",
        "lr",
        "optimizer_settings",
    }


def test_a_rule_that_fails_later_is_a_sentence_at_the_node(folder: Path) -> None:
    """Fails if a mistake in an own layer ends the program while somebody draws, instead of marking the node."""
    (folder / "a.py").write_text(
        text(more='params=[Float("share", 1.0)]', body="size = int(4 / share)").replace(
            "(x: Shape)", "(x: Shape, *, share)"
        )
    )
    assert load_all().broken == ()
    graph = using("Mine").graph
    document = Document(Project(graph=graph.with_nodes(Node("it", "Mine", {"share": 0.0}))))
    (problem,) = document.report.problems
    assert problem.code == "shape"
    assert "a.py, line 7" in problem.sentence
    assert "ZeroDivisionError" in problem.sentence
    assert problem.sentence.endswith(".")


@pytest.mark.parametrize("trait", ["lambda s, x: 1 / 0", "lambda s, x: 3", "lambda: Values(0.0)", "lambda s, x: None"])
def test_values_that_fail_later_say_nothing(trait: str, folder: Path) -> None:
    """Fails if a mistake in what an own layer says of its values ends the program when notes are made, or if what a
    right one says is not heard."""
    before = "from nodes.api import Values"
    (folder / "a.py").write_text(text(before=before, more=f"values={trait}"))
    (folder / "b.py").write_text(text(id="Right", before=before, more="values=lambda s, x: Values(0.0, 1.0)"))
    assert load_all().broken == ()
    for kind, found in (("Mine", []), ("Right", ["bounded_scores"])):
        nodes = [
            *(node("x", "Input", shape=(4,)), node("fc", "Linear", out_features=4), node("it", kind)),
            *(node("goal", "Input", shape=(), dtype="int", classes=4), node("loss", "CrossEntropyLoss")),
        ]
        wires = [*chain("x", "fc", "it", "loss.prediction"), *chain("goal", "loss.target")]
        project = Project(graph=Graph.of(nodes, wires))
        said = [note.code for note in notes(project, infer(project)) if note.code != "untrained"]
        assert said == found


@pytest.mark.parametrize(("extra", "more"), [("lambda a, b, s: 4 * a[0].values", 16), ("lambda a, b, s: 1 / 0", 0)])
def test_what_an_own_layer_saves_counts(extra: str, more: int, folder: Path) -> None:
    """Fails if the estimate of memory does not hear what an own layer saves, or a mistake in that ends the program."""
    before = "from nodes.api.saves import Saves"
    (folder / "a.py").write_text(text(before=before, more=f"saves=Saves(extra={extra})"))
    assert load_all().broken == ()
    project = using("Mine")
    kept = saved_at(project.graph.nodes["it"], infer(project).main.nodes["it"])
    assert kept.values == 32 + 2 * more  # the output, and that


def test_a_document_notices_layers_that_came(folder: Path) -> None:
    """Fails if a drawing has to be opened again after its layer was trusted, or loses its past."""
    from app.core.commands import Rename

    document = Document(using("Mine"))
    document.do(Rename(old="a", new="b"))
    assert [problem.code for problem in document.report.problems] == ["unknown"]
    heard = []
    document.subscribe(heard.append)
    (folder / "a.py").write_text(text())
    load_all()
    document.renew()
    assert document.report.problems == ()
    assert heard[0].reported == {"b", "it", "end"}
    assert document.undo_title == "Rename a to b"


def test_loading_again_takes_the_place_of_the_first_time(folder: Path) -> None:
    """Fails if a layer whose file is gone, or has another id now, stays in the palette."""
    path = folder / "a.py"
    path.write_text(text())
    load_all()
    path.write_text(text(id="Other"))
    load_all()
    assert (find("Mine"), find("Other") is not None) == (None, True)
    path.unlink()
    load_all()
    assert find("Other") is None
    assert dict(layers()) == dict(ours())


def test_the_command_line_needs_the_switch(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a command runs own layers without being told, cannot run them at all, or is silent about broken ones."""
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    (folder / "broken.py").write_text("\n1 / 0\n")
    path = tmp_path / "mine.netloom"
    save_project(using("TanhLinear"), path)
    assert run(["check", str(path)]) == 1
    assert "no layer type 'TanhLinear'" in capsys.readouterr().out
    assert run(["--trust-layers", "check", str(path)]) == 0
    captured = capsys.readouterr()
    assert "no problems" in captured.out
    assert captured.err == f"{folder / 'broken.py'}, line 2: ZeroDivisionError: division by zero.\n"


def test_the_environment_can_say_so_too(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Fails if a script has to name the switch in every line."""
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    assert not userlayers.trusts_everything()
    monkeypatch.setenv("NETLOOM_TRUST_LAYERS", "1")
    assert userlayers.trusts_everything()
    assert run(["layers"]) == 0
    out = capsys.readouterr().out
    assert "Your own" in out
    assert "TanhLinear" in out


def test_the_program_itself_knows_the_switch(folder: Path, tmp_path: Path) -> None:
    """Fails if main.py takes the switch for a file or an unknown command."""
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    path = tmp_path / "mine.netloom"
    save_project(using("TanhLinear"), path)
    main = Path(__file__).parents[2] / "main.py"
    done = subprocess.run(
        [sys.executable, str(main), "--trust-layers", "check", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "no problems" in done.stdout


def test_wires_to_an_own_layer_survive_its_absence(folder: Path, tmp_path: Path) -> None:
    """Fails if a drawing loses settings or wires because it was opened without the layer."""
    (folder / "tanh_linear.py").write_text(EXAMPLE)
    load_all()
    project = using("TanhLinear")
    it = project.graph.nodes["it"].with_param("out_features", 3)
    project = project.with_graph("", project.graph.with_nodes(it))
    set_yours(())
    document = Document(project)
    path = tmp_path / "a.netloom"
    document.save(path)
    again = Document.open(path).project
    load_all()
    assert infer(again).main.shape(Wire("it", "output", "end", "x")) == infer(project).main.shape(
        Wire("it", "output", "end", "x")
    )
    assert infer(again).problems == ()
