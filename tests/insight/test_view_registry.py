"""A view is one file: what it declares is checked, listed without torch, and reaches the command line by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.insight.view import Look, Samples, Subject, view
from app.insight.views import views
from app.training.importing import write_run
from nodes.api import BadSetting, Int
from tests.support.drawings import chain, node

ROOT = Path(__file__).parents[2]
OWN = """
from app.insight.view import view
from nodes.api.params import Float, Switch

@view("Brightness", "How bright a sample is.", Float("gain", 1.0, low=0.0, high=9.0, help="What it is multiplied by"),
      Switch("invert_it", False, help="Dark for bright"), about="net", sample=True)
def brightness(look, gain, invert_it):
    from app.insight.tiles import Tiles
    pixels = next(values for name, values in look.batch.items() if name.endswith(".image"))[0].numpy() * gain
    return Tiles(9 - pixels if invert_it else pixels, 0.0, 9.0, "gray", "Bright")
"""


def test_listing_the_views_loads_neither_torch_nor_numpy() -> None:
    """Fails if a view imports at its top what only its picture needs: the window would start later."""
    code = (
        "import sys\n"
        "from app.insight.views import views\n"
        "assert views()\n"
        "print([name for name in ('torch', 'numpy', 'PIL', 'captum') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(views()))
def test_a_view_says_what_it_is(name: str) -> None:
    """Fails if a default is outside its own limits, or a student finds a setting without a word about it."""
    declared = views()[name]
    assert declared.name == name
    assert declared.title
    assert declared.help.endswith(".")
    assert all(param.help for param in declared.options)
    assert declared.settings({}) == {param.name: param.default for param in declared.options}
    with pytest.raises(BadSetting, match="no setting flavour"):
        declared.settings({"flavour": "red"})


def test_a_function_must_take_what_is_declared() -> None:
    """Fails if a misspelt setting is found only when somebody opens the view."""
    with pytest.raises(TypeError, match="size"):
        view("Wrong", "Nothing.", Int("size", 1))(lambda look, sizes: None)


def test_a_layer_is_asked_for_where_one_is_needed() -> None:
    """Fails if a view of a layer without its name is an error instead of a sentence that lists the layers."""
    nodes = [node("picture", "Input", shape=(1, 8, 8)), node("conv1", "Conv2d", out_channels=2)]
    net = compile_net(Project(graph=Graph.of(nodes, chain("picture", "conv1"))))
    look = Look(Subject(net, net.model(seed=0), Samples({}, ())))
    with pytest.raises(ValueError, match=r"Name the layer to look at. There are: .*conv1"):
        views()["filters"].pictures(look, {})


def test_one_file_more_is_one_view_more_of_inspect(tmp_path: Path) -> None:
    """Fails if a view has to be named anywhere but in its own file to be in the help and to be run with its flags."""
    nodes = [node("digits", "Digits", size="8×8"), node("flatten", "Flatten"), node("fc1", "Linear", out_features=10)]
    wires = [*chain("digits.image", "flatten", "fc1", "loss.prediction"), Wire("digits", "label", "loss", "target")]
    project = Project(graph=Graph.of([*nodes, node("loss", "CrossEntropyLoss")], wires))
    net = compile_net(project)
    write_run(tmp_path / "run", net, net.model(seed=0), Recipe())
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "brightness.py").write_text(OWN)

    lines = [["--help"]]
    for number, more in enumerate(((), ("--gain", "3"), ("--invert-it", "yes"), ("--invert-it", "maybe"))):
        out = ("-o", str(tmp_path / f"{number}.png"))
        lines.append([str(tmp_path / "run"), "--view", "brightness", "--sample", "4", *more, *out])
    code = (  # all in one process, which imports torch once
        "import sys, app.insight.views as views\n"
        f"views.__path__.append({str(tmp_path / 'views')!r})\n"
        "from app.cli.main import run\n"
        f"print([run(['inspect', *line]) for line in {lines!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["[0, 0, 0, 0, 2]"], done.stderr
    assert done.stderr.strip() == "--invert-it must be true or false, but it is 'maybe'."
    said = " ".join(done.stdout.split())
    assert "--gain NUMBER brightness: What it is multiplied by; 1.0 if not given." in said
    assert "--invert-it YES|NO brightness: Dark for bright" in said
    levels = []
    for number in range(3):
        with Image.open(tmp_path / f"{number}.png") as picture:
            levels.append(sum(picture.convert("L").crop((300, 100, 660, 400)).tobytes()))
    assert levels[0] < levels[1] < levels[2]
    assert not (tmp_path / "3.png").exists()
