"""The command import-weights, with files as torch's model zoo gives them and with files that should be refused."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from app.cli.main import run
from app.core.storage.files import open_project, save_project
from app.core.storage.templates import load
from app.training.checkpoints import load_run
from app.training.weight_files import BadWeights, WeightFile
from tests.support import zoo

Capture = pytest.CaptureFixture[str]


def values(sizes: dict[str, tuple[int, ...]], seed: int = 0) -> dict[str, Tensor]:
    """Small random weights of these names and sizes."""
    generator = torch.Generator().manual_seed(seed)
    made = OrderedDict()
    for name, shape in sizes.items():
        made[name] = torch.rand(shape, generator=generator) if shape else torch.tensor(7)
    return made


MLP = {"layers.0.weight": (64, 64), "layers.0.bias": (64,), "layers.3.weight": (10, 64), "layers.3.bias": (10,)}


def mlp_file(folder: Path, name: str = "mlp.pth", **options: Any) -> Path:
    """A public file for mlp_digits, with names of another program."""
    torch.save(values(MLP), folder / name, **options)
    return folder / name


def test_resnet18_from_the_model_zoo(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a value lands in another layer, or what is written cannot be looked into."""
    public = values(zoo.resnet(18))
    torch.save(public, tmp_path / "resnet18-f37072fd.pth")
    out = tmp_path / "run"
    arguments = ["import-weights", str(tmp_path / "resnet18-f37072fd.pth"), "--into", "resnet18", "-o", str(out)]
    assert run([*arguments, "--freeze", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["weights"] == 11_689_512
    assert len(answer["matched"]) == len(public)
    assert answer["missing"] == answer["unused"] == []
    assert "basic_block/conv1" in answer["frozen"]
    opened = load_run(out)
    state = opened.model.state_dict()
    assert all(torch.equal(state[pair["name"]], public[pair["from"]]) for pair in answer["matched"])
    assert torch.equal(state["layer1.1.conv2.weight"], public["layer1.1.conv2.weight"])
    assert torch.equal(state["layer3_0.downsample_1.running_var"], public["layer3.0.downsample.1.running_var"])
    assert open_project(out / "drawing.netloom").project.graph.nodes["conv1"].params["frozen"] is True
    assert opened.epoch == 0
    assert run([*arguments]) == 1
    assert "holds a run already" in capsys.readouterr().err


def test_the_report_for_a_person(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a student cannot read what was loaded, by which way, and what was not."""
    project = load("mlp_digits")
    last = project.graph.nodes["fc2"].with_param("out_features", 12)
    save_project(project.with_graph("", project.graph.with_nodes(last)), tmp_path / "mine.netloom")
    torch.save(values({**MLP, "extra.weight": (2, 3)}), tmp_path / "public.pth")
    out = tmp_path / "deep" / "weights.safetensors"
    arguments = ["--into", str(tmp_path / "mine.netloom"), "-o", str(out)]
    assert run(["import-weights", str(tmp_path / "public.pth"), *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "4,160 of 4,940 weights loaded: 0 tensors by name, 2 by order and shape",
        "  fc1 ← layers.0",
        "not loaded: fc2: weight 12×64, bias 12",
        "not used of the file: layers.3: weight 10×64, bias 10",
        "not used of the file: extra: weight 2×3",
        f"written: {out}",
    ]
    assert torch.equal(load_file(out)["fc1.weight"], values(MLP)["layers.0.weight"])
    assert sorted(path.name for path in out.parent.iterdir()) == ["weights.safetensors"]


def test_frozen_layers_stay_and_the_rest_learns(tmp_path: Path, capsys: Capture) -> None:
    """Fails if transfer learning changes what was loaded, or does not start from it."""
    torch.save({key: value for key, value in values(MLP).items() if "0" in key}, tmp_path / "part.pt")
    start, out = tmp_path / "start", tmp_path / "out"
    assert run(["import-weights", str(tmp_path / "part.pt"), "--into", "mlp_digits", "-o", str(start), "--freeze"]) == 0
    assert "frozen: fc1" in capsys.readouterr().out
    drawing = str(start / "drawing.netloom")
    assert run(["train", drawing, "--weights", str(start), "--epochs", "1", "--out", str(out), "--device", "cpu"]) == 0
    before, after = load_file(start / "weights.safetensors"), load_file(out / "weights.safetensors")
    assert torch.equal(before["fc1.weight"], values(MLP)["layers.0.weight"])
    assert torch.equal(before["fc1.weight"], after["fc1.weight"])
    assert not torch.equal(before["fc2.weight"], after["fc2.weight"])
    capsys.readouterr()
    assert run(["train", drawing, "--weights", str(start), "--resume", str(out)]) == 2
    assert "either --resume or --weights" in capsys.readouterr().err


def test_training_with_weights_tells_other_programs_too(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a line of the training is no JSON, or the report is missing from it."""
    arguments = ["train", "mlp_digits", "--weights", str(mlp_file(tmp_path)), "--epochs", "1", "--device", "cpu"]
    assert run([*arguments, "--out", str(tmp_path / "run"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events][:2] == ["weights", "started"]
    assert events[0]["weights"] == 4_810


@pytest.mark.parametrize(
    "saved",
    [
        lambda weights, path: torch.save(weights, path, _use_new_zipfile_serialization=False),
        lambda weights, path: torch.save({"epoch": 3, "state_dict": weights, "optimizer": {"lr": 0.1}}, path),
        lambda weights, path: torch.save({f"module.{key}": value for key, value in weights.items()}, path),
        lambda weights, path: torch.save({key: value.half() for key, value in weights.items()}, path),
        lambda weights, path: torch.save({key: value.double() for key, value in weights.items()}, path),
        lambda weights, path: torch.save({key: nn.Parameter(value) for key, value in weights.items()}, path),
        lambda weights, path: save_file(dict(weights), path.with_suffix(".safetensors")),
    ],
    ids=["before 1.6", "checkpoint", "data parallel", "half", "double", "parameters", "safetensors"],
)
def test_forms_of_files(saved: Callable[[dict[str, Tensor], Path], None], tmp_path: Path) -> None:
    """Fails if a usual form of a weight file cannot be read."""
    saved(values(MLP), tmp_path / "file.pth")
    (path,) = tmp_path.iterdir()
    with WeightFile(path) as file:
        (key,) = file.sets
        assert {name.removeprefix("module."): sizes for name, sizes in file.sets[key].sizes.items()} == MLP
    out = tmp_path / "out.safetensors"
    assert run(["import-weights", str(path), "--into", "mlp_digits", "-o", str(out)]) == 0
    written = load_file(out)
    assert written["fc2.weight"].dtype == torch.float32
    torch.testing.assert_close(written["fc2.weight"], values(MLP)["layers.3.weight"], rtol=1e-3, atol=1e-3)


def test_large_files_are_read_lazily(tmp_path: Path) -> None:
    """Fails if asking for names and sizes brings half a gigabyte into memory."""
    one = torch.zeros(())
    torch.save({name: one.expand(shape) for name, shape in zoo.vgg16().items()}, tmp_path / "vgg16.pth")
    assert (tmp_path / "vgg16.pth").stat().st_size < 100_000
    with WeightFile(tmp_path / "vgg16.pth") as file:
        assert dict(file.sets[""].sizes) == zoo.vgg16()


class Evil:
    """An object whose reading runs a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def zipped(content: bytes) -> bytes:
    """A pickle in the form of a torch file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", b"3\n")
    return buffer.getvalue()


def saved(content: object) -> bytes:
    """What torch.save writes."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


OWNED = Path("owned")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pth", lambda: b"", "is empty"),
        ("a.pth", lambda: b"hello, this is no file of torch", "text that begins with"),
        ("a.pth", lambda: saved(values(MLP))[:-200], "damaged or cut off"),
        ("a.pth", lambda: saved(values(MLP))[:300], "damaged or cut off"),
        ("a.pth", lambda: pickle.dumps(Evil(OWNED)), "holds more than weights"),
        ("a.pth", lambda: zipped(pickle.dumps(Evil(OWNED))), "holds more than weights"),
        ("a.pth", lambda: zipped(pickle.dumps({"fc1.weight": Evil(OWNED)})), "holds more than weights"),
        ("a.pth", lambda: saved(nn.Linear(2, 2)), "holds more than weights"),
        ("a.pth", lambda: saved([torch.zeros(3)]), "not a state dict"),
        ("a.pth", lambda: saved(torch.zeros(3)), "not a state dict"),
        ("a.pth", lambda: saved({"epoch": 3, 4: torch.zeros(3)}), "not a state dict"),
        ("a.pth", lambda: saved({"layers.0.weight": torch.eye(64).to_sparse()}), "not a state dict"),
        ("a.pth", lambda: saved({"other.weight": torch.zeros(3, 3)}), "Nothing in"),
        ("a.pth", lambda: saved({"fc1.weight": torch.zeros(64, 64, dtype=torch.cfloat)}), "complex numbers"),
        ("a.pth", lambda: saved({"fc1.weight": torch.full((64, 64), torch.nan)}), "no finite numbers"),
        ("a.safetensors", lambda: b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ", "holds no weights"),
        ("a.safetensors", lambda: b"\xff" * 64, "damaged or cut off"),
        ("a.safetensors", lambda: b"", "is empty"),
    ],
)
def test_bad_files_are_sentences_and_nothing_in_them_runs(
    name: str,
    content: Callable[[], bytes],
    words: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fails if a bad file gives a traceback, leaves something behind, or is executed."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content())
    assert run(["import-weights", name, "--into", "mlp_digits", "-o", "run"]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.err.strip().endswith(".")
    assert captured.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["import-weights", "nowhere.pth", "--into", "mlp_digits", "-o", "x"], 1, "There is no file nowhere.pth"),
        (["import-weights", "folder", "--into", "mlp_digits", "-o", "x"], 1, "a folder without weights.safetensors"),
        (["import-weights", "mlp.pth", "--into", "nothing", "-o", "x"], 1, "There is no file nothing"),
        (["import-weights", "mlp.pth", "--into", "mlp_digits"], 2, "--out"),
        (["import-weights", "mlp.pth", "-o", "x"], 2, "--into"),
        (["import-weights", "mlp.pth", "--into", "mlp_digits", "-o", "x.safetensors", "--freeze"], 2, "a folder"),
        (["import-weights", "mlp.pth", "--into", "mlp_digits", "-o", "/proc/nowhere/x"], 1, "cannot be written"),
        (["import-weights", "mlp.pth", "--into", "mlp_digits", "-o", "/proc/x.safetensors"], 1, "cannot be written"),
        (["train", "mlp_digits", "--weights", "nowhere.pth", "--out", "x"], 1, "There is no file nowhere.pth"),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], status: int, words: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a mistake on the command line gives a traceback, the wrong status, or leaves files."""
    monkeypatch.chdir(tmp_path)
    mlp_file(tmp_path)
    Path("folder").mkdir()
    assert run(arguments) == status
    error = capsys.readouterr().err.strip()
    assert words in error
    assert error.endswith(".")
    assert len(error.splitlines()) == 1
    assert "os error" not in error  # the words of a library
    assert not Path("x").exists()


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Fails if asking for a folder as a file of torch is a traceback."""
    (tmp_path / "x.safetensors").mkdir()
    with pytest.raises(BadWeights, match=r"without weights\.safetensors"):
        WeightFile(tmp_path / "x.safetensors")
